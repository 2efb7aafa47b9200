// An assistant's fields as a form, and what was typed there and is not saved; the same in the playground and on the assistant's own page.
import { generation } from "../live.js";
import { ask, session, upload } from "../session.js";
import { number, t } from "../words.js";
import { Field, Icon, Status, Switch, Trouble } from "./bits.js";
import { Diff } from "./diff.js";
import { effect, html, signal, useEffect, useRef, useState } from "./view.js";

const EFFORTS = ["", "none", "minimal", "low", "medium", "high", "xhigh", "max"];
const EDITED = ["name", "instructions", "model", "tools", "reasoning_effort", "metadata"];
const ALL = [...EDITED, "description", "tool_resources", "temperature", "top_p", "response_format", "audience"];
/** Functions of this server are carried out here; without this a client would be asked. */
const OURS = { spool_functions: "server" };
/** Whether people may rate its answers; without it the settings say. */
const RATED = "spool_feedback";
/** What is typed and not saved, by assistant: another screen, a reload and a session that ends leave it as it is. */
const stored = () => JSON.parse(sessionStorage.getItem("spool.drafts") ?? "{}");
const drafts = signal(/** @type {Record<string, {version: number, fields: any}>} */ (stored()));
effect(() => void (session.value === null && (drafts.value = stored()))); // nothing, where somebody has logged out
effect(() => sessionStorage.setItem("spool.drafts", JSON.stringify(drafts.value)));
const keep = (/** @type {string} */ id, /** @type {any} */ held) => (drafts.value = { ...drafts.value, [id]: held });

/** All that a version is made of. @param {any} one */
export const fieldsOf = (one) => Object.fromEntries(ALL.map((name) => [name, one[name] ?? null]));
const same = (/** @type {any} */ a, /** @type {any} */ b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** An assistant with what was typed over it, which is saved over the version that the typing began with, and over no newer one. @param {any} thing @param {(thing: any) => void} saved */
export function useDraft(thing, saved) {
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [theirs, setTheirs] = useState(/** @type {any} */ (null));
  const held = drafts.value[thing?.id];
  const now = thing?.assistant;
  const changed = Object.fromEntries(Object.entries(held?.fields ?? {}).filter(([name, value]) => !same(value, now?.[name])));
  const take = (/** @type {any} */ next) => (keep(thing.id, undefined), setTheirs(null), saved(next));
  const change = (/** @type {any} */ fields) => keep(thing.id, { version: held?.version ?? thing.version, fields: { ...held?.fields, ...fields } });
  const save = async (/** @type {number} */ version = held?.version) => {
    setError(null);
    await ask("POST", `/console/api/assistants/${thing.id}`, { version, fields: held?.fields }).then(take,
      (failed) => (failed.status === 409 && failed.body?.current ? setTheirs(failed.body.current) : setError(failed)));
  };
  return { draft: { ...now, ...held?.fields }, fields: changed, unsaved: Object.keys(changed).length > 0, change, save, take, error, theirs };
}

/** An assistant was changed beside the form: what is typed goes on from there. @param {any} next @param {any[]} tools those it was given */
function moveOn(next, tools) {
  const held = drafts.value[next.id];
  if (held?.version !== next.version - 1) return;
  keep(next.id, { version: next.version, fields: held.fields.tools ? { ...held.fields, tools: [...held.fields.tools, ...tools] } : held.fields });
}

/** Why it was not saved. Where two people changed the same thing: both texts, and who reads decides. @param {{form: ReturnType<typeof useDraft>}} props */
export const Unsaved = ({ form }) => html`<${Trouble} error=${form.error} />${form.theirs && html`<div class="ask" role="alert"
    ref=${(/** @type {Element | null} */ box) => box?.scrollIntoView({ block: "nearest" })}><b>${t("conflict.title", { n: form.theirs.version })}</b>
  <p class="small">${t("conflict.text")}</p><${Diff} before=${asText(form.theirs.assistant)} after=${asText({ ...form.theirs.assistant, ...form.fields })} />
  <div class="row wrap"><button type="button" class="button primary" onClick=${() => form.save(form.theirs.version)}>${t("conflict.keep")}</button>
    <button type="button" class="button" onClick=${() => form.take(form.theirs)}>${t("conflict.drop")}</button></div></div>`}`;

/** The fields as lines. @param {any} one */
export const asText = (one) => [...ALL.filter((name) => name !== "instructions" && (EDITED.slice(0, 4).includes(name) || !["null", "[]", "{}", '"auto"'].includes(JSON.stringify(one[name] ?? null))))
  .map((name) => `${t(name)}: ${name === "tools" ? (one.tools ?? []).map((/** @type {any} */ tool) => tool.function?.name ?? tool.type).join(", ")
    : typeof one[name] === "object" ? JSON.stringify(one[name]) : one[name] ?? ""}`), one.instructions ?? ""].join("\n");

/** Models and tools to choose from. */
export function useChoices() {
  const [choices, setChoices] = useState({ models: /** @type {any[]} */ ([]), tools: /** @type {any[]} */ ([]) });
  useEffect(() => void Promise.all([ask("GET", "/v1/models"), ask("GET", "/console/api/tools")])
    .then(([models, tools]) => setChoices({ models: models.data, tools: tools.data }), () => null), []); // the form works without
  return choices;
}

/** @param {{draft: any, change: (fields: any) => void, locked?: boolean, rows?: number}} props */
export function Settings({ draft, change, locked = false, rows = 8 }) {
  const { models, tools } = useChoices();
  const names = new Set([draft.model, ...models.map((one) => one.id)]);
  // "*" is every function that is known here, as the assistant of the settings has them.
  const own = draft.tools.flatMap((/** @type {any} */ tool) => (isCalled(tool, "*") ? tools.filter((one) => one.kind === "function").map((one) => one.tool) : [tool]));
  const set = (/** @type {string} */ name) => (/** @type {any} */ event) => change({ [name]: event.currentTarget.value || (name === "reasoning_effort" ? null : "") });
  return html`<${Field} label=${t("name")}><input class="input" value=${draft.name ?? ""} maxlength="256" disabled=${locked} onInput=${set("name")} /><//>
    <${Field} label=${t("instructions")}><textarea class="input" rows=${rows} value=${draft.instructions ?? ""} disabled=${locked} onInput=${set("instructions")}></textarea><//>
    <div class="grid g2"><${Field} label=${t("model")}><select class="input" aria-label=${t("model")} value=${draft.model} disabled=${locked} onChange=${set("model")}>
        ${[...names].filter(Boolean).map((one) => html`<option value=${one}>${one}</option>`)}</select><//>
      <${Field} label=${t("effort")}><select class="input" aria-label=${t("effort")} value=${draft.reasoning_effort ?? ""} disabled=${locked} onChange=${set("reasoning_effort")}>
        ${EFFORTS.map((one) => html`<option value=${one}>${one || t("effort.default")}</option>`)}</select><//></div>
    <div><span class="label">${t("tools")}</span>${all(own, tools).map((one) => html`
      <${Switch} key=${one.name} name=${one.kind === "hosted" ? t(`tool.${one.name}`) : one.name} text=${about(one)} on=${one.on}
        disabled=${locked || (!one.available && !one.on)} turn=${(/** @type {boolean} */ on) => change({ tools: turned(own, one, on), ...(on && one.kind === "function" ? { metadata: { ...draft.metadata, ...OURS } } : {}) })} />`)}
      <${Switch} name=${t("feedback.buttons")} text=${t("feedback.buttons.about")} disabled=${locked} on=${{ 0: false, 1: true }[draft.metadata?.[RATED]] ?? session.value?.feedback}
        turn=${(/** @type {boolean} */ on) => change({ metadata: { ...draft.metadata, [RATED]: on ? "1" : "0" } })} /></div>`;
}

/** The tools there are, and those only this assistant has. @param {any[]} own @param {any[]} known */
function all(own, known) {
  const listed = known.map((one) => ({ ...one, on: own.some((tool) => isCalled(tool, one.name)) }));
  const others = own.filter((tool) => !known.some((one) => isCalled(tool, one.name)));
  return [...listed, ...others.map((tool) => ({ name: tool.function?.name ?? tool.type, kind: tool.type === "function" ? "client" : "hosted", available: true, on: true, tool }))];
}

/** @param {any} tool @param {string} name */
const isCalled = (tool, name) => (tool.type === "function" ? tool.function.name : tool.type) === name;

/** @param {any} one */
function about(one) {
  if (one.kind === "client") return t("tool.client");
  if (!one.available) return t("tool.unavailable");
  if (one.kind === "hosted") return t(`tool.${one.name}.about`);
  return [t(one.needs_approval ? "tool.asks" : "tool.reads"), one.description.split("\n")[0]].filter(Boolean).join(" · ");
}

/** @param {any[]} own @param {any} one @param {boolean} on */
const turned = (own, one, on) => (on ? [...own, one.tool ?? { type: one.name }] : own.filter((tool) => !isCalled(tool, one.name)));

/** Files an assistant searches: sent with progress, kept in a vector store, told how far the index is. @param {{thing: any, saved: (thing: any) => void}} props */
export function Files({ thing, saved }) {
  const store = thing.assistant.tool_resources?.file_search?.vector_store_ids?.[0] ?? "";
  const [files, setFiles] = useState(/** @type {any[]} */ ([]));
  const [sending, setSending] = useState(/** @type {{file: File, share: number}[]} */ ([]));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const read = async (id = store) => {
    const page = id ? await ask("GET", `/v1/vector_stores/${id}/files?limit=100`) : { data: [] };
    setFiles(await Promise.all(page.data.map(async (/** @type {any} */ one) => ({ ...one, name: (await ask("GET", `/v1/files/${one.id}`).catch(() => one)).filename ?? one.id }))));
  };
  const busy = files.some((one) => one.status === "in_progress");
  useEffect(() => void read().catch(setError), [store, generation.value]);
  useEffect(() => {
    const timer = busy ? setInterval(() => read().catch(setError), 1000) : 0;
    return () => clearInterval(timer);
  }, [busy, store]);
  const add = async (/** @type {any} */ event) => {
    const chosen = [...event.currentTarget.files];
    event.currentTarget.value = "";
    setError(null);
    setSending(chosen.map((file) => ({ file, share: 0 })));
    const id = store || (await given(thing, saved).catch(setError)); // the assistant has it before the first file is there
    for (const file of id ? chosen : []) {
      await into(id, file, (share) => setSending((all) => all.map((one) => (one.file === file ? { file, share } : one))))
        .then(() => read(id)).catch((failed) => setError(new Error(`${file.name}: ${failed.message}`)));
      setSending((all) => all.filter((one) => one.file !== file));
    }
    setSending([]);
  };
  const remove = (/** @type {any} */ one) => ask("DELETE", `/v1/vector_stores/${store}/files/${one.id}`).then(() => read(), setError);
  return html`<div class="stack tight small">${files.map((one) => html`<div class="row" key=${one.id} title=${one.last_error?.message}><${Status} name=${one.status} />
      <span class="cut">${one.name}</span><span class="faint push num">${number((one.usage_bytes ?? 0) / 1000, { maximumSignificantDigits: 2 })} kB</span>
      ${thing.may_change && html`<button type="button" class="button plain icon" aria-label=${t("remove", { name: one.name })} onClick=${() => remove(one)}><${Icon} name="close" /></button>`}</div>`)}
    ${sending.map(({ file, share }) => html`<div class="row"><${Status} name="in_progress" /><span class="cut">${file.name}</span>
      <span class="faint push num">${number(share, { style: "percent" })}</span></div>`)}
    ${!files.length && !sending.length && html`<p class="faint">${t("files.empty")}</p>`}
    <${Trouble} error=${error} />
    <input ref=${input} type="file" multiple hidden onChange=${add} />
    <div><button type="button" class="button" disabled=${!thing.may_change || sending.length > 0} onClick=${() => input.current?.click()}><${Icon} name="clip" />${t("files.add")}</button></div></div>`;
}

/** A new store for the assistant, and the tool that searches it. @param {any} thing @param {(thing: any) => void} saved @returns {Promise<string>} its id */
async function given({ id, version, assistant }, saved) {
  const store = await ask("POST", "/v1/vector_stores", { name: assistant.name || id });
  const more = assistant.tools.some((/** @type {any} */ one) => one.type === "file_search") ? [] : [{ type: "file_search" }];
  const next = await ask("POST", `/console/api/assistants/${id}`,
    { version, fields: { tools: [...assistant.tools, ...more], tool_resources: { ...assistant.tool_resources, file_search: { vector_store_ids: [store.id] } } } });
  moveOn(next, more);
  saved(next);
  return store.id;
}

/** @param {string} store @param {File} file @param {(share: number) => void} told */
const into = async (store, file, told) => ask("POST", `/v1/vector_stores/${store}/files`, { file_id: (await upload(file, told)).id });
