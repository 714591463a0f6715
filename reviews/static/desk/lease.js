// Keeps the case while somebody is at the page, asks when nobody seems to be, and lets go when nobody is.

import { wasHereWithin } from "./presence.js";
import { ask, tellOnLeaving } from "./server.js";

const BEAT_MS = 20_000;
const ACTIVE_SECONDS = 60;
const WARN_SECONDS = 60;
const AWAY_SECONDS = 60; // as the server grants; see reviews.types.AWAY_GRACE

/** @typedef {{ renew: string, leave: string, giveBack: string }} Urls */

/**
 * @param {Urls} urls
 * @param {ReturnType<typeof import("./shelf.js").shelfFor>} shelf whose leases live and end with this one
 * @param {{ onIdle: (secondsLeft: number) => void, onBack: () => void, onEnd: () => void, onLost: (words: string) => void }} tell
 */
export function keepLease(urls, shelf, tell) {
  /** @type {string | null} */
  let lease = null;
  let seconds = 0;
  let endsAt = 0;
  let isAsking = false;
  let beatAt = 0;

  const left = () => (endsAt - Date.now()) / 1000;

  async function renew() {
    if (!lease) return;
    const mine = lease;
    beatAt = Date.now();
    const reply = await ask(urls.renew, { lease: mine, ahead: shelf.leases().join(",") });
    if (mine !== lease) return;
    if (reply.kind === "ok") {
      endsAt = Date.now() + reply.data.lease_seconds * 1000;
      seconds = reply.data.lease_seconds;
      shelf.renewed(reply.data.ahead);
      shelf.refill();
      if (isAsking) {
        isAsking = false;
        tell.onBack();
      }
    } else if (reply.kind === "refused") {
      lease = null;
      tell.onLost(reply.words);
    }
  }

  function tick() {
    if (!lease || document.hidden) return;
    if (wasHereWithin(ACTIVE_SECONDS) && !isAsking) {
      if (Date.now() - beatAt >= BEAT_MS) renew();
      return;
    }
    if (left() <= 0) {
      const ended = lease;
      lease = null;
      isAsking = false;
      ask(urls.giveBack, { lease: ended });
      shelf.clear();
      tell.onEnd();
    } else if (left() <= Math.min(WARN_SECONDS, seconds / 2)) {
      isAsking = true;
      tell.onIdle(Math.ceil(left()));
    }
  }

  function leave() {
    const ahead = shelf.leases();
    shelf.close();
    if (!lease && !ahead.length) return;
    endsAt = Math.min(endsAt, Date.now() + AWAY_SECONDS * 1000);
    tellOnLeaving(urls.leave, { lease: lease ?? "", ahead: ahead.join(",") });
  }

  function comeBack() {
    shelf.open();
    renew();
  }

  setInterval(tick, 1000);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => event.persisted && comeBack());
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : comeBack()));

  return {
    /** @param {string | null} token @param {number} lasts seconds */
    hold(token, lasts = 0) {
      [lease, seconds, endsAt, beatAt, isAsking] = [token, lasts, Date.now() + lasts * 1000, Date.now(), false];
    },
    renew,
    async giveBack() {
      const mine = lease;
      lease = null;
      isAsking = false;
      shelf.clear();
      if (mine) await ask(urls.giveBack, { lease: mine });
    },
  };
}
