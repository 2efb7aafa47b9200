// One assistant: settings, versions with what changed, where it answers, files.
import { Empty, Head, Note, Trouble } from "../parts/bits.js";
import { Diff } from "../parts/diff.js";
import { Files } from "../parts/files.js";
import { Icon } from "../parts/icons.js";
import { differs, fieldsOf, Settings } from "../parts/settings.js";
import { Table } from "../parts/table.js";
import { useThing } from "../parts/thing.js";
import { html, useState } from "../parts/view.js";
import { address, go, withQuery } from "../address.js";
import { ask } from "../session.js";
import { moment, number, t } from "../words.js";

const TABS = ["settings", "versions", "places", "files"];

/** @param {{id: string}} props */
export function Assistant({ id }) {
  const path = `/console/api/assistants/${id}`;
  const { thing, setThing, error } = useThing(path, "assistant", (event) => event.id === id);
  const tab = address.value.query.get("tab") ?? "settings";
  const crumbs = html`<a href="/assistants">${t("nav.assistants")}</a>`;
  if (!thing) return html`<${Head} title=${id} crumbs=${crumbs} /><${Trouble} error=${error} />`;
  const places = thing.places.map((/** @type {any} */ one) => one.name).join(", ");
  const text = html`<span class="mono">${id}</span> · v${thing.version}${places && html` · ${t("assistant.answers", { places })}`}`;
  return html`<${Head} title=${thing.assistant.name || id} crumbs=${crumbs} text=${text}>
      <a class="button" href="/playground?assistant=${id}"><${Icon} name="play" />${t("open_playground")}</a><//>
    <div class="stack"><nav class="tabs" aria-label=${t("sections")}>${TABS.map((name) => html`
      <a href=${withQuery({ tab: name === "settings" ? "" : name })} aria-current=${name === tab ? "page" : undefined}>${t(`tab.${name}`)}</a>`)}</nav>
      ${tab === "versions" ? html`<${Versions} thing=${thing} path=${path} saved=${setThing} />`
        : tab === "places" ? html`<${Places} thing=${thing} />`
        : tab === "files" ? html`<${Files} assistant=${thing.assistant} locked=${!thing.may_change} />`
        : html`<${Form} key=${id} thing=${thing} path=${path} saved=${setThing} />`}</div>`;
}

/** @param {{thing: any, path: string, saved: (thing: any) => void}} props */
function Form({ thing, path, saved }) {
  const [base, setBase] = useState(thing);
  const [draft, setDraft] = useState(thing.assistant);
  const [conflict, setConflict] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const take = (/** @type {any} */ next) => (setBase(next), setDraft(next.assistant), setConflict(null), saved(next));
  if (thing.version !== base.version && !conflict && !differs(draft, base.assistant)) take(thing); // others changed it, we did not
  const save = async (version = base.version) => {
    setError(null);
    try {
      take(await ask("POST", path, { version, fields: fieldsOf(draft) }));
    } catch (refused) {
      const failed = /** @type {import("../session.js").Refused} */ (refused);
      failed.status === 409 && failed.body?.current ? setConflict(failed.body.current) : setError(failed);
    }
  };
  const remove = () => confirm(t("assistant.delete.sure")) && ask("DELETE", `/v1/assistants/${thing.assistant.id}`).then(() => go("/assistants"), setError);
  return html`<div class="grid g21"><div class="card"><div class="body stack">
      ${!thing.may_change && html`<${Note}>${t(`assistant.locked.${thing.owner}`)}<//>`}
      <${Settings} draft=${draft} locked=${!thing.may_change} change=${(/** @type {any} */ fields) => setDraft({ ...draft, ...fields })} rows=${10} />
      <${Trouble} error=${error} />
      ${conflict && html`<${Conflict} mine=${draft} theirs=${conflict} keep=${() => save(conflict.version)} drop=${() => take(conflict)} />`}
      <div class="row"><button type="button" class="button danger plain" disabled=${!thing.may_change} onClick=${remove}>${t("delete")}</button>
        <span class="push small faint">${differs(draft, base.assistant) ? t("unsaved") : t("saved", { n: base.version })}</span>
        <button type="button" class="button primary" disabled=${!thing.may_change || !differs(draft, base.assistant)} onClick=${() => save()}>${t("save")}</button></div></div></div>
    <${Places} thing=${thing} /></div>`;
}

/** Two people changed the same thing: both texts, and who reads decides.
 * @param {{mine: any, theirs: any, keep: () => void, drop: () => void}} props */
export const Conflict = ({ mine, theirs, keep, drop }) => html`<div class="ask" role="alert" ref=${(/** @type {Element | null} */ box) => box?.scrollIntoView({ block: "nearest" })}><b>${t("conflict.title", { n: theirs.version })}</b>
  <p class="small">${t("conflict.text")}</p><${Diff} before=${asText(theirs.assistant)} after=${asText(mine)} />
  <div class="row wrap"><button type="button" class="button primary" onClick=${keep}>${t("conflict.keep")}</button>
    <button type="button" class="button" onClick=${drop}>${t("conflict.drop")}</button></div></div>`;

/** The fields as lines. @param {any} one */
const asText = (one) => [`${t("name")}: ${one.name ?? ""}`, `${t("model")}: ${one.model}`, `${t("effort")}: ${one.reasoning_effort ?? ""}`,
  `${t("tools")}: ${(one.tools ?? []).map((/** @type {any} */ tool) => tool.function?.name ?? tool.type).join(", ")}`, one.instructions ?? ""].join("\n");

/** @param {{thing: any, path: string, saved: (thing: any) => void}} props */
function Versions({ thing, path, saved }) {
  const wanted = Number(address.value.query.get("version")) || thing.version;
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const at = thing.versions.findIndex((/** @type {any} */ one) => one.version === wanted);
  const [version, before] = [thing.versions[at] ?? thing.versions[0], thing.versions[at + 1]];
  const back = () => ask("POST", path, { version: thing.version, fields: fieldsOf(version.fields) }).then(saved, setError);
  const rows = thing.versions.map((/** @type {any} */ one) => ({ ...one, id: one.version }));
  const columns = [
    { name: t("version"), cell: (/** @type {any} */ one) => html`<span class="row"><a href=${withQuery({ version: String(one.version) })} aria-current=${one.version === version.version ? "true" : undefined}>v${one.version}</a> ${one.version === thing.version && html`<span class="pill ok">${t("version.live")}</span>`}</span>` },
    { name: t("version.changed"), cell: (/** @type {any} */ one) => (one.changed ?? []).map((/** @type {string} */ field) => t(field)).join(", ") },
    { name: t("nav.runs"), right: true, told: true, cell: (/** @type {any} */ one) => number(one.runs) },
    { name: t("made"), right: true, cell: (/** @type {any} */ one) => moment(one.created_at) },
  ];
  return html`<div class="grid g21"><div class="card flush"><header><h2>${before ? `v${before.version} → v${version.version}` : `v${version.version}`}</h2>
      ${version.version !== thing.version && html`<button type="button" class="button push" disabled=${!thing.may_change} onClick=${back}>${t("version.back", { n: version.version })}</button>`}</header>
      <${Trouble} error=${error} /><${Diff} before=${before ? asText(before.fields) : ""} after=${asText(version.fields)} /></div>
    <${Table} label=${t("tab.versions")} columns=${columns} rows=${rows} empty=${null} /></div>`;
}

/** @param {{thing: any}} props */
function Places({ thing }) {
  const rows = thing.places.map((/** @type {any} */ one) => ({ ...one, id: one.platform + one.place }));
  const columns = [{ name: t("place"), cell: (/** @type {any} */ one) => `${t(`platform.${one.platform}`)} ${one.name}` }, { name: t("since"), right: true, cell: (/** @type {any} */ one) => moment(one.since) }];
  const empty = html`<${Empty} title=${t("places.empty.title")} text=${t("places.empty.text")}><code>/assistant use ${thing.assistant.name}</code><//>`;
  return html`<${Table} label=${t("tab.places")} columns=${columns} rows=${rows} empty=${empty} />`;
}
