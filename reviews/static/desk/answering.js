// What a person says of a case: it goes into the outbox, and the next case comes from the shelf at once. Where the
// shelf is empty, the page waits for the service, which answers with the next case.

import { gettext } from "../hitl/js/words.js";
import { read } from "./cases.js";
import { can } from "./deeds.js";
import { recount } from "./choices.js";
import { keepDraft } from "./drafts.js";
import { lose, setLost, shelf } from "./leases.js";
import { outboxOf } from "./outbox.js";
import { banner, busy, find, isCase, say, setBusy, stage, tally, toast, url, workflow } from "./page.js";
import { ask } from "./server.js";
import { isGuarded, onStage, show } from "./stage.js";
import { tellState } from "./state.js";
import { offerUndo } from "./undo.js";

/** @typedef {import("./store.js").Act} Act */
/** @typedef {import("./server.js").Reply} Reply */

/** What a person is told of what has no bar to take it back. @type {Record<string, () => string>} */
const DONE = {
  skip: () => gettext("Skipped."),
  hold: () => gettext("Put on hold: you find it under On hold."),
  escalate: () => gettext("Escalated to an adjudicator."),
};

const undoBar = offerUndo(find("[data-undo]"), Number(url.undoSeconds));
const outbox = outboxOf(url.person ?? "", { send, settled, changed });

/** The lease of a case painted from the shelf that the service has not been told of. */
let unseen = "";

/** True when a key or a click means this case: it has been there for a moment, and nothing is on its way. */
export const takesAnswers = () => isCase() && !busy() && !isGuarded();

/**
 * @param {"answer" | "skip" | "hold" | "escalate"} kind @param {string} to
 * @param {Record<string, string>} fields @param {string} words what was said, for people
 */
export function commit(kind, to, fields, words) {
  const one = onStage();
  if (kind === "answer") undoBar.offer(one, words);
  const next = shelf.take();
  if (next) {
    unseen = next.lease;
    show(next);
  } else setBusy(true);
  const said = { ...fields, lease: one.lease, case: one.id, workflow: workflow() };
  outbox.add({ kind, url: to, lease: one.lease, case: one.id, words, fields: said });
}

/** @param {Parameters<typeof tellState>[0]} state @param {Act[]} waiting */
function changed(state, waiting) {
  tellState(state, waiting);
  if (state === "idle") shelf.ready();
}

/** @param {Act} act @returns {Promise<Reply>} */
async function send(act) {
  const now = stage().dataset.lease ?? "";
  if (act.lease === now) return ask(act.url, act.fields); // the page waits for the next case
  const isNew = unseen !== "" && unseen === now;
  const reply = await ask(act.url, { ...act.fields, stay: "yes", ...(isNew ? { next: now } : {}) });
  if (isNew && reply.kind === "ok") {
    if (unseen === now) unseen = "";
    if (reply.headers.get("X-Desk-Next") === "lost" && stage().dataset.lease === now) passOver();
  }
  return reply;
}

/** The case painted from memory had gone to somebody else meanwhile. */
async function passOver() {
  toast(gettext("That case had just gone to somebody else: here is the next one."));
  const next = shelf.take();
  if (!next) return void (await askForNext());
  unseen = next.lease;
  show(next);
}

async function askForNext() {
  setBusy(true);
  const reply = await ask(url.nextUrl ?? "", { workflow: workflow() });
  setBusy(false);
  if (reply.kind === "ok") show(read(reply.html));
}

/** @param {Act} act @param {Reply} reply */
function settled(act, reply) {
  const isWaitedFor = act.lease === stage().dataset.lease;
  if (reply.kind === "refused") return refused(act, reply, isWaitedFor);
  if (reply.kind !== "ok") return;
  keepDraft(act.case, null);
  recount();
  if (act.kind === "answer") {
    if (reply.headers.get("X-Desk-Answer") === "saved") tally(+1);
    undoBar.saved(act.lease);
  } else toast(DONE[act.kind]());
  if (isWaitedFor) show(read(reply.html));
}

/** @param {Act} act @param {Extract<Reply, { kind: "refused" }>} reply @param {boolean} isOnStage */
function refused(act, reply, isOnStage) {
  undoBar.withdraw(act.lease);
  if (act.kind === "answer") keepDraft(act.case, { label: act.words, comment: act.fields.comment ?? "" });
  if (isOnStage) {
    setBusy(false);
    if (reply.code === "lease_expired") lose(reply.words);
    else toast(reply.words, "bad");
    return;
  }
  if (act.kind !== "answer") return toast(gettext('"%(words)s" did not take effect. %(why)s', { words: act.words, why: reply.words }), "warn");
  setLost(act.case);
  banner(gettext('Your earlier answer "%(label)s" was not saved. %(why)s What you entered is kept here.', { label: act.words, why: reply.words }), { again: true });
}

/** Send what an earlier page could not; the case on the page waits if its answer is among that. */
export async function deliverLeftOver() {
  const left = await outbox.takeUp();
  if (left.some((act) => act.lease === onStage().lease)) setBusy(true);
}

async function undo() {
  const last = undoBar.last();
  if (!last) return toast(gettext("There is nothing to take back: the time for it has passed. Recent lets you change an answer."));
  if (busy() && last.isSaved) return;
  if (await outbox.withdraw(last.one.lease)) return back(last.one, await makeRoom());
  if (!last.isSaved) return toast(gettext("This answer may have reached the service already. Take it back once it is saved."), "warn");
  setBusy(true);
  const holding = await makeRoom();
  const reply = await ask(url.undoUrl ?? "", { lease: last.one.lease, holding, workflow: workflow() });
  setBusy(false);
  if (reply.kind === "unreachable") return toast(gettext("The service cannot be reached. Try again in a moment."), "bad");
  undoBar.withdraw(last.one.lease);
  if (reply.kind === "signed-out") return tellState("signed-out", []);
  if (reply.kind === "refused") return toast(reply.words, "warn");
  tally(-1);
  show(read(reply.html));
  say(gettext("Taken back. The case is before you again."));
}

/** Put the case on the page back on the shelf; return the lease that must be given up for it. */
async function makeRoom() {
  const one = onStage();
  return isCase() ? shelf.putBack(one) : "";
}

/** Show a case again whose answer never left this device.
 * @param {import("./cases.js").Case} one @param {string} spare */
function back(one, spare) {
  undoBar.withdraw(one.lease);
  show(one);
  if (spare) ask(url.giveBackUrl ?? "", { lease: spare });
  say(gettext("Taken back. The case is before you again."));
}

can({
  undo: () => void undo(),
  retry: () => outbox.retry(),
  leave: () => banner(""),
});
