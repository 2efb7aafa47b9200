// What the run took: steps, tokens, cost, and the same as a program.
import { Code, Facts } from "../parts/bits.js";
import { Icon } from "../parts/icons.js";
import { html } from "../parts/view.js";
import { session } from "../session.js";
import { duration, money, number, t } from "../words.js";
import { toolName } from "./assistants.js";

const LOOKS = /** @type {Record<string, string>} */ ({ in_progress: "run", failed: "bad", cancelled: "bad", expired: "bad", requires_action: "wait" });

/** @param {{talk: import("../conversation.js").Conversation, how: any, close: () => void}} props `how`: what a run is created with */
export function RunSide({ talk, how, close }) {
  const run = talk.run.value;
  const figures = talk.figures.value;
  return html`<header><h2>${t("run")}</h2>${run && html`<span class="tag cut">${run.id}</span><a class="push small" href="/runs/${run.id}">${t("timeline")}</a>`}
      <button type="button" class="button plain icon sheet-button ${run ? "" : "push"}" aria-label=${t("close")} onClick=${close}><${Icon} name="close" /></button></header>
    <div class="scroll stack" tabindex="0">${run ? html`<ol class="steps">${talk.steps.value.map((one) => html`<${Step} key=${one.id} one=${one} />`)}</ol>
      <${Facts} pairs=${[
        [t("input_tokens"), html`${number(run.usage?.prompt_tokens ?? figures?.input)} ${cached(run, figures)}`], [t("output_tokens"), number(run.usage?.completion_tokens ?? figures?.output)],
        [t("cost"), money(figures?.cost_usd)], [t("first_word"), duration(figures?.first_word_s)], [t("whole"), duration(figures?.whole_s)],
        [t("model"), run.model]]} />` : html`<p class="quiet small">${t("run.none")}</p>`}
      <div><span class="label">${t("as_code")}</span><${Code} text=${program(how, talk.thread.value)} /></div></div>`;
}

/** @param {any} run @param {any} figures */
const cached = (run, figures) => {
  const found = run.usage?.prompt_token_details?.cached_tokens ?? figures?.cached;
  return found ? html`<span class="faint">(${t("n_cached", { n: number(found) })})</span>` : "";
};

/** @param {{one: any}} props */
const Step = ({ one }) => html`<li class="step ${LOOKS[one.status] ?? ""}"><div><b>${one.type === "tool_calls" ? t("step.tools") : t("step.message")}</b>
  <span class="mono">${one.type === "tool_calls" ? (one.step_details.tool_calls ?? []).map(toolName).join(", ") : one.id}</span></div>
  <span class="faint num">${one.completed_at ? duration(one.completed_at - one.created_at) : t(`status.${one.status}`)}</span></li>`;

/** A value as Python writes it. @param {any} value @returns {string} */
function python(value) {
  if (value === null || typeof value === "boolean") return { null: "None", true: "True", false: "False" }[String(value)] ?? "";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  return typeof value === "object" ? `{${Object.entries(value).map(([name, one]) => `${python(name)}: ${python(one)}`).join(", ")}}` : JSON.stringify(value);
}

/** What a program does for the same. @param {any} how @param {string} thread */
const program = (how, thread) => `from openai import OpenAI

client = OpenAI(
    base_url=${python(session.value?.base_url ?? `${location.origin}/v1`)},
    api_key="sk-spool-…",
)
thread_id = ${thread ? python(thread) : "client.beta.threads.create().id"}
client.beta.threads.messages.create(
    thread_id, role="user", content="Hello!"
)
with client.beta.threads.runs.stream(
    thread_id=thread_id,
${Object.entries(how).map(([name, value]) => `    ${name}=${python(value)},\n`).join("")}) as stream:
    for text in stream.text_deltas:
        print(text, end="")`;
