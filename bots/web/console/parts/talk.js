// What was said and done, as people read it.
import { duration, moment, t } from "../words.js";
import { Face, Icon } from "./bits.js";
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
  }, [items, talk.questions.value, talk.error.value, talk.run.value]);
  const scrolled = (/** @type {any} */ { currentTarget: at }) => (bottom.current = at.scrollHeight - at.scrollTop - at.clientHeight < 80);
  const waiting = talk.questions.value.filter((one) => one.state === "waiting");
  return html`<div class="scroll" role="log" aria-label=${t("talk")} aria-busy=${String(talk.busy.value)} tabindex="0" ref=${box} onScroll=${scrolled}>
    <div class="chat">${items.length ? turns(items).map((turn) => html`<${Turn} key=${turn[0].id} turn=${turn} name=${name} edit=${edit} shown=${shown} live=${talk.busy.value && turn.includes(items.at(-1))} />`) : empty}
      ${waiting.map((one) => html`<${Question} key=${one.id} one=${one} name=${name} decide=${(/** @type {boolean} */ yes) => talk.decide(one.id, yes)} />`)}
      ${talk.run.value?.required_action && !talk.busy.value && html`<${Outputs} key=${talk.run.value.id} run=${talk.run.value} talk=${talk} />`}</div></div>`;
}

/** Items of one speaker in a row. @param {any[]} items @returns {any[][]} */
function turns(items) {
  const all = /** @type {any[][]} */ ([]);
  for (const item of items) {
    const [first] = all.at(-1) ?? [];
    first && item.role !== "user" && first.role !== "user" && first.run_id === item.run_id ? all.at(-1)?.push(item) : all.push([item]);
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
  const files = (message.attachments ?? []).map((/** @type {any} */ one) => one.file_id);
  return html`${message.content.map((/** @type {any} */ part) => {
    if (part.type === "image_file") return html`<${Picture} id=${part.image_file.file_id} />`;
    if (part.type !== "text") return null;
    const notes = part.text.annotations ?? [];
    const other = message.role === "assistant" && !live && shown(part.text.value);
    return other || html`<${Markdown} text=${marked(part.text.value, notes)} after=${caret} /><${Sources} notes=${notes} />`;
  })}${!message.content.length && caret}<${FileNames} ids=${files} />`;
}

/** The text without the marks of its sources, which stand below it. @param {string} text @param {any[]} notes */
const marked = (text, notes) => notes.reduce((all, one) => (one.type === "file_citation" ? all.replaceAll(one.text, "") : all), text);

/** Where the answer has something from, and the files it made. @param {{notes: any[]}} props */
const Sources = ({ notes }) => html`${notes.some((one) => one.type.endsWith("_citation")) && html`<p class="small quiet">${[...new Set(notes.map((one) =>
    (one.type === "file_citation" ? one.text.replace(/^【.*†|】$/g, "") : one.url_citation?.title)))].filter(Boolean).map((name) => html`<span class="cite">${name}</span> `)}</p>`}
  <${FileNames} ids=${notes.map((one) => one.file_path?.file_id).filter(Boolean)} />`;

/** @param {{ids: string[]}} props */
const FileNames = ({ ids }) => ids.length > 0 && html`<p class="row wrap">${ids.map((id) => html`<${FileName} key=${id} id=${id} />`)}</p>`;

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
  return html`<button type="button" class="button" onClick=${save}><${Icon} name="clip" /><span class="cut">${file?.filename ?? id}</span></button>`;
}

/** A picture by its bytes, as the policy lets in no other address; what is none has a name instead. @param {{id: string}} props */
function Picture({ id }) {
  const [data, setData] = useState("");
  useEffect(() => void send("GET", `/v1/files/${id}/content`).then((answer) => answer.blob()).then((blob) => {
    const reader = new FileReader();
    reader.onload = () => setData(String(reader.result));
    reader.readAsDataURL(new Blob([blob], { type: "image/png" })); // the browser sees which kind it is; never a document
  }, () => null), [id]);
  return data ? html`<p class="said"><img src=${data} alt=${t("picture")} onError=${() => setData("")} /></p>` : html`<${FileNames} ids=${[id]} />`;
}

/** @param {{step: any}} props */
export const Calls = ({ step }) => html`${(step.step_details.tool_calls ?? []).map((/** @type {any} */ call, /** @type {number} */ i) => {
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
    talk.submit(calls.map(({ id }) => ({ tool_call_id: id, output: event.currentTarget.elements[id].value })));
  };
  return html`<form class="ask" onSubmit=${submit}>${calls.map((/** @type {any} */ call) => html`<b>${call.function.name}</b>
    <pre tabindex="0">${pretty(call.function.arguments)}</pre>
    <label class="field"><span>${t("output.label", { tool: call.function.name })}</span><textarea class="input code" name=${call.id} rows="2"></textarea></label>`)}
    <div class="row"><button class="button primary">${t("output.send")}</button><span class="small quiet">${t("output.text")}</span></div></form>`;
}

/** As it is used, with numbers that no browser can read too. @param {string} json */
function pretty(json) {
  if (/\d{16}/.test(json)) return json;
  try { return JSON.stringify(JSON.parse(json), null, 2); } catch { return json; }
}
