// Draws every `data-plot` figure with uPlot from the JSON beside it. The table behind it holds the same numbers.

import { EDGE, axis as axisNow, colour, line, redrawn, soft, write } from "./drawing.js";
import { gettext, numbers, zone } from "./words.js";

/** @typedef {{name: string, unit: string, colour: string, isDashed: boolean, values: (number|null)[], low: (number|null)[]|null, high: (number|null)[]|null}} Series */
/** @typedef {{x: number[], xName: string, yName: string, isTime: boolean, asPercent: boolean, yRange: [number, number]|null, marks: {at: number, words: string}[], isLog: boolean, hrefs?: string[], levels: {at: number, words: string, colour: string}[], series: Series[]}} Plot */

/** @param {Plot} plot */
function format(plot) {
  const digits = numbers(plot.asPercent ? { style: "percent", maximumFractionDigits: 2 } : { maximumSignificantDigits: 5 });
  return (/** @type {number|null} */ value) => (value == null ? "–" : digits.format(value));
}

/** Vertical lines with words; words that would run into others stand a line lower. @param {Plot} plot */
function marks(plot) {
  return (/** @type {any} */ u) => {
    const { ctx, bbox } = u;
    /** @type {[number, number][][]} */
    const taken = [];
    ctx.save();
    ctx.strokeStyle = colour("data-vermilion");
    ctx.fillStyle = colour("muted");
    ctx.setLineDash([4, 4]);
    write(ctx);
    for (const { at, words } of plot.marks) {
      const x = u.valToPos(at, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      line(ctx, x, bbox.top, x, bbox.top + bbox.height);
      const isRight = x > bbox.left + bbox.width * 0.75;
      ctx.textAlign = isRight ? "right" : "left";
      const from = x + (isRight ? -6 : 6) * devicePixelRatio;
      const width = ctx.measureText(words).width;
      const [begin, end] = isRight ? [from - width, from] : [from, from + width];
      let down = 0;
      while (taken[down]?.some(([low, high]) => begin < high && low < end)) down += 1;
      (taken[down] ??= []).push([begin, end]);
      ctx.fillText(words, from, bbox.top + (12 + 14 * down) * devicePixelRatio);
    }
    ctx.restore();
  };
}

/** Horizontal lines with words. @param {Plot} plot */
function levels(plot) {
  return (/** @type {any} */ u) => {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.setLineDash([6, 4]);
    ctx.lineWidth = 1.5 * devicePixelRatio;
    write(ctx);
    ctx.fillStyle = colour("muted");
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    for (const level of plot.levels) {
      const y = u.valToPos(level.at, "y", true);
      ctx.strokeStyle = colour(`data-${level.colour}`);
      line(ctx, bbox.left, y, bbox.left + bbox.width, y);
      ctx.fillText(level.words, bbox.left + 6 * devicePixelRatio, y - 5 * devicePixelRatio);
    }
    ctx.restore();
  };
}

/** @param {any} _u @param {number} _axis @param {number} low @param {number} high */
function powersOfTen(_u, _axis, low, high) {
  /** @type {number[]} */ const ticks = [];
  for (let power = Math.ceil(Math.log10(low) - 1e-9); 10 ** power <= high * (1 + 1e-9); power += 1) ticks.push(10 ** power);
  return ticks;
}

// Times in the page's zone; a new day or year is named below its first tick.
const DAY = "\n{D} {MMM}";
const TIME_TICKS = [
  [31536000, "{YYYY}", null, null, null, null, null, null, 1],
  [2419200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [86400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", DAY, null, DAY, null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", DAY, null, DAY, null, null, null, 1],
];

/** A click leads to what is behind the nearest place. @param {any} u @param {string[]} hrefs */
function lead(u, hrefs) {
  u.root.classList.add("plot-leads");
  u.over.addEventListener("click", () => {
    const href = u.cursor.idx == null ? "" : hrefs[u.cursor.idx];
    if (href) location.assign(href);
  });
}

/** @param {Plot} plot @param {HTMLElement} place */
function draw(plot, place) {
  /** @type {any[]} */ const series = [plot.isTime ? { label: plot.xName, value: "{YYYY}-{MM}-{DD} {HH}:{mm}" } : { label: plot.xName }];
  /** @type {any[]} */ const data = [plot.x];
  /** @type {any[]} */ const bands = [];
  const value = format(plot);
  for (const s of plot.series) {
    const stroke = colour(`data-${s.colour}`);
    series.push({ label: s.unit ? `${s.name} (${s.unit})` : s.name, stroke, width: 2, dash: s.isDashed ? [6, 4] : undefined, points: { show: plot.x.length < 3 }, value: (/** @type {any} */ _, /** @type {number|null} */ v) => value(v) });
    data.push(s.values);
    if (s.low && s.high) {
      const at = series.length;
      const edge = { ...EDGE, label: "", class: "plot-edge" };
      series.push({ ...edge, label: gettext("%(name)s, upper end", { name: s.name }), value: (/** @type {any} */ _, /** @type {number|null} */ v) => value(v) }, { ...edge, label: gettext("%(name)s, lower end", { name: s.name }), value: (/** @type {any} */ _, /** @type {number|null} */ v) => value(v) });
      data.push(s.high, s.low);
      bands.push({ series: [at, at + 1], fill: soft(stroke) });
    }
  }
  const axis = axisNow();
  return new /** @type {any} */ (window).uPlot(
    {
      width: place.clientWidth,
      height: Math.max(220, Math.min(320, place.clientWidth * 0.45)),
      series,
      bands,
      tzDate: (/** @type {number} */ seconds) => /** @type {any} */ (window).uPlot.tzDate(new Date(seconds * 1000), zone),
      scales: { x: { time: plot.isTime }, y: { ...(plot.yRange ? { range: plot.yRange } : {}), ...(plot.isLog ? { distr: 3, log: 10 } : {}) } },
      axes: [{ ...axis, label: plot.xName, labelSize: 20, labelFont: axis.font, ...(plot.isTime ? { values: TIME_TICKS } : {}) }, { ...axis, size: 64, label: plot.yName || undefined, labelSize: 20, labelFont: axis.font, values: (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks.map(value), ...(plot.isLog ? { splits: powersOfTen, filter: (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks } : {}) }],
      cursor: { y: false, points: { size: 6 } },
      hooks: { ready: plot.hrefs?.length ? [(/** @type {any} */ u) => lead(u, plot.hrefs ?? [])] : [], draw: [...(plot.marks.length ? [marks(plot)] : []), ...(plot.levels?.length ? [levels(plot)] : [])] },
    },
    data,
    place,
  );
}

/** @param {Element} figure */
function attach(figure) {
  const source = document.getElementById(figure.getAttribute("data-plot") ?? "");
  const place = /** @type {HTMLElement|null} */ (figure.querySelector(".plot-canvas"));
  if (!source || !place || place.firstElementChild) return;
  const plot = /** @type {Plot} */ (JSON.parse(source.textContent ?? "{}"));
  let drawn = draw(plot, place);
  redrawn(place, () => {
    drawn.destroy();
    drawn = draw(plot, place);
  });
}

/** @param {ParentNode} scope */
const attachAll = (scope) => scope.querySelectorAll("[data-plot]").forEach(attach);
attachAll(document);
document.addEventListener("htmx:load", (event) => attachAll(/** @type {HTMLElement} */ (event.target).parentElement ?? document));
