// The keyboard of the desk. A key acts once per press, never while typing, and not in the first moment of a case, so
// that a held key cannot decide two.

export const GUARD_MS = 250;

/**
 * The key as drawn on a button, whatever the keyboard's script and layout: the sign that it types, where that is
 * one of a Latin keyboard, else the one that stands in its place there. Digits are digits with and without Shift,
 * on the number pad too.
 * @param {KeyboardEvent} event @returns {string}
 */
export function nameOf(event) {
  const pad = /^Numpad(\d)$/.exec(event.code);
  if (pad) return pad[1];
  if (event.key.length > 1) return event.key;
  if (/^\d$/.test(event.key)) return event.key;
  const digit = /^Digit(\d)$/.exec(event.code);
  if (digit && !event.shiftKey && !event.altKey) return digit[1]; // the upper row of a French keyboard
  if (/^[\x21-\x7e]$/.test(event.key)) return event.key.toLowerCase();
  const letter = /^Key([A-Z])$/.exec(event.code);
  return (letter ? letter[1] : event.key).toLowerCase();
}

/** @param {EventTarget | null} target */
export function isTyping(target) {
  return target instanceof Element && !!target.closest("input:not([type=hidden], [type=range]), textarea, select, [contenteditable]");
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
    if (event.defaultPrevented || event.isComposing || event.repeat) return;
    const key = nameOf(event);
    const isThirdLevel = event.getModifierState("AltGraph") || (event.altKey && /^[[\]@#{}|\\]$/.test(key));
    const isCommand = (event.ctrlKey || event.metaKey) && !isThirdLevel;
    if (event.altKey && !isThirdLevel) return;
    const dialog = document.querySelector("dialog[open]");
    const open = dialog instanceof HTMLDialogElement ? dialog : null;
    let isDone = false;
    if (open) isDone = isCommand ? key === "Enter" && submit(open) : !isTyping(event.target) && desk.inDialog(key, open);
    else if (desk.isGuarded()) isDone = false;
    else if (isTyping(event.target)) isDone = inField(event, key, isCommand, desk.act);
    else if (isCommand) isDone = (key === "z" && !event.shiftKey && desk.act("undo")) || (key === "Enter" && desk.act("Enter"));
    else if (key === "Enter" && isControl(event.target)) isDone = false;
    else isDone = desk.act(key);
    if (isDone) event.preventDefault();
  });
}

/** Send the form of a dialog, as its main button does. @param {HTMLDialogElement} dialog */
function submit(dialog) {
  const button = dialog.querySelector("form button:not([type=button])");
  if (button instanceof HTMLButtonElement) button.click();
  return !!button;
}

/** @param {KeyboardEvent} event @param {string} key @param {boolean} isCommand @param {(key: string) => boolean} act */
function inField(event, key, isCommand, act) {
  if (key === "Escape") {
    /** @type {HTMLElement} */ (event.target).blur();
    return true;
  }
  return isCommand && key === "Enter" && act("Enter");
}
