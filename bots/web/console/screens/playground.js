// Settings of an assistant | the talk | what it took. What is not saved runs all the same, as a run's own settings.
import { address, go, withQuery } from "../address.js";
import { Conversation } from "../conversation.js";
import { Empty, Icon, Note, Segment, Status, Trouble } from "../parts/bits.js";
import { Composer, kept, NOTHING } from "../parts/composer.js";
import { Files, Settings, Unsaved, useDraft } from "../parts/settings.js";
import { Shown } from "../parts/shown.js";
import { useList } from "../parts/table.js";
import { Talk } from "../parts/talk.js";
import { useTexts, useThing } from "../parts/thing.js";
import { html, useEffect, useMemo, useState } from "../parts/view.js";
import { generation, on } from "../live.js";
import { ask } from "../session.js";
import { language, t } from "../words.js";
import { RunSide } from "./run_side.js";
import { where } from "./runs.js";

export function Playground() {
  const query = address.value.query;
  const list = useList("/v1/assistants?limit=100");
  const talk = useMemo(() => new Conversation(), []);
  const id = query.get("assistant") ?? talk.run.value?.assistant_id ?? list.rows?.[0]?.id ?? "";
  const { thing, setThing, error } = useThing(id && `/console/api/assistants/${id}`, "assistant", (event) => event.id === id);
  const saved = thing?.id === id ? thing : null;
  const form = useDraft(saved, setThing);
  const [sheet, setSheet] = useState("");
  const from = query.get("run") ?? ""; // a run that somebody opens here
  const { thing: origin, error: lost } = useThing(from && `/console/api/runs/${from}`, "", () => false);
  const thread = query.get("thread") ?? "";
  useEffect(() => talk.listen(), []);
  useEffect(() => on("assistant", list.again), []);
  useEffect(() => void (thread !== talk.thread.value && talk.open(thread)), [thread]);
  useEffect(() => void (generation.value && !talk.busy.value && talk.open(talk.thread.value)), [generation.value]);
  useEffect(() => void (talk.thread.value && go(withQuery({ assistant: id, thread: talk.thread.value, run: "" }), { replace: true })), [talk.thread.value, id]);
  useEffect(() => void (from && origin?.id === from && go(withQuery({ assistant: origin.assistant?.id ?? id, ...(origin.platform === "api" ? { thread: origin.thread_id, run: "" } : {}) }), { replace: true })), [from, origin]);
  useEffect(() => void (sheet && /** @type {HTMLElement | null} */ (document.querySelector(".bench > .open .sheet-button"))?.focus()), [sheet]);
  if (list.rows && !id) return html`<h1 class="visually-hidden">${t("nav.playground")}</h1><${Empty} title=${t("assistants.empty.title")} text=${t("assistants.empty.text")}>
    <a class="button primary" href="/assistants">${t("assistants.make")}</a><//>`;
  const close = () => (setSheet(""), document.getElementById("main")?.focus());
  const { name: _, ...draft } = form.fields; // what is not saved, as a run takes it
  const how = { assistant_id: id, ...draft };
  return html`<div class="bench" onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && close()}>
    <section class="left ${sheet === "left" ? "open" : ""}" aria-label=${t("settings")}>
      ${saved && html`<${Left} key=${id} thing=${saved} saved=${setThing} form=${form} close=${close} />`}</section>
    <${Middle} talk=${talk} saved=${saved} how=${how} from=${from && origin} error=${lost ?? (saved ? null : error ?? list.error)} all=${list.rows ?? []} sheet=${setSheet} />
    <section class="right ${sheet === "right" ? "open" : ""}" aria-label=${t("run")}><${RunSide} talk=${talk} how=${how} close=${close} /></section>
    ${sheet && html`<div class="veil" onClick=${close}></div>`}</div>`;
}

/** @param {{thing: any, saved: (thing: any) => void, form: ReturnType<typeof useDraft>, close: () => void}} props */
const Left = ({ thing, saved, form, close }) => html`<header><h2 class="cut" title=${thing.assistant.name}>${thing.assistant.name || thing.id}</h2>${form.unsaved && html`<span class="tag">${t("changed")}</span>`}
      <a class="button plain push" href="/assistants/${thing.id}?tab=versions">${t("history")}</a>
      <button type="button" class="button plain icon sheet-button" aria-label=${t("close")} onClick=${close}><${Icon} name="close" /></button></header>
    <div class="scroll stack" tabindex="0">${!thing.may_change && html`<${Note}>${t(`assistant.locked.${thing.owner}`)}<//>`}
      <${Settings} draft=${form.draft} change=${form.change} rows=${7} />
      <div class="field"><span>${t("files.searched")}</span><${Files} thing=${thing} saved=${saved} /></div><${Unsaved} form=${form} /></div>
    <div class="row foot"><span class="small faint">${form.unsaved ? t("draft.text") : ""}</span>
      <button type="button" class="button primary push" disabled=${!thing.may_change || !form.unsaved} onClick=${() => form.save()}>${t("save")}</button></div>`;

/** @param {{talk: Conversation, saved: any, how: any, from: any, error: Error | null, all: any[], sheet: (name: string) => void}} props */
function Middle({ talk, saved, how, from, error, all, sheet }) {
  const [look, setLook] = useState("");
  const [writing, write] = useState(kept);
  const choose = (/** @type {string} */ text) => write((old) => ({ ...old, text }));
  const say = () => {
    const { text, files, edits } = writing;
    const taken = () => write((old) => ({ ...NOTHING, text: old.text.startsWith(text) ? old.text.slice(text.length) : old.text }));
    if (talk.busy.value) return;
    edits ? talk.instead(edits, text, how, files, taken) : talk.say(text, how, files, taken);
  };
  const fresh = () => (talk.fresh(), write(kept), go(withQuery({ assistant: how.assistant_id, thread: "", run: "" })));
  const edit = async (/** @type {any} */ message) => {
    const ids = [...message.content.map((/** @type {any} */ one) => one.image_file?.file_id), ...(message.attachments ?? []).map((/** @type {any} */ one) => one.file_id)].filter(Boolean);
    const files = await Promise.all(ids.map((one) => ask("GET", `/v1/files/${one}`).catch(() => ({ id: one, filename: one }))));
    write(() => ({ text: message.content.map((/** @type {any} */ one) => one.text?.value ?? "").join("\n").trim(), files, edits: message.id }));
  };
  const name = saved?.assistant.name || t("assistant");
  const status = talk.run.value?.status;
  const listed = all.some((one) => one.id === how.assistant_id) || !saved ? all : [...all, saved.assistant];
  return html`<section><header><h1 class="visually-hidden">${t("nav.playground")}</h1>
      <button type="button" class="button plain icon sheet-button" aria-label=${t("settings")} onClick=${() => sheet("left")}><${Icon} name="gear" /></button>
      <label class="row"><select class="input" aria-label=${t("assistant")} value=${how.assistant_id} onChange=${(/** @type {any} */ event) => go(withQuery({ assistant: event.currentTarget.value }))}>
        ${listed.map((one) => html`<option value=${one.id}>${one.name || one.id}</option>`)}</select></label>
      ${status && html`<${Status} name=${status} />`}
      <span class="push row"><button type="button" class="button plain icon" aria-label=${t("again")} title=${t("again")} disabled=${talk.busy.value || !saved || !talk.items.value.length} onClick=${() => talk.again(how)}><${Icon} name="redo" /></button>
        <button type="button" class="button" onClick=${fresh}>${t("thread.new")}</button>
        <button type="button" class="button plain icon sheet-button" aria-label=${t("run")} onClick=${() => sheet("right")}><${Icon} name="run" /></button></span></header>
    <${Talk} talk=${talk} name=${name} edit=${edit} empty=${html`<${Examples} name=${name} choose=${choose} />`}
      shown=${(/** @type {string} */ text) => look && html`<${Shown} platform=${look} text=${text} />`} />
    <div class="chat-trouble">${from && html`<${Origin} run=${from} choose=${choose} />`}<${Trouble} error=${talk.error.value ?? error ?? failure(talk.run.value, talk.figures.value)} /></div>
    <${Composer} name=${name} writing=${writing} write=${write} busy=${talk.busy.value} ready=${Boolean(saved)} send=${say} stop=${() => talk.stop()}>
      <${Segment} label=${t("shown_as")} options=${[["", t("nav.playground")], ["slack", t("as.slack")], ["discord", t("as.discord")]]} on=${look} choose=${setLook} /><//></section>`;
}

/** A run of a chat, to be asked here once more: what was said there is sent only when somebody asks for it. @param {{run: any, choose: (text: string) => void}} props */
function Origin({ run, choose }) {
  const [texts, show, failed] = useTexts(`/console/api/runs/${run.id}`);
  useEffect(() => void (texts && choose(texts.question)), [texts]);
  return html`<${Note}><span class="row wrap"><a class="mono" href="/runs/${run.id}">${run.id}</a> ${t("origin.text", { place: where(run) })}
    <span class="push">${show}</span></span><//>${failed}`;
}

/** Why there is no answer, in the person's language where that is known. @param {any} run @param {any} figures */
const failure = (run, figures) => (run?.last_error ? new Error((language.value !== "en" && figures?.id === run.id && figures.why?.message) || run.last_error.message) : null);

/** @param {{name: string, choose: (text: string) => void}} props */
const Examples = ({ name, choose }) => html`<${Empty} title=${t("talk.empty.title", { name })} text=${t("talk.empty.text")}>
  <div class="row wrap">${["example.1", "example.2", "example.3"].map((key) => html`<button type="button" class="button" onClick=${() => choose(t(key))}>${t(key)}</button>`)}</div><//>`;
