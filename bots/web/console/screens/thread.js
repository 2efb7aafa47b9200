// One thread: its runs, and, when somebody asks, what was said.
import { Empty, Face, Facts, Head, Status } from "../parts/bits.js";
import { Markdown } from "../parts/markdown.js";
import { Icon } from "../parts/icons.js";
import { Table } from "../parts/table.js";
import { html } from "../parts/view.js";
import { moment, money, number, t } from "../words.js";
import { columns, where, who } from "./runs.js";
import { Unread, useTexts, useThing } from "../parts/thing.js";

/** @param {{id: string}} props */
export function Thread({ id }) {
  const path = `/console/api/threads/${id}`;
  const { thing, error, read } = useThing(path, "thread", (row) => row.id === id);
  const [texts, show, failed] = useTexts(path);
  const crumbs = html`<a href="/threads">${t("back")}</a> / ${thing && who(thing)}`;
  if (!thing) return html`<${Unread} id=${id} list="/threads" error=${error} read=${read} />`;
  const same = ["person", "assistant", "first_word", "tokens"].map((name) => t(name));
  const runs = html`<${Table} label=${t("nav.runs")} columns=${columns().filter((one) => !same.includes(one.name))} rows=${thing.runs}
    empty=${html`<${Empty} title=${t("runs.empty.title")} text=${t("runs.empty.text")} />`} />`;
  return html`<${Head} title=${id} crumbs=${crumbs} text=${where(thing)}>
      ${thing.status && html`<${Status} name=${thing.status} />`}
      ${thing.platform === "api" && html`<a class="button" href="/playground?thread=${id}"><${Icon} name="play" />${t("open_playground")}</a>`}
      ${show}<//>
    <div class="stack">${failed}
      <div class="grid g21"><div class="stack">${runs}
        ${texts ? html`<${Texts} texts=${texts.messages} />` : html`<p class="faint small">${t("texts.hidden")}</p>`}</div>
      <div class="card"><header><h2>${t("thread")}</h2></header><div class="body"><${Facts} pairs=${[
        [t("person"), who(thing)], [t("assistant"), thing.assistant?.name ?? "–"], [t("messages"), number(thing.messages)],
        [t("memory"), t("unit.tokens", { n: number(thing.tokens) })], [t("cost"), money(thing.cost_usd)], [t("last"), moment(thing.last_at)]]} /></div></div></div></div>`;
}

/** @param {{texts: any[]}} props */
const Texts = ({ texts }) => html`<div class="card"><header><h2>${t("texts")}</h2></header><div class="body"><div class="chat">
  ${texts.map((one) => html`<div class="turn" key=${one.id}><${Face} name=${one.person} bot=${one.role === "assistant"} />
    <div><div class="who">${one.person}<small>${moment(one.at)}</small></div><${Markdown} text=${one.text} /></div></div>`)}</div></div></div>`;
