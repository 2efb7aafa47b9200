// Markdown as nodes: marked only reads, and no string ever becomes markup.
import { lexer } from "marked";
import { Code } from "./bits.js";
import { html, useMemo } from "./view.js";

const SAFE = /^(https?:|mailto:)/i;
const CARRIES = /[?#].{129}|[^/]{129}/;

/** @param {{text: string, after?: any}} props `after`: what stands behind the last word, such as a caret */
export const Markdown = ({ text, after }) => html`<div class="said">${useMemo(() => blocks(lexer(text)), [text])}${after}</div>`;

/** @param {any[]} tokens @returns {any[]} */
const blocks = (tokens) => tokens.map(block);

/** @param {any} token @returns {any} */
function block(token) {
  switch (token.type) {
    case "space": case "def": return null;
    case "heading": return html`<p><strong>${inline(token.tokens)}</strong></p>`;
    case "code": return html`<${Code} text=${token.text} />`;
    case "blockquote": return html`<blockquote>${blocks(token.tokens)}</blockquote>`;
    case "hr": return html`<hr />`;
    case "list": return list(token);
    case "table": return table(token);
    case "text": return token.tokens ? inline(token.tokens) : token.text;
    case "paragraph": return html`<p>${inline(token.tokens)}</p>`;
    default: return html`<p>${token.raw}</p>`; // HTML too: as it is written
  }
}

/** @param {any} token */
function list(token) {
  const items = token.items.map((/** @type {any} */ item) => html`<li>${item.task ? (item.checked ? "☑ " : "☐ ") : ""}${blocks(
    item.tokens.filter((/** @type {any} */ one) => one.type !== "checkbox"))}</li>`);
  return token.ordered ? html`<ol start=${token.start}>${items}</ol>` : html`<ul>${items}</ul>`;
}

/** @param {any} cell */
const side = (cell) => (cell.align === "right" ? "r" : "");

/** @param {any} token */
const table = (token) => html`<div class="scroll-x" tabindex="0"><table>
  <thead><tr>${token.header.map((/** @type {any} */ cell) => html`<th scope="col" class=${side(cell)}>${inline(cell.tokens)}</th>`)}</tr></thead>
  <tbody>${token.rows.map((/** @type {any[]} */ row) => html`<tr>${row.map((cell) => html`<td class=${side(cell)}>${inline(cell.tokens)}</td>`)}</tr>`)}</tbody>
  </table></div>`;

/** @param {any[]} tokens @returns {any[]} */
const inline = (tokens) => tokens.map(span);

/** People and bots that are named; only the simulator's windows show them otherwise. @param {string} text */
const mentions = (text) => text.split(/((?<!\S)@[\w-]+)/).map((part, i) => (i % 2 ? html`<span class="mention">${part}</span>` : part));

/** @param {string} href */
const place = (href) => href.replace(/^https?:\/\/([^/?#]*@)?|^mailto:/i, "");

/** As bots/replies/links.py shows it where nothing of a request is known. @param {any} token */
function link({ href, text, tokens }) {
  const same = text === href || text === place(href);
  return same && SAFE.test(href) && !CARRIES.test(place(href)) ? html`<a href=${href} target="_blank" rel="noopener noreferrer">${text}</a>`
    : [inline(tokens), same ? "" : ` (${place(href)})`];
}

/** @param {any} token @returns {any} */
function span(token) {
  switch (token.type) {
    case "strong": return html`<strong>${inline(token.tokens)}</strong>`;
    case "em": return html`<em>${inline(token.tokens)}</em>`;
    case "del": return html`<s>${inline(token.tokens)}</s>`;
    case "codespan": return html`<code>${token.text}</code>`;
    case "br": return html`<br />`;
    case "escape": return token.text;
    case "link": return link(token);
    case "image": return `${token.text} (${place(token.href)})`; // nothing is fetched from elsewhere
    case "text": return token.tokens ? inline(token.tokens) : mentions(token.text);
    default: return token.raw;
  }
}
