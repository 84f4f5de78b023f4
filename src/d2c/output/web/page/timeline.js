// Time charts of the area, in SVG: one per service, and one each for satellites in view and beams alight.

const SVG = "http://www.w3.org/2000/svg";
const GUTTER = 44, TITLE = 20, PLOT = 54, GAP = 14, AXIS = 22;
const BAND = "#a9c6e3", LINE = "#0b57a4", FRAME_OF_HOUR = "#f3c77a";
const MINUTE = 60e3, HOUR = 60 * MINUTE;

function svg(kind, attributes, text) {
  const element = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

const field = (parts, ms) => new Intl.DateTimeFormat("en-GB", { timeZone: content.zone, ...parts }).format(ms);
const clock = (ms) => field({ hourCycle: "h23", hour: "2-digit", minute: "2-digit" }, ms);
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const day = (ms) => `${field({ day: "numeric" }, ms)} ${MONTHS[field({ month: "numeric" }, ms) - 1]}`;

class Timeline {
  constructor(box, onInstant) {
    Object.assign(this, { box, onInstant, line: content.timeline, hour: WHOLE_SPAN });
    this.values = [];
  }

  x(ms) {
    const { start, end } = this.line;
    return GUTTER + (this.width - GUTTER) * (ms - start) / (end - start || 1);
  }

  draw(width) {
    this.width = width;
    const { series } = this.line;
    const height = series.length * (TITLE + PLOT + GAP) + AXIS;
    const worst = series.map((s) => `${s.label}: lowest ${number(s, Math.min(...s.low))}, highest ${number(s, Math.max(...s.high))}`);
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": worst.join("; ") });
    this.frame = svg("rect", { y: 0, height: height - AXIS, fill: FRAME_OF_HOUR, opacity: 0.45 });
    picture.append(this.frame);
    this.values = series.map((s, k) => this.drawSeries(picture, s, k * (TITLE + PLOT + GAP)));
    this.drawAxis(picture, height - AXIS);
    this.cursor = svg("line", { y1: 0, y2: height - AXIS, stroke: "#1a1a1a", "stroke-width": 1, visibility: "hidden" });
    const touch = svg("rect", { class: "touch", x: GUTTER, y: 0, width: width - GUTTER, height: height - AXIS, fill: "transparent" });
    touch.addEventListener("pointermove", (event) => this.point(event));
    touch.addEventListener("pointerleave", () => this.rest());
    touch.addEventListener("click", (event) => this.onInstant(this.instant(event)));
    picture.append(this.cursor, touch);
    this.box.replaceChildren(picture);
    this.rest();
    this.mark(this.hour);
  }

  drawSeries(picture, series, top) {
    const { low, mean, high, unit } = series;
    const [floor, ceiling] = axis(series);
    const bottom = top + TITLE + PLOT;
    const y = (value) => bottom - PLOT * (value - floor) / (ceiling - floor);
    const { start, point, end } = this.line;
    const x = mean.map((_, k) => this.x(Math.min(start + (k + 0.5) * point, end)));
    const text = (className, attributes, words) => {
      const element = svg("text", { class: className, ...attributes }, words);
      picture.append(element);
      return element;
    };
    for (const value of [floor, ceiling]) {
      picture.append(svg("line", { x1: GUTTER, x2: this.width, y1: y(value), y2: y(value), stroke: "#c9c9c9" }));
      text("", { x: GUTTER - 6, y: y(value) + 4, "text-anchor": "end" }, `${value}${unit && ` ${unit}`}`);
    }
    const joined = (values) => values.map((value, k) => `${x[k].toFixed(1)},${y(value).toFixed(1)}`);
    picture.append(
      svg("polygon", { points: [...joined(high), ...joined(low).reverse()].join(" "), fill: BAND, stroke: BAND }),
      svg("polyline", { points: joined(mean).join(" "), fill: "none", stroke: LINE, "stroke-width": 1.5 }));
    text("name", { x: GUTTER, y: top + 14 }, series.label);
    return text("value", { x: this.width, y: top + 14, "text-anchor": "end" });
  }

  drawAxis(picture, top) {
    const { start, end } = this.line;
    const most = Math.max(Math.floor((this.width - GUTTER) / 70), 2);
    const steps = [1 / 12, 1 / 4, 1 / 2, 1, 2, 3, 6, 12, 24, 48, 96, 168, 336].map((hours) => hours * HOUR);
    const step = steps.find((ms) => (end - start) / ms <= most) ?? (end - start) / most;
    const shift = content.shift_ms;
    for (let ms = Math.ceil((start + shift) / step) * step - shift; ms <= end; ms += step) {
      const x = this.x(ms);
      if (x > this.width - 16) break;
      picture.append(svg("line", { x1: x, x2: x, y1: top - GAP, y2: top - GAP + 5, stroke: "#767676" }));
      picture.append(svg("text", { x, y: top + 8, "text-anchor": "middle" }, clock(ms) === "00:00" ? day(ms) : clock(ms)));
    }
  }

  instant(event) {
    const part = (event.offsetX - GUTTER) / (this.width - GUTTER);
    return this.line.start + Math.min(Math.max(part, 0), 1) * (this.line.end - this.line.start);
  }

  // Show the values under the pointer instead of those of the whole span.
  point(event) {
    const { start, end, point, series } = this.line;
    const k = Math.min(Math.floor((this.instant(event) - start) / (point || 1)), series[0].mean.length - 1);
    const x = this.x(Math.min(start + (k + 0.5) * point, end));
    for (const [name, value] of [["x1", x], ["x2", x], ["visibility", "visible"]]) this.cursor.setAttribute(name, value);
    series.forEach((s, row) => {
      const [low, high] = [number(s, s.low[k]), number(s, s.high[k])];
      this.values[row].textContent = `${clock(start + k * point)} ${content.zone}: ${low === high ? low : `${low} to ${high}`}`;
    });
  }

  rest() {
    this.cursor.setAttribute("visibility", "hidden");
    this.line.series.forEach((s, row) => {
      this.values[row].textContent = `lowest ${number(s, Math.min(...s.low))}`;
    });
  }

  // Mark the hour shown on the map.
  mark(hour) {
    this.hour = hour;
    if (!this.frame) return;
    const frame = hour === WHOLE_SPAN ? null : content.hours[hour];
    const x = frame ? this.x(frame.start) : 0;
    this.frame.setAttribute("x", x);
    this.frame.setAttribute("width", frame ? Math.max(this.x(frame.end) - x, 1) : 0);
  }
}

function number(series, value) {
  const text = grouped(value, Number.isInteger(value) ? 0 : series.digits);
  return series.unit ? `${text}\u00a0${series.unit}` : text;
}

// Round limits of the vertical axis: shares end at 100 %, counts start at 0.
function axis(series) {
  const [least, most] = [Math.min(...series.low), Math.max(...series.high)];
  if (series.unit !== "%") return [0, Math.max(5 * Math.ceil(most / 5), 5)];
  const floor = [95, 90, 80, 50].find((value) => least >= value) ?? 0;
  return [floor, 100];
}
