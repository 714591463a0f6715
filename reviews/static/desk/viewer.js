// A picture at the desk: zoom, pan, brightness, and regions that the person marks, by mouse, finger or keyboard.

import { gettext } from "../hitl/js/words.js";
import { addMark, dropMark } from "./marksmade.js";
import { measureBar } from "./page.js";
import { whenShown } from "./stage.js";

const MOST = 8;
const STEP = 1.4;
const PAN = 60;

/** @param {number} n @param {number} low @param {number} high */
const within = (n, low, high) => Math.min(high, Math.max(low, n));

/** @param {HTMLElement} viewer */
function attach(viewer) {
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (viewer.querySelector(`[data-viewer-${name}]`));
  const [frame, sheet, level, list] = [part("frame"), part("sheet"), part("level"), part("regions")];
  const field = sheet.dataset.picture ?? "";
  let [zoom, x, y] = [1, 0, 0];
  let isMarking = false;

  function draw() {
    const [width, height] = [frame.clientWidth, frame.clientHeight];
    const room = (/** @type {number} */ outer, /** @type {number} */ inner) => Math.max(0, (inner * zoom - outer) / 2);
    x = within(x, -room(width, sheet.offsetWidth), room(width, sheet.offsetWidth));
    y = within(y, -room(height, sheet.offsetHeight), room(height, sheet.offsetHeight));
    sheet.style.transform = zoom === 1 && !x && !y ? "" : `translate(${x}px, ${y}px) scale(${zoom})`;
    level.textContent = `${Math.round(zoom * 100)} %`;
    frame.toggleAttribute("data-zoomed", zoom > 1);
  }

  /** @param {number} to @param {number} [cx] point that stays, from the middle of the frame @param {number} [cy] */
  function zoomTo(to, cx = 0, cy = 0) {
    const next = within(to, 1, MOST);
    x = cx - ((cx - x) * next) / zoom;
    y = cy - ((cy - y) * next) / zoom;
    zoom = next;
    draw();
  }

  /** @param {MouseEvent} event @returns {[number, number]} from the middle of the frame */
  function fromMiddle(event) {
    const box = frame.getBoundingClientRect();
    return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
  }

  /** @param {MouseEvent} event @returns {[number, number]} parts of the picture, 0 to 1 */
  function onSheet(event) {
    const box = sheet.getBoundingClientRect();
    return [within((event.clientX - box.left) / box.width, 0, 1), within((event.clientY - box.top) / box.height, 0, 1)];
  }

  /** @param {boolean} is */
  function setMarking(is) {
    isMarking = is;
    frame.toggleAttribute("data-marking", is);
    part("mark").setAttribute("aria-pressed", String(is));
  }

  /** @param {import("./marksmade.js").Region} region */
  function place(region) {
    const box = document.createElement("span");
    box.className = "region";
    sheet.append(box);
    const row = /** @type {HTMLElement} */ (/** @type {HTMLTemplateElement} */ (viewer.querySelector("template")).content.firstElementChild?.cloneNode(true));
    const [name, drop] = row.querySelectorAll("button");
    const put = () => Object.assign(box.style, { left: `${region.x * 100}%`, top: `${region.y * 100}%`, width: `${region.width * 100}%`, height: `${region.height * 100}%` });
    name.addEventListener("keydown", (event) => {
      if (!nudge(region, event)) return;
      event.preventDefault();
      put();
    });
    for (const [kind, is] of /** @type {const} */ ([["focus", true], ["blur", false]])) name.addEventListener(kind, () => box.classList.toggle("is-current", is));
    drop.addEventListener("click", () => {
      dropMark(region);
      box.remove();
      row.remove();
      number();
      frame.focus();
    });
    list.append(row);
    put();
    number();
    return { box, put, row, name };
  }

  function number() {
    for (const [i, row] of [...list.children].entries()) {
      const words = row.querySelector("[data-words]");
      if (words) words.textContent = gettext("Region %(n)s", { n: i + 1 });
    }
    measureBar();
  }

  /** @param {PointerEvent} event */
  function begin(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    frame.setPointerCapture(event.pointerId);
    const from = isMarking ? onSheet(event) : fromMiddle(event);
    const [startX, startY] = [x, y];
    const region = { field, kind: /** @type {const} */ ("region"), x: from[0], y: from[1], width: 0, height: 0 };
    const drawn = isMarking ? place(region) : null;
    const move = (/** @type {PointerEvent} */ to) => {
      if (drawn) {
        const [px, py] = onSheet(to);
        Object.assign(region, { x: Math.min(px, from[0]), y: Math.min(py, from[1]), width: Math.abs(px - from[0]), height: Math.abs(py - from[1]) });
        drawn.put();
      } else {
        const [px, py] = fromMiddle(to);
        [x, y] = [startX + px - from[0], startY + py - from[1]];
        draw();
      }
    };
    const end = () => {
      frame.removeEventListener("pointermove", move);
      if (!drawn) return;
      if (region.width < 0.01 || region.height < 0.01) {
        drawn.box.remove();
        drawn.row.remove();
        return number();
      }
      addMark(region);
    };
    frame.addEventListener("pointermove", move);
    frame.addEventListener("lostpointercapture", end, { once: true });
    event.preventDefault();
    frame.focus({ preventScroll: true });
  }

  function markMiddle() {
    const [box, outer] = [sheet.getBoundingClientRect(), frame.getBoundingClientRect()];
    const [width, height] = [0.3 / zoom, 0.3 / zoom];
    const middle = [(outer.left + outer.width / 2 - box.left) / box.width, (outer.top + outer.height / 2 - box.top) / box.height];
    const region = { field, kind: /** @type {const} */ ("region"), x: within(middle[0] - width / 2, 0, 1 - width), y: within(middle[1] - height / 2, 0, 1 - height), width, height };
    addMark(region);
    place(region).name.focus();
  }

  const keys = {
    "+": () => zoomTo(zoom * STEP),
    "=": () => zoomTo(zoom * STEP),
    "-": () => zoomTo(zoom / STEP),
    0: () => zoomTo(1),
    ArrowLeft: () => pan(PAN, 0),
    ArrowRight: () => pan(-PAN, 0),
    ArrowUp: () => pan(0, PAN),
    ArrowDown: () => pan(0, -PAN),
    Insert: markMiddle,
  };

  /** @param {number} dx @param {number} dy */
  function pan(dx, dy) {
    x += dx;
    y += dy;
    draw();
  }

  frame.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    if (event.key.startsWith("Arrow") && zoom === 1) return;
    event.preventDefault();
    keys[/** @type {keyof typeof keys} */ (event.key)]();
  });
  frame.addEventListener("pointerdown", begin);
  frame.addEventListener("dblclick", (event) => !isMarking && zoomTo(zoom > 1 ? 1 : 2.5, ...fromMiddle(event)));
  frame.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // an ordinary wheel scrolls the page
      event.preventDefault();
      zoomTo(zoom * Math.exp(-event.deltaY / 300), ...fromMiddle(event));
    },
    { passive: false },
  );
  part("in").addEventListener("click", () => zoomTo(zoom * STEP));
  part("out").addEventListener("click", () => zoomTo(zoom / STEP));
  part("fit").addEventListener("click", () => zoomTo(1));
  part("mark").addEventListener("click", (event) => {
    // By keyboard a region appears in the middle and is moved by arrows; a pointer draws it.
    if (event.detail === 0) markMiddle();
    else setMarking(!isMarking);
  });
  const light = /** @type {HTMLInputElement} */ (part("light"));
  light.addEventListener("input", () => {
    /** @type {HTMLElement} */ (sheet.querySelector("img")).style.setProperty("--brightness", String(Number(light.value) / 100));
  });
  part("tools").hidden = false;
}

/** @param {import("./marksmade.js").Region} region @param {KeyboardEvent} event @returns {boolean} whether it moved */
function nudge(region, event) {
  const by = event.ctrlKey || event.metaKey ? 0.05 : 0.01;
  const way = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key];
  if (!way) return false;
  if (event.shiftKey) {
    region.width = within(region.width + way[0], 0.01, 1 - region.x);
    region.height = within(region.height + way[1], 0.01, 1 - region.y);
  } else {
    region.x = within(region.x + way[0], 0, 1 - region.width);
    region.y = within(region.y + way[1], 0, 1 - region.height);
  }
  return true;
}

whenShown((stage) => {
  for (const viewer of stage.querySelectorAll("[data-viewer]")) attach(/** @type {HTMLElement} */ (viewer));
});
