// One thing with its own page: read, and read again when an event says that it changed.
import { generation, on } from "../live.js";
import { ask } from "../session.js";
import { language, t } from "../words.js";
import { Empty, Head, Icon, Trouble } from "./bits.js";
import { html, useEffect, useRef, useState } from "./view.js";

/** @param {string} path @param {string} kind @param {(data: any) => boolean} concerns */
export function useThing(path, kind, concerns) {
  const [thing, setThing] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const newest = useRef(path);
  newest.current = path;
  const read = async () => path && ask("GET", path).then((told) => path === newest.current && (setThing(told), setError(null)), (failed) => path === newest.current && setError(failed));
  useEffect(() => void read(), [path, generation.value, language.value]);
  useEffect(() => {
    let timer = 0;
    const end = on(kind, (data) => {
      if (!concerns(data)) return;
      clearTimeout(timer); // a busy run tells much: once in a while is enough
      timer = setTimeout(read, 200);
    });
    return () => (clearTimeout(timer), end());
  }, [path]);
  return { thing, setThing, error, read };
}

/** In place of a thing that has not been read, or is not there. @param {{id: string, list: string, error: any, read: () => void}} props */
export const Unread = ({ id, list, error, read }) => html`<${Head} title=${id} crumbs=${html`<a href=${list}>${t("back")}</a>`} />
  ${error?.status === 404 ? html`<div class="card"><${Empty} title=${t("gone.title")} text=${t("gone.text")} /></div>`
    : error ? html`<${Trouble} error=${error} again=${read} />` : html`<p class="reading">${t("reading")}</p>`}`;

/** What people said, once somebody asks for it. @param {string} path @returns {[any, any, any]} the texts; the button, until they are there; why they are not */
export function useTexts(path) {
  const [texts, setTexts] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const show = () => ask("POST", `${path}/texts`).then((told) => (setError(null), setTexts(told)), setError);
  return [texts, !texts && html`<button type="button" class="button" onClick=${show}><${Icon} name="eye" />${t("show_texts")}</button>`, html`<${Trouble} error=${error} />`];
}
