// Who may speak, how much anybody may have and who has used it, and the way to one person's data.
import { Empty, Head, Trouble } from "../parts/bits.js";
import { useFigures } from "../parts/figures.js";
import { Table } from "../parts/table.js";
import { html, useEffect, useState } from "../parts/view.js";
import { go } from "../address.js";
import { ask } from "../session.js";
import { known, money, number, t } from "../words.js";

/** Rules about who is answered, and how it looks where nobody is named. @type {Record<string, string>} */
const SPEAK = { members: "ok", ACCESS_GUESTS: "bad", ACCESS_EXTERNAL: "bad", ACCESS_BOTS: "bad", DISCORD_GUILDS: "ok", ACCESS_ALLOW: "", ACCESS_DENY: "", ADMINS: "" };
const MONEY = ["LIMIT_PERSON_DAY", "LIMIT_MONTH"];
export const PERSON = /^(slack:[UW][A-Z0-9]+|discord:\d{1,20})$/;

/** The setting that says so, or that nobody has said anything. @param {{source: string}} one */
export const from = ({ source }) => (source === "default" ? html`<span class="faint">${t("rule.default")}</span>` : html`<code>${source}</code>`);

/** A person leads to their page. @param {{id: string, name?: string}} one */
export const Called = ({ id, name }) => (PERSON.test(id) ? html`<a class="cut" title=${id} href="/people/${id}">${name || id}</a>` : html`<span class="cut" title=${id}>${name || id}</span>`);

/** @param {{name: string, value: number}} one */
const amount = ({ name, value }) => (!value ? t("limit.none") : MONEY.includes(name) ? money(value) : number(value));

/** How much of a limit somebody has used. @param {{limit: any, one: any}} props */
const Used = ({ limit, one }) => html`<div class="used"><span class="row">${one.id && html`<${Called} ...${one} />`}<span class="num push">${MONEY.includes(limit.name) ? money(one.used) : number(one.used, { maximumFractionDigits: 0 })}${limit.value ? ` / ${amount(limit)}` : ""}</span></span>
  ${limit.value > 0 && html`<meter aria-label=${t(`limit.${limit.name}`)} min="0" max=${limit.value} high=${limit.value * 0.8} value=${Math.min(one.used, limit.value)}></meter>`}</div>`;

/** @returns {import("../parts/table.js").Column[]} */
const speakers = () => [
  { name: t("rule.who"), cell: (row) => t(`rule.${row.name}`) },
  { name: t("rule.is"), look: "end", cell: (row) => (row.value?.length ? html`<span class="row wrap">${known(`rule.${row.name}.in`)}${row.value.map((/** @type {any} */ one) => html`<${Called} ...${one} />`)}</span>` : html`<span class="pill ${SPEAK[row.name]}">${t(`rule.${row.name}.none`)}</span>`) },
  { name: t("rule.from"), cell: from },
];

/** @returns {import("../parts/table.js").Column[]} */
const limited = () => [
  { name: t("limit"), cell: (row) => t(`limit.${row.name}`) },
  { name: t("limit.value"), right: true, look: "end", cell: amount },
  { name: t("limit.used"), cell: (row) => row.used[0] && html`<${Used} limit=${row} one=${row.used[0]} />` },
  { name: t("rule.from"), cell: from },
];

export function People() {
  const { thing, error, read } = useFigures("/console/api/rules");
  const rule = (/** @type {string} */ name) => thing.rules.find((/** @type {any} */ one) => one.name === name) ?? { name, source: "default" };
  const limit = (/** @type {string} */ name) => thing.limits.find((/** @type {any} */ one) => one.name === name);
  const others = thing?.rules.filter((/** @type {any} */ one) => !(one.name in SPEAK)) ?? [];
  const row = (/** @type {any} */ one) => ({ id: one.name, ...one });
  return html`<${Head} title=${t("nav.people")} text=${t("people.text")} /><${Trouble} error=${error} again=${read} />
    ${thing && html`<div class="grid g21"><div class="stack">
      <${Table} label=${t("rule.speak")} head=${html`<header><h2>${t("rule.speak")}</h2></header>`} columns=${speakers()} rows=${Object.keys(SPEAK).map((name) => row(rule(name)))} empty="" />
      <${Table} label=${t("limit.title")} head=${html`<header><h2>${t("limit.title")}</h2></header>`} columns=${limited()} rows=${thing.limits.map(row)} empty="" />
      ${others.length > 0 && html`<div class="card"><header><h2>${t("rule.more")}</h2></header><div class="body"><dl class="facts">${others.map((/** @type {any} */ one) => html`<dt>${t(`rule.${one.name}`)}</dt>
        <dd>${one.value ? known(`rule.${one.name}.${one.value}`) || one.value : t(`rule.${one.name}.none`)}</dd>`)}</dl></div></div>`}</div>
    <div class="stack"><${Spent} limit=${limit("LIMIT_MONTH")} name=${t("people.month")} text=${t("people.month.text")} />
      <${Largest} limit=${limit("LIMIT_PERSON_DAY")} /><${Find} /></div></div>`}`;
}

/** @param {{limit: any, name: string, text: string}} props */
const Spent = ({ limit, name, text }) => html`<div class="card"><header><h2>${name}</h2></header><div class="body stack tight"><div class="figure num">${money(limit.used[0]?.used ?? 0)}
  <small> ${limit.value ? t("people.of", { n: money(limit.value) }) : t("limit.none")}</small></div>
  ${limit.value > 0 && html`<meter aria-label=${name} min="0" max=${limit.value} high=${limit.value * 0.8} value=${limit.used[0]?.used ?? 0}></meter>`}<p class="small quiet">${text}</p></div></div>`;

/** Who has spent most today. @param {{limit: any}} props */
const Largest = ({ limit }) => html`<div class="card"><header><h2>${t("people.today")}</h2></header><div class="body stack tight">
  ${limit.used.map((/** @type {any} */ one) => html`<${Used} key=${one.id} limit=${limit} one=${one} />`)}${!limit.used.length && html`<p class="small quiet">${t("people.nobody")}</p>`}</div></div>`;

/** People by a part of their name or id; a whole id is found also where nobody knows it. */
function Find() {
  const [text, setText] = useState("");
  const [found, setFound] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  useEffect(() => {
    let here = Boolean(text.trim());
    const timer = setTimeout(() => here && ask("GET", `/console/api/people?q=${encodeURIComponent(text.trim())}`).then((told) => here && (setFound(told), setError(null)), setError), 250);
    return () => ((here = false), clearTimeout(timer), setFound(null));
  }, [text]);
  const enter = (/** @type {Event} */ event) => (event.preventDefault(), PERSON.test(text.trim()) && go(`/people/${text.trim()}`));
  return html`<div class="card"><header><h2>${t("people.find")}</h2></header><div class="body stack tight"><p class="small quiet">${t("people.find.text")}</p>
    <form onSubmit=${enter}><input class="input" type="search" aria-label=${t("people.find")} placeholder=${t("people.hint")} value=${text} onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} /></form>
    <${Trouble} error=${error} /><div class="stack tight" role="status">${found?.data.map((/** @type {any} */ one) => html`<div class="row" key=${one.id}><${Called} ...${one} />${one.name && html`<code class="push">${one.id}</code>`}</div>`)}
      ${found && !found.data.length && html`<${Empty} title=${t("nothing.title")} text=${t("people.find.none")} />`}</div></div></div>`;
}
