// The lease of the case on the page: kept, asked about, lost, taken again.

import { can } from "./deeds.js";
import { keepLease } from "./lease.js";
import { dialog, find, isCase, stage, url } from "./page.js";
import { goAway, whenShown } from "./stage.js";

let lostCase = "";

export const lease = keepLease(
  { renew: url.renewUrl ?? "", leave: url.leaveUrl ?? "", giveBack: url.giveBackUrl ?? "" },
  { onIdle: warn, onBack: () => dialog("idle").close(), onEnd: goAway, onLost: lose },
);

export const lost = () => lostCase;

/** @param {number} seconds */
function warn(seconds) {
  find("[data-idle-left]").textContent = seconds === 1 ? "1 second" : `${seconds} seconds`;
  if (!dialog("idle").open) dialog("idle").showModal();
}

/** @param {string} words */
export function lose(words) {
  lostCase = stage().dataset.case ?? "";
  lease.hold(null);
  find("[data-lost-words]").textContent = words;
  dialog("idle").close();
  if (!dialog("lost").open) dialog("lost").showModal();
}

whenShown((now) => lease.hold(isCase() ? (now.dataset.lease ?? null) : null, Number(now.dataset.leaseSeconds ?? 0)));

can({
  keep: () => void lease.renew(),
  async "give-back"() {
    dialog("idle").close();
    await lease.giveBack();
    goAway();
  },
});
