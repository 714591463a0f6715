// Evidence on a picture: a smooth warmth over what counts, and a line around it. Two colours and two kinds of line.

import { contour, fieldOf, GRID, paint } from "./contours.js";

const SVG = "http://www.w3.org/2000/svg";
const COLOURS = { for: [86, 180, 233], against: [230, 159, 0] }; // of the palette: sky and orange
const LEVEL = 0.4;

/** @param {Element} content @param {import("./evidence.js").Highlight[]} highlights */
export function drawRegions(content, highlights) {
  eraseRegions(content);
  for (const asset of new Set(highlights.map((one) => one.where.asset))) {
    const picture = content.querySelector(`[data-picture="${CSS.escape(asset)}"]`);
    if (picture) draw(picture, highlights.filter((one) => one.where.asset === asset));
  }
}

/** @param {Element} content */
export function eraseRegions(content) {
  for (const layer of content.querySelectorAll("[data-heat], [data-outline]")) layer.remove();
}

/** @param {Element} picture @param {import("./evidence.js").Highlight[]} highlights */
function draw(picture, highlights) {
  const heat = document.createElement("canvas");
  heat.width = heat.height = GRID;
  heat.dataset.heat = "";
  heat.setAttribute("aria-hidden", "true");
  const lines = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true", "data-outline": "" })) {
    lines.setAttribute(name, value);
  }
  for (const side of /** @type {const} */ (["for", "against"])) {
    const boxes = highlights.filter((one) => one.side === side).map((one) => ({ ...one.where, share: one.share }));
    if (!boxes.length) continue;
    const field = fieldOf(boxes);
    const context = heat.getContext("2d");
    if (context) paint(context, field, COLOURS[side]);
    for (const name of ["mark-halo", side]) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", contour(field, LEVEL));
      path.setAttribute("class", name);
      lines.append(path);
    }
  }
  picture.append(heat, lines);
}
