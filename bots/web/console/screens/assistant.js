// One assistant: settings, versions with what changed, where it answers, files.
import { Empty, Head, Icon, Note, Trouble } from "../parts/bits.js";
import { Diff } from "../parts/diff.js";
import { asText, fieldsOf, Files, Settings, Unsaved, useDraft } from "../parts/settings.js";
import { Table } from "../parts/table.js";
import { Unread, useThing } from "../parts/thing.js";
import { html, useState } from "../parts/view.js";
import { Trials } from "./trials.js";
import { address, go, withQuery } from "../address.js";
import { ask } from "../session.js";
import { moment, number, t } from "../words.js";

const TABS = ["settings", "versions", "trials", "places", "files"];

/** @param {{id: string}} props */
export function Assistant({ id }) {
  const path = `/console/api/assistants/${id}`;
  const { thing, setThing, error, read } = useThing(path, "assistant", (event) => event.id === id);
  const tab = address.value.query.has("trial") ? "trials" : address.value.query.get("tab") ?? "settings";
  const crumbs = html`<a href="/assistants">${t("back")}</a>`;
  if (!thing) return html`<${Unread} id=${id} list="/assistants" error=${error} read=${read} />`;
  const places = thing.places.map(placeOf).join(", ");
  const text = html`<span class="mono">${id}</span> · v${thing.version}${places && html` · ${t("assistant.answers", { places })}`}`;
  return html`<${Head} title=${thing.assistant.name || id} crumbs=${crumbs} text=${text}>
      <a class="button" href="/playground?assistant=${id}"><${Icon} name="play" />${t("try")}</a><//>
    <div class="stack"><nav class="tabs" aria-label=${t("sections")}>${TABS.map((name) => html`
      <a href=${withQuery({ tab: name === "settings" ? "" : name, trial: "" })} aria-current=${name === tab ? "page" : undefined}>${t(`tab.${name}`)}</a>`)}</nav>
      ${tab === "versions" ? html`<${Versions} thing=${thing} path=${path} saved=${setThing} />`
        : tab === "trials" ? html`<${Trials} thing=${thing} />`
        : tab === "places" ? html`<${Places} thing=${thing} />`
        : tab === "files" ? html`<${Files} thing=${thing} saved=${setThing} />`
        : html`<${Form} thing=${thing} saved=${setThing} />`}</div>`;
}

/** @param {{thing: any, saved: (thing: any) => void}} props */
function Form({ thing, saved }) {
  const form = useDraft(thing, saved);
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const remove = () => confirm(t("assistant.delete.sure")) && ask("DELETE", `/v1/assistants/${thing.id}`).then(() => go("/assistants"), setError);
  return html`<div class="grid g21"><div class="card"><div class="body stack">
      ${!thing.may_change && html`<${Note}>${t(`assistant.locked.${thing.owner}`)}<//>`}
      <${Settings} draft=${form.draft} locked=${!thing.may_change} change=${form.change} rows=${10} />
      <${Trouble} error=${error} /><${Unsaved} form=${form} />
      <div class="row"><button type="button" class="button danger plain" disabled=${!thing.may_change} onClick=${remove}>${t("delete")}</button>
        <span class="push small faint">${form.unsaved ? t("unsaved") : t("saved", { n: thing.version })}</span>
        <button type="button" class="button primary" disabled=${!thing.may_change || !form.unsaved} onClick=${() => form.save()}>${t("save")}</button></div></div></div>
    <${Places} thing=${thing} /></div>`;
}

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

/** What a place is called; without a platform it is every place that has nobody of its own. @param {any} one */
const placeOf = (one) => (one.platform ? `${t(`platform.${one.platform}`)} ${one.name}` : t("platform."));

/** @param {{thing: any}} props */
function Places({ thing }) {
  const rows = thing.places.map((/** @type {any} */ one) => ({ ...one, id: one.platform + one.place }));
  const columns = [{ name: t("place"), cell: placeOf }, { name: t("since"), right: true, cell: (/** @type {any} */ one) => moment(one.since) }];
  const empty = html`<${Empty} title=${t("places.empty.title")} text=${t("places.empty.text")}><code>/assistant use ${thing.assistant.name}</code><//>`;
  return html`<${Table} label=${t("tab.places")} columns=${columns} rows=${rows} empty=${empty} />`;
}
