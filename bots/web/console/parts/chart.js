// Lines over parts of time. Their colours are those of the legend, which stands outside the canvas; a table says the same.
import uPlot from "uplot";
import { language, theme } from "../words.js";
import { html, useEffect, useRef, useState } from "./view.js";

const css = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("../vendor/uplot.css", import.meta.url).href });
await new Promise((done) => ((css.onload = css.onerror = done), document.head.append(css)));

/** @typedef {{name: string, values: (number | null)[], look: string}} Line `look`: its colour, "k1" to "k7" */
/** @typedef {(value: number, whole?: boolean) => string} Format of a value; of the axis unless `whole`, "" where it is to have none there */

/** @param {{lines: Line[]}} props */
export const Legend = ({ lines }) => html`<span class="legend">${lines.map((one) => html`<span key=${one.look} title=${one.name}><i class=${one.look}></i>${one.name}</span>`)}</span>`;

/** @param {{label: string, parts: string[], lines: Line[], format: Format}} props `parts`: what each part of the time is called; the same arrays until they change */
export function Chart({ label, parts, lines, format }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [at, setAt] = useState(/** @type {{part: number, left: number} | null} */ (null));
  const dark = useDark();
  useEffect(() => {
    const node = /** @type {HTMLElement} */ (box.current);
    const plot = new uPlot(options(node, parts, lines, format, setAt), [parts.map((_, i) => i), ...lines.map((one) => one.values)], node);
    const watch = new ResizeObserver(() => plot.setSize({ width: node.clientWidth, height: node.clientHeight }));
    watch.observe(node);
    return () => (watch.disconnect(), plot.destroy(), setAt(null));
  }, [parts, lines, dark, theme.value, language.value]);
  return html`<div class="chart"><div class="canvas" role="img" aria-label=${label} ref=${box}>${lines.map((one) => html`<i class=${one.look} key=${one.look}></i>`)}</div>
    ${at && html`<${Tip} at=${at} name=${parts[at.part]} lines=${lines} format=${format} />`}</div>`;
}

/** What the part under the pointer holds, the most first. @param {{at: {part: number, left: number}, name: string, lines: Line[], format: Format}} props */
function Tip({ at, name, lines, format }) {
  const told = lines.map((one) => ({ ...one, value: one.values[at.part] })).filter((one) => one.value).sort((a, b) => Number(b.value) - Number(a.value));
  return html`<div class="tip" aria-hidden="true" style=${{ left: `${at.left}px`, translate: at.part * 2 < lines[0].values.length ? "12px 0" : "calc(-100% - 12px) 0" }}>
    <b>${name}</b>${told.map((one) => html`<span class="row"><i class=${one.look}></i><span class="cut">${one.name}</span><span class="push num">${format(Number(one.value), true)}</span></span>`)}</div>`;
}

/** Whether the system is dark, which colours of a canvas do not follow by themselves. */
function useDark() {
  const [dark, setDark] = useState(false);
  useEffect(() => {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const look = () => setDark(system.matches);
    look();
    system.addEventListener("change", look);
    return () => system.removeEventListener("change", look);
  }, []);
  return dark;
}

/** @param {HTMLElement} node @param {string[]} parts @param {Line[]} lines @param {Format} format @param {(at: any) => void} point @returns {uPlot.Options} */
function options(node, parts, lines, format, point) {
  const style = getComputedStyle(node);
  const colour = (/** @type {string} */ look) => getComputedStyle(/** @type {Element} */ (node.querySelector(`i.${look}`))).color;
  const [grid, font, last] = [style.getPropertyValue("border-color"), `11px ${style.fontFamily}`, parts.length - 1];
  const axis = { stroke: style.color, font, ticks: { show: false }, grid: { stroke: grid, width: 1 } };
  return {
    width: node.clientWidth, height: node.clientHeight, padding: [12, 28, 0, 0], legend: { show: false },
    cursor: { y: false, move: (plot, x, y) => [x < 0 ? x : plot.valToPos(plot.posToIdx(x), "x"), y], drag: { x: false, y: false }, points: { size: 8 } },
    scales: { x: { time: false, range: () => (last > 0 ? [0, last] : [-1, 1]) }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.06 : 1] } },
    axes: [{ ...axis, grid: { show: false }, size: 30, space: 64, incrs: [1, 2, 3, 4, 5, 6, 7, 10, 14, 15, 20, 30, 60], values: (_, at) => at.map((i) => parts[i] ?? "") },
      { ...axis, space: 34, size: (_, told) => 18 + 6.5 * Math.max(0, ...(told ?? []).map((one) => one?.length ?? 0)), values: (_, at) => at.map((value) => format(value)) }],
    series: [{}, ...lines.map((one) => ({ stroke: colour(one.look), width: 2, spanGaps: true, dash: one.look === "k7" ? [2, 4] : undefined, points: { show: last < 15 || one.values.includes(null), size: 5, fill: colour(one.look) } }))],
    hooks: { setCursor: [(plot) => point(plot.cursor.idx == null ? null : { part: plot.cursor.idx, left: plot.valToPos(plot.cursor.idx, "x") + plot.over.offsetLeft })] },
  };
}

/** A small line without axes, for a figure. @param {{values: (number | null)[], look: string}} props */
export function Spark({ values, look }) {
  const most = Math.max(...values.map(Number), 0) || 1;
  const line = values.filter((value) => value != null).length === 1 ? "0,4 200,4" : values.flatMap((value, i) => (value == null ? [] : [`${((i * 200) / Math.max(1, values.length - 1)).toFixed(1)},${(32 - (value / most) * 28).toFixed(1)}`])).join(" ");
  return html`<svg class="spark ${look}" viewBox="0 0 200 34" preserveAspectRatio="none" aria-hidden="true">${line.includes(" ") && html`
    <polygon points="${line.split(",")[0]},34 ${line} ${line.slice(line.lastIndexOf(" ") + 1).split(",")[0]},34" fill="currentColor" opacity=".1" /><polyline points=${line} fill="none" stroke="currentColor" stroke-width="1.6" vector-effect="non-scaling-stroke" />`}</svg>`;
}
