// What a person can do here, by name. A behaviour adds its deeds; keys and buttons (`data-does`) call them.

/** @type {Map<string, (button?: HTMLElement) => unknown>} */
const deeds = new Map();

/** @param {Record<string, (button?: HTMLElement) => unknown>} named false says that there was nothing to do */
export function can(named) {
  for (const [name, act] of Object.entries(named)) deeds.set(name, act);
}

/** @param {string} name @param {HTMLElement} [button] @returns {boolean} whether it did something */
export function perform(name, button) {
  const act = deeds.get(name);
  return !!act && act(button) !== false;
}

document.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-does]");
  if (button instanceof HTMLElement) perform(button.dataset.does ?? "", button);
});
