// Waiting-time charts, in SVG: share served within a given wait from a random instant, one per service.

const LOOKS = { area: { stroke: "#0b57a4" }, population: { stroke: "#b35806", "stroke-dasharray": "6 3" } };
const EDGE = 16;  // room for half of the last label
const LABEL = 56;  // width of each label

class Waiting {
  constructor(box) {
    Object.assign(this, { box, waits: content.waiting.waits, charts: [] });
  }

  // Waits are equally spaced, since each is a multiple of the previous one.
  x(k) {
    return GUTTER + (this.width - GUTTER - EDGE) * k / (this.waits.length - 1);
  }

  draw(width) {
    this.width = width;
    const { panels } = content.waiting;
    this.charts = panels.map((panel, k) => this.chart(panel, k === panels.length - 1 ? AXIS : GAP));
    this.box.replaceChildren(...this.charts.flatMap(({ head, picture }) => [head, picture]));
    this.rest();
  }

  // Names and values are HTML text, which wraps in narrow windows.
  chart(panel, foot) {
    const head = element("p", "");
    const value = element("span", "", "value");
    head.append(element("strong", panel.name), value);
    const height = 4 + PLOT + foot;
    const label = this.waits.map((_, k) => this.sharesText(panel, k)).join("; ");
    const picture = svg("svg", { viewBox: `0 0 ${this.width} ${height}`, height, role: "img", "aria-label": `${panel.name}, ${label}` });
    const cursor = svg("line", { y1: 4, y2: 4 + PLOT, stroke: "#1a1a1a", visibility: "hidden" });
    this.drawCurves(picture, panel.curves);
    if (foot === AXIS) this.drawAxis(picture, 4 + PLOT);
    const touch = svg("rect", { x: GUTTER, y: 0, width: this.width - GUTTER, height, fill: "transparent" });
    touch.addEventListener("pointermove", (event) => this.point(event));
    touch.addEventListener("pointerleave", () => this.rest());
    picture.append(cursor, touch);
    return { panel, head, picture, value, cursor };
  }

  drawCurves(picture, curves) {
    const [floor, ceiling] = axis({ low: Object.values(curves).flat(), high: [100], unit: "%" });
    const y = (value) => 4 + PLOT * (ceiling - value) / (ceiling - floor);
    for (const value of [floor, ceiling]) {
      picture.append(svg("line", { x1: GUTTER, x2: this.width, y1: y(value), y2: y(value), stroke: "#c9c9c9" }));
      picture.append(svg("text", { x: GUTTER - 6, y: y(value) + 4, "text-anchor": "end" }, `${value} %`));
    }
    for (const [weight, shares] of Object.entries(curves)) {
      const points = shares.map((share, k) => `${this.x(k).toFixed(1)},${y(share).toFixed(1)}`).join(" ");
      picture.append(svg("polyline", { points, fill: "none", "stroke-width": 1.5, ...LOOKS[weight] }));
    }
  }

  drawAxis(picture, top) {
    const every = Math.ceil(LABEL * this.waits.length / (this.width - GUTTER));
    this.waits.forEach((wait, k) => {
      if (k % every) return;
      picture.append(svg("line", { x1: this.x(k), x2: this.x(k), y1: top, y2: top + 5, stroke: "#767676" }));
      picture.append(svg("text", { x: this.x(k), y: top + 18, "text-anchor": "middle" }, wait));
    });
  }

  sharesText(panel, k) {
    const shares = Object.entries(panel.curves).map(([weight, values]) => `${percent(values[k])} ${content.waiting.of_what[weight]}`);
    return `${k === 0 ? "" : "within "}${this.waits[k]}: ${shares.join(", ")}`;
  }

  write(k) {
    for (const { panel, value } of this.charts) value.textContent = this.sharesText(panel, k);
  }

  // Show the values under the pointer instead of the default wait.
  point(event) {
    const part = (event.offsetX - GUTTER) / (this.width - GUTTER - EDGE);
    const k = Math.round(Math.min(Math.max(part, 0), 1) * (this.waits.length - 1));
    for (const { cursor } of this.charts) {
      for (const [name, value] of [["x1", this.x(k)], ["x2", this.x(k)], ["visibility", "visible"]]) cursor.setAttribute(name, value);
    }
    this.write(k);
  }

  rest() {
    for (const { cursor } of this.charts) cursor.setAttribute("visibility", "hidden");
    this.write(content.waiting.told);
  }
}

// "100.0 %" and "0.0 %" only for exact values.
function percent(value) {
  const text = value.toFixed(1);
  if (text === "100.0" && value < 100) return "> 99.9\u00a0%";
  if (text === "0.0" && value > 0) return "< 0.1\u00a0%";
  return `${text}\u00a0%`;
}
