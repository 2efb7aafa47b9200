// What changed between two texts, line by line.
import { html } from "./view.js";

/** @param {{before: string, after: string}} props */
export const Diff = ({ before, after }) => html`<div class="diff">${compared(before.split("\n"), after.split("\n")).map(([kind, line]) => {
  if (kind === "+") return html`<ins>${line}</ins>`;
  return kind === "-" ? html`<del>${line}</del>` : html`<div>${line}</div>`;
})}</div>`;

/** The longest common lines stay; the rest came or went. @param {string[]} a @param {string[]} b @returns {[string, string][]} */
function compared(a, b) {
  const longest = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i][j] = a[i] === b[j] ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
    }
  }
  /** @type {[string, string][]} */
  const lines = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) lines.push([" ", a[i++]]), j++;
    else if (i < a.length && (j >= b.length || longest[i + 1][j] >= longest[i][j + 1])) lines.push(["-", a[i++]]);
    else lines.push(["+", b[j++]]);
  }
  return lines;
}
