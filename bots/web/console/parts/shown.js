// An answer as Slack or Discord would get it, by the adapters' own code on the server.
import { ask } from "../session.js";
import { t } from "../words.js";
import { Code, Trouble } from "./bits.js";
import { Markdown } from "./markdown.js";
import { html, useEffect, useState } from "./view.js";

/** @param {{platform: string, text: string}} props */
export function Shown({ platform, text }) {
  const [told, setTold] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  useEffect(() => void ask("POST", "/console/api/shown", { platform, text }).then(setTold, setError), [platform, text]);
  return html`<${Trouble} error=${error} />${told?.posts.map((/** @type {any} */ post, /** @type {number} */ i) => html`
    <article class="shown said" aria-label=${t("post.number", { n: i + 1, platform: t(`platform.${platform}`) })}>${post.lines.map(line)}</article>`)}
    ${told && html`<details class="call"><summary>${t("post.raw")}</summary><pre tabindex="0">${told.raw}</pre></details>`}`;
}

/** @param {any} one @returns {any} */
function line(one) {
  switch (one.kind) {
    case "heading": return html`<p><strong>${one.text}</strong></p>`;
    case "quote": return html`<blockquote><${Markdown} text=${one.text} /></blockquote>`;
    case "code": case "table": return html`<${Code} text=${one.text} />`;
    case "rule": return html`<hr />`;
    default: return one.text.trim() && html`<${Markdown} text=${one.text} />`;
  }
}
