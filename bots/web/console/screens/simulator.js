// The demo: a Slack-like and a Discord-like window on local stand-ins, with the real bot between them, and ways to break it.
import { Face, Head, Note, Segment, Thumb, Trouble } from "../parts/bits.js";
import { isComposing } from "../parts/composer.js";
import { Icon } from "../parts/icons.js";
import { Markdown } from "../parts/markdown.js";
import { html, useEffect, useRef, useState } from "../parts/view.js";
import { ask } from "../session.js";
import { moment, t } from "../words.js";

const API = "/console/api/simulator";
const PLATFORMS = /** @type {const} */ (["slack", "discord"]);
/** What can be done to the bot: what it does to, and whether it stays on until it is turned off. */
const TROUBLE = [["kill", "", false], ["cut", "slack", false], ["cut", "discord", false], ["twice", "", true], ["429", "model", true], ["500", "model", true], ["slow", "model", true]];
/** In a channel nobody answers what is said to nobody: it goes to the bot, as everybody can see. */
const MENTION = /(?<!\S)@\w/;
const EXAMPLES = ["sim.example.1", "sim.example.2", "sim.example.3", "sim.example.4"];

/** @param {{text: string}} props */
function Label({ text }) {
  const [, sign, rest] = /** @type {RegExpExecArray} */ (/^(👍|👎)? ?(.*)$/u.exec(text));
  return sign ? html`<${Thumb} good=${sign === "👍"} name=${sign} />${rest}` : rest;
}

/** Posts and counters as the stand-ins have them; the server tells them from the beginning, then as they change. */
function useFeed() {
  const [posts, setPosts] = useState(/** @type {any[]} */ ([]));
  const [state, setState] = useState(/** @type {any} */ (null));
  useEffect(() => {
    let source = /** @type {EventSource | null} */ (null);
    /** @type {Map<string, any>} */
    const there = new Map();
    let timer = 0; // many come at once
    const show = () => ((timer = 0), setPosts([...there.values()].sort((a, b) => a.at - b.at)));
    const soon = () => (timer ||= setTimeout(show, 30));
    const close = () => (source?.close(), (source = null));
    const look = () => { // a tab that nobody sees leaves its connection to others: a browser has six
      if (document.hidden || source) return void (document.hidden && close());
      source = new EventSource(`${API}/events`);
      source.addEventListener("state", (event) => setState(JSON.parse(event.data)));
      source.addEventListener("reload", () => (there.clear(), soon()));
      source.addEventListener("post", (event) => {
        const post = JSON.parse(event.data);
        post.deleted ? there.delete(post.platform + post.id) : there.set(post.platform + post.id, post);
        soon();
      });
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => (document.removeEventListener("visibilitychange", look), close());
  }, []);
  return { posts, state };
}

export function Simulator() {
  const { posts, state } = useFeed();
  const [person, setPerson] = useState("");
  const [typed, setTyped] = useState(/** @type {Record<string, string>} */ ({}));
  const [connect, setConnect] = useState(false);
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const people = state?.people ?? [];
  const me = person || people[0];
  const act = (/** @type {string} */ what, /** @type {any} */ body) => ask("POST", `${API}/${what}`, body).then(() => (setError(null), true), (error) => setError(error));
  const say = (/** @type {string} */ text) => PLATFORMS.forEach((platform) => act("posts", { platform, channel: state.channels[platform][0], person: me, text }));
  return html`<${Head} title=${t("nav.simulator")} text=${t("sim.text")}>
      <${Segment} label=${t("sim.you")} options=${people.map((/** @type {string} */ one) => [one, one])} on=${me} choose=${setPerson} />
      <button type="button" class="button primary" aria-expanded=${String(connect)} onClick=${() => setConnect(!connect)}>${t("sim.connect")}</button><//>
    <div class="stack">${connect && html`<${Note}><p>${t("sim.connect.text")}</p><p><code>docs/setup.md</code> → <code>spool doctor</code> → <code>spool run</code></p><//>`}<${Trouble} error=${error} />
      <div class="row wrap" role="group" aria-label=${t("sim.examples")}>${EXAMPLES.map((key) => html`
        <button type="button" class="button" key=${key} disabled=${!state?.pid} onClick=${() => say(t(key))}>${t(key)}</button>`)}</div>
      <div class="sim">${state && PLATFORMS.map((one) => html`<${Window} key=${one} platform=${one} channels=${state.channels[one]} act=${act}
        me=${me} posts=${posts.filter((post) => post.platform === one && (!post.only || post.only === me))} text=${typed[one] ?? ""} setText=${(/** @type {string} */ text) => setTyped((all) => ({ ...all, [one]: text }))} />`)}</div>
      <${Break} state=${state} act=${act} /></div>`;
}

/** @param {{platform: "slack" | "discord", channels: string[], posts: any[], me: string, act: (what: string, body: any) => Promise<any>, text: string, setText: (text: string) => void}} props */
function Window({ platform, channels, posts, me, act, text, setText }) {
  const [channel, setChannel] = useState("");
  const [thread, setThread] = useState(/** @type {any} */ (null));
  const [files, setFiles] = useState(/** @type {any[]} */ ([]));
  const here = channel || channels[0];
  const shown = posts.filter((one) => one.channel === here);
  const send = () => {
    if (!text.trim() && !files.length) return;
    const toNobody = !here.startsWith("@") && !thread && !text.startsWith("/") && !MENTION.test(text);
    act("posts", { platform, channel: here, person: me, text: toNobody ? `@Spool ${text}` : text, thread: thread?.id ?? null, files })
      .then((sent) => sent || (setText(text), setFiles(files)));
    setText("");
    setFiles([]);
  };
  const name = t(`platform.${platform}`);
  return html`<section class="window ${platform}ish" aria-label=${name}>
    <div class="list"><b>${name}</b>${channels.map((one) => html`<button type="button" key=${one} aria-current=${one === here ? "true" : undefined}
      onClick=${() => (setChannel(one), setThread(null))}>${one.startsWith("@") ? one.slice(1) : `# ${one}`}</button>`)}</div>
    <div class="talk"><h2>${here?.startsWith("@") ? here.slice(1) : `# ${here ?? ""}`}</h2>
      <${Posts} key=${here} posts=${shown} nested=${platform === "slack"} press=${(/** @type {string} */ post, /** @type {string} */ button) => act("presses", { platform, post, button, person: me })} reply=${setThread} />
      ${thread && html`<p class="reply">${t("sim.replying", { name: thread.person })} <button type="button" class="button plain" onClick=${() => setThread(null)}>${t("close")}</button></p>`}
      <${Box} here=${here} text=${text} setText=${setText} files=${files} setFiles=${setFiles} send=${send} /></div></section>`;
}

/** @param {{here: string, text: string, setText: (text: string) => void, files: any[], setFiles: (files: any[]) => void, send: () => void}} props */
function Box({ here, text, setText, files, setFiles, send }) {
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    send();
  };
  const attach = async (/** @type {any} */ event) => setFiles(await Promise.all([...event.currentTarget.files].map(async (file) =>
    ({ name: file.name, type: file.type, data: btoa(Array.from(new Uint8Array(await file.arrayBuffer()), (one) => String.fromCharCode(one)).join("")) }))));
  return html`<div class="box row"><input ref=${input} type="file" multiple hidden onChange=${attach} />
    <button type="button" class="button plain icon" aria-label=${t("attach")} onClick=${() => input.current?.click()}><${Icon} name="clip" /></button>
    ${files.map((one) => html`<span class="tag">${one.name}</span>`)}
    <textarea rows="1" aria-label=${t("message")} placeholder=${t("sim.hint", { channel: here?.startsWith("@") ? here : `#${here}` })} value=${text}
      onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} onKeyDown=${key}></textarea></div>`;
}

/** Slack keeps answers under what began them; Discord says above an answer what it answers.
 * @param {{posts: any[], nested: boolean, press: (post: string, button: string) => void, reply: (post: any) => void}} props */
function Posts({ posts, nested, press, reply }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const atEnd = useRef(true); // whoever reads what was said before is not moved
  useEffect(() => void (box.current && atEnd.current && (box.current.scrollTop = box.current.scrollHeight)), [posts]);
  const roots = posts.filter((one) => !posts.some((other) => other.id === one.thread));
  const inOrder = !nested ? posts : roots.flatMap((root) => [root, ...posts.filter((one) => one.thread === root.id && one !== root)]);
  return html`<div class="posts" role="log" aria-label=${t("talk")} tabindex="0" ref=${box}
    onScroll=${() => box.current && (atEnd.current = box.current.scrollHeight - box.current.scrollTop - box.current.clientHeight < 80)}>${inOrder.map((one) => html`
    <div class=${roots.includes(one) || !nested ? "" : "inner"} key=${one.id}><article class="post"><${Face} name=${one.person} bot=${one.bot} /><div>
      <p class="who">${one.person}${one.bot && html`<span class="badge">APP</span>`}<small>${[moment(one.at), one.edited && t("sim.edited"), one.whispered && t("sim.only")].filter(Boolean).join(" · ")}</small>
        <button type="button" class="button plain" onClick=${() => reply(roots.includes(one) ? one : posts.find((root) => root.id === one.thread))}>${t("sim.reply")}</button></p>
      ${!nested && !roots.includes(one) && html`<p class="to cut">↪ ${answered(posts, one)}</p>`}
      ${parts(one)}${one.growing && html`<span class="caret"></span>`}
      ${one.files.map((/** @type {any} */ file) => (file.data ? html`<img src=${file.data} alt=${file.name} />` : html`<p><span class="tag">${file.name}</span></p>`))}</div></article>
      ${one.buttons.length > 0 && html`<p class="row wrap under">${one.buttons.map((/** @type {any} */ button) => html`
        <button type="button" class="button ${button.style}" key=${button.id} onClick=${() => press(one.id, button.id)}><${Label} text=${button.label} /></button>`)}</p>`}
      ${one.status && html`<p class="to under">${one.status === "typing" ? t("sim.typing") : `Spool ${one.status}`}</p>`}</div>`)}</div>`;
}

/** Words, small print, or what the bot does or has done. @param {{kind: string, text: string}} one */
const part = (one) => one.kind === "text" ? html`<${Markdown} text=${one.text} />`
  : html`<p class="to ${one.kind}">${{ doing: "◌ ", done: "✓ ", failed: "✕ " }[one.kind] ?? ""}${one.text}</p>`;

/** Of a post that has not changed nothing is drawn anew. @type {WeakMap<any, any[]>} */
const drawn = new WeakMap();
/** @param {any} post */
const parts = (post) => drawn.get(post) ?? (drawn.set(post, post.parts.map(part)), drawn.get(post));

/** @param {any[]} posts @param {any} one */
const answered = (posts, one) => posts.filter((other) => other.id === one.thread).map((other) => `${other.person}: ${other.parts[0]?.text ?? ""}`)[0];

/** @param {{state: any, act: (what: string, body: any) => Promise<any>}} props */
function Break({ state, act }) {
  const on = state?.on ?? [];
  return html`<div class="card"><header><h2>${t("sim.trouble")}</h2><span class="quiet small">${t("sim.trouble.text")}</span></header>
    <div class="body row wrap">${TROUBLE.map(([kind, what, stays]) => html`<button type="button" class="button ${kind === "kill" ? "danger" : ""}" key=${`${kind}${what}`}
      aria-pressed=${stays ? String(on.includes(kind)) : undefined} disabled=${!state || on.includes(`${kind}.${what}`) || (what === "model" && !state.model)}
      onClick=${() => act("trouble", { kind, platform: kind === "cut" ? what : null, on: !on.includes(kind) })}>
      ${kind === "kill" && html`<${Icon} name="bolt" />`}${t(kind === "cut" ? `trouble.cut.${what}` : `trouble.${kind}`)}</button>`)}
      <span class="push row wrap num" role="status"><span class="pill promise ${state?.lost ? "bad" : "ok"}">${t("sim.lost", { n: state?.lost ?? 0 })}</span>
        <span class="pill promise ${state?.twice ? "bad" : "ok"}">${t("sim.twice", { n: state?.twice ?? 0 })}</span>
        <span class="small quiet">${state?.pid ? t("sim.process", { n: state.pid }) : t("sim.no_process")}</span>
        <span class="small quiet">${t("sim.facts", { taken: state?.takeovers ?? 0, n: state?.requests ?? 0 })}</span></span></div></div>`;
}
