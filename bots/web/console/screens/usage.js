// What the model server was asked for and what it cost: figures, lines by day, and one table that can be taken along.
import { address, go, withQuery } from "../address.js";
import { Empty, Head, Icon, Note, Segment, Trouble } from "../parts/bits.js";
import { Chart, Legend } from "../parts/chart.js";
import { save } from "../parts/csv.js";
import { useFigures } from "../parts/figures.js";
import { Table } from "../parts/table.js";
import { html, useMemo } from "../parts/view.js";
import { known, language, moment, number, t } from "../words.js";

const [BY, DAYS, SHOWN] = [["day", "person", "place", "assistant", "model", "kind"], ["1", "7", "30", "90"], ["cost", "tokens", "requests"]];
/** What is counted: the field of a total, and what it is called. */
const COUNTS = /** @type {[string, string][]} */ ([["requests", "requests"], ["input", "input_tokens"], ["cached", "cached"], ["output", "output_tokens"], ["reasoning", "reasoning"], ["price_usd", "cost"],
  ["unpriced", "unpriced"], ["unknown", "unknown"], ["good", "good"], ["bad", "bad"]]);
const MAIN = ["requests", "input", "output", "price_usd"];

/** What the address asks for, else what is usual. @param {string} name @param {string[]} among @param {string} usual */
const chosen = (name, among, usual) => ((asked) => (among.includes(asked) ? asked : usual))(address.value.query.get(name) ?? "");

/** A choice that stands in the address. @param {{name: string, label: string, options: [string, string][], on: string, usual: string}} props */
const Choice = ({ name, label, options, on, usual }) => html`<${Segment} label=${label} options=${options} on=${on} choose=${(/** @type {string} */ to) => go(withQuery({ [name]: to === usual ? "" : to }))} />`;

export function Usage() {
  const [by, days, shown] = [chosen("by", BY, "model"), chosen("days", DAYS, "30"), chosen("show", SHOWN, "cost")];
  const { thing, error, read } = useFigures(`/console/api/usage?by=${by}&days=${days}`);
  const rows = useMemo(() => thing && ordered(thing), [thing]);
  return html`<${Head} title=${t("nav.usage")} text=${thing ? t("usage.text", { days: calendar({ day: "numeric", month: "long" }).formatRange(new Date(thing.since), new Date(thing.until)), zone: thing.zone, at: moment(thing.at, false, thing.zone) }) : "\u00a0"}>
      <${Choice} name="days" label=${t("range")} options=${DAYS.map((one) => [one, one === "1" ? t("today") : number(Number(one), { style: "unit", unit: "day", unitDisplay: "narrow" })])} on=${days} usual="30" />
      <button type="button" class="button" disabled=${!rows?.length} onClick=${() => save(`spool-usage-${thing.by}-${thing.until}.csv`, sheet(thing, rows ?? []))}><${Icon} name="down" />${t("csv")}</button><//>
    <div class="stack"><${Trouble} error=${error} again=${read} /><${Totals} total=${thing?.total ?? {}} />
      <div class="filters"><${Choice} name="by" label=${t("by")} options=${BY.map((one) => [one, t(one)])} on=${by} usual="model" /><${More} total=${thing?.total ?? {}} /></div>
      ${days !== "1" && html`<${Plot} told=${thing} shown=${shown} />`}
      ${rows && html`<${Table} label=${t("usage.by", { what: t(thing.by) })} columns=${columns(thing)} rows=${rows} empty=${html`<${Empty} title=${t("usage.none.title")} text=${t("usage.none.text")}><a class="button primary" href="/playground">${t("open_start")}</a><//>`} />`}
      ${thing?.total.unpriced > 0 && html`<${Note} kind="wait" icon="warn">${t("usage.unpriced", { n: number(thing.total.unpriced) })}<//>`}
      ${thing?.total.unknown > 0 && html`<${Note}>${t("usage.unknown", { n: number(thing.total.unknown) })}<//>`}</div>`;
}

/** The four that count. @param {{total: any}} props */
const Totals = ({ total }) => html`<dl class="totals">${MAIN.map((field) => html`<div class="card stat" key=${field}><dt class="label">${t(field === "price_usd" ? "cost" : COUNTS.find(([one]) => one === field)?.[1] ?? field)}</dt>
    <dd class="figure num">${cell(field, total)}</dd></div>`)}</dl>`;

/** The others, where there are any. @param {{total: any}} props */
const More = ({ total }) => COUNTS.some(([field]) => !MAIN.includes(field) && total[field]) && html`<dl class="more push">${COUNTS.filter(([field]) => !MAIN.includes(field) && total[field]).map(([field, name]) => html`
  <div key=${field}><dt>${t(name)}</dt><dd class="num">${cell(field, total)}</dd></div>`)}</dl>`;

/** Dollars, small sums as far as prices go. @param {number | null | undefined} value */
function exactly(value) {
  const digits = !value || value >= 1 ? 2 : value >= 0.1 ? 4 : 6;
  return number(value, { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** @param {string} field @param {any} total */
const cell = (field, total) => (field === "price_usd" ? exactly(total[field]) : number(total[field]));

/** @param {any} told @returns {import("../parts/table.js").Column[]} */
const columns = (told) => [{ name: t(told.by), cell: (row) => html`<span class="cut ${told.by === "model" ? "mono" : ""}" title=${[row.name, row.key].filter(Boolean).join(" · ")}>${named(told.by, row)}</span>` },
  ...COUNTS.filter(([field]) => MAIN.includes(field) || told.total[field]).map(([field, name]) => ({ name: t(name), right: true, told: true, cell: (/** @type {any} */ row) => cell(field, row) }))];

/** The most expensive first, days as they went back. @param {any} told */
const ordered = ({ by, data }) => data.map((/** @type {any} */ one) => ({ id: one.key, ...one })).sort((/** @type {any} */ a, /** @type {any} */ b) => (by === "day" ? (a.key < b.key ? 1 : -1)
  : (b.price_usd ?? 0) - (a.price_usd ?? 0) || b.input + b.output - a.input - a.output || b.requests - a.requests));

/** What a row is called. @param {string} by @param {{key: string, name?: string}} row */
const named = (by, { key, name }) => (by === "day" ? date(key) : by === "kind" ? known(`usage.kind.${key}`) || key : name || key || t(by === "person" ? "person.erased" : "usage.nothing"));

/** The table as it is written to a file: names and all, numbers for programs. @param {any} told @param {any[]} rows */
const sheet = (told, rows) => [[t(told.by), t("id"), ...COUNTS.map(([, name]) => t(name))],
  ...rows.map((row) => [told.by === "day" ? row.key : named(told.by, row), row.key, ...COUNTS.map(([field]) => row[field] ?? "")])];

/** A day of the server's calendar. @param {string} day as 2026-11-28 @param {Intl.DateTimeFormatOptions} [how] */
const date = (day, how = { day: "numeric", month: "long" }) => calendar(how).format(new Date(day));
/** @param {Intl.DateTimeFormatOptions} how */
const calendar = (how) => new Intl.DateTimeFormat(language.value, { ...how, timeZone: "UTC" });

/** @param {number} value @param {boolean} [whole] */
const dollars = (value, whole) => (whole ? exactly(value) : number(value, { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", minimumSignificantDigits: 1, maximumSignificantDigits: 3 }));
/** @param {number} value @param {boolean} [whole] */
const count = (value, whole) => (whole ? number(value) : value % 1 ? "" : number(value, { notation: "compact" }));

/** @param {{told: any, shown: string}} props */
function Plot({ told, shown }) {
  const lines = useMemo(() => (told ? drawn(told, shown === "cost" ? "price_usd" : shown) : []), [told, shown, language.value]);
  const parts = useMemo(() => told?.series.days.map((/** @type {string} */ day) => date(day, { day: "numeric", month: "short" })) ?? [], [told, language.value]);
  const label = t("usage.plot", { what: t(shown) });
  return html`<div class="card"><header><h2>${label}</h2><span class="push"><${Choice} name="show" label=${t("usage.shown")} options=${SHOWN.map((one) => [one, t(one)])} on=${shown} usual="cost" /></span></header>
    <div class="body">${lines.length ? html`<${Chart} label=${label} parts=${parts} lines=${lines} format=${shown === "cost" ? dollars : count} /><${Legend} lines=${lines} />` : html`<p class="chart blank">${told ? t("usage.none.title") : ""}</p>`}</div></div>`;
}

/** The lines of a plot: by day there is one, of all. @param {any} told @param {string} field */
const drawn = ({ by, series: { lines } }, field) => lines.filter((/** @type {any} */ one) => one.requests.some(Boolean)).map((/** @type {any} */ one, /** @type {number} */ i) => ({
  name: by === "day" ? t("all") : one.key ? named(by, one) : t("usage.others"), look: by === "day" || one.key ? `k${i + 1}` : "k7", values: one[field] }));
