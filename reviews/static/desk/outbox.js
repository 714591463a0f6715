// Everything said at the desk goes through here: kept on this device first, then sent, one after another and in
// order, until the service has it. The lease is the key: sent twice, it counts once.

import { storeFor } from "./store.js";

const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/** @typedef {import("./store.js").Act} Act */
/** @typedef {import("./server.js").Reply} Reply */

const isFinal = (/** @type {Reply} */ reply) => reply.kind === "ok" || reply.kind === "refused";

/**
 * @param {string} person
 * @param {{ send: (act: Act) => Promise<Reply>, settled: (act: Act, reply: Reply) => void,
 *   changed: (state: "idle" | "sending" | "retrying" | "signed-out", waiting: Act[]) => void }} tell
 */
export function outboxOf(person, tell) {
  const store = storeFor(person);
  /** @type {Act[]} */
  const waiting = [];
  /** @type {Set<string>} those that the browser would not keep: they live as long as the page */
  const unkept = new Set();
  /** @type {Act | null} */
  let sending = null;
  let attempt = 0;
  let seq = Date.now();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;

  async function pump() {
    if (sending) return;
    clearTimeout(retry);
    while (waiting.length) {
      const act = (sending = waiting[0]);
      if (attempt === 0) tell.changed("sending", waiting);
      const reply = await alone(() => deliver(act));
      sending = null;
      if (reply && !isFinal(reply)) return later(reply.kind);
      attempt = 0;
      waiting.shift();
      if (reply) tell.settled(act, reply);
    }
    tell.changed("idle", waiting);
  }

  /** @param {Act} act @returns {Promise<Reply | null>} null when another tab has delivered it */
  async function deliver(act) {
    if (!unkept.has(act.id) && !(await store.has(act.id))) return null;
    const reply = await tell.send(act);
    if (isFinal(reply)) await store.drop(act.id);
    return reply;
  }

  /** @param {string} why */
  function later(why) {
    const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)];
    attempt += 1;
    retry = setTimeout(pump, wait);
    tell.changed(why === "signed-out" ? "signed-out" : "retrying", waiting);
  }

  /** One tab sends at a time. @template T @param {() => Promise<T>} act @returns {Promise<T>} */
  async function alone(act) {
    return navigator.locks ? await navigator.locks.request(`hitl-desk-${person}`, act) : act();
  }

  addEventListener("online", pump);

  return {
    /** @param {Omit<Act, "id" | "seq" | "person">} said */
    add(said) {
      seq = Math.max(seq + 1, Date.now());
      const act = { ...said, id: said.lease, seq, person };
      waiting.push(act);
      store.put(act).then((isKept) => {
        if (!isKept) unkept.add(act.id);
        pump();
      });
    },
    /** Send what an earlier page could not. @returns {Promise<Act[]>} */
    async takeUp() {
      const left = await store.all();
      waiting.unshift(...left.filter((act) => !waiting.some((other) => other.id === act.id)));
      pump();
      return left;
    },
    /** Try again at once. */
    retry: pump,
    /** True while this lease's answer is on its way. @param {string} lease */
    holds: (lease) => waiting.some((act) => act.id === lease),
    /** True while the service is not being reached. */
    isStuck: () => attempt > 0,
    /** Take back what has not been sent; false when it may have reached the service. @param {string} lease */
    async withdraw(lease) {
      const at = waiting.findIndex((act) => act.id === lease);
      if (at < 0 || waiting[at] === sending || (at === 0 && attempt > 0)) return null;
      const [act] = waiting.splice(at, 1);
      await store.drop(act.id);
      return act;
    },
  };
}
