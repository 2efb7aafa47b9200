// What is set up wrongly, and what to do about it: what is bad comes first, as it is now.
import { Head, Icon, Note, Trouble } from "../parts/bits.js";
import { html, useEffect, useState } from "../parts/view.js";
import { generation } from "../live.js";
import { ask, session } from "../session.js";
import { known, language, moment, t } from "../words.js";

/** @typedef {{id: string, state: string, what: string, cure: string, language: string}} Check */
const STATES = /** @type {Record<string, string>} */ ({ fail: "bad", warn: "wait", ok: "ok", skip: "" });
const ORDER = Object.keys(STATES);
const GROUPS = ["settings", "data", "model", "slack", "discord", "web", "clock"];
/** What a cure asks to be typed, to be set, or to be opened. */
const TYPED = /(`[^`]+`|\bchmod \d+ \S+|\bgit rm --cached [^\s,]+|\btimedatectl [\w -]+\w|\b[A-Z]+_[A-Z_]+\b(?:=[^\s.,]+)?|https:\/\/[^\s)]+[^\s).,:;])/;

/** @param {Check[]} checks */
const worst = (checks) => Math.min(...checks.map((one) => ORDER.indexOf(one.state)));

export function Health() {
  const [told, setTold] = useState(/** @type {{at: number | null, checking: boolean, checks: Check[]} | null} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const read = (method = "GET") => ask(method, "/console/api/health").then((one) => (setTold(one), setError(null)), setError);
  useEffect(() => void read(), [generation.value, session.value?.name, language.value]);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || read(), told?.checking ? 1000 : 15_000);
    return () => clearInterval(timer);
  }, [told?.checking]);
  const checks = told?.checks ?? [];
  const groups = GROUPS.map((name) => /** @type {[string, Check[]]} */ ([name, checks.filter((one) => one.id.split(".")[0] === name)]))
    .filter(([, all]) => all.length).sort(([, a], [, b]) => worst(a) - worst(b));
  return html`<${Head} title=${t("nav.health")} text=${t("health.text")}>
      <span class="small quiet num" role="status">${told?.checking ? t("health.checking") : told?.at && t("health.at", { at: moment(told.at, true) })}</span>
      ${session.value?.admin && html`<button type="button" class="button" disabled=${Boolean(told?.checking)} onClick=${() => read("POST")}><${Icon} name="redo" />${t("health.again")}</button>`}<//>
    <div class="stack"><${Trouble} error=${error} again=${() => read()} />
      ${checks.length ? html`<${Summary} checks=${checks} />` : !error && html`<p class="faint small">${t("health.checking")}</p>`}
      ${checks.length > 0 && !session.value?.admin && html`<${Note}>${t("health.admin")}<//>`}
      ${groups.map(([name, all]) => html`<section class="card flush checks" key=${name} aria-label=${t(`health.${name}`)}><header><h2>${t(`health.${name}`)}</h2></header>
        <ul>${all.toSorted((a, b) => worst([a]) - worst([b])).map((one, i) => html`<${Row} key=${one.id + i} one=${one} />`)}</ul></section>`)}</div>`;
}

/** @param {{checks: Check[]}} props */
function Summary({ checks }) {
  const [bad, wait, fine] = ["fail", "warn", "ok"].map((state) => checks.filter((one) => one.state === state).length);
  const words = bad ? t("health.bad", { bad, wait, fine }) : wait ? t("health.wait", { wait, fine }) : t("health.fine", { fine });
  return html`<${Note} kind=${bad ? "bad" : wait ? "wait" : "ok"} icon=${bad || wait ? "warn" : "heart"}><b>${words}</b><//>`;
}

/** @param {{one: Check}} props */
const Row = ({ one }) => html`<li><span class="pill ${STATES[one.state] ?? ""}">${t(`check.${one.state}`)}</span>
  <h3>${known(`check.${one.id}`) || html`<code>${one.id.split(".").at(-1)?.toUpperCase()}</code>`}</h3>
  <p class="quiet" lang=${one.language}><${Said} text=${one.what} /></p>
  ${one.cure && html`<div class="cure"><span class="label">${t("health.cure")}</span><p lang=${one.language}><${Said} text=${one.cure} /></p></div>`}</li>`;

/** Words in which what is to be typed is code, and an address can be opened. @param {{text: string}} props */
const Said = ({ text }) => html`${text.split(TYPED).map((part, i) => (i % 2 === 0 ? part
  : part.startsWith("https:") ? html`<a href=${part} target="_blank" rel="noopener noreferrer">${part}</a>` : html`<code>${part.replaceAll("`", "")}</code>`))}`;
