// The leases of the case on the page and of those on the shelf: kept, asked about, lost, taken again.

import { ngettext } from "../hitl/js/words.js";
import { can } from "./deeds.js";
import { keepLease } from "./lease.js";
import { dialog, find, isCase, stage, url, workflow } from "./page.js";
import { shelfFor } from "./shelf.js";
import { goAway, whenShown } from "./stage.js";

let lostCase = "";

export const shelf = shelfFor({ url: url.aheadUrl ?? "", giveBackUrl: url.giveBackUrl ?? "", workflow });
export const lease = keepLease(
  { renew: url.renewUrl ?? "", leave: url.leaveUrl ?? "", giveBack: url.giveBackUrl ?? "" },
  shelf,
  { onIdle: warn, onBack: () => dialog("idle").close(), onEnd: goAway, onLost: lose },
);

export const lost = () => lostCase;

/** @param {string} caseId */
export function setLost(caseId) {
  lostCase = caseId;
}

/** @param {number} seconds */
function warn(seconds) {
  find("[data-idle-left]").textContent = ngettext("1 second", "%(n)s seconds", seconds);
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

whenShown((_, one) => {
  lease.hold(isCase() ? one.lease : null, Math.max(0, (one.endsAt - Date.now()) / 1000));
  if (isCase()) shelf.refill();
});

can({
  keep: () => void lease.renew(),
  async "give-back"() {
    dialog("idle").close();
    await lease.giveBack();
    goAway();
  },
});
