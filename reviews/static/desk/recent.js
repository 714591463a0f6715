// My last hundred answers: a list to walk through by the same two keys that open it.

import { gettext } from "../hitl/js/words.js";
import { can } from "./deeds.js";
import { dialog, find, toast, url } from "./page.js";
import { ask } from "./server.js";

const rows = () => [...find("[data-recent-list]").querySelectorAll("[data-answer-row]")];

async function open() {
  const reply = await ask(url.recentUrl ?? "");
  if (reply.kind !== "ok") return toast(gettext("Your last answers cannot be shown just now."), "warn");
  const pattern = document.createElement("template");
  pattern.innerHTML = reply.html;
  find("[data-recent-list]").replaceChildren(pattern.content);
  if (!dialog("recent").open) dialog("recent").showModal();
  point(0);
}

/** @param {number} at */
function point(at) {
  const row = rows()[at];
  if (!(row instanceof HTMLElement)) return;
  row.querySelector("a")?.focus();
  row.scrollIntoView({ block: "nearest" });
}

/** @param {1 | -1} step */
function walk(step) {
  if (!dialog("recent").open) return void open();
  const now = rows().findIndex((row) => row.contains(document.activeElement));
  point(Math.min(rows().length - 1, Math.max(0, now + step)));
}

can({ recent: () => void open(), older: () => walk(1), newer: () => walk(-1) });
