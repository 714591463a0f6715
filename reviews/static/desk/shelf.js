// The next cases, claimed ahead for a short while, so that the one after an answer is painted from memory. They are
// nobody's yet: a case counts as seen when it is put on the stage.

import { prepare, read } from "./cases.js";
import { ask } from "./server.js";

const MOST = 2;
const MARGIN_MS = 10_000; // a lease that ends sooner is not worth painting

/** @typedef {import("./cases.js").Case} Case */

/** @param {{ url: string, giveBackUrl: string, workflow: () => string }} page */
export function shelfFor(page) {
  /** @type {Case[]} */
  let cases = [];
  /** @type {Promise<void> | null} */
  let filling = null;
  let isReady = false;
  let isWanted = false;
  let isClosed = false;

  async function fill() {
    const fields = { most: String(MOST - cases.filter((one) => one.isSeen).length), workflow: page.workflow() };
    const reply = await ask(page.url, fields);
    if (reply.kind !== "ok") return;
    const found = reply.data.cases.map((/** @type {any} */ one) => read(one.html));
    if (isClosed) return void giveBack(found);
    const fresh = found.filter((/** @type {Case} */ one) => !cases.some((other) => other.lease === one.lease));
    cases.push(...fresh);
    fresh.forEach(prepare);
  }

  /** @param {Case[]} some */
  function giveBack(some) {
    if (some.length) ask(page.giveBackUrl, { lease: some.map((one) => one.lease).join(",") });
  }

  return {
    /** Claim what is missing; several calls at once are one. */
    refill() {
      isWanted = true;
      if (!isReady || isClosed || document.hidden || cases.length >= MOST) return Promise.resolve();
      filling ??= fill().finally(() => (filling = null));
      return filling;
    },
    /** What was said on an earlier page is with the service. Before that, nothing is claimed: cases answered there are
     * still held, and where hands are full the service lets go of cases held ahead. */
    ready() {
      if (isReady) return;
      isReady = true;
      if (isWanted) this.refill();
    },
    /** The next case, null when it has to be asked for. @returns {Case | null} */
    take() {
      const late = cases.filter((one) => one.endsAt - Date.now() < MARGIN_MS);
      cases = cases.filter((one) => !late.includes(one));
      giveBack(late);
      return cases.shift() ?? null;
    },
    /** Put the case on the stage back in front; return the lease that then is one too many, if any. @param {Case} one */
    async putBack(one) {
      await filling;
      cases.unshift(one);
      return cases.length > MOST ? /** @type {Case} */ (cases.pop()).lease : "";
    },
    leases: () => cases.map((one) => one.lease),
    /** What a heartbeat found: seconds by lease; a lease that is missing is lost. @param {Record<string, number>} seconds */
    renewed(seconds) {
      cases = cases.filter((one) => one.lease in seconds);
      for (const one of cases) one.endsAt = Date.now() + seconds[one.lease] * 1000;
    },
    /** Nobody is there: forget them; the service is told by whoever calls. */
    close() {
      isClosed = true;
      cases = [];
    },
    open() {
      isClosed = false;
    },
    /** Give all back. */
    clear() {
      giveBack(cases);
      cases = [];
    },
  };
}
