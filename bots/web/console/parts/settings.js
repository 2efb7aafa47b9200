// An assistant's fields as a form; the same in the playground and on the assistant's own page.
import { ask } from "../session.js";
import { t } from "../words.js";
import { Field, Switch } from "./bits.js";
import { html, useEffect, useState } from "./view.js";

const EFFORTS = ["", "none", "minimal", "low", "medium", "high", "xhigh"];
const EDITED = ["name", "instructions", "model", "tools", "reasoning_effort", "metadata"];
/** Functions of this server are carried out here; without this a client would be asked. */
const OURS = { spool_functions: "server" };

/** What a form changes of an assistant, and nothing else. @param {any} draft */
export const fieldsOf = (draft) => Object.fromEntries(EDITED.map((name) => [name, draft[name] ?? null]));
/** @param {any} draft @param {any} saved */
export const differs = (draft, saved) => JSON.stringify(fieldsOf(draft)) !== JSON.stringify(fieldsOf(saved));

/** Models and tools to choose from. */
export function useChoices() {
  const [choices, setChoices] = useState({ models: /** @type {any[]} */ ([]), tools: /** @type {any[]} */ ([]) });
  useEffect(() => {
    Promise.all([ask("GET", "/v1/models"), ask("GET", "/console/api/tools")])
      .then(([models, tools]) => setChoices({ models: models.data, tools: tools.data }), () => null); // the form works without
  }, []);
  return choices;
}

/** @param {{draft: any, change: (fields: any) => void, locked?: boolean, rows?: number}} props */
export function Settings({ draft, change, locked = false, rows = 8 }) {
  const { models, tools } = useChoices();
  const names = new Set([draft.model, ...models.map((one) => one.id)]);
  const set = (/** @type {string} */ name) => (/** @type {any} */ event) => change({ [name]: event.currentTarget.value || (name === "reasoning_effort" ? null : "") });
  return html`<${Field} label=${t("name")}><input class="input" value=${draft.name ?? ""} maxlength="256" disabled=${locked} onInput=${set("name")} /><//>
    <${Field} label=${t("instructions")}><textarea class="input" rows=${rows} value=${draft.instructions ?? ""} disabled=${locked} onInput=${set("instructions")}></textarea><//>
    <div class="grid g2"><${Field} label=${t("model")}><select class="input" aria-label=${t("model")} value=${draft.model} disabled=${locked} onChange=${set("model")}>
        ${[...names].filter(Boolean).map((one) => html`<option value=${one}>${one}</option>`)}</select><//>
      <${Field} label=${t("effort")}><select class="input" aria-label=${t("effort")} value=${draft.reasoning_effort ?? ""} disabled=${locked} onChange=${set("reasoning_effort")}>
        ${EFFORTS.map((one) => html`<option value=${one}>${one || t("effort.default")}</option>`)}</select><//></div>
    <div><span class="label">${t("tools")}</span>${all(draft.tools, tools).map((one) => html`
      <${Switch} key=${one.name} name=${one.kind === "hosted" ? t(`tool.${one.name}`) : one.name} text=${about(one)} on=${one.on}
        disabled=${locked || (!one.available && !one.on)} turn=${(/** @type {boolean} */ on) => change({ tools: turned(draft.tools, one, on), ...(on && one.kind === "function" ? { metadata: { ...draft.metadata, ...OURS } } : {}) })} />`)}</div>`;
}

/** The tools there are, and those only this assistant has. @param {any[]} own @param {any[]} known */
function all(own, known) {
  const listed = known.map((one) => ({ ...one, on: own.some((tool) => same(tool, one.name)) }));
  const others = own.filter((tool) => !known.some((one) => same(tool, one.name)));
  return [...listed, ...others.map((tool) => ({ name: tool.function?.name ?? tool.type, kind: tool.type === "function" ? "client" : "hosted", available: true, on: true, tool }))];
}

/** @param {any} tool @param {string} name */
const same = (tool, name) => (tool.type === "function" ? tool.function.name : tool.type) === name;

/** @param {any} one */
function about(one) {
  if (one.kind === "client") return t("tool.client");
  if (!one.available) return t("tool.unavailable");
  if (one.kind === "hosted") return t(`tool.${one.name}.about`);
  return [t(one.needs_approval ? "tool.asks" : "tool.reads"), one.file].filter(Boolean).join(" · ");
}

/** @param {any[]} own @param {any} one @param {boolean} on */
const turned = (own, one, on) => (on ? [...own, one.tool ?? { type: one.name }] : own.filter((tool) => !same(tool, one.name)));
