// Beam footprints at the start of an hour: ellipses over the cells, coloured by satellite.

const BEAMS_OVER = "beams_over";  // the quantity drawn together with them

function drawFootprints(pen, thin, hour) {
  const [first, satellite] = [array("beams.first"), array("beams.satellite")];
  const [x, y, long, short, turn] = ["x", "y", "long", "short", "turn"].map((name) => array(`beams.${name}`));
  for (let k = first[hour]; k < first[hour + 1]; k++) {
    pen.beginPath();
    pen.ellipse(x[k], y[k], long[k], short[k], turn[k] * Math.PI / 18000, 0, 2 * Math.PI);
    pen.fillStyle = content.beams.colours[satellite[k] % content.beams.colours.length];
    pen.globalAlpha = 0.4;
    pen.fill();
    pen.globalAlpha = 1;
    pen.strokeStyle = "#202020";
    pen.lineWidth = 0.7 * thin;
    pen.stroke();
  }
}
