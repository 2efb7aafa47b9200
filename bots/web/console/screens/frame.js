// What stands around every screen: navigation, language, theme, and whether the server answers.
import { reconnecting } from "../live.js";
import { leave, session } from "../session.js";
import { Face } from "../parts/bits.js";
import { Icon, Mark } from "../parts/icons.js";
import { html } from "../parts/view.js";
import { dress, isDark, language, speak, t } from "../words.js";

/** @typedef {{path: string, name: string, icon: string, group: string, view: any, thing?: any, full?: boolean, demo?: boolean, admin?: boolean}} Screen */

/** @param {{screens: Screen[], here: Screen, children: any}} props */
export const Frame = ({ screens, here, children }) => html`
  <a class="button skip" href="#main">${t("skip")}</a>
  <div class="frame"><div class="side"><a class="brand" href="/" aria-label="Spool"><${Mark} /><span>Spool</span></a>
    <${Navigation} screens=${screens} here=${here} />
    <footer><${Connections} /><${Account} />
      <div class="row choices"><${Choices} /><button type="button" class="button plain push" title=${t("logout")} onClick=${leave}>
        <${Icon} name="out" /><span class="name">${t("logout")}</span></button></div></footer></div>
    <main id="main" tabindex="-1" class="main ${here.full ? "full" : ""}">${children}</main></div>
  <div role="status">${reconnecting.value && html`<p class="banner"><span class="dot"></span>${t("reconnecting")}</p>`}</div>`;

/** @param {{screens: Screen[], here: Screen}} props */
function Navigation({ screens, here }) {
  const groups = [...new Set(screens.map((one) => one.group))];
  return html`<nav aria-label="Spool">${groups.map((group) => html`<div class="nav" key=${group}>
    <span class="group" aria-hidden="true">${t(`group.${group}`)}</span>
    ${screens.filter((one) => one.group === group).map((one) => html`
      <a href=${one.path} aria-current=${one === here ? "page" : undefined}><${Icon} name=${one.icon} />
        <span>${t(one.name)}</span></a>`)}</div>`)}</nav>`;
}

const Connections = () => html`<div class="row wrap state">${(session.value?.connections ?? []).map((one) => html`
  <span class="row" title=${one.detail}><span class="dot ${one.state}"></span>${one.name}
    ${one.state !== "ok" && html`<span class="visually-hidden">${t(`connection.${one.state}`)}</span>`}</span>`)}</div>`;

/** Who is here, and in which project. */
const Account = () => html`<div class="row account"><${Face} name=${session.value?.name || "?"} />
  <span class="cut" title=${session.value?.name}><b>${session.value?.name}</b> ${session.value?.admin ? t("account.admin") : session.value?.project}</span></div>`;

/** Language and theme. */
export const Choices = () => html`
  <button type="button" class="button plain" lang=${language.value === "ko" ? "en" : "ko"}
    onClick=${() => speak(language.value === "ko" ? "en" : "ko")}>${language.value === "ko" ? "English" : "한국어"}</button>
  <button type="button" class="button plain icon" aria-label=${t(isDark() ? "theme.light" : "theme.dark")}
    onClick=${() => dress(isDark() ? "light" : "dark")}><${Icon} name=${isDark() ? "sun" : "moon"} /></button>`;
