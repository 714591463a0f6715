// What the person has marked on this case: regions of pictures, ranges of recordings. Sent with the answer.

import { whenShown } from "./stage.js";

/** @typedef {{ field: string, kind: "region", x: number, y: number, width: number, height: number }} Region shares of the picture */
/** @typedef {{ field: string, kind: "range", start: number, end: number }} Range seconds */

/** @type {(Region | Range)[]} */
let made = [];

whenShown(() => (made = []));

/** @param {Region | Range} one */
export function addMark(one) {
  made.push(one);
}

/** @param {Region | Range} one */
export function dropMark(one) {
  made = made.filter((other) => other !== one);
}

/** @returns {(Region | Range)[]} as the service takes them */
export function marksSaid() {
  const short = (/** @type {[string, any]} */ [name, value]) => [name, typeof value === "number" ? Math.floor(value * 1e4) / 1e4 : value];
  return made.map((one) => Object.fromEntries(Object.entries(one).map(short)));
}
