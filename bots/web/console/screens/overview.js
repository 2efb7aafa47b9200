// Whether all is well: what was promised, what it takes, what runs now, and what needs somebody.
import { address, go, withQuery } from "../address.js";
import { on } from "../live.js";
import { Empty, Head, Note, Segment, Trouble, Who } from "../parts/bits.js";
import { Chart, Legend, Spark } from "../parts/chart.js";
import { Figure, span, useFigures } from "../parts/figures.js";
import { merged, Table } from "../parts/table.js";
import { html, useEffect, useMemo, useState } from "../parts/view.js";
import { session } from "../session.js";
import { duration, language, moment, money, number, t } from "../words.js";
import { columns, where, who } from "./runs.js";

const HOURS = ["1", "24", "168", "720"];
const LIVE = ["queued", "in_progress", "requires_action", "cancelling"];
/** Before it was read: everything keeps its place. */
const UNREAD = { promises: {}, messages: { series: [] }, first_word: { series: [] }, cost: { series: [] }, failed: { series: [] }, attention: [], running: null, running_count: 0 };

export function Overview() {
  const asked = address.value.query.get("hours") ?? "";
  const hours = HOURS.includes(asked) ? asked : "24";
  const { thing, error, read } = useFigures(`/console/api/overview?hours=${hours}`);
  const told = thing ?? UNREAD;
  const running = useRunning(told);
  return html`<${Head} title=${t("nav.overview")} text=${thing ? verdict(thing, running ?? []) : "\u00a0"}>
      ${thing && html`<span class="small faint num">${t("as_of", { at: moment(thing.at) })}</span>`}
      <${Segment} label=${t("range")} options=${HOURS.map((one) => [one, span(Number(one) * 3600, "narrow")])} on=${hours}
        choose=${(/** @type {string} */ to) => go(withQuery({ hours: to === "24" ? "" : to }))} /><//>
    <div class="stack"><${Trouble} error=${error} again=${read} /><${Promises} told=${told.promises} time=${span((thing?.hours ?? Number(hours)) * 3600)} />
      <${Figures} told=${told} />
      <div class="grid g21 steady"><${Running} rows=${running} told=${told} /><${Connections} /></div>
      <div class="grid g21 steady"><${FirstWord} told=${told} /><${Attention} told=${thing} /></div></div>`;
}

/** One sentence or two on how it goes, from the facts. @param {any} told @param {any[]} running */
function verdict({ promises, failed, attention }, running) {
  const away = (session.value?.connections ?? []).filter((one) => one.state === "bad").map((one) => one.name).join(", ");
  const waiting = running.filter((run) => run.status === "requires_action").length;
  const bad = attention.filter((/** @type {any} */ one) => one.level === "bad").length;
  const main = away ? t("say.away", { names: away }) : promises.lost ? t("say.lost", { n: number(promises.lost) })
    : failed.count ? t("say.failed", { n: number(failed.count) }) : bad ? t("say.bad", { n: number(bad) }) : !promises.accepted ? t("say.quiet")
    : running.length > waiting ? t("say.running", { n: number(running.length - waiting) }) : t("say.well");
  return waiting ? `${main} ${t("say.waiting", { n: number(waiting) })}` : main;
}

/** Runs that have not ended: as they were read, and as events have changed them since. @param {any} told */
function useRunning(told) {
  const [rows, setRows] = useState(/** @type {any[] | null} */ (null));
  useEffect(() => setRows(told.running), [told.running]);
  useEffect(() => on("run", (row) => setRows((old) => old && merged(old, row, (one) => !one.trial && LIVE.includes(one.status)))), []);
  return rows && rows.toSorted((a, b) => a.created_at - b.created_at).slice(0, 20);
}

/** @param {{told: any, time: string}} props `time`: the words for how long */
function Promises({ told, time }) {
  const kept = told.answers ? Math.floor((1 - told.disordered / told.answers) * 1000) / 10 : null;
  return html`<section class="card promises" aria-label=${t("promises")}>
    <${Promise} name=${t("promise.lost")} value=${number(told.lost)} broken=${told.lost} text=${t("promise.lost.of", { n: number(told.accepted), time })} />
    <${Promise} name=${t("promise.twice")} value=${number(told.twice)} broken=${told.twice} text=${t("promise.twice.of", { n: number(told.known) })} />
    <${Promise} name=${t("promise.finished")} value=${told.taken_over ? number(told.finished) : "–"} unit=${told.taken_over ? `/ ${number(told.taken_over)}` : ""}
      text=${told.taken_over ? (told.finished_s == null ? t("promise.finished.of") : t("promise.finished.in", { time: duration(told.finished_s) })) : t("promise.finished.none")} />
    <${Promise} name=${t("promise.order")} value=${number(kept)} unit=${kept == null ? "" : "%"} broken=${told.disordered} text=${t("promise.order.of", { n: number(told.answers) })} /></section>`;
}

/** The stitched line stands under what was kept. @param {{name: string, value: string, unit?: string, text: string, broken?: number}} props */
const Promise = ({ name, value, unit, text, broken }) => html`<div><span class="label">${name}</span>
  <p class="figure num ${broken ? "broken" : "promise"}">${value}${unit && html`<small>${unit}</small>`}</p><p class="small quiet">${text}</p></div>`;

/** @param {{told: any}} props */
function Figures({ told: { messages, first_word, cost, failed } }) {
  const change = messages.before ? (messages.count - messages.before) / messages.before : null;
  const share = failed.ended ? failed.count / failed.ended : null;
  const percent = (/** @type {number} */ value, /** @type {Intl.NumberFormatOptions} */ how) => number(value, { style: "percent", maximumFractionDigits: Math.abs(value) < 0.1 ? 1 : 0, ...how });
  return html`<div class="grid g4">
    <${Figure} name=${t("messages")} value=${number(messages.count)} side=${change != null && percent(change, { signDisplay: "exceptZero" })}><${Spark} values=${messages.series} look="k1" /><//>
    <${Figure} name=${t("first_word.p95")} value=${duration(first_word.p95)} side=${first_word.p50 != null && `p50 ${duration(first_word.p50)}`}>
      <${Spark} values=${first_word.series.map((/** @type {any} */ one) => one.p95)} look="k3" /><//>
    <${Figure} name=${html`<a href="/usage">${t("cost")}</a>`} value=${money(cost.price_usd)} side=${cost.unpriced > 0 && t("n_unpriced", { n: number(cost.unpriced) })}><${Spark} values=${cost.series} look="k4" /><//>
    <${Figure} name=${html`<a href="/runs?status=failed,incomplete,expired">${t("answers.failed")}</a>`} value=${number(failed.count)} side=${share != null && percent(share, {})}><${Spark} values=${failed.series} look="k2" /><//></div>`;
}

/** @param {{rows: any[] | null, told: any}} props */
function Running({ rows, told }) {
  const [, setTick] = useState(0);
  useEffect(() => { const clock = setInterval(() => setTick((n) => n + 1), 1000); return () => clearInterval(clock); }, []);
  const ahead = useMemo(() => (told.at ?? 0) - Date.now() / 1000, [told]); // the server's clock counts
  const [id, status, why, assistant] = columns();
  const all = [id, status, { name: t("person"), cell: (/** @type {any} */ run) => html`<${Who} name=${who(run)} where=${where(run)} />` }, why, { ...assistant, look: "minor" },
    { name: t("elapsed"), right: true, told: true, cell: (/** @type {any} */ run) => span(Date.now() / 1000 + ahead - run.created_at, "short") }];
  const count = Math.max(rows?.length ?? 0, told.running?.length < told.running_count ? told.running_count : 0);
  const fresh = !told.promises.accepted;
  return html`<${Table} label=${t("running")} columns=${all} rows=${rows} head=${html`<header><h2>${t("running")}</h2>${count > 0 && html`<span class="pill run num">${number(count)}</span>`}<a class="push small" href="/runs">${t("see_all")}</a></header>`}
    empty=${html`<${Empty} title=${t(fresh ? "fresh.title" : "running.none")} text=${t(fresh ? "fresh.text" : "running.none.text")}>
      ${fresh && html`<a class="button primary" href="/playground">${t("open_start")}</a>`}<//>`} />`;
}

const Connections = () => html`<div class="card"><header><h2>${t("connections")}</h2></header><div class="body stack tight small">
  ${(session.value?.connections ?? []).map((one) => html`<div class="row" key=${one.name}><span class="dot ${one.state}"></span>${one.name}<span class="push quiet ends">${one.detail || t(`connection.${one.state}`)}</span></div>`)}
  ${!session.value?.connections?.length && html`<p class="quiet">${t("connections.none")}</p>`}</div></div>`;

const LINES = /** @type {const} */ ([["p50", "k1"], ["p95", "k2"], ["added", "k3"]]);

/** @param {string} key */
const lineName = (key) => (key === "added" ? t("first_word.added") : key);

/** @param {{told: any}} props */
function FirstWord({ told: { first_word: { series, count }, hours } }) {
  const lines = useMemo(() => LINES.map(([key, look]) => ({ name: lineName(key), look, values: series.map((/** @type {any} */ one) => one[key]) })), [series, language.value]);
  const parts = useMemo(() => series.map((/** @type {any} */ one) => part(one.at, hours)), [series, language.value]);
  const label = t("first_word.title");
  return html`<div class="card"><header><h2>${label}</h2><span class="push"><${Legend} lines=${lines} /></span></header><div class="body">
    ${count === 0 ? html`<p class="chart blank">${t("first_word.none")}</p>` : series.length ? html`<${Chart} label=${label} parts=${parts} lines=${lines} format=${duration} />
      <details><summary class="small quiet">${t("as_table")}</summary><${Table} label=${label} rows=${series.filter((/** @type {any} */ one) => one.p50 != null).map((/** @type {any} */ one) => ({ id: one.at, ...one })).reverse()} empty=""
        columns=${[{ name: t("began"), cell: (/** @type {any} */ one) => part(one.at, hours) }, ...LINES.map(([key]) => ({ name: lineName(key), right: true, told: true, cell: (/** @type {any} */ one) => duration(one[key]) }))]} /></details>`
    : html`<div class="chart"></div>`}</div></div>`;
}

/** What a part of the time is called: the day, where there are several. @param {number} at @param {number} hours */
const part = (at, hours) => new Intl.DateTimeFormat(language.value, { ...(hours > 24 ? { day: "numeric", month: "short" } : {}), ...(hours < 720 ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } : {}) }).format(at * 1000);

/** @param {{told: any}} props */
const Attention = ({ told }) => html`<div class="card"><header><h2>${t("attention")}</h2></header><div class="body stack tight">
  ${told?.attention.map((/** @type {any} */ one) => html`<${Note} kind=${one.level === "bad" ? "broken" : one.level}><span lang=${one.language}><b>${one.message}</b>${one.cure && html` ${one.cure}`}</span>
    ${one.link && html` <a href=${one.link} ...${one.link.startsWith("/") ? {} : { target: "_blank", rel: "noopener noreferrer" }}>${t(one.link.startsWith("/") ? "attention.see" : "open_post")}</a>`}<//>`)}
  ${told && !told.attention.length && html`<p class="small quiet">${t("attention.none")}</p>`}</div></div>`;
