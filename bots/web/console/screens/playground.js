// Settings of an assistant | the talk | what it took. What is not saved runs all the same, as a run's own settings.
import { address, go, withQuery } from "../address.js";
import { Conversation } from "../conversation.js";
import { Empty, Segment, Status, Trouble } from "../parts/bits.js";
import { Composer } from "../parts/composer.js";
import { Files } from "../parts/files.js";
import { Icon } from "../parts/icons.js";
import { differs, fieldsOf, Settings } from "../parts/settings.js";
import { Shown } from "../parts/shown.js";
import { useList } from "../parts/table.js";
import { Talk } from "../parts/talk.js";
import { html, useEffect, useMemo, useRef, useState } from "../parts/view.js";
import { generation } from "../live.js";
import { ask } from "../session.js";
import { t } from "../words.js";
import { Conflict } from "./assistant.js";
import { RunSide } from "./run_side.js";

export function Playground() {
  const query = address.value.query;
  const list = useList("/v1/assistants?limit=100");
  const talk = useMemo(() => new Conversation(), []);
  const saved = list.rows?.find((one) => one.id === query.get("assistant")) ?? list.rows?.[0];
  const [drafts, setDrafts] = useState(/** @type {Record<string, any>} */ ({}));
  const [sheet, setSheet] = useState("");
  const draft = saved && (drafts[saved.id] ?? saved);
  useEffect(() => talk.listen(), []);
  useEffect(() => {
    const wanted = query.get("thread") ?? "";
    if (wanted !== talk.thread.value) talk.open(wanted);
  }, [query.get("thread")]);
  useEffect(() => void (generation.value && talk.thread.value && !talk.busy.value && talk.open(talk.thread.value)), [generation.value]);
  useEffect(() => {
    if (talk.thread.value) go(withQuery({ thread: talk.thread.value }), { replace: true });
  }, [talk.thread.value]);
  if (list.rows && !saved) return html`<div class="scroll"><h1 class="visually-hidden">${t("nav.playground")}</h1><${Nobody} /></div>`;
  const change = (/** @type {any} */ fields) => setDrafts({ ...drafts, [saved.id]: { ...draft, ...fields } });
  const kept = (/** @type {any} */ next) => (setDrafts({ ...drafts, [next.id]: next }), list.again());
  const close = () => setSheet("");
  return html`<div class="bench" onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && close()}>
    <section class="left ${sheet === "left" ? "open" : ""}" aria-label=${t("settings")}>
      ${draft && html`<${Left} key=${saved.id} saved=${saved} draft=${draft} change=${change} kept=${kept} all=${list.rows} close=${close} />`}</section>
    <${Middle} talk=${talk} saved=${saved} draft=${draft} error=${list.error} all=${list.rows ?? []} sheet=${setSheet} />
    <section class="right ${sheet === "right" ? "open" : ""}" aria-label=${t("run")}><${RunSide} talk=${talk} assistant=${saved} close=${close} /></section></div>`;
}

const Nobody = () => html`<${Empty} title=${t("assistants.empty.title")} text=${t("assistants.empty.text")}>
  <a class="button primary" href="/assistants">${t("nav.assistants")}</a><//>`;

/** @param {{saved: any, draft: any, change: (fields: any) => void, kept: (saved: any) => void, all: any[], close: () => void}} props */
function Left({ saved, draft, change, kept, close }) {
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [theirs, setTheirs] = useState(/** @type {any} */ (null));
  const path = `/console/api/assistants/${saved.id}`;
  const put = (/** @type {number} */ version) => ask("POST", path, { version, fields: fieldsOf(draft) }).then((made) => (setTheirs(null), kept(made.assistant)),
    (failed) => (failed.body?.current ? setTheirs(failed.body.current) : setError(failed)));
  const save = () => ask("GET", path).then((now) => (differs(now.assistant, saved) ? setTheirs(now) : put(now.version)), setError);
  return html`<header><h2 class="cut">${saved.name || saved.id}</h2>${differs(draft, saved) && html`<span class="tag">${t("changed")}</span>`}
      <a class="button plain push" href="/assistants/${saved.id}?tab=versions">${t("history")}</a>
      <button type="button" class="button plain icon sheet-button" aria-label=${t("close")} onClick=${close}><${Icon} name="close" /></button></header>
    <div class="scroll stack" tabindex="0"><${Settings} draft=${draft} change=${change} rows=${7} />
      <div class="field"><span>${t("files.searched")}</span><${Files} assistant=${saved} /></div><${Trouble} error=${error} />
      ${theirs && html`<${Conflict} mine=${draft} theirs=${theirs} keep=${() => put(theirs.version)} drop=${() => (kept(theirs.assistant), setTheirs(null))} />`}</div>
    <div class="row foot"><span class="small faint">${differs(draft, saved) ? t("draft.text") : ""}</span>
      <button type="button" class="button primary push" disabled=${!differs(draft, saved)} onClick=${save}>${t("save")}</button></div>`;
}

/** @param {{talk: Conversation, saved: any, draft: any, error: Error | null, all: any[], sheet: (name: string) => void}} props */
function Middle({ talk, saved, draft, error, all, sheet }) {
  const [look, setLook] = useState("");
  const edited = useRef("");
  const [typed, setTyped] = useState("");
  const how = () => ({ assistant_id: saved.id, ...(differs(draft, saved) ? overrides(draft) : {}) });
  const sendText = (/** @type {string} */ text, /** @type {any[]} */ files) => {
    const id = edited.current;
    edited.current = "";
    return id ? talk.instead(id, text, how()) : talk.say(text, how(), files);
  };
  const fresh = () => (talk.fresh(), go(withQuery({ thread: "" })));
  const edit = (/** @type {any} */ message) => ((edited.current = message.id), setTyped(message.content.map((/** @type {any} */ one) => one.text?.value ?? "").join("\n")));
  const name = saved?.name || t("assistant");
  const status = talk.run.value?.status;
  return html`<section><header><h1 class="visually-hidden">${t("nav.playground")}</h1>
      <button type="button" class="button plain icon sheet-button" aria-label=${t("settings")} onClick=${() => sheet("left")}><${Icon} name="gear" /></button>
      <label class="row"><span class="visually-hidden">${t("assistant")}</span><select class="input" value=${saved?.id} onChange=${(/** @type {any} */ event) => go(withQuery({ assistant: event.currentTarget.value }))}>
        ${all.map((one) => html`<option value=${one.id}>${one.name || one.id}</option>`)}</select></label>
      ${status && html`<${Status} name=${status} />`}
      <span class="push row"><button type="button" class="button plain icon" aria-label=${t("again")} title=${t("again")} disabled=${talk.busy.value || !talk.run.value} onClick=${() => talk.again(how())}><${Icon} name="redo" /></button>
        <button type="button" class="button" onClick=${fresh}>${t("thread.new")}</button>
        <button type="button" class="button plain icon sheet-button" aria-label=${t("run")} onClick=${() => sheet("right")}><${Icon} name="run" /></button></span></header>
    <${Talk} talk=${talk} name=${name} edit=${edit} empty=${html`<${Examples} name=${name} choose=${setTyped} />`}
      shown=${(/** @type {string} */ text) => look && html`<${Shown} platform=${look} text=${text} />`} />
    <div class="chat-trouble"><${Trouble} error=${talk.error.value ?? error ?? failure(talk.run.value)} /></div>
    <${Composer} name=${name} text=${typed} setText=${setTyped} busy=${talk.busy.value} ready=${Boolean(saved)} send=${sendText} stop=${() => talk.stop()}>
      <${Segment} label=${t("shown_as")} options=${[["", t("nav.playground")], ["slack", t("as.slack")], ["discord", t("as.discord")]]} on=${look} choose=${setLook} /><//></section>`;
}

/** The unsaved fields, as a run takes them. @param {any} draft */
function overrides(draft) {
  const { name: _, ...fields } = fieldsOf(draft);
  return fields;
}

/** @param {any} run */
const failure = (run) => (run?.last_error ? new Error(run.last_error.message) : null);

/** @param {{name: string, choose: (text: string) => void}} props */
const Examples = ({ name, choose }) => html`<${Empty} title=${t("talk.empty.title", { name })} text=${t("talk.empty.text")}>
  <div class="row wrap">${["example.1", "example.2", "example.3"].map((key) => html`<button type="button" class="button" onClick=${() => choose(t(key))}>${t(key)}</button>`)}</div><//>`;
