// The desk: shows one case after another, sends what the person says, and loses none of it.

import { drawMarks, fetchEvidence, hideMarks } from "./evidence.js";
import { keptFor } from "./kept.js";
import { GUARD_MS, listen } from "./keys.js";
import { keepLease } from "./lease.js";
import { activeSeconds, startCounting, wasHereWithin } from "./presence.js";
import { ask } from "./server.js";
import { offerUndo } from "./undo.js";

const POLL_MS = 5_000;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

const desk = /** @type {HTMLElement} */ (document.querySelector("[data-desk]"));
const place = /** @type {HTMLElement} */ (desk.querySelector("[data-stage-place]"));
const url = desk.dataset;
const kept = keptFor(url.person ?? "");
const undoBar = offerUndo(find("[data-undo]"), Number(url.undoSeconds));
const lease = keepLease(
  { renew: url.renewUrl ?? "", leave: url.leaveUrl ?? "", giveBack: url.giveBackUrl ?? "" },
  { onIdle: warnIdle, onBack: () => dialog("idle").close(), onEnd: goAway, onLost: lose },
);

let shownAt = 0;
let isBusy = false;
let evidenceSeen = "none";
let wasSuggestionSeen = false;
let lostCase = "";

/** @param {string} selector @returns {HTMLElement} */
function find(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector));
}
const dialog = (/** @type {string} */ id) => /** @type {HTMLDialogElement} */ (document.getElementById(id));
const stage = () => /** @type {HTMLElement} */ (place.querySelector("[data-stage]"));
const form = () => /** @type {HTMLFormElement | null} */ (place.querySelector("[data-answer]"));
const workflow = () => new URLSearchParams(location.search).get("workflow") ?? "";
const isCase = () => stage()?.dataset.stage === "case";
const isSuggestionHidden = () => desk.dataset.suggestion === "hidden";
const toast = (/** @type {string} */ words, tone = "neutral") =>
  document.dispatchEvent(new CustomEvent("hitl:toast", { detail: { words, tone } }));

/* ---- Showing a case ---------------------------------------------------------------------------------------- */

/** @param {string} html of the service: escaped there */
function show(html) {
  hideMarks();
  const pattern = document.createElement("template");
  pattern.innerHTML = html;
  place.replaceChildren(pattern.content);
  begin();
  window.scrollTo(0, 0);
  const heading = place.querySelector("#case-heading");
  if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
  say(isCase() ? `Next case. ${heading?.textContent ?? ""}` : "Nothing waits for you.");
}

function begin() {
  for (const id of ["idle", "lost", "skip", "policy"]) dialog(id)?.close();
  shownAt = performance.now();
  busy(false);
  const now = stage();
  lease.hold(now.dataset.lease ?? null, Number(now.dataset.leaseSeconds ?? 0));
  startCounting();
  evidenceSeen = "none";
  wasSuggestionSeen = !!now.querySelector("[data-suggestion]") && !isSuggestionHidden();
  measureBar();
  if (!isCase()) return;
  restoreDraft();
  fetchEvidence(now).then((seen) => {
    if (now !== stage()) return;
    evidenceSeen = seen;
    if (isSuggestionHidden()) hideMarks();
  });
}

function measureBar() {
  const height = form()?.offsetHeight;
  if (height) desk.style.setProperty("--bar-height", `${height}px`);
}

/** @param {string} words */
function say(words) {
  find("[data-says]").textContent = words;
}

/** @param {boolean} is */
function busy(is) {
  isBusy = is;
  desk.setAttribute("aria-busy", String(is));
}

/* ---- Answering --------------------------------------------------------------------------------------------- */

/** @param {string} label */
function answer(label) {
  const fields = form();
  if (isBusy || !fields || performance.now() - shownAt < GUARD_MS) return;
  for (const button of fields.querySelectorAll("button[name=label]")) {
    button.setAttribute("aria-pressed", String(/** @type {HTMLButtonElement} */ (button).value === label));
  }
  deliver({
    lease: stage().dataset.lease ?? "",
    case: stage().dataset.case ?? "",
    label,
    comment: comment()?.value ?? "",
    seconds: String(activeSeconds()),
    evidence: evidenceSeen === "shown" && !wasSuggestionSeen ? "hidden" : evidenceSeen,
    suggestion_seen: wasSuggestionSeen ? "yes" : "no",
    workflow: workflow(),
  });
}

/**
 * Send an answer until the service has it. It is kept on this device meanwhile, and its lease is its key: sent twice,
 * it counts once.
 * @param {Record<string, string>} said
 */
async function deliver(said, attempt = 0) {
  kept.set("sending", said);
  busy(true);
  const isOfPage = said.lease === stage().dataset.lease;
  const reply = await ask(url.answerUrl ?? "", isOfPage ? said : { ...said, stay: "yes" });
  if (reply.kind === "unreachable") return retryLater(said, attempt);
  if (reply.kind === "signed-out") return askToSignIn();
  kept.set("sending", null);
  banner("");
  if (reply.kind === "refused") {
    kept.set(`draft.${said.case}`, { label: said.label, comment: said.comment });
    busy(false);
    if (!isOfPage) toast(`Your earlier answer "${said.label}" was not saved. ${reply.words}`, "warn");
    else if (reply.code === "lease_expired") lose(reply.words);
    else toast(reply.words, "bad");
    return;
  }
  kept.set(`draft.${said.case}`, null);
  if (reply.headers.get("X-Desk-Answer") === "saved") tally(+1);
  undoBar.offer(said.lease, said.label);
  if (isOfPage) show(reply.html);
  else busy(false);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let retry;

/** @param {Record<string, string>} said @param {number} attempt */
function retryLater(said, attempt) {
  const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)];
  if (attempt) banner(`Not saved yet: the service cannot be reached. Your answer "${said.label}" is kept here and sent as soon as it can.`);
  const again = () => {
    clearTimeout(retry);
    removeEventListener("online", again);
    find("[data-retry]").onclick = null;
    deliver(said, attempt + 1);
  };
  retry = setTimeout(again, wait);
  addEventListener("online", again, { once: true });
  find("[data-retry]").onclick = again;
}

function askToSignIn() {
  banner("You are signed out. Your answer is kept here: load the page, sign in, and it is sent.");
  find("[data-retry]").onclick = () => location.reload();
}

/** @param {string} words empty takes it away */
function banner(words) {
  find("[data-banner]").hidden = !words;
  find("[data-banner-words]").textContent = words;
}

/** @param {number} change */
function tally(change) {
  const count = find("[data-tally]");
  count.textContent = String(Math.max(0, Number(count.textContent) + change));
}

/* ---- Drafts ------------------------------------------------------------------------------------------------ */

const comment = () => /** @type {HTMLTextAreaElement | null} */ (place.querySelector("textarea[name=comment]"));

function restoreDraft() {
  const draft = kept.get(`draft.${stage().dataset.case}`);
  const field = comment();
  if (!draft || !field) return;
  field.value = draft.comment ?? "";
  if (field.value) /** @type {HTMLDetailsElement} */ (field.closest("details")).open = true;
  if (draft.label) {
    place.querySelector(`button[name=label][value="${CSS.escape(draft.label)}"]`)?.setAttribute("aria-pressed", "true");
    toast(`You chose "${draft.label}" before. Choose again to save it.`);
  }
  measureBar();
}

place.addEventListener("input", (event) => {
  if (event.target !== comment()) return;
  const text = comment()?.value ?? "";
  kept.set(`draft.${stage().dataset.case}`, text ? { comment: text } : null);
});

/* ---- Everything else a person does ------------------------------------------------------------------------- */

/** @param {string} to @param {Record<string, string>} fields */
async function move(to, fields) {
  if (isBusy) return "busy";
  busy(true);
  const reply = await ask(to, { ...fields, workflow: workflow() });
  if (reply.kind === "ok") {
    show(reply.html);
    return reply.kind;
  }
  busy(false);
  if (reply.kind === "signed-out") askToSignIn();
  else if (reply.kind === "unreachable") toast("The service cannot be reached. Try again in a moment.", "bad");
  else if (reply.code === "lease_expired" && isCase()) lose(reply.words);
  else toast(reply.words, "warn");
  return reply.kind;
}

async function undo() {
  const token = undoBar.lease();
  if (!token) return toast("There is nothing to take back: the time for it has passed. Recent lets you change an answer.");
  const reply = await move(url.undoUrl ?? "", { lease: token, holding: stage().dataset.lease ?? "" });
  if (reply === "ok" || reply === "refused") undoBar.withdraw();
  if (reply !== "ok") return;
  tally(-1);
  say("Taken back. The case is before you again.");
}

const deeds = {
  undo,
  skip: () => isCase() && dialog("skip").showModal(),
  next: () => move(url.nextUrl ?? "", {}),
  unskip: () => move(url.nextUrl ?? "", { with_skipped: "yes" }),
  again: () => move(url.againUrl ?? "", { case: lostCase }),
  keep: () => lease.renew(),
  async "give-back"() {
    dialog("idle").close();
    await lease.giveBack();
    goAway();
  },
  policy() {
    const text = /** @type {HTMLTemplateElement | null} */ (place.querySelector("[data-guidelines]"));
    const body = find("[data-policy]");
    body.replaceChildren(text ? text.content.cloneNode(true) : "");
    if (!body.textContent?.trim()) body.textContent = "No policy is written down for this workflow yet.";
    dialog("policy").showModal();
  },
  "toggle-suggestion": () => setSuggestion(!isSuggestionHidden()),
};

/** @param {boolean} isHidden */
function setSuggestion(isHidden) {
  if (isHidden) desk.dataset.suggestion = "hidden";
  else delete desk.dataset.suggestion;
  kept.set("suggestion", isHidden ? "hidden" : null);
  const button = place.querySelector("[data-does=toggle-suggestion]");
  button?.setAttribute("aria-expanded", String(!isHidden));
  const words = button?.querySelector("span");
  if (words) words.textContent = isHidden ? "Show" : "Hide";
  if (isHidden) return hideMarks();
  wasSuggestionSeen ||= !!place.querySelector("[data-suggestion]");
  drawMarks();
}

function goAway() {
  dialog("idle").close();
  const away = /** @type {HTMLTemplateElement} */ (find("template[data-away]"));
  hideMarks();
  place.replaceChildren(away.content.cloneNode(true));
  begin();
}

/** @param {number} seconds */
function warnIdle(seconds) {
  find("[data-idle-left]").textContent = seconds === 1 ? "1 second" : `${seconds} seconds`;
  if (!dialog("idle").open) dialog("idle").showModal();
}

/** @param {string} words */
function lose(words) {
  lostCase = stage().dataset.case ?? "";
  lease.hold(null);
  find("[data-lost-words]").textContent = words;
  dialog("idle").close();
  if (!dialog("lost").open) dialog("lost").showModal();
}

setInterval(async () => {
  if (stage()?.dataset.stage !== "empty" || document.hidden || isBusy) return;
  const reply = await ask(`${url.waitingUrl}?workflow=${encodeURIComponent(workflow())}`);
  if (reply.kind !== "ok" || !reply.data.has_work || stage()?.dataset.stage !== "empty") return;
  if (wasHereWithin(60)) return deeds.next();
  const found = place.querySelector("[data-found]");
  if (found instanceof HTMLElement && found.hidden) {
    found.hidden = false;
    say("New cases are waiting.");
  }
}, POLL_MS);

/* ---- Doors of the page ------------------------------------------------------------------------------------- */

/** @param {string} key @returns {boolean} whether it did something */
function act(key) {
  if (key === "?") return dialog("keys").showModal(), true;
  if (key === "u") return undo(), true;
  if (!isCase()) {
    const go = place.querySelector("[data-does=next]");
    return key === "Enter" && go instanceof HTMLElement && !go.closest("[hidden]") && (deeds.next(), true);
  }
  const chosen = place.querySelector(`[data-answer] [data-key="${CSS.escape(key)}"]`);
  if (chosen instanceof HTMLButtonElement) return answer(chosen.value), true;
  if (key === "Enter") {
    const suggested = place.querySelector(".answer-label.is-suggested");
    if (!(suggested instanceof HTMLButtonElement) || isSuggestionHidden()) return false;
    return answer(suggested.value), true;
  }
  if (key === "s") return deeds.skip(), true;
  if (key === "p") return deeds.policy(), true;
  if (key === "m" && place.querySelector("[data-suggestion]")) return deeds["toggle-suggestion"](), true;
  if (key === "c") return openComment(), true;
  return false;
}

function openComment() {
  const field = comment();
  if (!field) return;
  /** @type {HTMLDetailsElement} */ (field.closest("details")).open = true;
  field.focus();
  measureBar();
}

listen({
  isGuarded: () => performance.now() - shownAt < GUARD_MS,
  inDialog(key, open) {
    const button = open.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!(button instanceof HTMLButtonElement)) return false;
    button.click();
    return true;
  },
  act,
});

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const deed = target.closest("[data-does]")?.getAttribute("data-does");
  if (deed && deed in deeds) {
    deeds[/** @type {keyof typeof deeds} */ (deed)]();
    return;
  }
  const reason = target.closest("[data-reason]")?.getAttribute("data-reason");
  if (reason) {
    dialog("skip").close();
    move(url.skipUrl ?? "", { lease: stage().dataset.lease ?? "", reason });
  }
  const picture = target.closest("[data-zooms]");
  picture?.setAttribute("aria-pressed", String(picture.getAttribute("aria-pressed") !== "true"));
  if (target.closest("[data-recent]")) showRecent();
});

desk.addEventListener("submit", (event) => {
  const submitter = /** @type {SubmitEvent} */ (event).submitter;
  if (!(submitter instanceof HTMLButtonElement) || submitter.name !== "label") return;
  event.preventDefault();
  answer(submitter.value);
});

desk.addEventListener("change", (event) => {
  const choice = /** @type {Element} */ (event.target).closest("[data-choice]");
  if (!(choice instanceof HTMLFormElement)) return;
  const chosen = String(new FormData(choice).get("workflow") ?? "");
  location.assign(chosen ? `?workflow=${encodeURIComponent(chosen)}` : location.pathname);
});

place.addEventListener("toggle", measureBar, true);
addEventListener("resize", measureBar);

async function showRecent() {
  const reply = await ask(url.recentUrl ?? "");
  if (reply.kind !== "ok") return toast("Your last answers cannot be shown just now.", "warn");
  const pattern = document.createElement("template");
  pattern.innerHTML = reply.html;
  find("[data-recent-list]").replaceChildren(pattern.content);
  dialog("recent").showModal();
}

// The lost dialog asks for one of two things: closing it otherwise means the next case.
dialog("lost").addEventListener("cancel", () => deeds.next());

if (kept.get("suggestion") === "hidden") setSuggestion(true);
begin();
const unsent = kept.get("sending");
if (unsent) deliver(unsent);
