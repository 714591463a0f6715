// The player of a recording: waveform, position, speed, and ranges marked by mouse or keyboard.

import { gettext, numbers } from "../hitl/js/words.js";
import { addMark, dropMark } from "./marksmade.js";
import { desk } from "./page.js";
import { forgetPlayers, register } from "./sound.js";
import { whenShown } from "./stage.js";

const BARS = 600;
const JUMP = 2; // seconds that an arrow moves
const TENTHS = numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1, useGrouping: false });
const ON_A_CLOCK = numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1, minimumIntegerDigits: 2 });

/** The largest swing in each of `BARS` stretches, 0 to 1. @param {AudioBuffer} sound */
function peaksOf(sound) {
  const samples = sound.getChannelData(0);
  const width = Math.max(1, Math.floor(samples.length / BARS));
  const peaks = Array.from({ length: Math.min(BARS, samples.length) }, (_, bar) => {
    let most = 0;
    for (let i = bar * width; i < (bar + 1) * width; i++) most = Math.max(most, Math.abs(samples[i]));
    return most;
  });
  const loudest = Math.max(...peaks, 1e-6);
  return peaks.map((peak) => peak / loudest);
}

const clock = (/** @type {number} */ s) => `${Math.floor(s / 60)}:${ON_A_CLOCK.format(s % 60)}`;

/** @param {HTMLElement} box */
function attach(box) {
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (box.querySelector(`[data-player-${name}]`));
  const audio = /** @type {HTMLAudioElement} */ (box.querySelector("audio"));
  const wave = /** @type {HTMLCanvasElement} */ (part("wave"));
  const field = box.dataset.player ?? "";
  /** @type {number[]} */
  let peaks = [];
  let length = 0;
  /** @type {import("./marksmade.js").Range[]} */
  let ranges = [];
  /** @type {{ start: number, end: number } | null} */
  let chosen = null;
  let stopAt = Infinity;
  let startAt = 0;

  const player = { highlights: [], draw, play };
  register(field, player);

  function draw() {
    if (!length || !wave.isConnected) return;
    const ratio = devicePixelRatio;
    const [width, height] = [wave.clientWidth, wave.clientHeight];
    if (wave.width !== Math.round(width * ratio)) [wave.width, wave.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    const context = wave.getContext("2d");
    if (!context) return;
    const style = getComputedStyle(box);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const at = (/** @type {number} */ seconds) => (seconds / length) * width;
    for (const one of /** @type {import("./evidence.js").Highlight[]} */ (player.highlights)) {
      stretch(context, at(one.where.start_ms / 1000), at(one.where.end_ms / 1000), height, colour(`--wave-${one.side}-fill`), colour(`--wave-${one.side}`), one.side === "against" ? [5, 4] : []);
    }
    for (const range of [...ranges, ...(chosen ? [chosen] : [])]) {
      stretch(context, at(range.start), at(range.end), height, colour("--wave-range-fill"), colour("--wave-range"), []);
    }
    const bars = Math.min(peaks.length, Math.floor(width / 3));
    const played = at(audio.currentTime);
    for (let i = 0; i < bars; i++) {
      const peak = Math.max(...peaks.slice(Math.floor((i * peaks.length) / bars), Math.max(Math.floor(((i + 1) * peaks.length) / bars), Math.floor((i * peaks.length) / bars) + 1)));
      const tall = Math.max(2, peak * (height - 16));
      const left = (i * width) / bars;
      context.fillStyle = colour(left < played ? "--wave-played" : "--wave-bar");
      context.fillRect(left, (height - tall) / 2, 2, tall);
    }
    context.fillStyle = colour("--wave-played");
    context.fillRect(played - 0.5, 0, 1.5, height);
    part("time").textContent = gettext("%(n)s of %(most)s", { n: clock(audio.currentTime), most: clock(length) });
    wave.setAttribute("aria-valuenow", audio.currentTime.toFixed(1));
    wave.setAttribute("aria-valuetext", gettext("%(n)s of %(most)s seconds", { n: TENTHS.format(audio.currentTime), most: TENTHS.format(length) }));
  }

  /** @param {number} from seconds @param {number} [to] */
  function play(from, to = Infinity) {
    audio.currentTime = from;
    stopAt = to;
    audio.play().catch(() => {});
  }

  function toggle() {
    stopAt = Infinity;
    if (audio.paused) audio.play().catch(() => {});
    else audio.pause();
  }

  /** @param {number} seconds */
  function seek(seconds) {
    audio.currentTime = Math.min(length, Math.max(0, seconds));
    stopAt = Infinity;
    draw();
  }

  /** @param {number} from seconds @param {number} to */
  function mark(from, to) {
    const range = { field, kind: /** @type {const} */ ("range"), start: Math.max(0, Math.min(from, to)), end: Math.min(length, Math.max(from, to)) };
    if (range.end - range.start < 0.05) return;
    addMark(range);
    ranges.push(range);
    const row = /** @type {HTMLElement} */ (/** @type {HTMLTemplateElement} */ (box.querySelector("template")).content.firstElementChild?.cloneNode(true));
    const [name, drop] = row.querySelectorAll("button");
    /** @type {HTMLElement} */ (row.querySelector("[data-words]")).textContent = gettext("%(start)s to %(end)s s", { start: TENTHS.format(range.start), end: TENTHS.format(range.end) });
    name.addEventListener("click", () => play(range.start, range.end));
    drop.addEventListener("click", () => {
      dropMark(range);
      ranges = ranges.filter((other) => other !== range);
      row.remove();
      draw();
      wave.focus();
    });
    part("ranges").append(row);
    draw();
  }

  /** @param {PointerEvent} event */
  const secondsAt = (event) => {
    const area = wave.getBoundingClientRect();
    return Math.min(length, Math.max(0, ((event.clientX - area.left) / area.width) * length));
  };

  wave.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const from = secondsAt(event);
    wave.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ to) => {
      chosen = { start: Math.min(from, secondsAt(to)), end: Math.max(from, secondsAt(to)) };
      draw();
    };
    wave.addEventListener("pointermove", move);
    wave.addEventListener(
      "lostpointercapture",
      () => {
        wave.removeEventListener("pointermove", move);
        const { start, end } = chosen ?? { start: from, end: from };
        chosen = null;
        if (end - start >= 0.05) mark(start, end);
        else seek(from);
      },
      { once: true },
    );
  });
  wave.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const jump = event.shiftKey ? JUMP / 10 : JUMP;
    const deed = {
      ArrowLeft: () => seek(audio.currentTime - jump),
      ArrowRight: () => seek(audio.currentTime + jump),
      Home: () => seek(0),
      End: () => seek(length),
      " ": toggle,
    }[event.key];
    if (!deed) return;
    event.preventDefault();
    deed();
  });
  part("toggle").addEventListener("click", toggle);
  part("from").addEventListener("click", () => {
    startAt = audio.currentTime;
    part("from").setAttribute("aria-pressed", "true");
  });
  part("to").addEventListener("click", () => {
    part("from").setAttribute("aria-pressed", "false");
    mark(startAt, audio.currentTime);
    startAt = 0;
  });
  part("speed").addEventListener("change", (event) => {
    audio.playbackRate = Number(/** @type {HTMLSelectElement} */ (event.target).value);
  });
  for (const kind of ["play", "pause", "ended"]) {
    audio.addEventListener(kind, () => {
      part("toggle").setAttribute("aria-pressed", String(!audio.paused));
      if (!audio.paused) requestAnimationFrame(follow);
      draw();
    });
  }

  function follow() {
    if (!box.isConnected || audio.paused) return;
    if (audio.currentTime >= stopAt) {
      audio.pause();
      stopAt = Infinity;
    }
    draw();
    requestAnimationFrame(follow);
  }

  async function listen() {
    try {
      const answer = await fetch(audio.currentSrc || audio.src, { credentials: "same-origin" });
      const sound = await new OfflineAudioContext(1, 1, 44_100).decodeAudioData(await answer.arrayBuffer());
      if (!box.isConnected || !answer.ok) return;
      [peaks, length] = [peaksOf(sound), sound.duration];
    } catch {
      return; // the browser's own controls stay
    }
    audio.controls = false;
    part("body").hidden = false;
    wave.setAttribute("aria-valuemax", length.toFixed(1));
    new ResizeObserver(draw).observe(wave);
    draw();
  }

  audio.muted = (desk.dataset.comfort ?? "").split(" ").includes("mute");
  listen();
}

/** @param {CanvasRenderingContext2D} context @param {number} from @param {number} to @param {number} height @param {string} fill @param {string} line @param {number[]} dash */
function stretch(context, from, to, height, fill, line, dash) {
  context.fillStyle = fill;
  context.fillRect(from, 0, to - from, height);
  context.strokeStyle = line;
  context.lineWidth = 2;
  context.setLineDash(dash);
  context.strokeRect(from + 1, 1, Math.max(1, to - from - 2), height - 2);
  context.setLineDash([]);
}

desk.addEventListener("desk:leave", () => {
  for (const audio of desk.querySelectorAll("audio")) audio.pause();
});
whenShown((stage) => {
  forgetPlayers();
  for (const box of stage.querySelectorAll("[data-player]")) attach(/** @type {HTMLElement} */ (box));
});
