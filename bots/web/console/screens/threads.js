// The memory of each person in each place. Texts are on a thread's own page, and only when asked for.
import { Status, Who } from "../parts/bits.js";
import { fitting, listPath, ListScreen, useList } from "../parts/table.js";
import { html } from "../parts/view.js";
import { moment, money, number, t } from "../words.js";
import { where, who } from "./runs.js";

/** @returns {import("../parts/table.js").Column[]} */
const columns = () => [
  { name: t("person"), cell: (row) => html`<${Who} name=${who(row)} where=${[where(row), row.scope && t(`scope.${row.scope}`), row.reset && t("thread.ended")].filter(Boolean).join(" · ")} />` },
  { name: t("thread"), cell: (row) => html`<a class="mono id" title=${row.id} href="/threads/${row.id}">${row.id}</a>` },
  { name: t("assistant"), cell: (row) => html`<span class="cut" title=${row.assistant?.name}>${row.assistant?.name || row.assistant?.id}</span>` },
  { name: t("messages"), right: true, told: true, cell: (row) => number(row.messages) },
  { name: t("memory"), right: true, told: true, cell: (row) => number(row.tokens) + (row.summary ? " ∑" : "") },
  { name: t("cost"), right: true, told: true, cell: (row) => money(row.cost_usd) },
  { name: t("last"), right: true, cell: (row) => moment(row.last_at) },
  { name: t("status"), look: "end", cell: (row) => row.status && html`<${Status} name=${row.status} />` },
];

export function Threads() {
  const list = useList(listPath("/console/api/threads", ["q", "status", "assistant", "platform"]), "thread", fitting);
  return html`<${ListScreen} name="threads" list=${list} columns=${columns()}
    foot=${list.rows?.some((row) => row.summary) && html`<p class="faint small">∑ ${t("threads.summary")}</p>`} />`;
}
