// One run: what happened when, why it failed in words, what went out.
import { Code, Facts, Head, Note, Status, Thumb, Trouble, Votes } from "../parts/bits.js";
import { Icon } from "../parts/icons.js";
import { Markdown } from "../parts/markdown.js";
import { Unread, useTexts, useThing } from "../parts/thing.js";
import { Timeline, titleOf } from "../parts/timeline.js";
import { html, useState } from "../parts/view.js";
import { ask } from "../session.js";
import { duration, known, moment, money, number, t } from "../words.js";
import { reason, where, who } from "./runs.js";

const LEGEND = [["wait", "legend.wait"], ["", "legend.model"], ["tool", "legend.tool"], ["person", "legend.person"], ["post", "legend.post"]];

/** @param {{id: string}} props */
export function Run({ id }) {
  const path = `/console/api/runs/${id}`;
  const { thing: run, error, read } = useThing(path, "run", (row) => row.id === id);
  const [step, setStep] = useState(/** @type {any} */ (null));
  const [texts, show, failed] = useTexts(path);
  const [kept, setKept] = useState(/** @type {any} */ (null)); // true, or why not
  const keep = () => ask("POST", `${path}/question`).then(() => setKept(true), setKept);
  const crumbs = html`<a href="/runs">${t("back")}</a> / <a href="/threads/${run?.thread_id}">${run && who(run)}</a>`;
  if (!run) return html`<${Unread} id=${id} list="/runs" error=${error} read=${read} />`;
  const about = [where(run), run.assistant && `${run.assistant.name || run.assistant.id} ${run.assistant.version ? `v${run.assistant.version}` : ""}`, run.model, moment(run.created_at, true)];
  const chosen = run.timeline.find((/** @type {any} */ one) => one.name === step?.name && one.began_at === step.began_at) ?? run.timeline.findLast((/** @type {any} */ one) => one.kind === "tool") ?? run.timeline.findLast((/** @type {any} */ one) => one.step);
  return html`<${Head} title=${id} crumbs=${crumbs} facts=${about}><${Status} name=${run.status} />
      ${run.link && html`<a class="button" href=${run.link} target="_blank" rel="noopener noreferrer">${t("open_post")}</a>`}
      ${show}
      ${run.assistant && html`<button type="button" class="button" disabled=${kept === true} onClick=${keep}>${t(kept === true ? "trial.saved" : "trial.keep")}</button>
        <a class="button" href="/playground?assistant=${run.assistant.id}&run=${id}"><${Icon} name="play" />${t("open_playground")}</a>`}<//>
    <div class="stack">${failed}${kept && kept !== true && html`<${Trouble} error=${kept} />`}<${Story} run=${run} />
      <div class="card flush"><header><h2>${t("timeline")}</h2><span class="legend">${LEGEND.map(([look, key]) => html`<span><i class=${look}></i>${t(key)}</span>`)}</span>
        <span class="push small quiet num">${[run.whole_s && duration(run.whole_s), run.first_word_s && `${t("first_word")} ${duration(run.first_word_s)}`, run.cost_usd && money(run.cost_usd)].filter(Boolean).join(" · ")}</span></header>
        <${Timeline} run=${run} at=${chosen} choose=${setStep} /></div>
      <div class="grid g3"><${Step} step=${chosen} texts=${texts} /><${Numbers} run=${run} /><${Out} run=${run} /></div>
      ${texts && html`<${Texts} texts=${texts} />`}</div>`;
}

const BAD = /** @type {Record<string, string>} */ ({ failed: "bad", unknown: "wait", refused: "wait", incomplete: "wait", waiting: "wait", expired: "wait" });

/** What is unusual about it. @param {{run: any}} props */
function Story({ run }) {
  const deaths = (run.deaths ?? []).filter((/** @type {any} */ one) => one.taken_over_at);
  const last = deaths.at(-1);
  const asked = run.timeline.findLast((/** @type {any} */ one) => one.kind === "person" && one.outcome === "waiting");
  return html`${run.why && html`<${Note} kind=${run.status === "failed" ? "bad" : "wait"} icon="warn"><b>${reason(run)}</b> ${known(`cure.${run.why.code}`)} <span class="mono quiet">${run.why.code}</span><//>`}
    ${asked && html`<${Note} kind="wait" icon="warn"><b>${t("run.waits", { name: who(run) })}</b> ${t("story.waits", { tool: asked.detail })}<//>`}
    ${last && html`<${Note} kind="ok" icon="heart"><b class="promise">${t("story.death")}</b> ${t("story.over", {
      at: moment(last.at, true), time: duration(last.taken_over_at - last.at) })}<//>`}`;
}

/** @param {{step: any, texts: any}} props */
function Step({ step, texts }) {
  if (!step) return html`<div class="card"><header><h2>${t("step")}</h2></header><div class="body small quiet">${t("step.none")}</div></div>`;
  const told = texts?.steps?.[step.name];
  return html`<div class="card"><header><h2 class="cut" title=${titleOf(step)}>${titleOf(step)}</h2>${step.outcome && html`<span class="pill ${BAD[step.outcome] ?? "ok"}">${t(`outcome.${step.outcome}`)}</span>`}</header>
    <div class="body stack tight">
      ${step.error && html`<p class="small">${step.error}</p>`}
      ${!told && step.texts !== false && html`<p class="faint small">${t("texts.hidden")}</p>`}
      ${["arguments", "input", "result"].map((name) => told?.[name] && html`<span class="label">${t(`step.${name}`)}</span><${Code} text=${told[name]} wrapped=${true} />`)}
      ${step.step && html`<p class="faint small">${t(step.kind === "tool" ? "step.journal" : "step")} <span class="mono">${step.step}</span></p>`}</div></div>`;
}

/** @param {{run: any}} props */
const Numbers = ({ run }) => html`<div class="card"><header><h2>${t("usage")}</h2></header><div class="body"><${Facts} pairs=${[
  [t("input"), number(run.input)], [t("cached"), number(run.cached)], [t("output"), number(run.output)], [t("reasoning"), number(run.reasoning)],
  [t("requests"), number(run.requests)], [t("cost"), money(run.cost_usd)], [t("price_list"), run.price_list ?? "–"]]} /></div></div>`;

/** @param {{run: any}} props */
const Out = ({ run }) => html`<div class="card"><header><h2>${t("went_out")}</h2></header><div class="body"><${Facts} pairs=${[
  [t("posts"), number(run.posts)], [t("edits"), number(run.edits)], [t("attempts"), number(run.attempts)], [t("takeovers"), number(run.takeovers)],
  [t("feedback"), run.feedback.good + run.feedback.bad ? html`<${Votes} of=${run.feedback} />` : "–"],
  [t("thread"), html`<a class="mono" href="/threads/${run.thread_id}">${run.thread_id}</a>`]]} /></div></div>`;

/** @param {{texts: any}} props */
const Texts = ({ texts }) => html`<div class="card"><header><h2>${t("texts")}</h2></header><div class="body stack">
  ${["question", "answer"].map((name) => texts[name] && html`<div><span class="label">${t(`text.${name}`)}</span><${Markdown} text=${texts[name]} /></div>`)}
  ${texts.feedback.map((/** @type {any} */ one) => html`<div><span class="label"><${Thumb} good=${one.good} />${who(one)} · ${moment(one.at, true)}</span>
    ${one.reason && html`<pre class="plain wrapped">${one.reason}</pre>`}</div>`)}</div></div>`;
