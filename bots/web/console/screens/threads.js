// The memory of each person in each place. Texts are on a thread's own page, and only when asked for.
import { Empty, Head, Status, Who } from "../parts/bits.js";
import { fitting, listPath, ListScreen, useList } from "../parts/table.js";
import { html } from "../parts/view.js";
import { address } from "../address.js";
import { moment, money, number, t } from "../words.js";
import { STATES, where, who } from "./runs.js";

/** @returns {import("../parts/table.js").Column[]} */
const columns = () => [
  { name: t("person"), cell: (row) => html`<${Who} name=${who(row)} where=${where(row)} />` },
  { name: t("thread"), cell: (row) => html`<a class="mono id" href="/threads/${row.id}">${row.id}</a>` },
  { name: t("assistant"), cell: (row) => html`<span class="cut">${row.assistant?.name || row.assistant?.id}</span>` },
  { name: t("messages"), right: true, told: true, cell: (row) => number(row.messages) },
  { name: t("memory"), right: true, told: true, cell: (row) => number(row.tokens) + (row.summary ? " ∑" : "") },
  { name: t("cost"), right: true, told: true, cell: (row) => money(row.cost_usd) },
  { name: t("last"), right: true, cell: (row) => moment(row.last_at) },
  { name: t("status"), look: "end", cell: (row) => row.status && html`<${Status} name=${row.status} />` },
];

export function Threads() {
  const list = useList(listPath("/console/api/threads", ["q", "status", "assistant", "platform"]), "thread", fitting);
  const empty = address.value.query.size
    ? html`<${Empty} title=${t("nothing.title")} text=${t("nothing.text")}><a class="button" href="/threads">${t("nothing.all")}</a><//>`
    : html`<${Empty} title=${t("threads.empty.title")} text=${t("threads.empty.text")}><a class="button primary" href="/playground">${t("nav.playground")}</a><//>`;
  return html`<${Head} title=${t("nav.threads")} text=${t("threads.text")} />
    <${ListScreen} list=${list} label=${t("nav.threads")} columns=${columns()} empty=${empty} hint=${t("runs.hint")} states=${STATES()}
      foot=${list.rows?.some((row) => row.summary) && html`<p class="faint small">∑ ${t("threads.summary")}</p>`} />`;
}
