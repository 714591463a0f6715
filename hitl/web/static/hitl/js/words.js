// What scripts say, in the language of the page. English stands in the scripts; for another language the page brings
// `window.hitlWords` along: the texts, and which form of a plural belongs to a number.

/** @typedef {{texts: Record<string, string[]>, form: (n: number) => number}} Words */

const brought = /** @type {{hitlWords?: Words}} */ (/** @type {unknown} */ (window)).hitlWords;
const language = document.documentElement.lang || "en";

/** @param {string} text @param {Record<string, string|number>} values */
const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (place, name) => String(values[name] ?? place));

/** A text in the page's language, with its values: `gettext("Key %(key)s", { key })`. @param {string} text @param {Record<string, string|number>} [values] */
export const gettext = (text, values = {}) => filled(brought?.texts[text]?.[0] || text, values);

/** One of two texts, by a number that they may name as `%(n)s`. @param {string} one @param {string} many @param {number} n @param {Record<string, string|number>} [values] */
export function ngettext(one, many, n, values = {}) {
  const said = brought?.texts[one]?.[brought.form(n)];
  return filled(said || (n === 1 ? one : many), { n: number(n), ...values });
}

/** How the page's language writes numbers. @param {Intl.NumberFormatOptions} [options] */
export const numbers = (options) => new Intl.NumberFormat(language, options);

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export const number = (value, options) => numbers(options).format(value);

/** The time zone of the page: the person's, else UTC. */
export const zone = document.documentElement.dataset.zone ?? "UTC";
