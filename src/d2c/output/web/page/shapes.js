// Lattice polygons as canvas paths.

function rings(name) {
  const [x, y, corner, ring] = ["x", "y", "rings", "shapes"].map((part) => array(`${name}.${part}`));
  return { x, y, corner, ring, count: ring.length - 1 };
}

function trace(path, shapes, k) {
  for (let r = shapes.ring[k]; r < shapes.ring[k + 1]; r++) {
    const [first, end] = [shapes.corner[r], shapes.corner[r + 1]];
    path.moveTo(shapes.x[first], shapes.y[first]);
    for (let c = first + 1; c < end; c++) path.lineTo(shapes.x[c], shapes.y[c]);
    path.lineTo(shapes.x[first], shapes.y[first]);  // not closePath, whose cost in Chromium grows with the path
  }
}

function wholePath(shapes) {
  const path = new Path2D();
  for (let k = 0; k < shapes.count; k++) trace(path, shapes, k);
  return path;
}

// Grey hatching for "no data", also in the legend.
function noData(context) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.fillStyle = "#dddddd";
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = "#858585";
  for (const x of [-8, 0, 8]) {
    pen.moveTo(x, 8);
    pen.lineTo(x + 8, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

// The same for a pen in lattice units.
function hatching(pen, thin) {
  const pattern = noData(pen);
  pattern.setTransform(new DOMMatrix().scaleSelf(thin));
  return pattern;
}
