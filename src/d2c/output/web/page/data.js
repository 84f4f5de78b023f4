// Data of the page: texts and metadata as JSON, numeric columns in one compressed block.

const byId = (name) => document.getElementById(name);
const content = JSON.parse(byId("content").textContent);
const CELLS = content.arrays["place.area_km2"][2];
const HOURS = content.hours.length;
const WHOLE_SPAN = -1;  // used in place of an hour index

const KINDS = {
  uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array,
  int16: Int16Array, int32: Int32Array, float32: Float32Array, float64: Float64Array,
};
const MISSING = { int16: -(2 ** 15), int32: -(2 ** 31) };

let buffer = null;

async function unpack() {
  const text = atob(byId("arrays").textContent);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < bytes.length; k++) bytes[k] = text.charCodeAt(k);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  buffer = await new Response(stream).arrayBuffer();
}

function array(name) {
  const [kind, start, length] = content.arrays[name];
  return new KINDS[kind](buffer, start, length);
}

// Whether a quantity has values for the whole span, or for hours.
const hasSpan = (quantity) => "span" in quantity.decimals;
const hasHours = (quantity) => "hours" in quantity.decimals;

// The values of all cells in the display unit, NaN for missing ones.
const decodedValues = new Map();
function figures(quantity, hour) {
  const key = `${quantity.column} ${hour}`;
  if (!decodedValues.has(key)) decodedValues.set(key, decoded(quantity, hour));
  return decodedValues.get(key);
}

function decoded(quantity, hour) {
  const part = hour === WHOLE_SPAN ? "span" : "hours";
  const name = `${part}.${quantity.column}`;
  const kind = content.arrays[name][0];
  const first = hour === WHOLE_SPAN ? 0 : hour * CELLS;
  const stored = array(name).subarray(first, first + CELLS);
  const divisor = 10 ** quantity.decimals[part];
  // Rounding to nine decimals removes the error of the factor: 0.29 * 100 = 28.999999999999996 belongs to 29.
  return Float64Array.from(stored, (k) =>
    k === MISSING[kind] ? NaN : Math.round((k / divisor) * quantity.factor * 1e9) / 1e9);
}

// The class index of each value, as in the legend; the last is "no data".
function classesOf(quantity, values) {
  const limits = quantity.limits;
  return Uint8Array.from(values, (value) => {
    if (Number.isNaN(value)) return limits.length + 1;
    let k = 0;
    while (k < limits.length && value >= limits[k]) k++;
    return k;
  });
}

// A number with thousands separators, as in all texts.
function grouped(value, digits) {
  const [whole, ...decimals] = value.toFixed(digits).split(".");
  return [whole.replace(/\B(?=(\d{3})+$)/g, ","), ...decimals].join(".");
}

const minus = (text) => text.replace("-", "−");

function valueText(quantity, value) {
  if (Number.isNaN(value)) return quantity.missing;
  const unit = quantity.unit === "°" ? "°" : quantity.unit && `\u00a0${quantity.unit}`;
  const text = value.toFixed(quantity.digits);
  const step = 10 ** -quantity.digits;
  // "100 %" and "0" only for exact values.
  if (quantity.unit === "%" && Number(text) === 100 && value < 100) return `> ${(100 - step).toFixed(quantity.digits)}${unit}`;
  if (Number(text) === 0 && value > 0) return `< ${step.toFixed(quantity.digits)}${unit}`;
  return minus(grouped(Number(text) === 0 ? 0 : value, quantity.digits)) + unit;
}

function share(part) {
  const percent = Math.round(100 * part);
  if (percent === 0 && part > 0) return "< 1 %";
  if (percent === 100 && part < 1 - 1e-9) return "> 99 %";
  return `${percent} %`;
}

// Location of a cell: names and coordinates.
let places = null;
function place(cell) {
  if (!places) {
    const texts = (name) => Array.from(array(`place.${name}`), (k) => content.places[name][k]);
    places = {
      id: new TextDecoder().decode(array("place.cell_id")).split("\n"),
      surface: texts("surface"), country: texts("country"), region: texts("region"),
      area: array("place.area_km2"), latitude: array("place.latitude_deg"), longitude: array("place.longitude_deg"),
    };
  }
  const names = [places.region[cell], places.country[cell]].filter(Boolean).join(", ");
  const sea = places.surface[cell] === "sea";
  return {
    id: places.id[cell], surface: places.surface[cell], area: places.area[cell],
    latitude: places.latitude[cell], longitude: places.longitude[cell],
    name: sea ? (names ? `Sea off ${names}` : "Sea") : names || "Land",
  };
}

function degrees(value, positive, negative) {
  return `${Math.abs(value).toFixed(4)}° ${value < 0 ? negative : positive}`;
}

// The cell with the nearest centre and its distance, on a sphere of 6371 km.
function nearestCell(latitude, longitude) {
  const rad = Math.PI / 180;
  const [lat, lon] = [array("place.latitude_deg"), array("place.longitude_deg")];
  let [best, least] = [-1, Infinity];
  for (let k = 0; k < CELLS; k++) {
    const a = Math.sin((lat[k] - latitude) * rad / 2) ** 2
      + Math.cos(latitude * rad) * Math.cos(lat[k] * rad) * Math.sin((lon[k] - longitude) * rad / 2) ** 2;
    if (a < least) [best, least] = [k, a];
  }
  return { cell: best, km: 2 * 6371 * Math.asin(Math.sqrt(least)) };
}
