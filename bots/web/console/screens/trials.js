// Versions of an assistant tried on saved questions: what it will cost, then the answers side by side, judged by eye.
import { Empty, Field, Icon, Note, Segment, Status, Trouble } from "../parts/bits.js";
import { Markdown } from "../parts/markdown.js";
import { useList } from "../parts/table.js";
import { Unread, useTexts, useThing } from "../parts/thing.js";
import { html, useEffect, useState } from "../parts/view.js";
import { address, go, withQuery } from "../address.js";
import { ask } from "../session.js";
import { duration, moment, money, number, t } from "../words.js";
import { where, who } from "./runs.js";

const MOST = 50;
/** @type {Record<string, string>} */
const LOOKS = { better: "ok", same: "", worse: "bad" };

/** @param {{thing: any}} props */
export function Trials({ thing }) {
  const id = address.value.query.get("trial");
  if (id) return html`<${Trial} id=${id} key=${id} />`;
  if (thing.versions.length < 2) return html`<div class="card"><${Empty} title=${t("trial.one.title")} text=${t("trial.one.text")} /></div>`;
  return html`<div class="grid g21"><${Plan} thing=${thing} /><${Before} id=${thing.id} /></div>`;
}

/** Which versions, which questions, which sum; what it will cost is said before. @param {{thing: any}} props */
function Plan({ thing }) {
  const base = `/console/api/assistants/${thing.id}`;
  const list = useList(`${base}/questions`);
  const [texts, show, unread] = useTexts(`${base}/questions`);
  const numbers = thing.versions.map((/** @type {any} */ one) => one.version);
  const [[version, beside], setPair] = useState([numbers[0], numbers[1]]);
  const [out, setOut] = useState(/** @type {Record<string, boolean>} */ ({}));
  const [typed, setTyped] = useState("");
  const [limit, setLimit] = useState("1");
  const [told, setTold] = useState(/** @type {any} */ (null));
  const [unpriced, setUnpriced] = useState(false);
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const rows = list.rows ?? [];
  const plan = { version, beside, questions: rows.map((one) => one.id).filter((id) => !out[id]).slice(0, MOST) };
  const possible = plan.questions.length > 0 && version !== beside;
  useEffect(() => {
    setTold(null);
    let here = possible;
    const timer = setTimeout(() => here && ask("POST", `${base}/trials/estimate`, plan).then((all) => here && (setTold(all), setError(null)), setError), 300);
    return () => ((here = false), clearTimeout(timer));
  }, [JSON.stringify(plan)]);
  const called = (/** @type {any} */ one) => one.text || texts?.texts[one.id] || (one.run ? `${who(one.run)} · ${where(one.run)}` : one.id);
  const then = (/** @type {Promise<any>} */ asked) => asked.then(() => (setError(null), list.again()), setError);
  const add = (/** @type {Event} */ event) => (event.preventDefault(), then(ask("POST", `${base}/questions`, { text: typed }).then(() => setTyped(""))));
  const start = () => (setTold(null), // a second press begins no second one
    ask("POST", `${base}/trials`, { ...plan, limit_usd: Number(limit), unpriced }).then((made) => go(withQuery({ tab: "", trial: made.id })), (refusal) => (setTold(told), setError(refusal))));
  const all = rows.every((one) => !out[one.id]);
  const select = (/** @type {string} */ name, /** @type {number} */ value, /** @type {(n: number) => void} */ choose) => html`<${Field} label=${name}>
    <select class="input" value=${value} onChange=${(/** @type {any} */ event) => choose(Number(event.currentTarget.value))}>${numbers.map((/** @type {number} */ n) => html`
      <option value=${n} selected=${n === value}>v${n}${n === thing.version ? ` (${t("version.live")})` : ""}</option>`)}</select><//>`;
  return html`<div class="card"><header><h2>${t("trial.new")}</h2>
      ${rows.some((one) => one.run) && html`<span class="push">${show}</span>`}</header><div class="body stack">
    <div class="grid g2">${select(t("version"), version, (n) => setPair([n, beside]))}${select(t("trial.beside"), beside, (n) => setPair([version, n]))}</div>
    ${version === beside && html`<${Note} kind="wait">${t("trial.same")}<//>`}${unread}
    <${Trouble} error=${list.error} again=${list.again} />
    ${list.rows && !rows.length && html`<${Note}>${t("trial.none")}<//>`}
    ${rows.length > 0 && html`<fieldset class="field"><legend class="label">${t("trial.questions")} (${number(plan.questions.length)})</legend>
      ${rows.length > 1 && html`<label class="row"><input type="checkbox" checked=${all} onChange=${() => setOut(Object.fromEntries(rows.map((one) => [one.id, all])))} />${t("all")}</label>`}
      <div class="picks">${rows.map((one) => html`<div class="row" key=${one.id}><label class="row"><input type="checkbox" checked=${!out[one.id]} onChange=${() => setOut({ ...out, [one.id]: !out[one.id] })} />
        <span class="cut" title=${called(one)}>${called(one)}</span></label>
        <span class="push pill ${one.source === "feedback" ? "wait" : ""}">${t(`source.${one.source}`)}</span>
        ${one.run && html`<a class="small" href="/runs/${one.run.id}">${moment(one.run.created_at)}</a>`}
        <button type="button" class="button plain icon" aria-label=${t("trial.remove", { name: one.text || one.id })} onClick=${() => then(ask("POST", `/console/api/saved-questions/${one.id}/remove`))}><${Icon} name="close" /></button></div>`)}</div></fieldset>`}
    <form class="row" onSubmit=${add}><input class="input" aria-label=${t("trial.typed")} placeholder=${t("trial.typed")} maxlength="20000" value=${typed} onInput=${(/** @type {any} */ event) => setTyped(event.currentTarget.value)} />
      <button class="button" disabled=${!typed.trim()}><${Icon} name="plus" />${t("trial.add")}</button></form>
    <div class="grid g2"><${Field} label=${t("trial.limit")}><input class="input" type="number" min="0.0001" step="any" value=${limit} onInput=${(/** @type {any} */ event) => setLimit(event.currentTarget.value)} /><//>
      <div class="field"><span>${t("trial.cost")}</span><p class="estimate" role="status">${told ? expected(told) : possible ? "…" : "–"}</p></div></div>
    ${told?.unpriced.length > 0 && html`<${Note} kind="wait" icon="warn">${t("trial.unpriced", { models: told.unpriced.join(", ") })}
      <label class="row"><input type="checkbox" checked=${unpriced} onChange=${() => setUnpriced(!unpriced)} />${t("trial.unpriced.yes")}</label><//>`}
    <${Trouble} error=${error} />
    <div class="row"><span class="small faint">${t("trial.safe")}</span><button type="button" class="button primary push" onClick=${start}
      disabled=${!told || !(Number(limit) > 0) || (told.unpriced.length > 0 && !unpriced)}>${t("trial.start")}</button></div></div></div>`;
}

/** @param {any} told */
const expected = (told) => [t("trial.answers", { n: told.answers }), told.price_usd != null && t("trial.about", { cost: money(told.price_usd) }),
  told.known < told.answers && t("trial.unknown", { n: told.answers - told.known })].filter(Boolean).join(" · ");

/** Trials of before. @param {{id: string}} props */
function Before({ id }) {
  const { rows, error } = useList(`/console/api/assistants/${id}/trials`);
  return html`<div class="card"><header><h2>${t("tab.trials")}</h2></header><div class="body stack"><${Trouble} error=${error} />
    ${rows && !rows.length && html`<p class="small quiet">${t("trial.nothing")}</p>`}
    ${rows?.map((one) => html`<div class="stack tight" key=${one.id}><div class="row wrap"><a href=${withQuery({ tab: "", trial: one.id })}>${t("trial.title", { version: one.version, beside: one.beside })}</a>
      <${State} trial=${one} /><span class="push small quiet">${moment(one.created_at)}</span></div><div class="row wrap"><${Verdicts} trial=${one} /></div></div>`)}</div></div>`;
}

/** @param {{trial: any}} props */
const State = ({ trial }) => (trial.status === "limit" ? html`<span class="pill wait">${t("trial.limit.pill")}</span>` : html`<${Status} name=${trial.status} />`);

/** @param {{trial: any}} props */
const Verdicts = ({ trial }) => Object.entries(LOOKS).map(([name, look]) => trial.verdicts[name] > 0 && html`
  <span class="pill ${look}">${t(`verdict.${name}.n`, { n: trial.verdicts[name] })}</span>`);

/** One trial, while it goes on and afterwards. @param {{id: string}} props */
function Trial({ id }) {
  const path = `/console/api/trials/${id}`;
  const { thing: trial, setThing, error, read } = useThing(path, "", () => false);
  const [asked, show, unread] = useTexts(path);
  const [newer, setNewer] = useState(/** @type {any} */ (null));
  const [failed, setFailed] = useState(/** @type {Error | null} */ (null));
  const going = trial?.status === "in_progress";
  useEffect(() => {
    const timer = going ? setTimeout(read, 1000) : 0;
    return () => clearTimeout(timer);
  }, [trial, error]);
  useEffect(() => void (asked && ask("POST", `${path}/texts`).then(setNewer, setFailed)), [trial?.done]);
  if (!trial) return html`<${Unread} id=${id} list=${withQuery({ trial: "", tab: "trials" })} error=${error} read=${read} />`;
  const texts = trial.texts ?? newer ?? asked;
  const tell = (/** @type {string} */ what, /** @type {any} */ body) => ask("POST", `${path}/${what}`, body).then((now) => (setThing(now), setFailed(null)), setFailed);
  const cost = trial.unpriced && !trial.spent_usd ? "–" : money(trial.spent_usd);
  return html`<div class="card"><header><h2>${t("trial.title", { version: trial.version, beside: trial.beside })}</h2><${State} trial=${trial} /><${Verdicts} trial=${trial} />
      <span class="push small quiet num">${cost} / ${money(trial.limit_usd)} · ${duration((trial.ended_at ?? Date.now() / 1000) - trial.created_at)}</span>
      ${trial.texts ? null : show}${going && html`<button type="button" class="button danger" onClick=${() => tell("cancel")}>${t("trial.end")}</button>`}
      <a class="button" href=${withQuery({ trial: "", tab: "trials" })}>${t("trial.new")}</a></header>
    <div class="body"><p role="status" class="small">${t(`trial.state.${trial.status}`, { done: trial.done, n: trial.answers, limit: money(trial.limit_usd) })}${trial.unpriced ? ` ${t("trial.state.unpriced")}` : ""}</p>
      <${Trouble} error=${failed} />${unread}</div></div>
    ${trial.questions.map((/** @type {any} */ one) => html`<${Compared} key=${one.id} one=${one} trial=${trial} texts=${texts} judge=${(/** @type {string} */ verdict) => tell("verdict", { question: one.id, verdict })} />`)}`;
}

/** @param {{one: any, trial: any, texts: any, judge: (verdict: string) => void}} props */
function Compared({ one, trial, texts, judge }) {
  const [tried, beside] = [trial.version, trial.beside].map((version) => one.answers[version]);
  const both = tried?.whole_s != null && beside?.whole_s != null;
  const change = (/** @type {string} */ name, /** @type {(run: any) => number | null} */ of) => both && of(tried) != null && of(beside) && html`
    <span class="num">${name} ${number(/** @type {number} */ (of(tried)) / /** @type {number} */ (of(beside)) - 1, { style: "percent", signDisplay: "exceptZero" })}</span>`;
  return html`<section class="card" aria-label=${texts?.questions[one.id] ?? one.id}><header><h2 class="ask-text">${texts?.questions[one.id] ?? html`<span class="quiet">${t(tried || beside ? "texts.hidden" : "text.question")}</span>`}</h2></header>
    <div class="body stack"><div class="grid g2">${[[trial.version, tried], [trial.beside, beside]].map(([version, run]) => html`<${Answer} version=${version} run=${run} text=${run && texts?.answers[run.id]} />`)}</div>
      <div class="row wrap small quiet">${change(t("tokens"), tokens)} ${change(t("cost"), (run) => run.cost_usd)} ${change(t("whole"), (run) => run.whole_s)}
        ${both && html`<span class="push row wrap">${t("verdict", { version: trial.version })} <${Segment} label=${t("verdict", { version: trial.version })} on=${one.verdict ?? ""} choose=${judge}
          options=${Object.keys(LOOKS).map((name) => [name, t(`verdict.${name}`)])} /></span>`}</div></div></section>`;
}

/** @param {any} run */
const tokens = (run) => (run.input == null ? null : run.input + (run.output ?? 0));

/** @param {{version: number, run: any, text?: string}} props */
const Answer = ({ version, run, text }) => html`<div class="stack tight"><div class="row wrap"><span class="tag">v${version}</span>${run && html`<a class="mono id" href="/runs/${run.id}">${run.id}</a>
    ${run.status !== "completed" && html`<${Status} name=${run.status} />`}`}</div>
  ${!run ? html`<p class="quiet small">${t("trial.waits")}</p>` : text && html`<${Markdown} text=${text} />`}
  ${run?.not_made.map((/** @type {string} */ tool) => html`<p><span class="pill wait">${t("trial.not_made", { tool })}</span></p>`)}
  ${run && html`<p class="small quiet num">${run.model} · ${t("unit.tokens", { n: number(tokens(run)) })} · ${money(run.cost_usd)} · ${duration(run.whole_s)}</p>`}</div>`;
