// Shows what a cutoff would have done, before it is saved: curves to drag on, a slider for the keyboard, a sentence.
// Without this module the form still works: the number fields, the table and the button are all there.

import { EDGE, axis as axisNow, chosen, colour, dragged, line, outlined, percent, redrawn, short, soft, write } from "../hitl/js/drawing.js";
import { gettext, number } from "../hitl/js/words.js";


/** @typedef {{nLabels: number, inForce: number|null, cutoff: number[], n: number[], wrong: number[], error: (number|null)[], low: (number|null)[], high: (number|null)[], isCovered: boolean[]}} Unit */
/** @typedef {{target: number, units: Record<string, Unit>}} Curves */



// Sure models crowd their scores near 1, so the axis counts nines: .9 is 1, .99 is 2, .999 is 3.
const LAST = 5;
/** @param {number} cutoff */
const nines = (cutoff) => Math.min(LAST, -Math.log10(Math.max(1 - cutoff, 10 ** -LAST)));
const TICKS = [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9999, 0.99999];

/** What a cutoff would have done, in a sentence. @param {Unit} unit @param {number} i */
function sentence(unit, i) {
  const automated = { automated: percent(unit.n[i] / unit.nLabels, 1), labelled: number(unit.nLabels) };
  if (!unit.n[i]) return gettext("Would have automated %(automated)s of %(labelled)s labelled cases.", automated);
  return gettext("Would have automated %(automated)s of %(labelled)s labelled cases, %(wrong)s wrong (%(error)s, %(level)s interval %(low)s to %(high)s).", {
    ...automated, wrong: number(unit.wrong[i]), error: percent(unit.error[i], 2), level: percent(0.95, 0), low: percent(unit.low[i], 2), high: percent(unit.high[i], 2),
  });
}

class UnitView {
  /** @param {HTMLElement} root @param {Unit} unit @param {number} target @param {() => void} changed */
  constructor(root, unit, target, changed) {
    this.root = root;
    this.unit = unit;
    this.target = target;
    this.changed = changed;
    this.input = /** @type {HTMLInputElement} */ (root.querySelector("input[type=number]"));
    this.never = /** @type {HTMLInputElement|null} */ (root.querySelector("input[type=checkbox]"));
    this.range = /** @type {HTMLInputElement} */ (root.querySelector("input[type=range]"));
    this.said = /** @type {HTMLElement} */ (root.querySelector("[data-said]"));
    this.places = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-curve]")]);
    // Points run from strict to loose; curves and slider from loose (left) to strict (right).
    this.order = unit.cutoff.map((_, i) => unit.cutoff.length - 1 - i);
    this.x = this.order.map((i) => nines(unit.cutoff[i]));
    // A cutoff of 0 accepts everything, and so does the lowest score: nothing lies between them.
    this.first = this.x.find((x) => x > 0) ?? 0;
    this.x = this.x.map((x) => Math.max(x, this.first));
    this.at = unit.inForce == null ? this.x.length - 1 : this.order.indexOf(unit.cutoff.indexOf(unit.inForce));
    this.isTouched = false;
    /** @type {any[]} */ this.drawn = [];
    this.range.max = String(this.order.length - 1);
    this.range.value = String(this.at);
    /** @type {HTMLElement} */ (root.querySelector("[data-slide]")).hidden = false;
    this.range.addEventListener("input", () => this.moveTo(Number(this.range.value)));
    this.input.addEventListener("change", () => {
      if (this.input.value.trim() !== "") this.moveTo(this.nearest(nines(Number(this.input.value))));
    });
    this.never?.addEventListener("change", () => {
      this.isTouched = true;
      this.changed();
      for (const plot of this.drawn) plot.redraw(false);
    });
    this.describe();
  }

  get i() { return this.order[this.at]; }
  get isNever() { return this.never?.checked ?? false; }
  get isCovered() { return this.isNever || this.unit.isCovered[this.i]; }
  get isMoved() {
    if (!this.isTouched) return false;
    const wasNever = this.unit.inForce == null;
    return this.isNever !== (wasNever && this.never != null) || (!this.isNever && this.unit.cutoff[this.i] !== this.unit.inForce);
  }

  /** @param {number} x */
  nearest(x) {
    let best = 0;
    this.x.forEach((value, k) => { if (Math.abs(value - x) < Math.abs(this.x[best] - x)) best = k; });
    return best;
  }

  /** @param {number} k */
  moveTo(k) {
    if (this.range.disabled) return;
    this.at = k;
    this.isTouched = true;
    this.range.value = String(k);
    this.input.value = String(this.unit.cutoff[this.i]);
    if (this.never) this.never.checked = false;
    this.describe();
    this.changed();
    for (const plot of this.drawn) plot.redraw(false);
  }

  /** Move to a cutoff that was chosen elsewhere, exactly. @param {number} cutoff */
  try(cutoff) {
    const exact = this.order.indexOf(this.unit.cutoff.indexOf(cutoff));
    this.moveTo(exact >= 0 ? exact : this.nearest(nines(cutoff)));
  }

  describe() {
    const words = sentence(this.unit, this.i);
    this.range.setAttribute("aria-valuetext", gettext("Cutoff %(cutoff)s. %(words)s", { cutoff: short(this.unit.cutoff[this.i]), words }));
    if (this.input.value.trim() !== "" || this.unit.inForce != null) this.said.textContent = words;
  }

  draw() {
    for (const plot of this.drawn) plot.destroy();
    this.drawn = this.places.map((place) => this.plot(place));
  }

  /** @param {HTMLElement} place */
  plot(place) {
    const uPlot = /** @type {any} */ (window).uPlot;
    const isError = place.dataset.curve === "error";
    const pick = (/** @type {(number|null)[]} */ values) => this.order.map((i) => values[i]);
    const main = colour(isError ? "data-orange" : "data-blue");
    const curve = { stroke: main, width: 2, points: { show: false } };
    const axis = axisNow();
    const errors = pick(this.unit.error);
    const data = isError
      ? [this.x, errors, pick(this.unit.high), pick(this.unit.low)]
      : [this.x, this.order.map((i) => this.unit.n[i] / this.unit.nLabels)];
    const top = isError ? Math.min(1, Math.max(2.5 * this.target, 1.25 * Math.max(...errors.map((e) => e ?? 0)))) : 1;
    const last = Math.max(this.first + 1, ...this.x);
    const plot = new uPlot(
      {
        width: place.clientWidth,
        height: place.clientHeight,
        series: isError ? [{}, curve, EDGE, EDGE] : [{}, curve],
        bands: isError ? [{ series: [2, 3], fill: soft(main) }] : [],
        legend: { show: false },
        scales: { x: { time: false, range: [this.first, last] }, y: { range: [0, top] } },
        axes: [
          { ...axis, splits: () => this.ticks(this.first, last, place.clientWidth), values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((t) => short(1 - 10 ** -t)) },
          { ...axis, size: 56, values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((t) => percent(t, top < 0.02 ? 2 : top < 0.4 ? 1 : 0)) },
        ],
        cursor: { show: false },
        hooks: { draw: [(/** @type {any} */ u) => this.lines(u, isError)] },
      },
      data,
      place,
    );
    return plot;
  }

  /** Places of the axis that leave each other room. @param {number} first @param {number} last @param {number} width */
  ticks(first, last, width) {
    const room = (46 * (last - first)) / Math.max(width - 60, 1);
    /** @type {number[]} */ const kept = [];
    for (const t of TICKS.map(nines)) if (t >= first && t <= last && (!kept.length || t - kept[kept.length - 1] >= room)) kept.push(t);
    return kept;
  }

  /** The promise, the cutoff in force, the candidate. @param {any} u @param {boolean} isError */
  lines(u, isError) {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    ctx.save();
    write(ctx);
    if (isError) {
      const y = u.valToPos(this.target, "y", true);
      this.dashed(ctx, colour("data-vermilion"), [2, 3], bbox.left, y, bbox.left + bbox.width, y);
      ctx.textAlign = "right";
      outlined(ctx, gettext("promise"), "muted", bbox.left + bbox.width - 6 * ratio, y - 5 * ratio);
    }
    const inForce = this.unit.inForce;
    if (inForce != null) this.mark(u, nines(inForce), gettext("in force"), "muted", [4, 4], 12);
    if (this.isMoved && !this.isNever) this.mark(u, this.x[this.at], gettext("candidate"), "accent", [], 26);
    ctx.restore();
  }

  /** @param {any} u @param {number} at @param {string} words @param {string} token @param {number[]} dash @param {number} down */
  mark(u, at, words, token, dash, down) {
    const { ctx, bbox } = u;
    const x = Math.max(bbox.left, Math.min(bbox.left + bbox.width, u.valToPos(at, "x", true)));
    this.dashed(ctx, colour(token), dash, x, bbox.top, x, bbox.top + bbox.height);
    const isRight = x > bbox.left + bbox.width * 0.75;
    ctx.textAlign = isRight ? "right" : "left";
    outlined(ctx, words, token, x + (isRight ? -6 : 6) * devicePixelRatio, bbox.top + down * devicePixelRatio);
  }

  /** A dashed line. @param {CanvasRenderingContext2D} ctx @param {string} stroke @param {number[]} dash @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
  dashed(ctx, stroke, dash, x0, y0, x1, y1) {
    ctx.strokeStyle = stroke;
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.setLineDash(dash.map((d) => d * devicePixelRatio));
    line(ctx, x0, y0, x1, y1);
  }

  /** Let the candidate be dragged on either curve. */
  drag() {
    this.places.forEach((place, which) => {
      dragged(place, (event) => {
        const plot = this.drawn[which];
        this.moveTo(this.nearest(plot.posToVal(event.clientX - plot.over.getBoundingClientRect().left, "x")));
      });
    });
  }
}

/** @param {HTMLElement} form */
function attach(form) {
  const source = document.getElementById(form.dataset.cutoffs ?? "");
  const curves = /** @type {Curves} */ (JSON.parse(source?.textContent ?? "{}"));
  const verdict = /** @type {HTMLElement|null} */ (form.querySelector("[data-verdict]"));
  /** @type {Map<string, UnitView>} */ const views = new Map();

  const judge = () => {
    if (!verdict) return;
    const all = [...views.values()];
    if (!all.some((view) => view.isMoved)) {
      verdict.textContent = "";
      delete verdict.dataset.tone;
      return;
    }
    const isCovered = all.every((view) => view.isCovered);
    verdict.dataset.tone = isCovered ? "good" : "warn";
    verdict.textContent = isCovered
      ? gettext("The certificate covers this: the promise holds.")
      : gettext("Not tested: saving this switches the promise off, and needs another operator's approval if there is one.");
  };

  for (const root of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-unit]"))) {
    const view = new UnitView(root, curves.units[root.dataset.unit ?? ""], curves.target, judge);
    views.set(root.dataset.unit ?? "", view);
    view.drag();
  }

  const show = chosen(form, (shown) => {
    for (const [name, view] of views) {
      view.root.hidden = name !== shown;
      if (!view.root.hidden) view.draw();
    }
  });
  const tried = new URLSearchParams(location.search); // from the promise page: a cutoff to look at first
  for (const [name, view] of views) {
    const cutoff = Number(tried.get(name) ?? NaN);
    if (cutoff >= 0 && cutoff <= 1) view.try(cutoff);
  }
  show([...views.keys()].find((name) => tried.has(name)) ?? [...views.keys()][0]);

  redrawn(form, () => views.forEach((view) => { if (!view.root.hidden) view.draw(); }));
}

/** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-cutoffs]")).forEach(attach);
