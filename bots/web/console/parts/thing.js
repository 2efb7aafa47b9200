// One thing with its own page: read, and read again when an event says that it changed.
import { generation, on } from "../live.js";
import { ask } from "../session.js";
import { language, t } from "../words.js";
import { Empty, Head, Trouble } from "./bits.js";
import { html, useEffect, useState } from "./view.js";

/** @param {string} path @param {string} kind @param {(data: any) => boolean} concerns */
export function useThing(path, kind, concerns) {
  const [thing, setThing] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const read = async () => path && ask("GET", path).then((told) => (setThing(told), setError(null)), setError);
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

/** In place of a thing that has not been read, or is not there. @param {{id: string, list: string, name: string, error: any, read: () => void}} props */
export const Unread = ({ id, list, name, error, read }) => html`<${Head} title=${id} crumbs=${html`<a href=${list}>${name}</a>`} />
  ${error?.status === 404 ? html`<div class="card"><${Empty} title=${t("gone.title")} text=${t("gone.text")}>
      <a class="button primary" href=${list}>${name}</a><//></div>`
    : error ? html`<${Trouble} error=${error} again=${read} />` : html`<p class="reading">${t("reading")}</p>`}`;
