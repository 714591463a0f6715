// The keyboard of the desk. A key acts once per press, never while typing, and not in the first moment of a case, so
// that a held key cannot decide two.

export const GUARD_MS = 250;

/** @param {KeyboardEvent} event @returns {string} the key as drawn on a button, whatever the keyboard's script */
export function nameOf(event) {
  if (event.key.length > 1) return event.key;
  if (/^[\x21-\x7e]$/.test(event.key) && !/^Digit/.test(event.code)) return event.key.toLowerCase();
  const physical = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(event.code);
  return physical ? physical[1].toLowerCase() : event.key.toLowerCase();
}

/** @param {EventTarget | null} target */
export function isTyping(target) {
  return target instanceof Element && !!target.closest("input:not([type=hidden]), textarea, select, [contenteditable]");
}

/** @param {EventTarget | null} target */
function isControl(target) {
  return target instanceof Element && !!target.closest("a, button, summary, audio, video, [role=button]");
}

/**
 * @param {{ isGuarded: () => boolean, inDialog: (key: string, dialog: HTMLDialogElement) => boolean, act: (key: string) => boolean }} desk
 */
export function listen(desk) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const key = nameOf(event);
    const isCommand = event.ctrlKey || event.metaKey;
    const dialog = document.querySelector("dialog[open]");
    const open = dialog instanceof HTMLDialogElement ? dialog : null;
    if (event.repeat || event.altKey) return;
    let isDone = false;
    if (open) isDone = !isCommand && desk.inDialog(key, open);
    else if (desk.isGuarded()) isDone = false;
    else if (isTyping(event.target)) isDone = inField(event, key, isCommand, desk.act);
    else if (isCommand) isDone = key === "z" && !event.shiftKey && desk.act("u");
    else if (key === "Enter" && isControl(event.target)) isDone = false;
    else isDone = desk.act(key);
    if (isDone) event.preventDefault();
  });
}

/** @param {KeyboardEvent} event @param {string} key @param {boolean} isCommand @param {(key: string) => boolean} act */
function inField(event, key, isCommand, act) {
  if (key === "Escape") {
    /** @type {HTMLElement} */ (event.target).blur();
    return true;
  }
  return isCommand && key === "Enter" && act("Enter");
}
