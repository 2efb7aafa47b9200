// Where everybody begins who came without a session.
import { enter } from "../session.js";
import { Field, Trouble, useTitle } from "../parts/bits.js";
import { Mark } from "../parts/icons.js";
import { html, useState } from "../parts/view.js";
import { Choices } from "./frame.js";
import { t } from "../words.js";

/** @param {{error?: Error | null}} props `error`: why the link that was opened did not work */
export function Login({ error = null }) {
  const [failed, setFailed] = useState(error);
  const [busy, setBusy] = useState(false);
  useTitle(t("login.title"));
  const submit = async (/** @type {any} */ event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await enter(new FormData(event.currentTarget).get("key")?.toString().trim() ?? "");
    } catch (refused) {
      setFailed(/** @type {Error} */ (refused));
    }
    setBusy(false);
  };
  return html`<main class="login" id="main"><form class="card stack" onSubmit=${submit}>
    <div><div class="brand"><${Mark} /><span>Spool</span></div><h1>${t("login.title")}</h1>
      <p class="quiet small">${t("login.text")} <code>spool console</code></p></div>
    <${Field} label=${t("login.key")}><input class="input code" type="password" name="key" required
      autocomplete="current-password" spellcheck=${false} aria-invalid=${failed ? "true" : undefined} /><//>
    <${Trouble} error=${failed} />
    <button class="button primary" disabled=${busy}>${t("login.go")}</button>
    <div class="row"><${Choices} /></div></form></main>`;
}
