// Language and theme: from the browser until a person chooses, kept on this machine.
import { signal } from "./parts/view.js";

/** @typedef {"en" | "ko"} Language */
const LANGUAGES = ["en", "ko"];
const words = signal(/** @type {Record<string, string>} */ ({}));
export const language = signal(/** @type {Language} */ ("en"));
export const theme = signal(kept("theme", ["light", "dark"]));

/** One choice of the person, or "" where there is none. @param {string} name @param {string[]} among */
function kept(name, among) {
  const found = localStorage.getItem(`spool.${name}`);
  return found && among.includes(found) ? found : "";
}

/** The words of a key, with {facts} filled in. @param {string} key @param {Record<string, unknown>} [facts] */
export function t(key, facts = {}) {
  const text = words.value[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in facts ? String(facts[name]) : whole));
}

/** The words of a key, or "" where the dictionary has none. @param {string} key @param {Record<string, unknown>} [facts] */
export const known = (key, facts) => (key in words.value ? t(key, facts) : "");

/** Reads the dictionary; without an argument that of the person or the browser. @param {string} [wanted] */
export async function speak(wanted) {
  if (wanted) localStorage.setItem("spool.language", wanted);
  const browser = navigator.languages.map((one) => one.slice(0, 2)).find((one) => LANGUAGES.includes(one));
  const chosen = /** @type {Language} */ (wanted || kept("language", LANGUAGES) || browser || "en");
  const answer = await fetch(new URL(`i18n/${chosen}.json`, import.meta.url));
  words.value = await answer.json();
  language.value = chosen;
  document.documentElement.lang = chosen;
}

/** Light or dark; "" follows the system. @param {string} wanted */
export function dress(wanted) {
  theme.value = wanted;
  if (wanted) {
    localStorage.setItem("spool.theme", wanted);
    document.documentElement.dataset.theme = wanted;
  } else {
    delete document.documentElement.dataset.theme;
  }
}

/** Whether the page is dark now. */
export const isDark = () =>
  theme.value ? theme.value === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

/** @param {number | null | undefined} value @param {Intl.NumberFormatOptions} [options] */
export const number = (value, options) =>
  value == null ? "–" : new Intl.NumberFormat(language.value, options).format(value);

/** Dollars, with as many places as the sum needs. @param {number | null | undefined} value */
export const money = (value) =>
  (value && value < 5e-5 ? "<" : "") + number(value && Math.max(value, 1e-4), { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", minimumFractionDigits: value && value < 1 ? 4 : 2 });

/** A duration. @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds == null) return "–";
  if (seconds < 0.1) return t("unit.ms", { n: number(Math.max(0, seconds) * 1000, { maximumFractionDigits: 0 }) });
  if (seconds < 90) return t("unit.s", { n: number(seconds, { minimumFractionDigits: 2, maximumFractionDigits: 2 }) });
  return t("unit.min", { n: number(seconds / 60, { maximumFractionDigits: 0 }) });
}

/** When something was: the time alone, if today. @param {number | null | undefined} seconds @param {string} [timeZone] else the reader's */
export function moment(seconds, whole = false, timeZone) {
  if (seconds == null) return "–";
  const at = new Date(seconds * 1000);
  const today = at.toDateString() === new Date().toDateString();
  /** @type {Intl.DateTimeFormatOptions} */
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(whole ? { second: "2-digit" } : {}) };
  const day = whole || !today ? /** @type {const} */ ({ day: "numeric", month: "short" }) : {};
  return new Intl.DateTimeFormat(language.value, { ...day, ...time, timeZone }).format(at);
}
