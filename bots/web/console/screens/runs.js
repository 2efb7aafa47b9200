// Each answer in the making, with the reason where it failed.
import { Status, Votes } from "../parts/bits.js";
import { fitting, listPath, ListScreen, useList } from "../parts/table.js";
import { html } from "../parts/view.js";
import { duration, moment, money, number, t } from "../words.js";

/** The server's words without the sign that they begin with in a chat: here a colour says it. @param {any} run */
export const reason = (run) => run.why?.message.replace(/^\p{Extended_Pictographic}\uFE0F?\s*/u, "");

/** Why a run is as it is, in words. @param {any} run */
function why(run) {
  if (run.why) return reason(run);
  if (run.status === "requires_action") return t("run.waits", { name: who(run) });
  if (run.takeovers) return t("run.taken_over");
  return run.attempts > 1 ? t("run.attempts", { n: run.attempts }) : "";
}

/** The person's name, or what else is known of who it was. @param {any} row */
export const who = (row) => row.person?.replace(/^(slack|discord|key):/, "") || t("person.erased");

/** @returns {import("../parts/table.js").Column[]} */
export const columns = () => [
  { name: t("run"), cell: (run) => html`<a class="mono id" title=${run.id} href="/runs/${run.id}">${run.id}</a>` },
  { name: t("status"), look: "end", cell: (run) => html`<span class="row"><${Status} name=${run.status} /><${Votes} of=${run.feedback} /></span>` },
  { name: t("why"), look: "rest", cell: (run) => why(run) && html`<span class="quiet" title=${why(run)}>${why(run)}</span>` },
  { name: t("assistant"), cell: (run) => run.assistant && html`<span class="row"><span class="cut" title=${run.assistant.name}>${run.assistant.name || run.assistant.id}</span>${run.assistant.version && html`<span class="tag">v${run.assistant.version}</span>`}</span>` },
  { name: t("person"), cell: (run) => html`<span class="cut" title=${`${who(run)} · ${where(run)}`}>${who(run)}</span>` },
  { name: t("first_word"), right: true, told: true, look: "minor", cell: (run) => duration(run.first_word_s) },
  { name: t("whole"), right: true, told: true, cell: (run) => duration(run.whole_s) },
  { name: t("tokens"), right: true, told: true, cell: (run) => number(run.input == null ? null : run.input + (run.output ?? 0)) },
  { name: t("cost"), right: true, told: true, cell: (run) => money(run.cost_usd) },
  { name: t("began"), right: true, cell: (run) => moment(run.created_at) },
];

const PLATFORMS = /** @type {Record<string, string>} */ ({ slack: "Slack", discord: "Discord", api: "API" });

/** @param {any} row */
export const where = (row) => [PLATFORMS[row.platform] ?? row.platform, row.platform === "slack" && /^D[A-Z0-9]{6,}$/.test(row.place) ? t("place.direct") : row.place].filter(Boolean).join(" ");

export const Runs = () => html`<${ListScreen} name="runs" columns=${columns()}
  list=${useList(listPath("/console/api/runs", ["q", "status", "assistant", "thread", "feedback"]), "run", fitting)} />`;
