// What must reach the service whatever happens to the page: rows of one IndexedDB store, in the order in which they
// were said. Where the browser has none (private windows, storage switched off) they live as long as the page.

const NAME = "hitl-desk";
const ROWS = "outbox";

/**
 * @typedef {{ id: string, seq: number, person: string, kind: string, url: string, fields: Record<string, string>,
 *   lease: string, case: string, words: string }} Act
 */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @returns {Promise<IDBDatabase | null>} */
async function open() {
  try {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(ROWS, { keyPath: "id" });
    return await done(request);
  } catch {
    return null;
  }
}

/** @param {string} person */
export function storeFor(person) {
  const opened = open();

  /** @param {IDBTransactionMode} mode @param {(rows: IDBObjectStore) => IDBRequest<any>} act @param {any} otherwise */
  async function use(mode, act, otherwise) {
    const base = await opened;
    if (!base) return otherwise;
    try {
      return await done(act(base.transaction(ROWS, mode).objectStore(ROWS)));
    } catch {
      return otherwise;
    }
  }

  return {
    /** @returns {Promise<Act[]>} the person's, oldest first */
    async all() {
      const rows = /** @type {Act[]} */ (await use("readonly", (store) => store.getAll(), []));
      return rows.filter((act) => act.person === person).sort((a, b) => a.seq - b.seq);
    },
    /** @param {Act} act @returns {Promise<boolean>} false where the browser keeps nothing, or nothing more */
    put: async (act) => (await use("readwrite", (store) => store.put(act), null)) !== null,
    /** @param {string} id */
    drop: (id) => use("readwrite", (store) => store.delete(id), undefined),
    /** @param {string} id @returns {Promise<boolean>} true where nobody can tell */
    has: async (id) => (await use("readonly", (store) => store.count(id), 1)) > 0,
  };
}
