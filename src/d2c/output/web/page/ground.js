// The map: basemap and cells on one canvas, the selected cell on an overlay canvas.

const SEA = "#dce9f2", LAND = "#e9e7e3", UNKNOWN_GROUND = "#f4f4f4", COAST = "#454545", NAME = "#6a655f";
const LARGEST = 32;  // largest zoom: beyond it the lattice of the corners becomes visible
const NARROWEST = 0.8, WIDEST = 2;  // aspect ratios that stay within the square of the page's data
const WIDEST_ON_PHONE = 1.25, PHONE = 480;  // keeps enough map height on phones

class Ground {
  constructor(box, base, overlay) {
    Object.assign(this, { box, base, overlay });
    this.cells = rings("cells");
    this.fixed = Object.fromEntries(["sea", "within", "countries", "regions", "area"].map((name) => [name, wholePath(rings(name))]));
    [this.left0, this.top0, this.right0, this.bottom0] = content.frame;
    this.zoom = 1;
    this.x = (this.left0 + this.right0) / 2;  // centre of the visible part, in lattice units
    this.y = (this.top0 + this.bottom0) / 2;
    this.classes = [];
    this.hourOfBeams = -1;  // hour whose beam cells are drawn, -1 for none
    this.chosen = -1;
    this.sharpness = 1;
    this.measure();
  }

  // Centres of the cells, and an index of the cells that overlap each of 64 x 64 squares.
  measure() {
    const { cells } = this;
    this.middles = new Float32Array(2 * cells.count);
    this.squares = new Map();
    for (let k = 0; k < cells.count; k++) {
      const [first, end] = [cells.corner[cells.ring[k]], cells.corner[cells.ring[k + 1]]];
      let [west, east, north, south] = [Infinity, -Infinity, Infinity, -Infinity];
      for (let c = first; c < end; c++) {
        west = Math.min(west, cells.x[c]); east = Math.max(east, cells.x[c]);
        north = Math.min(north, cells.y[c]); south = Math.max(south, cells.y[c]);
      }
      this.middles[2 * k] = (west + east) / 2;
      this.middles[2 * k + 1] = (north + south) / 2;
      for (let i = west >> 10; i <= east >> 10; i++) {
        for (let j = north >> 10; j <= south >> 10; j++) {
          const square = i * 64 + j;
          if (!this.squares.has(square)) this.squares.set(square, []);
          this.squares.get(square).push(k);
        }
      }
    }
  }

  // Fit the canvases to the page; `sharpness` is the device pixel ratio.
  resize(width, tallest, sharpness) {
    const shape = (this.right0 - this.left0) / (this.bottom0 - this.top0);
    const aspect = Math.min(Math.max(shape, NARROWEST), width < PHONE ? WIDEST_ON_PHONE : WIDEST);
    this.width = Math.round(Math.min(width, tallest * aspect));
    this.height = Math.round(this.width / aspect);
    this.sharpness = sharpness;
    this.box.style.width = `${this.width + 2}px`;  // plus the border
    this.box.style.height = `${this.height + 2}px`;
    for (const canvas of [this.base, this.overlay]) {
      canvas.width = Math.round(this.width * sharpness);
      canvas.height = Math.round(this.height * sharpness);
    }
    this.draw();
  }

  // CSS pixels per lattice unit.
  get scale() {
    const fit = Math.min(this.width / (this.right0 - this.left0), this.height / (this.bottom0 - this.top0));
    return fit * this.zoom;
  }

  toScreen(x, y) {
    return [(x - this.x) * this.scale + this.width / 2, (y - this.y) * this.scale + this.height / 2];
  }

  toLattice(left, top) {
    return [(left - this.width / 2) / this.scale + this.x, (top - this.height / 2) / this.scale + this.y];
  }

  colour(quantity, classes) {
    this.colours = quantity.colours;
    const paths = Array.from({ length: quantity.colours.length + 1 }, () => new Path2D());
    for (let k = 0; k < this.cells.count; k++) trace(paths[classes[k]], this.cells, k);
    this.classes = paths;
    this.draw();
  }

  // A drawing context in lattice units.
  pen(canvas) {
    const pen = canvas.getContext("2d");
    const scale = this.scale * this.sharpness;
    const [left, top] = this.toScreen(0, 0);
    pen.setTransform(scale, 0, 0, scale, left * this.sharpness, top * this.sharpness);
    pen.lineJoin = "round";
    return pen;
  }

  draw() {
    const pen = this.pen(this.base);
    const thin = 1 / this.scale;
    const { sea, within, countries, regions, area } = this.fixed;
    pen.fillStyle = UNKNOWN_GROUND;
    pen.fillRect(0, 0, 65536, 65536);
    pen.fillStyle = SEA;
    pen.fill(sea);
    pen.fillStyle = LAND;
    pen.fill(countries);
    this.drawCells(pen, thin);
    if (this.hourOfBeams >= 0) drawBeamCells(pen, thin, this.hourOfBeams);
    const outline = (path, width, line = COAST) => {
      // A pale edge for contrast on dark classes.
      for (const [colour, wide, alpha] of [["#fff", 3 * width, 0.35], [line, width, 1]]) {
        pen.strokeStyle = colour;
        pen.lineWidth = wide * thin;
        pen.globalAlpha = alpha;
        pen.stroke(path);
      }
    };
    pen.save();
    pen.clip(within);  // no coast line where the shipped boundaries end
    outline(regions, 0.5);
    outline(countries, 1);
    pen.restore();
    outline(area, 1.6, content.area_colour);
    pen.setTransform(this.sharpness, 0, 0, this.sharpness, 0, 0);
    this.drawNames(pen);
    this.drawScale(pen);
    this.drawChosen();
  }

  drawCells(pen, thin) {
    this.classes.forEach((path, k) => {
      if (k < this.colours.length) {
        pen.fillStyle = pen.strokeStyle = this.colours[k];
        pen.lineWidth = 0.4 * thin;  // closes the antialiasing seam between neighbours
        pen.stroke(path);
      } else {
        pen.fillStyle = hatching(pen, thin);
      }
      pen.fill(path);
    });
  }

  drawNames(pen) {
    pen.font = "12px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (const [name, x, y, radius] of content.names) {
      const [left, top] = this.toScreen(x, y);
      const half = pen.measureText(name).width / 2;
      const inside = left > half && left < this.width - half && top > 8 && top < this.height - 30;
      if (!inside || half > 1.15 * radius * this.scale) continue;
      pen.lineWidth = 3;
      pen.strokeStyle = LAND;
      pen.strokeText(name, left, top);
      pen.fillStyle = NAME;
      pen.fillText(name, left, top);
    }
  }

  // Scale bar: the longest round length up to a quarter of the map width.
  drawScale(pen) {
    const km = this.width / 4 / this.scale * content.unit_m / 1000;
    const power = 10 ** Math.floor(Math.log10(km));
    const length = [5, 2, 1].map((k) => k * power).find((k) => k <= km) ?? power / 2;
    const pixels = length * 1000 / content.unit_m * this.scale;
    const [left, bottom] = [12, this.height - 12];
    const bar = () => {
      pen.beginPath();
      pen.moveTo(left, bottom - 5);
      pen.lineTo(left, bottom);
      pen.lineTo(left + pixels, bottom);
      pen.lineTo(left + pixels, bottom - 5);
      pen.stroke();
    };
    pen.textAlign = "left";
    pen.textBaseline = "alphabetic";
    for (const [colour, width] of [["#fff", 4], ["#1a1a1a", 1.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      bar();
      if (width === 4) pen.strokeText(`${length} km`, left + 5, bottom - 5);
    }
    pen.fillStyle = "#1a1a1a";
    pen.fillText(`${length} km`, left + 5, bottom - 5);
  }

  drawChosen() {
    this.overlay.getContext("2d").reset();
    this.outlineChosen(this.overlay);
  }

  outlineChosen(canvas) {
    const pen = this.pen(canvas);
    if (this.chosen < 0) return;
    const path = new Path2D();
    trace(path, this.cells, this.chosen);
    for (const [colour, width] of [["#fff", 5], ["#000", 2.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width / this.scale;
      pen.stroke(path);
    }
    const [left, top] = this.toScreen(this.middles[2 * this.chosen], this.middles[2 * this.chosen + 1]);
    const first = this.cells.corner[this.cells.ring[this.chosen]];
    const [cornerLeft, cornerTop] = this.toScreen(this.cells.x[first], this.cells.y[first]);
    if (Math.hypot(cornerLeft - left, cornerTop - top) > 4) return;
    // A ring marks cells of only a few pixels.
    pen.setTransform(this.sharpness, 0, 0, this.sharpness, 0, 0);
    for (const [colour, width] of [["#fff", 4], ["#000", 1.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      pen.arc(left, top, 16, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  choose(cell) {
    this.chosen = cell;
    this.drawChosen();
  }

  cellAt(left, top) {
    const [x, y] = this.toLattice(left, top);
    const near = this.squares.get((x >> 10) * 64 + (y >> 10)) ?? [];
    return near.find((k) => this.holds(k, x, y)) ?? -1;
  }

  // Whether a point lies in a cell (ray casting).
  holds(cell, x, y) {
    const { cells } = this;
    let inside = false;
    for (let r = cells.ring[cell]; r < cells.ring[cell + 1]; r++) {
      const [first, end] = [cells.corner[r], cells.corner[r + 1]];
      for (let a = end - 1, b = first; b < end; a = b++) {
        const crosses = cells.y[a] > y !== cells.y[b] > y;
        if (crosses && x < (cells.x[b] - cells.x[a]) * (y - cells.y[a]) / (cells.y[b] - cells.y[a]) + cells.x[a]) inside = !inside;
      }
    }
    return inside;
  }

  // The nearest cell in direction (dx, dy) from a cell or from the map centre; the cell itself if there is none.
  neighbour(cell, dx, dy) {
    const [x, y] = cell < 0 ? [this.x, this.y] : [this.middles[2 * cell], this.middles[2 * cell + 1]];
    let [best, least] = [cell, Infinity];
    for (let k = 0; k < this.cells.count; k++) {
      const [across, down] = [this.middles[2 * k] - x, this.middles[2 * k + 1] - y];
      const ahead = across * dx + down * dy;
      const aside = Math.abs(across * dy - down * dx);
      if (cell >= 0 && (ahead <= 0 || aside > ahead || k === cell)) continue;
      const cost = Math.hypot(across, down) + aside;
      if (cost < least) [best, least] = [k, cost];
    }
    return best;
  }

  // Zoom about a fixed point of the screen.
  zoomBy(factor, left = this.width / 2, top = this.height / 2) {
    const [x, y] = this.toLattice(left, top);
    this.zoom = Math.min(Math.max(this.zoom * factor, 1), LARGEST);
    const [nowX, nowY] = this.toLattice(left, top);
    this.moveTo(this.x + x - nowX, this.y + y - nowY);
  }

  panBy(left, top) {
    this.moveTo(this.x - left / this.scale, this.y - top / this.scale);
  }

  showAll() {
    this.zoom = 1;
    this.moveTo(this.x, this.y);
  }

  // Pan to a cell outside the visible map.
  bringIn(cell) {
    const [x, y] = [this.middles[2 * cell], this.middles[2 * cell + 1]];
    const [left, top] = this.toScreen(x, y);
    const outside = left < 20 || top < 20 || left > this.width - 20 || top > this.height - 20;
    if (outside) this.moveTo(x, y);
  }

  // Pan, limited to the extent visible at zoom 1.
  moveTo(x, y) {
    const within = (value, low, high, half) => {
      const [a, b] = [low + half, high - half];
      return a < b ? Math.min(Math.max(value, a), b) : (low + high) / 2;
    };
    const [halfWidth, halfHeight] = [this.width / this.scale / 2, this.height / this.scale / 2];
    const [middleX, middleY] = [(this.left0 + this.right0) / 2, (this.top0 + this.bottom0) / 2];
    const [roomX, roomY] = [halfWidth * this.zoom, halfHeight * this.zoom];
    this.x = within(x, middleX - roomX, middleX + roomX, halfWidth);
    this.y = within(y, middleY - roomY, middleY + roomY, halfHeight);
    this.overlay.style.touchAction = this.zoom > 1 ? "none" : "pan-x pan-y";
    this.draw();
  }
}
