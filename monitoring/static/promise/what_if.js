// What another target or cutoff would mean in a week, while one drags: no round trip, the numbers are all here.
// Without this module the table of numbers is there, and the forms that change things.

import { EDGE, axis as axisNow, chosen, colour, dragged, line, outlined, percent, redrawn, short, soft, write } from "../hitl/js/drawing.js";
import { gettext, numbers } from "../hitl/js/words.js";


/** @typedef {{words: string, field: string, share: number, nLabels: number, inForce: number|null, certified: number|null, cutoff: number[], n: number[], wrong: number[], low: (number|null)[], high: (number|null)[], bound: number[], isCovered: boolean[]}} Unit */
/** @typedef {{target: number, auditRate: number, weeklyCases: number, seconds: number|null, answers: number, waiting: number, units: Unit[]}} Data */

const counts = numbers({ maximumFractionDigits: 0 });
const fine = numbers({ maximumFractionDigits: 2 });
const few = numbers({ maximumFractionDigits: 1 });
/** @param {number} n */
const count = (n) => (n < 10 ? few.format(n) : counts.format(n));

/**
 * Cursor of the loosest cutoff that these labels would probably prove for a target, -1 if none: from the cutoff
 * with the strongest evidence on, as far as each by itself keeps it.
 * @param {Unit} unit @param {number} target
 */
export function provable(unit, target) {
  let at = 0;
  unit.bound.forEach((bound, i) => { if (bound < unit.bound[at]) at = i; });
  if (unit.bound[at] > target) return -1;
  while (at + 1 < unit.bound.length && unit.bound[at + 1] <= target) at += 1;
  return at;
}

/**
 * What a week is like with a cutoff; -1 automates nothing. @param {Data} data @param {Unit} unit @param {number} at
 */
export function week(data, unit, at) {
  const cases = (data.weeklyCases || 1000) * unit.share;
  const n = at < 0 ? 0 : unit.n[at];
  const automatic = (cases * n) / Math.max(unit.nLabels, 1);
  const audits = automatic * data.auditRate;
  const people = cases - automatic + audits;
  const rate = n ? unit.wrong[at] / n : 0;
  return {
    share: n / Math.max(unit.nLabels, 1),
    automatic,
    wrong: automatic * rate,
    low: n ? automatic * (unit.low[at] ?? 0) : 0,
    high: n ? automatic * (unit.high[at] ?? 1) : 0,
    audits,
    people,
    hours: data.seconds == null ? null : (people * data.seconds) / 3600,
    queue: data.weeklyCases ? Math.max(0, data.waiting + people - data.answers * unit.share) : null,
    bound: n ? unit.bound[at] : null,
  };
}

class WhatIf {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.data = /** @type {Data} */ (JSON.parse(document.getElementById(root.dataset.whatIf ?? "")?.textContent ?? "{}"));
    this.place = /** @type {HTMLElement} */ (root.querySelector("[data-risk]"));
    this.targetRange = /** @type {HTMLInputElement} */ (root.querySelector("[data-target]"));
    this.cutoffRange = /** @type {HTMLInputElement} */ (root.querySelector("[data-cutoff]"));
    this.target = this.data.target;
    this.unit = this.data.units[0];
    this.at = 0;
    /** @type {any} */ this.drawn = null;
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-sliders], [data-takes]"))) part.hidden = false;
    const per = root.querySelector("[data-per]");
    if (per && !this.data.weeklyCases) per.textContent = gettext("Per 1,000 cases");
    this.targetRange.addEventListener("input", () => this.aim(10 ** Number(this.targetRange.value)));
    this.cutoffRange.addEventListener("input", () => this.moveTo(Number(this.cutoffRange.value)));
    this.drag();
    chosen(root, (which) => this.show(Number(which)))("0");
  }

  /** Cursor of what is in force, -1 if nothing is. */
  get inForce() { return this.unit.inForce == null ? -1 : this.unit.cutoff.indexOf(this.unit.inForce); }

  /** @param {number} which */
  show(which) {
    this.unit = this.data.units[which];
    this.target = this.data.target;
    this.cutoffRange.max = String(this.unit.cutoff.length - 1);
    this.at = this.inForce >= 0 ? this.inForce : Math.max(0, provable(this.unit, this.target));
    this.draw();
    this.tell();
  }

  /** Another target: what these labels would prove for it. @param {number} target */
  aim(target) {
    this.target = Number(Math.min(0.2, Math.max(0.0005, target)).toPrecision(2));
    const found = provable(this.unit, this.target);
    this.at = found;
    this.tell();
    this.drawn?.redraw(false);
  }

  /** @param {number} at */
  moveTo(at) {
    this.at = at;
    this.tell();
    this.drawn?.redraw(false);
  }

  tell() {
    const { unit, data } = this;
    const none = gettext("none");
    const cutoff = this.at < 0 ? none : short(unit.cutoff[this.at]);
    this.targetRange.value = String(Math.log10(this.target));
    this.cutoffRange.value = String(Math.max(0, this.at));
    this.say("[data-target-words]", gettext("%(share)s wrong", { share: percent(this.target, 2) }));
    this.say("[data-cutoff-words]", cutoff);
    const then = week(data, unit, this.at);
    this.fill("then", then, percent(this.target, 2), cutoff);
    this.fill("now", week(data, unit, this.inForce), percent(data.target, 2), this.inForce < 0 ? none : short(unit.cutoff[this.inForce]));
    const words = this.verdict();
    const said = /** @type {HTMLElement|null} */ (this.root.querySelector("[data-verdict]"));
    if (said) {
      said.textContent = words.text;
      said.dataset.tone = words.tone;
    }
    this.targetRange.setAttribute("aria-valuetext", gettext("Target %(share)s wrong. %(verdict)s", { share: percent(this.target, 2), verdict: words.text }));
    this.cutoffRange.setAttribute("aria-valuetext", gettext("Cutoff %(cutoff)s, %(share)s automated. %(verdict)s", { cutoff, share: percent(then.share, 1), verdict: words.text }));
    const target = this.root.querySelector("[data-take-target]");
    target?.setAttribute("href", `${this.root.dataset.promiseUrl}?target=${this.target}`);
    const by = this.root.querySelector("[data-take-cutoff]");
    by?.setAttribute("href", this.at < 0 ? `${this.root.dataset.cutoffsUrl}` : `${this.root.dataset.cutoffsUrl}?${unit.field}=${unit.cutoff[this.at]}#cutoffs`);
  }

  verdict() {
    const { unit, at, target } = this;
    if (at < 0) return { tone: "warn", text: gettext("For at most %(target)s wrong these labels would prove nothing: people would decide every case.", { target: percent(target, 2) }) };
    const share = percent(unit.n[at] / Math.max(unit.nLabels, 1), 1);
    if (unit.isCovered[at] && target >= this.data.target) return { tone: "good", text: gettext("%(share)s accepted. The certificate covers this cutoff.", { share }) };
    const bound = unit.bound[at];
    const said = { share, bound: percent(bound, 2), target: percent(target, 2) };
    if (bound <= target) return { tone: "good", text: gettext("%(share)s accepted. These labels alone bound the error by %(bound)s, so it would probably be proved for %(target)s.", said) };
    return { tone: "warn", text: gettext("%(share)s accepted. These labels only bound the error by %(bound)s: more than %(target)s, so it would probably not be proved.", said) };
  }

  /** @param {string} column @param {ReturnType<typeof week>} w @param {string} target @param {string} cutoff */
  fill(column, w, target, cutoff) {
    /** @type {Record<string, string>} */
    const said = {
      target,
      cutoff,
      share: percent(w.share, 1),
      automatic: count(w.automatic),
      wrong: w.automatic ? gettext("%(value)s (%(low)s to %(high)s)", { value: count(w.wrong), low: count(w.low), high: count(w.high) }) : "0",
      people: count(w.people),
      audits: count(w.audits),
      hours: w.hours == null ? "–" : few.format(w.hours),
      queue: w.queue == null ? "–" : count(w.queue),
    };
    for (const [name, words] of Object.entries(said)) this.say(`[data-${column}="${name}"]`, words);
  }

  /** @param {string} where @param {string} words */
  say(where, words) {
    const place = this.root.querySelector(where);
    if (place) place.textContent = words;
  }

  draw() {
    this.drawn?.destroy();
    const { unit, place } = this;
    const main = colour("data-orange");
    const axis = axisNow();
    const x = unit.n.map((n) => n / Math.max(unit.nLabels, 1));
    const errors = unit.n.map((n, i) => (n ? unit.wrong[i] / n : null));
    const top = Math.min(1, Math.max(3 * this.data.target, 1.25 * Math.max(...errors.map((e, i) => (x[i] > 0.02 ? e ?? 0 : 0)))));
    this.drawn = new /** @type {any} */ (window).uPlot(
      {
        width: place.clientWidth,
        height: place.clientHeight,
        series: [{}, { stroke: main, width: 2, points: { show: false } }, EDGE, EDGE],
        bands: [{ series: [2, 3], fill: soft(main) }],
        legend: { show: false },
        scales: { x: { time: false, range: [0, 1] }, y: { range: [0, top] } },
        axes: [
          { ...axis, values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((t) => percent(t, 0)) },
          { ...axis, size: 56, values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((t) => `${fine.format(100 * t)} %`) },
        ],
        cursor: { show: false },
        hooks: { draw: [(/** @type {any} */ u) => this.lines(u)] },
      },
      [x, errors, unit.high, unit.low],
      place,
    );
  }

  /** The target, what is certified, what is tried. @param {any} u */
  lines(u) {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    ctx.save();
    write(ctx);
    ctx.lineWidth = 1.5 * ratio;
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    ctx.strokeStyle = colour("data-vermilion");
    const y = Math.max(bbox.top, u.valToPos(this.target, "y", true));
    line(ctx, bbox.left, y, bbox.left + bbox.width, y);
    ctx.textAlign = "left";
    outlined(ctx, gettext("target %(share)s", { share: percent(this.target, 2) }), "muted", bbox.left + 6 * ratio, y - 6 * ratio);
    const certified = this.unit.certified == null ? -1 : this.unit.cutoff.indexOf(this.unit.certified);
    if (certified >= 0) this.mark(u, certified, gettext("certified"), "good", 12);
    if (this.at >= 0) this.mark(u, this.at, this.at === certified ? "" : gettext("tried"), "accent", 28);
    ctx.restore();
  }

  /** A point with its interval and a line to the axis. @param {any} u @param {number} at @param {string} words @param {string} token @param {number} down */
  mark(u, at, words, token, down) {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    const { unit } = this;
    const x = u.valToPos(unit.n[at] / Math.max(unit.nLabels, 1), "x", true);
    const to = (/** @type {number|null} */ v) => Math.max(bbox.top, u.valToPos(v ?? 0, "y", true));
    ctx.strokeStyle = ctx.fillStyle = colour(token);
    ctx.setLineDash([]);
    ctx.lineWidth = 1 * ratio;
    line(ctx, x, bbox.top, x, bbox.top + bbox.height);
    ctx.lineWidth = 3 * ratio;
    if (unit.n[at]) {
      line(ctx, x, to(unit.low[at]), x, to(unit.high[at]));
      ctx.beginPath();
      ctx.arc(x, to(unit.wrong[at] / unit.n[at]), 5 * ratio, 0, 2 * Math.PI);
      ctx.fill();
    }
    const isRight = x > bbox.left + bbox.width * 0.7;
    ctx.textAlign = isRight ? "right" : "left";
    if (words) outlined(ctx, words, token, x + (isRight ? -8 : 8) * ratio, bbox.top + down * ratio);
  }

  /** Near the target's line one drags the target, anywhere else the cutoff. */
  drag() {
    let isTarget = false;
    dragged(this.place, (event, begins) => {
      const box = this.drawn.over.getBoundingClientRect();
      if (begins) isTarget = Math.abs(event.clientY - box.top - this.drawn.valToPos(this.target, "y")) < 10;
      if (isTarget) return this.aim(this.drawn.posToVal(event.clientY - box.top, "y"));
      const wanted = this.drawn.posToVal(event.clientX - box.left, "x");
      const far = (/** @type {number} */ i) => Math.abs(this.unit.n[i] / Math.max(this.unit.nLabels, 1) - wanted);
      this.moveTo(this.unit.cutoff.reduce((best, _, i) => (far(i) < far(best) ? i : best), 0));
    });
  }
}

for (const root of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-what-if]"))) {
  const view = new WhatIf(root);
  redrawn(view.place, () => view.draw());
}
