// One person: what holds for them, how much is kept of them, taken along as a file, or erased once that is confirmed.
import { Facts, Field, Head, Note, Trouble } from "../parts/bits.js";
import { keep } from "../parts/csv.js";
import { Icon } from "../parts/icons.js";
import { Unread, useThing } from "../parts/thing.js";
import { html, useEffect, useState } from "../parts/view.js";
import { ask } from "../session.js";
import { from } from "./people.js";
import { known, moment, number, t } from "../words.js";

/** @param {{id: string}} props */
export function Person({ id }) {
  const path = `/console/api/people/${id}`;
  const { thing, setThing, error, read } = useThing(path, "", () => false);
  const [refused, setRefused] = useState(/** @type {Error | null} */ (null));
  const going = thing?.erasure && !thing.erasure.done_at;
  useEffect(() => {
    const timer = going ? setTimeout(read, 3000) : 0;
    return () => clearTimeout(timer);
  }, [thing, error]);
  if (!thing) return html`<${Unread} id=${id} list="/people" error=${error} read=${read} />`;
  const take = () => ask("POST", `${path}/export`).then((told) => (setRefused(null), keep(`spool-${id.replace(":", "-")}.json`, [JSON.stringify(told, null, 1)], "application/json")), setRefused);
  const erase = () => ask("POST", `${path}/erase`, { confirm: id }).then((told) => (setRefused(null), setThing(told)), setRefused);
  const counts = Object.entries(thing.counts).filter(([, n]) => n);
  return html`<${Head} title=${thing.name || id} facts=${[id]} crumbs=${html`<a href="/people">${t("nav.people")}</a>`}><a class="button" href="/runs?q=${id.split(":")[1]}">${t("nav.runs")}</a>
      <button type="button" class="button" onClick=${take}><${Icon} name="down" />${t("person.export")}</button><//>
    <div class="stack"><${Trouble} error=${refused} /><${State} thing=${thing} />
      <div class="grid g2"><div class="stack"><${Access} id=${id} /><${Erase} id=${id} erase=${erase} going=${Boolean(going)} /></div>
      <div class="card"><header><h2>${t("person.kept")}</h2></header><div class="body stack">
        ${counts.length ? html`<${Facts} pairs=${counts.map(([kind, n]) => [known(`held.${kind}`) || kind, number(/** @type {number} */ (n))])} />` : html`<p class="quiet">${t("person.nothing")}</p>`}
        <p class="small quiet">${t("person.kept.text")}</p></div></div></div></div>`;
}

/** What holds for them in a place: at first where they asked last. @param {{id: string}} props */
function Access({ id }) {
  const [typed, setTyped] = useState("");
  const [place, setPlace] = useState("");
  const { thing, error } = useThing(`/console/api/people/${id}/access?place=${encodeURIComponent(place)}`, "", () => false);
  const pairs = () => /** @type {[string, any][]} */ ([
    [t("place"), html`<code>${thing.place}</code>`],
    [t("person.answered"), html`<span class="pill ${thing.allowed ? "ok" : "bad"}">${t(thing.allowed ? "person.yes" : "person.no")}</span>`],
    [t("why"), html`${known(`verdict.${thing.rule}`) || thing.rule} · ${from(thing)}`],
    [t("assistant"), html`<a href="/assistants/${thing.assistant.id}">${thing.assistant.name || thing.assistant.id}</a> · ${from(thing.assistant)}`],
    [t("memory"), html`${known(`person.scope.${thing.scope}`) || thing.scope} · ${from({ source: thing.scope_source })}`],
    [t("tools"), thing.tools.join(", ") || "–"],
  ]);
  return html`<form class="card" onSubmit=${(/** @type {Event} */ event) => (event.preventDefault(), setPlace(typed.trim()))}><header><h2>${t("person.access")}</h2></header><div class="body stack">
    <div class="row"><input class="input code" aria-label=${t("place")} placeholder=${t("person.place")} value=${typed} onInput=${(/** @type {any} */ event) => setTyped(event.currentTarget.value)} /><button class="button">${t("person.explain")}</button></div>
    <${Trouble} error=${error} />${thing && html`<${Facts} pairs=${pairs()} />${thing.assumed && html`<p class="small quiet">${t("person.assumed")}</p>`}`}</div></form>`;
}

/** How far an erasure is, here and at the model server. @param {{thing: any}} props */
const State = ({ thing: { erasure, remains } }) => html`${erasure && html`<${Note} kind=${erasure.done_at ? "ok" : "wait"} icon=${erasure.done_at ? "check" : "redo"}>
    ${erasure.done_at ? t("person.erased.at", { at: moment(erasure.done_at, true) }) : t("person.erasing", { at: moment(erasure.asked_at, true) })}<//>`}
  ${remains.length > 0 && html`<${Note} kind="wait" icon="warn">${t("person.remains", { n: number(remains.length) })}<//>`}`;

/** The id has to be typed: no slip of a hand erases anybody. @param {{id: string, erase: () => Promise<any>, going: boolean}} props */
function Erase({ id, erase, going }) {
  const [typed, setTyped] = useState("");
  const submit = (/** @type {Event} */ event) => (event.preventDefault(), typed.trim() === id && erase().then(() => setTyped("")));
  return html`<form class="card" onSubmit=${submit}><header><h2>${t("person.erase")}</h2></header><div class="body stack"><p class="small quiet">${t("person.erase.text")}</p>
    <${Field} label=${t("person.confirm", { id })}><input class="input code" autocomplete="off" spellcheck="false" value=${typed} onInput=${(/** @type {any} */ event) => setTyped(event.currentTarget.value)} /><//>
    <div class="row"><button class="button danger" disabled=${going || typed.trim() !== id}>${t("person.erase")}</button></div></div></form>`;
}
