// What every drawn curve needs: numbers in words, colours of the theme, lines and words on a canvas, and a new
// drawing when the width or the theme changes.

import { number } from "./words.js";

/** @param {number|null} share @param {number} digits */
export const percent = (share, digits) => (share == null ? "–" : `${number(100 * share, { minimumFractionDigits: digits, maximumFractionDigits: digits })} %`);
/** @param {number} cutoff */
export const short = (cutoff) => number(cutoff, { maximumSignificantDigits: 6 });

/** The value of a colour token in the theme of this moment. @param {string} token */
export function colour(token) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${token})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

/** A colour to fill the room between two curves. @param {string} stroke */
export const soft = (stroke) => stroke.replace("rgb(", "rgba(").replace(")", ", 0.17)");

/** The end of an interval: there for its band alone. */
export const EDGE = { stroke: "transparent", width: 0, points: { show: false } };

/** How uPlot draws an axis here. */
export function axis() {
  const stroke = colour("line");
  return { stroke: colour("muted"), font: "12px system-ui, sans-serif", grid: { stroke, width: 1 }, ticks: { stroke, width: 1, size: 4 } };
}

/** Words on the canvas in the size of the axes. @param {CanvasRenderingContext2D} ctx */
export function write(ctx) {
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
export function line(ctx, x0, y0, x1, y1) {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

/** Words that stay readable across a line. @param {CanvasRenderingContext2D} ctx @param {string} words @param {string} token @param {number} x @param {number} y */
export function outlined(ctx, words, token, x, y) {
  ctx.setLineDash([]);
  ctx.lineWidth = 4 * devicePixelRatio;
  ctx.lineJoin = "round";
  ctx.strokeStyle = colour("surface");
  ctx.strokeText(words, x, y);
  ctx.fillStyle = colour(token);
  ctx.fillText(words, x, y);
}

/** Follow a pointer that is held down on a curve. @param {HTMLElement} place @param {(event: PointerEvent, begins: boolean) => void} follow */
export function dragged(place, follow) {
  place.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    place.setPointerCapture(event.pointerId);
    follow(event, true);
  });
  place.addEventListener("pointermove", (event) => { if (place.hasPointerCapture(event.pointerId)) follow(event, false); });
}

/** One of several is shown, by buttons that say which. @param {ParentNode} root @param {(which: string) => void} show */
export function chosen(root, show) {
  const press = (/** @type {string} */ which) => {
    for (const button of root.querySelectorAll("[data-shows]")) button.setAttribute("aria-pressed", String(button.getAttribute("data-shows") === which));
    show(which);
  };
  const choice = /** @type {HTMLElement|null} */ (root.querySelector("[data-units]"));
  if (choice) choice.hidden = false;
  choice?.addEventListener("click", (event) => {
    const which = /** @type {Element} */ (event.target).closest("[data-shows]")?.getAttribute("data-shows");
    if (which) press(which);
  });
  return press;
}

/** Draw again whenever the place has another width or the theme changes, until it is gone. @param {HTMLElement} place @param {() => void} draw */
export function redrawn(place, draw) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let width = place.clientWidth;
  const again = () => (place.isConnected ? draw() : stop());
  const watch = new ResizeObserver(() => {
    if (place.clientWidth === width || !place.clientWidth) return;
    width = place.clientWidth;
    requestAnimationFrame(again);
  });
  function stop() {
    watch.disconnect();
    dark.removeEventListener("change", again);
    document.removeEventListener("hitl:theme", again);
  }
  watch.observe(place);
  dark.addEventListener("change", again);
  document.addEventListener("hitl:theme", again);
}
