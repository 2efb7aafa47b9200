// One thread: whose memory it is and how full, its runs, and, when somebody asks, the talk.
import { go } from "../address.js";
import { Empty, Face, Facts, Head, Note, Status, Trouble } from "../parts/bits.js";
import { Markdown } from "../parts/markdown.js";
import { Icon } from "../parts/icons.js";
import { Table } from "../parts/table.js";
import { Calls } from "../parts/talk.js";
import { html, useState } from "../parts/view.js";
import { ask } from "../session.js";
import { moment, money, number, t } from "../words.js";
import { columns, where, who } from "./runs.js";
import { Unread, useTexts, useThing } from "../parts/thing.js";

/** @param {{id: string}} props */
export function Thread({ id }) {
  const path = `/console/api/threads/${id}`;
  const { thing, error, read } = useThing(path, "thread", (row) => row.id === id);
  const [texts, show, failed] = useTexts(path);
  const [refused, setRefused] = useState(/** @type {Error | null} */ (null));
  const crumbs = html`<a href="/threads">${t("back")}</a> / ${thing && who(thing)}`;
  if (!thing) return html`<${Unread} id=${id} list="/threads" error=${error} read=${read} />`;
  const further = () => ask("POST", `${path}/copy`).then((made) => go(`/playground?${thing.assistant ? `assistant=${thing.assistant.id}&` : ""}thread=${made.thread_id}`), setRefused);
  const same = ["person", "assistant", "first_word", "tokens"].map((name) => t(name));
  const runs = html`<${Table} label=${t("nav.runs")} columns=${columns().filter((one) => !same.includes(one.name))} rows=${thing.runs}
    empty=${html`<${Empty} title=${t("runs.empty.title")} text=${t("runs.empty.text")} />`} />`;
  return html`<${Head} title=${id} crumbs=${crumbs} facts=${[where(thing), thing.scope && t(`scope.${thing.scope}`)]}>
      ${thing.status && html`<${Status} name=${thing.status} />`}
      ${thing.platform === "api" && html`<a class="button" href="/playground?thread=${id}">${t("open_playground")}</a>`}
      ${show}
      <button type="button" class="button primary" onClick=${further}><${Icon} name="play" />${t("thread.continue")}</button><//>
    <div class="stack">${failed}<${Trouble} error=${refused} />
      ${thing.reset && html`<${Note} kind="wait" icon="redo">${t("thread.reset")}<//>`}
      <div class="grid g21"><div class="stack">
        ${texts ? html`<${Said} texts=${texts} />` : html`<${Note} icon="eye">${t("texts.hidden")}<//>`}${runs}</div>
      <div class="stack"><${About} thing=${thing} /><${Memory} thing=${thing} texts=${texts} /></div></div></div>`;
}

/** @param {{thing: any}} props */
const About = ({ thing }) => html`<div class="card"><header><h2>${t("thread.about")}</h2></header><div class="body"><${Facts} pairs=${[
  [t("person"), who(thing)], [t("place"), where(thing)], ...(thing.scope ? [[t("scope"), t(`scope.${thing.scope}`)]] : []),
  [t("assistant"), thing.assistant ? html`<a href="/assistants/${thing.assistant.id}">${thing.assistant.name || thing.assistant.id}</a> ${thing.assistant.version && html`<span class="tag">v${thing.assistant.version}</span>`}` : "–"],
  ...(thing.copy_of ? [[t("thread.copy_of"), html`<a class="mono" href="/threads/${thing.copy_of}">${thing.copy_of}</a>`]] : []),
  [t("cost"), money(thing.cost_usd)], [t("last"), moment(thing.last_at)]]} /></div></div>`;

/** How full it is, and what of it the next request has. @param {{thing: any, texts: any}} props */
function Memory({ thing, texts }) {
  const { messages, tokens, room, summarised, kept } = thing.memory;
  return html`<div class="card"><header><h2>${t("memory")}</h2><span class="push small quiet num">${t("memory.of", { tokens: number(tokens), room: number(room) })}</span></header>
    <div class="body stack tight"><meter aria-label=${t("memory")} min="0" max=${room} value=${Math.min(tokens, room)}></meter>
      <${Facts} pairs=${[[t("messages"), number(messages)], [t("memory.kept"), number(kept)], [t("summary"), summarised ? t("summary.of", { n: number(summarised) }) : t("summary.none")]]} />
      ${texts?.summary && html`<div class="said small quiet"><${Markdown} text=${texts.summary} /></div>`}</div></div>`;
}

/** The talk, with what was called and attached. @param {{texts: any}} props */
const Said = ({ texts }) => html`<section class="card" aria-label=${t("talk")}><header><h2>${t("talk")}</h2></header><div class="body"><div class="chat">
  ${texts.messages.length ? texts.messages.map((/** @type {any} */ one) => html`<div class="turn" key=${one.id}><${Face} name=${one.person || t("assistant")} bot=${one.role === "assistant"} />
    <div><div class="who">${one.person || t("assistant")}<small>${moment(one.at)}</small></div>
      ${one.calls.length > 0 && html`<${Calls} step=${{ status: "completed", step_details: { tool_calls: one.calls.map(called) } }} />`}<${Markdown} text=${one.text} />
      ${one.files.length > 0 && html`<p class="row wrap">${one.files.map((/** @type {any} */ file) => html`<span class="tag"><${Icon} name="clip" />${file.name}</span>`)}</p>`}</div></div>`)
    : html`<${Empty} title=${t("threads.empty.title")} text=${t("threads.empty.text")} />`}</div></div></section>`;

/** @param {any} call */
const called = (call) => ({ type: "function", function: { name: call.name, arguments: call.arguments, output: call.result } });
