// Beam cells at the start of an hour: hexagons over the cells, coloured by satellite.

const HOP_SHARE = "hop_share";  // the quantity drawn together with them
const BEAM_ALPHA = 0.5, BEAM_EDGE = "#202020";
const WIDE_ENOUGH = 6;  // CSS pixels from a centre to a corner, from which on each beam cell has an outline

let beamPaths = { hour: -1 };  // of the hour drawn last

// One path per colour, one of the excluded cells, and one of all the others without a satellite.
function pathsOfBeams(hour) {
  if (beamPaths.hour === hour) return beamPaths;
  const { colours, corners } = content.beams;
  const colour = content.beams.colour[hour];  // of each satellite
  const [x, y, excluded] = ["x", "y", "excluded"].map((name) => array(`beams.${name}`));
  const satellite = array("beams.satellite").subarray(hour * x.length, (hour + 1) * x.length);
  const none = satellite.BYTES_PER_ELEMENT === 1 ? 0xff : 0xffff;
  const [served, forbidden, idle] = [colours.map(() => new Path2D()), new Path2D(), new Path2D()];
  x.forEach((_, k) => {
    const path = satellite[k] !== none ? served[colour[satellite[k]]] : excluded[k] ? forbidden : idle;
    const [first, ...others] = corners.map(([across, down]) => [x[k] + across, y[k] + down]);
    path.moveTo(...first);
    for (const corner of others) path.lineTo(...corner);
    path.lineTo(...first);
  });
  beamPaths = { hour, served, forbidden, idle };
  return beamPaths;
}

function drawBeamCells(pen, thin, hour) {
  const { served, forbidden, idle } = pathsOfBeams(hour);
  const outlined = Math.hypot(...content.beams.corners[0]) > WIDE_ENOUGH * thin;
  served.forEach((path, k) => {
    pen.fillStyle = content.beams.colours[k];
    pen.globalAlpha = BEAM_ALPHA;
    pen.fill(path);
  });
  pen.globalAlpha = 1;
  pen.fillStyle = hatching(pen, thin);
  pen.fill(forbidden);
  pen.strokeStyle = BEAM_EDGE;
  pen.lineWidth = 0.4 * thin;
  for (const path of outlined ? [...served, forbidden, idle] : [forbidden]) pen.stroke(path);
}
