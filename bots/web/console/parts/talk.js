// What was said and done, as people read it.
import { duration, moment, t } from "../words.js";
import { Face } from "./bits.js";
import { Icon } from "./icons.js";
import { Markdown } from "./markdown.js";
import { ask, send } from "../session.js";
import { html, useEffect, useRef, useState } from "./view.js";

/** @typedef {import("../conversation.js").Conversation} Conversation */

/** @param {{talk: Conversation, name: string, edit: (message: any) => void, shown: (text: string) => any, empty: any}} props */
export function Talk({ talk, name, edit, shown, empty }) {
  const items = talk.items.value;
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const bottom = useRef(true);
  useEffect(() => {
    if (box.current && bottom.current) box.current.scrollTop = box.current.scrollHeight;
  }, [items, talk.questions.value]);
  const scrolled = () => {
    const { scrollTop = 0, scrollHeight = 0, clientHeight = 0 } = box.current ?? {};
    bottom.current = scrollHeight - scrollTop - clientHeight < 80;
  };
  const waiting = talk.questions.value.filter((one) => one.state === "waiting");
  return html`<div class="scroll" role="log" aria-label=${t("talk")} aria-busy=${String(talk.busy.value)} tabindex="0" ref=${box} onScroll=${scrolled}>
    <div class="chat">${items.length ? turns(items).map((turn) => html`<${Turn} key=${turn[0].id} turn=${turn} name=${name} edit=${edit} shown=${shown} live=${talk.busy.value && turn.includes(items.at(-1))} />`) : empty}
      ${waiting.map((one) => html`<${Question} key=${one.id} one=${one} name=${name} decide=${(/** @type {boolean} */ yes) => talk.decide(one.id, yes)} />`)}
      ${talk.run.value?.required_action && !talk.busy.value && html`<${Outputs} key=${talk.run.value.id} run=${talk.run.value} talk=${talk} />`}</div></div>`;
}

/** Items of one speaker in a row. @param {any[]} items @returns {any[][]} */
function turns(items) {
  /** @type {any[][]} */
  const all = [];
  for (const item of items) {
    const last = all.at(-1);
    if (last && item.role !== "user" && last[0].role !== "user" && last[0].run_id === item.run_id) last.push(item);
    else all.push([item]);
  }
  return all;
}

/** @param {{turn: any[], name: string, live: boolean, edit: (message: any) => void, shown: (text: string) => any}} props */
function Turn({ turn, name, live, edit, shown }) {
  const [first] = turn;
  const mine = first.role === "user";
  return html`<div class="turn"><${Face} name=${mine ? t("you") : name} bot=${!mine} />
    <div><div class="who">${mine ? t("you") : name}<small>${moment(first.created_at)}</small>
      ${mine && html`<span class="acts"><button type="button" class="button plain" onClick=${() => edit(first)}>${t("edit")}</button></span>`}</div>
      ${turn.map((item, i) => item.object === "thread.run.step" ? html`<${Calls} key=${item.id} step=${item} />`
        : html`<${Message} key=${item.id} message=${item} live=${live && i === turn.length - 1} shown=${shown} />`)}</div></div>`;
}

/** @param {{message: any, live: boolean, shown: (text: string) => any}} props */
function Message({ message, live, shown }) {
  const caret = live && message.role === "assistant" && message.status !== "completed" && html`<span class="caret"></span>`;
  return html`${message.content.map((/** @type {any} */ part) => {
    if (part.type === "image_file") return html`<${Picture} id=${part.image_file.file_id} />`;
    if (part.type !== "text") return null;
    const other = message.role === "assistant" && !live && shown(part.text.value);
    return other || html`<${Markdown} text=${part.text.value} after=${caret} /><${Sources} notes=${part.text.annotations} />`;
  })}${!message.content.length && caret}
  ${(message.attachments ?? []).map((/** @type {any} */ one) => html`<${FileName} key=${one.file_id} id=${one.file_id} />`)}`;
}

/** Where the answer has something from. @param {{notes: any[]}} props */
function Sources({ notes }) {
  const cited = (notes ?? []).filter((one) => one.type === "file_citation" || one.type === "url_citation");
  const made = (notes ?? []).filter((one) => one.type === "file_path");
  return html`${cited.length > 0 && html`<p class="small quiet">${cited.map((one) => html`<span class="cite" title=${one.text}>${one.text?.replace(/^【|】$/g, "") || one.title || one.url_citation?.title}</span> `)}</p>`}
    ${made.map((one) => html`<${FileName} key=${one.file_path.file_id} id=${one.file_path.file_id} />`)}`;
}

/** @param {{id: string}} props */
function FileName({ id }) {
  const [file, setFile] = useState(/** @type {any} */ (null));
  useEffect(() => void ask("GET", `/v1/files/${id}`).then(setFile, () => null), [id]);
  const save = async () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await (await send("GET", `/v1/files/${id}/content`)).blob());
    link.download = file?.filename ?? id;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  return html`<p><button type="button" class="button" onClick=${save}><${Icon} name="clip" />${file?.filename ?? id}</button></p>`;
}

/** A picture by its bytes, as the policy lets in no other address. @param {{id: string}} props */
function Picture({ id }) {
  const [data, setData] = useState("");
  useEffect(() => {
    send("GET", `/v1/files/${id}/content`).then((answer) => answer.blob()).then((blob) => {
      const reader = new FileReader();
      reader.onload = () => setData(String(reader.result));
      if (/^image\/(png|jpeg|gif|webp)$/.test(blob.type)) reader.readAsDataURL(blob);
    }, () => null);
  }, [id]);
  return data ? html`<p class="said"><img src=${data} alt=${t("picture")} /></p>` : html`<${FileName} id=${id} />`;
}

/** @param {{step: any}} props */
const Calls = ({ step }) => html`${(step.step_details.tool_calls ?? []).map((/** @type {any} */ call, /** @type {number} */ i) => {
  const { name, input, result } = told(call);
  const seconds = step.completed_at ? html`<span class="faint push num">${duration(step.completed_at - step.created_at)}</span>` : "";
  return html`<details class="call" key=${call.id ?? i}><summary><span class="pill ${STATES[step.status] ?? ""}">${name}</span>
    <span class="cut">${input.split("\n")[0]}</span>${seconds}</summary>${input && html`<pre tabindex="0">${input}</pre>`}${result && html`<pre tabindex="0">${result}</pre>`}</details>`;
})}`;
const STATES = /** @type {Record<string, string>} */ ({ completed: "ok", in_progress: "run", failed: "bad", expired: "wait" });

/** A call's name, what went in and what came out. @param {any} call */
function told(call) {
  if (call.type === "function") return { name: call.function?.name ?? "", input: call.function?.arguments ?? "", result: call.function?.output ?? "" };
  const own = call[call.type] ?? {};
  const logs = (own.outputs ?? []).map((/** @type {any} */ one) => one.logs ?? t("picture")).join("\n");
  const found = (own.results ?? []).map((/** @type {any} */ one) => `${one.file_name ?? one.title ?? ""} ${one.score ?? ""}`).join("\n");
  return { name: t(`tool.${call.type}`), input: own.input ?? own.query ?? (own.queries ?? []).join("\n"), result: logs || found };
}

/** A function that asks first, with everything it would be called with. @param {{one: any, name: string, decide: (yes: boolean) => void}} props */
const Question = ({ one, name, decide }) => html`<div class="ask" role="group" aria-label=${t("ask.title", { name, tool: one.tool })}>
  <div class="row wrap"><b>${t("ask.title", { name, tool: one.tool })}</b><span class="push quiet small">${t("ask.until", { at: moment(one.expires_at) })}</span></div>
  <pre tabindex="0">${pretty(one.arguments)}</pre>
  <div class="row wrap"><button type="button" class="button primary" onClick=${() => decide(true)}><${Icon} name="check" />${t("ask.yes")}</button>
    <button type="button" class="button" onClick=${() => decide(false)}>${t("ask.no")}</button></div></div>`;

/** What a program would answer, here by hand. @param {{run: any, talk: Conversation}} props */
function Outputs({ run, talk }) {
  const calls = run.required_action.submit_tool_outputs.tool_calls;
  const submit = (/** @type {any} */ event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    talk.submit(calls.map((/** @type {any} */ call) => ({ tool_call_id: call.id, output: String(form.get(call.id) ?? "") })));
  };
  return html`<form class="ask" onSubmit=${submit}>${calls.map((/** @type {any} */ call) => html`<b>${call.function.name}</b>
    <pre tabindex="0">${pretty(call.function.arguments)}</pre>
    <label class="field"><span>${t("output.label", { tool: call.function.name })}</span><textarea class="input code" name=${call.id} rows="2"></textarea></label>`)}
    <div class="row"><button class="button primary">${t("output.send")}</button><span class="small quiet">${t("output.text")}</span></div></form>`;
}

/** @param {string} json */
function pretty(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

