// The small parts: heads, pills, faces, fields, notes, empty states.
import { number, t } from "../words.js";
import { Icon } from "./icons.js";
import { html, useEffect, useState } from "./view.js";
export { Icon };

/** @type {Record<string, string>} */
const KINDS = {
  completed: "ok", approved: "ok", in_progress: "run", cancelling: "run", requires_action: "wait", waiting: "wait",
  incomplete: "wait", expired: "wait", failed: "bad", refused: "bad", unknown: "bad",
};

/** A status as word and dot, never colour alone. @param {{name: string}} props */
export const Status = ({ name }) => html`<span class="pill ${KINDS[name] ?? ""}">${t(`status.${name}`)}</span>`;

/** Drawn, for not every machine has a font with thumbs. @param {{good: boolean, name?: string}} props */
export const Thumb = ({ good, name }) => html`<span class="thumb"><${Icon} name=${good ? "good" : "bad"} /><span class="visually-hidden">${name ?? t(good ? "feedback.good" : "feedback.bad")} </span></span>`;

/** What people think of an answer; each leads to all that others think so of. @param {{of: any}} props */
export const Votes = ({ of }) => ["good", "bad"].map((name) => of?.[name] > 0 && html`
  <a class="tag num" href="/runs?feedback=${name}"><${Thumb} good=${name === "good"} />${number(of[name])}</a>`);

/** What the browser's tab says. @param {string} title */
export const useTitle = (title) => useEffect(() => void (document.title = `${title} · Spool`), [title]);

/** Each screen's one heading. @param {{title: string, text?: any, facts?: any[], crumbs?: any, children?: any}} props `facts`: in place of text; long ones end in "…" */
export function Head({ title, text, facts, crumbs, children }) {
  useTitle(title);
  return html`${crumbs && html`<p class="small quiet crumbs">${crumbs}</p>`}
    <div class="page-head"><div><h1 class=${/^[a-z]+_\w+$/.test(title) ? "id" : ""} title=${title}>${title}</h1>
      ${(text || facts) && html`<p>${text ?? facts?.filter(Boolean).map((one, i) => html`${i ? " · " : ""}<span class="cut" title=${one}>${one}</span>`)}</p>`}</div>
      ${children && html`<div class="row push">${children}</div>`}</div>`;
}

/** A letter in a square; the same person has the same colour. @param {{name: string, bot?: boolean}} props */
export function Face({ name, bot }) {
  const sum = [...name].reduce((all, letter) => all + (letter.codePointAt(0) ?? 0), 0);
  return html`<span class="face ${bot ? "bot" : "abcd"[sum % 4]}" aria-hidden="true">${[...name][0] ?? "?"}</span>`;
}

/** @param {{name: string, where: string}} props */
export const Who = ({ name, where }) => html`
  <span class="who2"><${Face} name=${name || "?"} /><span class="cut" title=${name}>${name || t("person.erased")}</span><small class="cut" title=${where}>${where}</small></span>`;

/** @param {{label: string, children: any, hint?: string}} props */
export const Field = ({ label, children, hint }) => html`
  <label class="field"><span>${label}</span>${children}</label>${hint && html`<small class="faint small">${hint}</small>`}`;

/** @param {{label: string, options: [string, string][], on: string, choose: (value: string) => void}} props */
export const Segment = ({ label, options, on, choose }) => html`
  <div class="segment" role="group" aria-label=${label}>${options.map(([value, name]) => html`
    <button type="button" aria-pressed=${String(value === on)} onClick=${() => choose(value)}>${name}</button>`)}</div>`;

/** @param {{name: string, text?: string, on: boolean, disabled?: boolean, turn: (on: boolean) => void}} props */
export const Switch = ({ name, text, on, disabled, turn }) => html`
  <div class="tool-row"><div>${name}${text && html`<small>${text}</small>`}</div>
    <button type="button" class="switch push" role="switch" aria-checked=${String(on)} aria-label=${name}
      disabled=${disabled} onClick=${() => turn(!on)}></button></div>`;

/** @param {{kind?: string, icon?: string, children: any}} props */
export const Note = ({ kind = "", icon, children }) => html`
  <div class="note ${kind}" role=${kind === "bad" ? "alert" : undefined}>${icon && html`<span><${Icon} name=${icon} /></span>`}
    <div>${children}</div></div>`;

/** What went wrong, in the server's words; what is to be typed stands there in backticks.
 * @param {{error: Error | null, again?: () => void}} props `again`: tries once more */
export const Trouble = ({ error, again }) => error && html`<${Note} kind="bad" icon="warn">
  ${error.message.split("`").map((part, i) => (i % 2 ? html`<code>${part}</code>` : part))}
  ${again && html` <button type="button" class="button" onClick=${again}><${Icon} name="redo" />${t("retry")}</button>`}<//>`;

/** Nothing is here, and what to do about it. @param {{title: string, text: string, children?: any}} props */
export const Empty = ({ title, text, children }) => html`
  <div class="empty"><h2>${title}</h2><p>${text}</p>${children}</div>`;

/** Text of a program, which can be copied. @param {{text: string, wrapped?: boolean}} props */
export function Code({ text, wrapped }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return html`<div class="code-block"><pre class="plain ${wrapped ? "wrapped" : ""}" tabindex="0">${text}</pre>
    <button type="button" class="button" onClick=${copy}>${t(copied ? "copied" : "copy")}</button></div>`;
}

/** @param {{pairs: [string, any][]}} props */
export const Facts = ({ pairs }) => html`
  <dl class="facts">${pairs.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
