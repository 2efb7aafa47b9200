// The one table, the one kind of list: filters in the address, live rows, an empty state.
import { address, go, withQuery } from "../address.js";
import { generation, on } from "../live.js";
import { ask } from "../session.js";
import { language, t } from "../words.js";
import { Empty, Head, Segment, Thumb, Trouble } from "./bits.js";
import { Icon } from "./icons.js";
import { html, useEffect, useRef, useState } from "./view.js";

/** @typedef {{name: any, cell: (row: any) => any, right?: boolean, told?: boolean, look?: string}} Column
 * `told`: on a phone its name stands before it; `look`: "rest" takes the room that is left and cuts what is longer, "minor" goes first
 * where there is little, "end" stands at the end of a row's first line on a phone */

/** @param {{label: string, columns: Column[], rows: any[] | null, empty: any, head?: any}} props rows null: not read yet; `head`: what stands above them in the card */
export function Table({ label, columns, rows, empty, head }) {
  if (!rows) return head ? html`<div class="card">${head}</div>` : html`<p class="reading">${t("reading")}</p>`;
  if (!rows.length) return html`<div class="card">${head}${empty}</div>`;
  return html`<div class="card flush">${head}<div class="scroll-x" tabindex="0" role="region" aria-label=${label}>
    <table class="folds">
      <thead><tr>${columns.map((one) => html`<th scope="col" class=${looks(one)}>${one.name}</th>`)}</tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${row.id}>${columns.map((one) => html`<${Cell} column=${one} value=${one.cell(row)} />`)}</tr>`)}</tbody>
    </table></div></div>`;
}

/** @param {Column} column */
const looks = ({ right, look = "" }) => `${right ? "r" : ""} ${look}`;

/** @param {{column: Column, value: any}} props */
const Cell = ({ column, value }) => html`
  <td class="${looks(column)} ${value === "–" ? "none" : ""}" data-name=${column.told ? column.name : undefined}>${value}</td>`;

/** Rows of an address, newest first; they change with events of that kind.
 * @param {string} path @param {string} [kind] @param {(row: any, known: boolean) => boolean} [fits] whether a row belongs here, or stays */
export function useList(path, kind = "", fits = () => true) {
  const [rows, setRows] = useState(/** @type {any[] | null} */ (null));
  const [more, setMore] = useState(false);
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const newest = useRef(path);
  const read = async (after = "") => {
    newest.current = path;
    try {
      const page = await ask("GET", path + (after ? `${path.includes("?") ? "&" : "?"}after=${after}` : ""));
      if (newest.current !== path) return;
      setRows((old) => (after ? [...(old ?? []), ...page.data] : page.data));
      setMore(page.has_more);
      setError(null);
    } catch (failed) {
      setError(/** @type {Error} */ (failed));
    }
  };
  useEffect(() => void read(), [path, generation.value, language.value]);
  useEffect(() => (kind ? on(kind, (row) => setRows((old) => old && merged(old, row, fits))) : undefined), [path, kind]);
  const next = more && rows ? () => read(rows[rows.length - 1].id) : null;
  return { rows, error, next, again: () => read() };
}

/** @param {any[]} rows @param {any} row @param {(row: any, known: boolean) => boolean} fits */
export function merged(rows, row, fits) {
  const at = rows.findIndex((one) => one.id === row.id);
  if (at >= 0) return fits(row, true) ? rows.with(at, row) : rows.toSpliced(at, 1);
  return fits(row, false) ? [row, ...rows] : rows;
}

/** A list with its heading, its search, its filter and more of it.
 * @param {{list: ReturnType<typeof useList>, name: string, columns: Column[], foot?: any}} props */
export function ListScreen({ list, name, columns, foot }) {
  const label = t(`nav.${name}`);
  const empty = address.value.query.size
    ? html`<${Empty} title=${t("nothing.title")} text=${t("nothing.text")}><a class="button" href="/${name}">${t("nothing.all")}</a><//>`
    : html`<${Empty} title=${t(`${name}.empty.title`)} text=${t(`${name}.empty.text`)}><a class="button primary" href="/playground">${t("open_start")}</a><//>`;
  return html`<${Head} title=${label} text=${t(`${name}.text`)} />
    <div class="stack"><${Filters} /><${List} list=${list} label=${label} columns=${columns} empty=${empty} />${foot}</div>`;
}

/** Rows as they are read, or what went wrong. @param {{list: ReturnType<typeof useList>, label: string, columns: Column[], empty: any}} props */
export const List = ({ list, label, columns, empty }) => html`<${Trouble} error=${list.error} again=${list.again} />
  ${(list.rows || !list.error) && html`<${Table} label=${label} columns=${columns} rows=${list.rows} empty=${empty} />`}
  ${list.next && html`<div><button type="button" class="button" onClick=${list.next}>${t("more")}</button></div>`}`;

/** Filters that only links set: they are shown, and can be taken out. */
const NARROW = ["assistant", "thread", "platform", "feedback"];

/** @returns {[string, string][]} */
const states = () => [["", t("all")], ["queued,in_progress", t("live")], ["requires_action", t("waiting")], ["failed,incomplete,expired", t("failed")]];

/** Written into the address, so that a link shows the same. @param {{hint?: string, field?: string, options?: [string, string][], narrow?: string[]}} props */
export function Filters({ hint = "runs.hint", field = "status", options = states(), narrow = NARROW }) {
  const query = address.value.query;
  const asked = query.get("q") ?? "";
  const [text, setText] = useState(asked);
  const timer = useRef(0);
  useEffect(() => (text.trim() !== asked ? setText(asked) : undefined), [asked]); // Back and Forward
  const search = (/** @type {any} */ event) => {
    setText(event.currentTarget.value);
    clearTimeout(timer.current);
    const wanted = event.currentTarget.value.trim();
    timer.current = setTimeout(() => go(withQuery({ q: wanted }), { replace: true }), 250);
  };
  return html`<div class="filters" role="search">
    <input class="input" type="search" aria-label=${t("search")} placeholder=${t(hint)} value=${text} onInput=${search} />
    <${Segment} label=${t("filter")} options=${options} on=${query.get(field) ?? ""}
      choose=${(/** @type {string} */ to) => go(withQuery({ [field]: to }))} />
    ${narrow.filter((name) => query.has(name) && !options.some(([one]) => one === query.get(name))).map((name) => html`<a class="tag" key=${name} href=${withQuery({ [name]: "" })} title=${t("nothing.all")}>
      ${name === "feedback" ? html`<${Thumb} good=${query.get(name) === "good"} />` : query.get(name)}<${Icon} name="close" /></a>`)}</div>`;
}

/** Whether a row that an event tells of belongs to what the address asks for: what is searched for only the server knows; those of trials belong to none.
 * @param {any} row @param {boolean} known */
export function fitting(row, known) {
  const { status, ...narrow } = Object.fromEntries(address.value.query);
  return (known || (!row.trial && !Object.keys(narrow).length)) && (!status || status.split(",").includes(row.status));
}

/** The address of a list on the server, with those filters of the page that it knows. @param {string} path @param {string[]} names */
export function listPath(path, names) {
  const query = new URLSearchParams();
  for (const name of names) {
    const value = address.value.query.get(name);
    if (value) query.set(name, value);
  }
  return query.size ? `${path}?${query}` : path;
}
