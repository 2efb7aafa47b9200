// Files an assistant searches: sent with progress, kept in a vector store, told how far the index is.
import { generation } from "../live.js";
import { ask, sendForm } from "../session.js";
import { number, t } from "../words.js";
import { Status, Trouble } from "./bits.js";
import { Icon } from "./icons.js";
import { html, useEffect, useRef, useState } from "./view.js";

/** @param {{assistant: any, locked?: boolean}} props */
export function Files({ assistant, locked = false }) {
  const store = assistant.tool_resources?.file_search?.vector_store_ids?.[0] ?? "";
  const [files, setFiles] = useState(/** @type {any[]} */ ([]));
  const [sending, setSending] = useState(/** @type {Record<string, number>} */ ({}));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const read = async () => {
    if (!store) return;
    const page = await ask("GET", `/v1/vector_stores/${store}/files?limit=100`);
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
    setError(null);
    setSending(Object.fromEntries(chosen.map((one) => [one.name, 0])));
    await into(assistant, store, chosen, (name, share) => setSending((all) => ({ ...all, [name]: share }))).then(read, setError);
    setSending({});
  };
  return html`<div class="stack tight small">${files.map((one) => html`<div class="row" key=${one.id}><${Status} name=${one.status} />
      <span class="cut">${one.name}</span><span class="faint push num">${number((one.usage_bytes ?? 0) / 1000, { maximumFractionDigits: 0 })} kB</span></div>`)}
    ${Object.entries(sending).map(([name, share]) => html`<div class="row" key=${name}><${Status} name="in_progress" /><span class="cut">${name}</span>
      <span class="faint push num">${number(share, { style: "percent" })}</span></div>`)}
    ${!files.length && !Object.keys(sending).length && html`<p class="faint">${t("files.empty")}</p>`}
    <${Trouble} error=${error} />
    <input ref=${input} type="file" multiple hidden onChange=${add} />
    <div><button type="button" class="button" disabled=${locked} onClick=${() => input.current?.click()}><${Icon} name="clip" />${t("files.add")}</button></div></div>`;
}

/** @param {any} assistant @param {string} store @param {File[]} files @param {(name: string, share: number) => void} told */
async function into(assistant, store, files, told) {
  const id = store || (await ask("POST", "/v1/vector_stores", { name: assistant.name || assistant.id })).id;
  for (const file of files) {
    const sent = await upload(file, (share) => told(file.name, share));
    await ask("POST", `/v1/vector_stores/${id}/files`, { file_id: sent.id });
  }
  if (store) return;
  const tools = assistant.tools.some((/** @type {any} */ one) => one.type === "file_search") ? assistant.tools : [...assistant.tools, { type: "file_search" }];
  await ask("POST", `/v1/assistants/${assistant.id}`, { tools, tool_resources: { file_search: { vector_store_ids: [id] } } });
}

/** @param {File} file @param {(share: number) => void} [told] @returns {Promise<any>} the file object */
export function upload(file, told = () => undefined) {
  const form = new FormData();
  form.append("purpose", file.type.startsWith("image/") ? "vision" : "assistants");
  form.append("file", file);
  return sendForm("/v1/files", form, told);
}
