// Where a message is written. What was typed survives a reload and a server that is away.
import { t } from "../words.js";
import { Trouble } from "./bits.js";
import { upload } from "./files.js";
import { Icon } from "./icons.js";
import { html, useEffect, useRef, useState } from "./view.js";

const KEPT = "spool.typed";

/** Enter that ends the composition of a syllable is the keyboard's, not ours; some browsers tell it as 229. @param {KeyboardEvent} event */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

/** @param {{name: string, text: string, setText: (text: string) => void, busy: boolean, ready: boolean, children?: any,
 *   send: (text: string, files: any[]) => Promise<void>, stop: () => void}} props */
export function Composer({ name, text, setText, busy, ready, send, stop, children }) {
  const [files, setFiles] = useState(/** @type {any[]} */ ([]));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  useEffect(() => setText(sessionStorage.getItem(KEPT) ?? ""), []);
  useEffect(() => {
    sessionStorage.setItem(KEPT, text);
    if (text && area.current && document.activeElement !== area.current) area.current.focus();
  }, [text]);
  const submit = () => {
    if (!text.trim() || busy || !ready) return;
    setText("");
    setFiles([]);
    send(text, files);
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    submit();
  };
  const attach = async (/** @type {any} */ event) => {
    setError(null);
    for (const file of event.currentTarget.files) await upload(file).then((sent) => setFiles((all) => [...all, sent]), setError);
  };
  return html`<div class="composer"><div>
    <textarea ref=${area} rows="2" aria-label=${t("message")} placeholder=${t("message.hint", { name })} value=${text}
      onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} onKeyDown=${key}></textarea>
    <${Trouble} error=${error} />
    <div class="row"><input ref=${input} type="file" multiple hidden onChange=${attach} />
      <button type="button" class="button plain icon" aria-label=${t("attach")} title=${t("attach")} onClick=${() => input.current?.click()}><${Icon} name="clip" /></button>
      ${files.map((file) => html`<span class="tag" key=${file.id}>${file.filename}</span>`)}${children}
      <span class="push row">${busy && html`<button type="button" class="button" onClick=${stop}><${Icon} name="stop" />${t("stop")}</button>`}
        <button type="button" class="button primary" disabled=${busy || !ready || !text.trim()} onClick=${submit}><${Icon} name="send" />${t("send")}</button></span></div></div></div>`;
}
