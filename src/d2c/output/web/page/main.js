// Page state: the selected quantity, hour and cell, and all that is drawn from them.

const chosen = { quantity: null, hour: WHOLE_SPAN, pinned: -1 };
let ground = null;
let timeline = null;
let waiting = null;
let playing = 0;
const PAPER_WIDTH = 680, PAPER_MAP = 470;  // CSS pixels: A4 and Letter upright, less margins, less the legend

const option = (text, value) => Object.assign(document.createElement("option"), { textContent: text, value });

function element(kind, text, className = "") {
  return Object.assign(document.createElement(kind), { textContent: text, className });
}

// Services first, then satellites and signal.
const ordered = [...content.quantities].sort((a, b) => (a.group === "") - (b.group === ""));

function fillChoice() {
  const groups = new Map();
  for (const quantity of ordered) {
    if (!groups.has(quantity.group)) {
      const group = document.createElement("optgroup");
      group.label = quantity.group ? `Service: ${quantity.group}` : "Satellites and signal";
      groups.set(quantity.group, group);
    }
    const only = hasSpan(quantity) ? "" : ", by the hour";
    groups.get(quantity.group).append(option(quantity.title + only, content.quantities.indexOf(quantity)));
  }
  byId("quantity").append(...groups.values());
  return ordered.find((q) => q.column === content.first) ?? ordered[0];
}

const frameText = (hour) => (hour === WHOLE_SPAN ? content.span : content.hours[hour].text);

// Draw the selection with heading, legend and statistics.
function show() {
  const { quantity, hour } = chosen;
  const values = figures(quantity, hour);
  const classes = classesOf(quantity, values);
  const withBeams = quantity.column === HOP_SHARE;
  ground.hourOfBeams = withBeams ? hour : -1;
  ground.colour(quantity, classes);
  byId("shown").textContent = quantity.title;
  byId("shown-when").textContent = hour === WHOLE_SPAN ? `Whole span: ${frameText(hour)}` : frameText(hour);
  byId("meaning").textContent = quantity.meaning;
  if (withBeams) {
    byId("shown-when").textContent = content.beams.when[hour];
    byId("meaning").textContent += ` ${content.beams.told[hour]}`;
  }
  showSlider();
  showLegend(quantity, classes);
  showSpread(quantity, values);
  showCell(chosen.pinned);
  timeline.mark(hour);
}

function showSlider() {
  const { quantity, hour } = chosen;
  const slider = byId("hour");
  const text = hour === WHOLE_SPAN ? "Whole span" : frameText(hour);
  slider.min = hasSpan(quantity) ? 0 : 1;
  slider.max = HOURS;
  slider.value = hour + 1;
  slider.setAttribute("aria-valuetext", text);
  const still = !hasHours(quantity);
  byId("hours").hidden = HOURS === 0;
  for (const name of ["hour", "earlier", "later", "play"]) byId(name).disabled = still;
  byId("hour-note").textContent = still ? `${quantity.label} covers the whole span only; availability is available by the hour.` : "";
  if (still) stop();
}

function showLegend(quantity, classes) {
  const area = array("place.area_km2");
  const sums = new Float64Array(quantity.colours.length + 1);
  for (let k = 0; k < CELLS; k++) sums[classes[k]] += area[k];
  const total = sums.reduce((a, b) => a + b);
  const rows = quantity.classes.map((text, k) => [k, text]).reverse();
  if (sums.at(-1) > 0) rows.push([sums.length - 1, quantity.missing]);
  byId("legend-unit").textContent = quantity.unit === "°" ? "degrees" : quantity.unit || "number";
  byId("legend").replaceChildren(...rows.map(([k, text]) => {
    const row = document.createElement("tr");
    row.dataset.class = k;
    const swatch = document.createElement("canvas");
    [swatch.width, swatch.height] = [32, 18];
    const pen = swatch.getContext("2d");
    pen.fillStyle = quantity.colours[k] ?? noData(pen);
    pen.fillRect(0, 0, 32, 18);
    const cells = [document.createElement("td"), element("td", text), element("td", share(sums[k] / total))];
    cells[0].append(swatch);
    row.append(...cells);
    return row;
  }));
}

// Mean over the area, and the cells with the lowest and highest value.
let ends = { lowest: -1, highest: -1 };
function showSpread(quantity, values) {
  const area = array("place.area_km2");
  let [sum, weight] = [0, 0];
  ends = { lowest: -1, highest: -1 };
  values.forEach((value, k) => {
    if (Number.isNaN(value)) return;
    sum += value * area[k];
    weight += area[k];
    if (ends.lowest < 0 || value < values[ends.lowest]) ends.lowest = k;
    if (ends.highest < 0 || value > values[ends.highest]) ends.highest = k;
  });
  const none = ends.lowest < 0;
  const mean = { ...quantity, digits: quantity.digits || 1 };
  byId("spread").textContent = none ? "No cell has data." : `Mean over the area ${valueText(mean, sum / weight)}, `
    + `lowest ${valueText(quantity, values[ends.lowest])}, highest ${valueText(quantity, values[ends.highest])}.`;
  byId("find-worst").disabled = byId("find-best").disabled = none;
}

// Show the values of a cell beside the map; -1: none, with the layout unchanged.
function showCell(cell) {
  const box = byId("cell");
  box.parentElement.classList.toggle("nothing", cell < 0);
  const where = cell < 0 ? null : place(cell);
  byId("cell-title").textContent = where ? where.name : "No cell selected";
  const figure = (quantity, hour) => (where ? valueText(quantity, figures(quantity, hour)[cell]) : "–");
  const rows = [];
  const add = (term, text, className = "") => {
    const row = element("div", "", className);
    row.append(element("dt", term), element("dd", text));
    rows.push(row);
  };
  const { quantity, hour } = chosen;
  if (hour !== WHOLE_SPAN) {
    const { start, end } = content.hours[hour];
    add(`${quantity.label}, ${clock(start)} to ${clock(end)} ${content.zone}`, figure(quantity, hour), "chosen");
  }
  for (const each of ordered.filter(hasSpan)) {
    add(each.label, figure(each, WHOLE_SPAN), each === quantity && hour === WHOLE_SPAN ? "chosen" : "");
  }
  add("Centre", where ? `${degrees(where.latitude, "N", "S")}, ${degrees(where.longitude, "E", "W")}` : "–");
  add("Part inside the area", where ? `${grouped(where.area, 1)} km²` : "–");
  add("Cell", where ? where.id : "–");
  box.replaceChildren(...rows);
}

const spokenText = (cell) => `${place(cell).name}: ${chosen.quantity.label} ${valueText(chosen.quantity, figures(chosen.quantity, chosen.hour)[cell])}`;

// Select a cell until another one is selected.
function pin(cell) {
  chosen.pinned = cell;
  ground.choose(cell);
  showCell(cell);
  byId("spoken").textContent = cell < 0 ? "No cell selected" : spokenText(cell);
}

function pinInView(cell) {
  pin(cell);
  if (cell >= 0) ground.bringIn(cell);
}

// Show the cell under the pointer.
function point(cell, left, top) {
  ground.choose(cell < 0 ? chosen.pinned : cell);
  showCell(cell < 0 ? chosen.pinned : cell);
  const tip = byId("tip");
  tip.hidden = cell < 0;
  if (cell < 0) return;
  tip.replaceChildren(element("strong", valueText(chosen.quantity, figures(chosen.quantity, chosen.hour)[cell])), place(cell).name);
  const [wide, high] = [tip.offsetWidth, tip.offsetHeight];
  tip.style.left = `${left + wide + 20 > ground.width ? left - wide - 14 : left + 14}px`;
  tip.style.top = `${top + high + 20 > ground.height ? top - high - 14 : top + 14}px`;
}

function choose(quantity) {
  chosen.quantity = quantity;
  if (!hasHours(quantity)) chosen.hour = WHOLE_SPAN;
  else if (!hasSpan(quantity) && chosen.hour === WHOLE_SPAN) chosen.hour = 0;
  show();
}

function goTo(hour) {
  const first = hasSpan(chosen.quantity) ? WHOLE_SPAN : 0;
  chosen.hour = Math.min(Math.max(hour, first), HOURS - 1);
  show();
}

function stop() {
  clearInterval(playing);
  playing = 0;
  byId("play").textContent = "Play";
}

function play() {
  if (playing) return stop();
  byId("play").textContent = "Stop";
  const next = () => goTo(chosen.hour + 1 < HOURS ? chosen.hour + 1 : 0);
  next();
  playing = setInterval(next, 800);
}

function fit() {
  const width = byId("ground").parentElement.clientWidth - 2;
  if (width <= GUTTER) return;  // window closed or not yet laid out
  ground.resize(width, Math.max(0.72 * innerHeight, 320), devicePixelRatio);
  timeline.draw(byId("timeline").clientWidth);
  waiting.draw(byId("waiting").clientWidth);
}

// Print layout: narrower, finer, without the overlay canvas, which Chromium prints opaque.
function fitPaper() {
  ground.resize(PAPER_MAP, PAPER_MAP, 3);
  ground.outlineChosen(byId("base"));
  timeline.draw(PAPER_WIDTH);
  waiting.draw(PAPER_WIDTH);
}

async function start() {
  byId("state").textContent = "Drawing the map…";
  await unpack();
  byId("view").hidden = false;
  ground = new Ground(byId("ground"), byId("base"), byId("overlay"));
  timeline = new Timeline(byId("timeline"), (ms) => {
    const hour = content.hours.findIndex((frame) => frame.start <= ms && ms < frame.end);
    if (hour >= 0 && hasHours(chosen.quantity)) goTo(hour);
  });
  waiting = new Waiting(byId("waiting"));
  byId("waiting-people").hidden = content.waiting.panels.every(({ curves }) => !("population" in curves));
  const minutes = content.timeline.point / MINUTE;
  const each = minutes >= 1 ? `${Number(minutes.toFixed(1))} min` : `${Number((60 * minutes).toFixed(1))} s`;
  byId("timeline-note").textContent = `Intervals of ${each}: line = mean, band = lowest to highest step.`;
  byId("timeline-click").hidden = HOURS === 0;
  chosen.quantity = fillChoice();
  byId("quantity").value = content.quantities.indexOf(chosen.quantity);
  if (!hasSpan(chosen.quantity)) chosen.hour = 0;
  fit();
  show();
  listenToControls();
  listenToKeys();
  listenToPointers();
  new ResizeObserver(() => matchMedia("print").matches || fit()).observe(document.body);
  addEventListener("beforeprint", fitPaper);
  addEventListener("afterprint", fit);
  byId("state").textContent = "";
  performance.mark("map drawn");
}

start().catch((error) => {
  const old = typeof DecompressionStream === "undefined";
  byId("state").textContent = old
    ? "This browser is too old to draw the map (Chrome 80, Firefox 113 and Safari 16.4 can); the figures below remain valid."
    : `The map cannot be drawn (${error.message}); the figures below remain valid.`;
  if (!old) console.error(error);
});
