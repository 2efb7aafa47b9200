// What the screens of figures share: reading them again as things happen, a figure, a time in words.
import { on } from "../live.js";
import { number } from "../words.js";
import { useThing } from "./thing.js";
import { html, useEffect } from "./view.js";

const [SOON, OFTEN] = [1500, 30_000];

/** Figures of an address: read again a little after something happened, every half a minute, and when somebody looks again.
 * @param {string} path */
export function useFigures(path) {
  const { thing, error, read } = useThing(path, "", () => false);
  useEffect(() => {
    let [timer, took] = [0, 0];
    const again = async () => {
      const began = performance.now();
      timer = 0; // what happens while it is read is read once more
      if (!document.hidden) await read();
      took = performance.now() - began;
    };
    const soon = () => void (timer ||= setTimeout(again, Math.max(SOON, 10 * took))); // a busy bot tells much: that neither puts it off nor keeps the server at it
    const ends = ["run", "question"].map((kind) => on(kind, soon));
    const clock = setInterval(again, OFTEN);
    document.addEventListener("visibilitychange", soon);
    return () => (ends.forEach((end) => end()), clearTimeout(timer), clearInterval(clock), document.removeEventListener("visibilitychange", soon));
  }, [path]);
  return { thing, error, read };
}

/** @param {{name: any, value: any, unit?: any, side?: any, look?: string, children?: any}} props */
export const Figure = ({ name, value, unit, side, look = "", children }) => html`<div class="card stat">
  <div class="row"><span class="label">${name}</span>${side && html`<span class="push small quiet num">${side}</span>`}</div>
  <p class="figure num ${look}">${value}${unit && html`<small>${unit}</small>`}</p>${children}</div>`;

const UNITS = /** @type {const} */ ([["day", 86400, 172800], ["hour", 3600, 3600], ["minute", 60, 60], ["second", 1, 0]]);

/** A time in whole units, as "24 hours". @param {number} seconds @param {"long" | "short" | "narrow"} [how] */
export function span(seconds, how = "long") {
  const [unit, size] = UNITS.find(([, , least]) => seconds >= least) ?? UNITS[3];
  return number(Math.max(0, Math.floor(seconds / size)), { style: "unit", unit, unitDisplay: how });
}
