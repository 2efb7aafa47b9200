// Where a message is written. What was typed survives a reload and a server that is away.
import { upload } from "../session.js";
import { number, t } from "../words.js";
import { Icon, Trouble } from "./bits.js";
import { html, useEffect, useRef, useState } from "./view.js";

const KEPT = "spool.typed";

/** Enter that ends the composition of a syllable is the keyboard's, not ours; some browsers tell it as 229. @param {KeyboardEvent} event */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

/** @typedef {{text: string, files: any[], edits: string}} Writing `files` as the server has them, `edits`: the id of the message it will replace */
export const NOTHING = /** @type {Writing} */ ({ text: "", files: [], edits: "" });
export const kept = () => ({ ...NOTHING, text: sessionStorage.getItem(KEPT) ?? "" });

/** @param {{name: string, writing: Writing, write: (change: (old: Writing) => Writing) => void, busy: boolean, ready: boolean, children?: any, send: () => void, stop: () => void}} props */
export function Composer({ name, writing, write, busy, ready, send, stop, children }) {
  const { text, files, edits } = writing;
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [wanted, setWanted] = useState(false); // sent as soon as it can be: a file, or the assistant, is on its way
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  useEffect(() => sessionStorage.setItem(KEPT, text), [text]);
  useEffect(() => void (text && area.current?.focus()), [edits, Boolean(text)]);
  const able = Boolean(text.trim() && !busy && ready && files.every((one) => one.id));
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    able ? send() : setWanted(Boolean(text.trim()) && !busy);
  };
  useEffect(() => {
    if (wanted && able) send();
    if (able) setWanted(false);
  }, [wanted, able]);
  const attach = (/** @type {any} */ event) => {
    setError(null);
    for (const file of event.currentTarget.files) {
      const change = (/** @type {any} */ more) => write((old) => ({ ...old, files: old.files.map((one) => (one.file === file ? { ...one, ...more } : one)) }));
      write((old) => ({ ...old, files: [...old.files, { file, filename: file.name, share: 0 }] }));
      upload(file, (share) => change({ share })).then(change, (failed) => (without(file), setError(new Error(`${file.name}: ${failed.message}`))));
    }
    event.currentTarget.value = "";
  };
  const without = (/** @type {any} */ gone) => write((old) => ({ ...old, files: old.files.filter((one) => one !== gone && one.file !== gone) }));
  return html`<div class="composer"><div>
    <textarea ref=${area} rows="2" aria-label=${t("message")} placeholder=${t("message.hint", { name })} value=${text}
      onInput=${(/** @type {any} */ event) => { const typed = event.currentTarget.value; setWanted(false); write((old) => ({ ...old, text: typed })); }} onKeyDown=${key}></textarea>
    <${Trouble} error=${error} />
    <div class="row"><input ref=${input} type="file" multiple hidden onChange=${attach} />
      <button type="button" class="button plain icon" aria-label=${t("attach")} title=${t("attach")} onClick=${() => input.current?.click()}><${Icon} name="clip" /></button>
      ${files.map((one) => html`<span class="tag" key=${one.id}><span class="cut">${one.filename}${one.id ? "" : ` · ${number(one.share, { style: "percent" })}`}</span>
        <button type="button" class="button plain" aria-label=${t("remove", { name: one.filename })} onClick=${() => without(one)}>×</button></span>`)}
      ${edits && html`<button type="button" class="button plain" onClick=${() => write(() => NOTHING)}>${t("edit.cancel")}</button>`}${children}
      <span class="push row">${busy && html`<button type="button" class="button" onClick=${stop}><${Icon} name="stop" />${t("stop")}</button>`}
        <button type="button" class="button primary" disabled=${!able} onClick=${send}><${Icon} name="send" />${t("send")}</button></span></div></div></div>`;
}
