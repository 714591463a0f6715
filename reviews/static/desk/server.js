// One way to ask the service. Never throws: every answer is one of the kinds below.

import { gettext } from "../hitl/js/words.js";

/**
 * @typedef {{ kind: "ok", html: string, data: any, headers: Headers }
 *   | { kind: "refused", code: string, words: string }
 *   | { kind: "signed-out" }
 *   | { kind: "unreachable" }} Reply
 */

const csrfToken = () => /** @type {HTMLInputElement} */ (document.querySelector("[name=csrfmiddlewaretoken]")).value;

/**
 * @param {string} url
 * @param {Record<string, string> | null} fields null asks, an object tells
 * @param {AbortSignal} [signal]
 * @returns {Promise<Reply>}
 */
export async function ask(url, fields = null, signal = undefined) {
  /** @type {RequestInit} */
  const request = { headers: { "X-Desk": "1" }, credentials: "same-origin", signal };
  if (fields) {
    request.method = "POST";
    request.headers = { "X-Desk": "1", "X-CSRFToken": csrfToken() };
    request.body = new URLSearchParams(fields);
  }
  try {
    const response = await fetch(url, request);
    const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
    if (response.status === 401) return { kind: "signed-out" };
    if (response.ok) {
      const data = isJson ? await response.json() : null;
      return { kind: "ok", html: isJson ? "" : await response.text(), data, headers: response.headers };
    }
    if (!isJson) return response.status === 403 ? { kind: "signed-out" } : { kind: "unreachable" };
    const { code, message, errors } = await response.json();
    const details = (errors ?? []).map((/** @type {any} */ e) => gettext("%(field)s %(error)s. %(fix)s", e));
    return { kind: "refused", code, words: [message, ...details].join(" ") };
  } catch {
    return { kind: "unreachable" };
  }
}

/**
 * Tell something while the page goes away.
 * @param {string} url
 * @param {Record<string, string>} fields
 */
export function tellOnLeaving(url, fields) {
  navigator.sendBeacon(url, new URLSearchParams({ ...fields, csrfmiddlewaretoken: csrfToken() }));
}
