// Event handlers of controls, keyboard, mouse and touch.

function listenToControls() {
  byId("quantity").addEventListener("change", (event) => choose(content.quantities[event.target.value]));
  byId("hour").addEventListener("input", (event) => {
    stop();
    goTo(Number(event.target.value) - 1);
  });
  const step = (by) => () => {
    stop();
    goTo(chosen.hour + by);
  };
  byId("earlier").addEventListener("click", step(-1));
  byId("later").addEventListener("click", step(1));
  byId("play").addEventListener("click", play);
  byId("zoom-in").addEventListener("click", () => ground.zoomBy(2));
  byId("zoom-out").addEventListener("click", () => ground.zoomBy(0.5));
  byId("zoom-all").addEventListener("click", () => ground.showAll());
  byId("find-worst").addEventListener("click", () => pinInView(ends.lowest));
  byId("find-best").addEventListener("click", () => pinInView(ends.highest));
  byId("place").addEventListener("submit", (event) => {
    event.preventDefault();
    find(byId("place-text").value);
  });
}

// Select the cell at "latitude, longitude".
function find(text) {
  const match = /^\s*(-?\d+(?:\.\d*)?)\s*[,; ]\s*(-?\d+(?:\.\d*)?)\s*$/.exec(text.replace("−", "-"));
  const [latitude, longitude] = match ? match.slice(1).map(Number) : [NaN, NaN];
  const note = byId("place-note");
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
    note.textContent = "Enter two numbers in degrees, such as 41.9, 12.5.";
    return;
  }
  const { cell, km } = nearestCell(latitude, longitude);
  const size = Math.sqrt(array("place.area_km2").reduce((a, b) => Math.max(a, b)));
  note.textContent = km > size ? `No cell there; the nearest is ${grouped(km, 0)} km away.` : "";
  pinInView(cell);
}

function listenToKeys() {
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  byId("overlay").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in arrows) pinInView(ground.neighbour(chosen.pinned, ...arrows[event.key]));
    else if (event.key === "+" || event.key === "=") ground.zoomBy(2);
    else if (event.key === "-") ground.zoomBy(0.5);
    else if (event.key === "0") ground.showAll();
    else if (event.key === "Escape") pin(-1);
    else return;
    byId("tip").hidden = true;
    event.preventDefault();
  });
}

// Hover shows a cell, tap or click selects it, dragging pans, pinch or Ctrl + wheel zooms.
function listenToPointers() {
  const overlay = byId("overlay");
  const down = new Map();
  let moved = 0;
  const spot = (event) => [event.offsetX, event.offsetY];
  const apart = () => {
    const [[x1, y1], [x2, y2]] = down.values();
    return Math.hypot(x1 - x2, y1 - y2);
  };
  overlay.addEventListener("pointerdown", (event) => {
    down.set(event.pointerId, spot(event));
    if (down.size === 1) moved = 0;
    overlay.setPointerCapture(event.pointerId);
  });
  overlay.addEventListener("pointermove", (event) => {
    const [left, top] = spot(event);
    const last = down.get(event.pointerId);
    if (!last) {
      point(ground.cellAt(left, top), left, top);
      return;
    }
    byId("tip").hidden = true;
    const before = down.size === 2 ? apart() : 0;
    down.set(event.pointerId, [left, top]);
    moved += Math.hypot(left - last[0], top - last[1]);
    if (down.size === 2) {
      const [[x1, y1], [x2, y2]] = down.values();
      ground.zoomBy(apart() / before, (x1 + x2) / 2, (y1 + y2) / 2);
    } else if (moved > 6) {
      ground.panBy(left - last[0], top - last[1]);
    }
  });
  overlay.addEventListener("pointerup", (event) => {
    const [left, top] = spot(event);
    if (down.size === 1 && moved <= 6) {
      const cell = ground.cellAt(left, top);
      pin(cell);
      point(cell, left, top);
    }
    down.delete(event.pointerId);
  });
  overlay.addEventListener("pointercancel", (event) => down.delete(event.pointerId));
  overlay.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && point(-1));
  overlay.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;  // without Ctrl the wheel scrolls the page
    event.preventDefault();
    ground.zoomBy(2 ** (-event.deltaY / 100), ...spot(event));
  }, { passive: false });
}
