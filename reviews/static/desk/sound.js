// A recording at the desk: its shape drawn from the samples, the evidence and the person's own ranges marked in it.
// The browser's <audio> plays; where it cannot be decoded, its own controls stay.

/** @typedef {{ highlights: import("./evidence.js").Highlight[], draw: () => void, play: (from: number, to: number) => void }} Player */

/** @type {Map<string, Player>} by the field's name; of the case on the stage */
const players = new Map();

/** @param {string} name @param {Player} player */
export function register(name, player) {
  players.set(name, player);
}

export const forgetPlayers = () => players.clear();

/** @param {Element} content @param {import("./evidence.js").Highlight[]} highlights */
export function drawStretches(content, highlights) {
  for (const [name, player] of players) {
    player.highlights = highlights.filter((one) => one.where.asset === name);
    player.draw();
  }
}

/** @param {Element} content */
export function eraseStretches(content) {
  drawStretches(content, []);
}

/** Play what a piece of evidence is about, and stop at its end.
 * @param {Element} content @param {{ asset: string, start_ms: number, end_ms: number }} where */
export function playStretch(content, where) {
  players.get(where.asset)?.play(where.start_ms / 1000, where.end_ms / 1000);
}
