// What must survive a reload: the answer on its way, and drafts. Kept per person on this device; where storage is
// off or full, in memory.

const memory = new Map();

/** @param {string} person */
export function keptFor(person) {
  const name = (/** @type {string} */ key) => `desk.${person}.${key}`;
  return {
    /** @param {string} key @returns {any} */
    get(key) {
      try {
        return JSON.parse(localStorage.getItem(name(key)) ?? "null") ?? memory.get(name(key)) ?? null;
      } catch {
        return memory.get(name(key)) ?? null;
      }
    },
    /** @param {string} key @param {any} value null forgets it */
    set(key, value) {
      memory.delete(name(key));
      try {
        if (value === null) localStorage.removeItem(name(key));
        else localStorage.setItem(name(key), JSON.stringify(value));
      } catch {
        if (value !== null) memory.set(name(key), value);
      }
    },
  };
}
