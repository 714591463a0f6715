// From boxes with weights to a smooth field over a picture, and the lines where it passes a level. Pure numbers.

/** @typedef {{ x: number, y: number, w: number, h: number, share: number }} Box */

const SIDE = 48;

/**
 * How strongly the boxes speak at each point of a grid of 48 by 48, 0 to 1: whole inside a box, fading over half its
 * size outside.
 * @param {Box[]} boxes @returns {Float64Array} row by row
 */
export function fieldOf(boxes) {
  const most = Math.max(...boxes.map((box) => box.share), 1e-9);
  const field = new Float64Array(SIDE * SIDE);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const x = (column + 0.5) / SIDE;
      const y = (row + 0.5) / SIDE;
      let at = 0;
      for (const box of boxes) {
        const dx = (x - box.x - box.w / 2) / (box.w * 0.62);
        const dy = (y - box.y - box.h / 2) / (box.h * 0.62);
        at += (box.share / most) * Math.exp(-((dx * dx + dy * dy) ** 1.6));
      }
      field[row * SIDE + column] = Math.min(1, at);
    }
  }
  return field;
}

/** Which sides of a cell a line at the level crosses, by which of its corners lie above. Sides: 0 top, 1 right, 2 foot, 3 left. */
const CROSSED = [[], [[3, 2]], [[2, 1]], [[3, 1]], [[0, 1]], [[0, 3], [2, 1]], [[0, 2]], [[0, 3]], [[0, 3]], [[0, 2]], [[0, 1], [3, 2]], [[0, 1]], [[3, 1]], [[2, 1]], [[3, 2]], []];

/**
 * Marching squares: the lines where the field passes the level, as the data of an SVG path in a box of 1 by 1.
 * Beyond the edge the field counts as nothing, so that every line is closed.
 * @param {Float64Array} field @param {number} level
 */
export function contour(field, level) {
  const value = (/** @type {number} */ row, /** @type {number} */ column) =>
    row < 0 || column < 0 || row >= SIDE || column >= SIDE ? 0 : field[row * SIDE + column];
  const between = (/** @type {number} */ a, /** @type {number} */ b) => (a === b ? 0.5 : (level - a) / (b - a));
  const place = (/** @type {number} */ n) => Math.min(1, Math.max(0, (n + 0.5) / SIDE)).toFixed(4);
  /** @type {Map<string, string[]>} */
  const next = new Map();
  for (let row = -1; row < SIDE; row++) {
    for (let column = -1; column < SIDE; column++) {
      const [a, b, c, d] = [value(row, column), value(row, column + 1), value(row + 1, column + 1), value(row + 1, column)];
      const corners = (a >= level ? 8 : 0) + (b >= level ? 4 : 0) + (c >= level ? 2 : 0) + (d >= level ? 1 : 0);
      const sides = [
        [column + between(a, b), row],
        [column + 1, row + between(b, c)],
        [column + between(d, c), row + 1],
        [column, row + between(a, d)],
      ];
      for (const [from, to] of CROSSED[corners]) {
        const [a, b] = [from, to].map((side) => sides[side].map(place).join(" "));
        for (const [one, other] of [[a, b], [b, a]]) next.set(one, [...(next.get(one) ?? []), other]);
      }
    }
  }
  return joined(next);
}

/** Walk from point to point until each line is used, so that dashes run along it. @param {Map<string, string[]>} next */
function joined(next) {
  const lines = [];
  for (const start of next.keys()) {
    const line = [];
    for (let at = /** @type {string | undefined} */ (start); at && next.get(at)?.length; ) {
      line.push(at);
      const to = /** @type {string} */ (next.get(at)?.pop());
      const back = next.get(to) ?? [];
      back.splice(back.indexOf(at), 1);
      at = to;
    }
    if (line.length > 1) lines.push(`M${line.join("L")}Z`);
  }
  return lines.join("");
}

/** Paint the field in one colour, stronger where it is stronger; the browser smooths it when it is drawn larger.
 * @param {CanvasRenderingContext2D} context of a canvas of 48 by 48 @param {Float64Array} field @param {number[]} rgb */
export function paint(context, field, [r, g, b]) {
  const picture = context.getImageData(0, 0, SIDE, SIDE);
  for (let i = 0; i < field.length; i++) {
    const alpha = Math.round(150 * field[i]);
    if (alpha <= picture.data[4 * i + 3]) continue;
    picture.data.set([r, g, b, alpha], 4 * i);
  }
  context.putImageData(picture, 0, 0);
}

export const GRID = SIDE;
