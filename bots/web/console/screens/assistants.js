// All assistants, and a new one.
import { Empty, Head, Trouble } from "../parts/bits.js";
import { Icon } from "../parts/icons.js";
import { on } from "../live.js";
import { List, useList } from "../parts/table.js";
import { html, useEffect, useState } from "../parts/view.js";
import { go } from "../address.js";
import { ask } from "../session.js";
import { moment, t } from "../words.js";

/** What a tool is called: a function by its own name. @param {any} tool */
export const toolName = (tool) => (tool.type !== "function" ? t(`tool.${tool.type}`) : tool.function.name === "*" ? t("tool.every") : tool.function.name);

/** @returns {import("../parts/table.js").Column[]} */
const columns = () => [
  { name: t("name"), cell: (one) => html`<a class="strong cut" title=${one.name} href="/assistants/${one.id}">${one.name || one.id}</a>` },
  { name: t("tools"), look: "rest", cell: (one) => one.tools.length > 0 && html`<span class="quiet">${one.tools.map(toolName).join(", ")}</span>` },
  { name: t("model"), cell: (one) => html`<span class="tag">${one.model}</span>` },
  { name: t("id"), look: "minor", cell: (one) => html`<span class="mono faint id" title=${one.id}>${one.id}</span>` },
  { name: t("made"), right: true, cell: (one) => moment(one.created_at) },
  { name: html`<span class="visually-hidden">${t("open_playground")}</span>`, right: true, look: "end", cell: (one) => html`<a class="button" href="/playground?assistant=${one.id}"><${Icon} name="play" />${t("try")}</a>` },
];

export function Assistants() {
  const list = useList("/v1/assistants?limit=100");
  const [failed, setFailed] = useState(/** @type {Error | null} */ (null));
  useEffect(() => on("assistant", list.again), []);
  const make = () => create().then((made) => go(`/assistants/${made.id}`), setFailed);
  const button = html`<button type="button" class="button primary" onClick=${make}><${Icon} name="plus" />${t("assistant.new")}</button>`;
  const empty = html`<${Empty} title=${t("assistants.empty.title")} text=${t("assistants.empty.text")}><//>`;
  return html`<${Head} title=${t("nav.assistants")} text=${t("assistants.text")}>${button}<//>
    <div class="stack"><${Trouble} error=${failed} /><${List} list=${list} label=${t("nav.assistants")} columns=${columns()} empty=${empty} /></div>`;
}

/** A first version that answers at once; the person goes on from there. */
async function create() {
  const { model } = await ask("GET", "/v1/assistants/asst_settings"); // the one that is sure to answer here
  return ask("POST", "/v1/assistants", { model, name: t("assistant.new"), instructions: "", tools: [] });
}
