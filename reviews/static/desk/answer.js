// One answer: chosen once, sent until the service has it, and taken back while that is free.

import { can } from "./deeds.js";
import { comment, keepDraft, kept } from "./drafts.js";
import { lose } from "./hold.js";
import { move } from "./moves.js";
import { askToSignIn, banner, busy, desk, find, form, say, setBusy, stage, tally, toast, url, workflow } from "./page.js";
import { activeSeconds } from "./presence.js";
import { ask } from "./server.js";
import { isGuarded, show } from "./stage.js";
import { seen } from "./suggestion.js";
import { offerUndo } from "./undo.js";

const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
const undoBar = offerUndo(find("[data-undo]"), Number(url.undoSeconds));

/** @param {string} label */
export function answer(label) {
  const fields = form();
  if (busy() || !fields || isGuarded()) return;
  for (const button of fields.querySelectorAll("button[name=label]")) {
    button.setAttribute("aria-pressed", String(/** @type {HTMLButtonElement} */ (button).value === label));
  }
  deliver({
    lease: stage().dataset.lease ?? "",
    case: stage().dataset.case ?? "",
    label,
    comment: comment()?.value ?? "",
    seconds: String(activeSeconds()),
    ...seen(),
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
  setBusy(true);
  const isOfPage = said.lease === stage().dataset.lease;
  const reply = await ask(url.answerUrl ?? "", isOfPage ? said : { ...said, stay: "yes" });
  if (reply.kind === "unreachable") return retryLater(said, attempt);
  if (reply.kind === "signed-out") return askToSignIn();
  kept.set("sending", null);
  banner("");
  if (reply.kind === "refused") {
    keepDraft(said.case, { label: said.label, comment: said.comment });
    setBusy(false);
    if (!isOfPage) toast(`Your earlier answer "${said.label}" was not saved. ${reply.words}`, "warn");
    else if (reply.code === "lease_expired") lose(reply.words);
    else toast(reply.words, "bad");
    return;
  }
  keepDraft(said.case, null);
  if (reply.headers.get("X-Desk-Answer") === "saved") tally(+1);
  undoBar.offer(said.lease, said.label);
  if (isOfPage) show(reply.html);
  else setBusy(false);
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

/** Send what an earlier page could not. */
export function deliverLeftOver() {
  const unsent = kept.get("sending");
  if (unsent) deliver(unsent);
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

can({ undo: () => void undo() });

desk.addEventListener("submit", (event) => {
  const submitter = /** @type {SubmitEvent} */ (event).submitter;
  if (!(submitter instanceof HTMLButtonElement) || submitter.name !== "label") return;
  event.preventDefault();
  answer(submitter.value);
});
