// The page: which screen an address is, and who may see it.
import { address, go, takeKey } from "./address.js";
import { enter, look, refused, session } from "./session.js";
import { html, render, useEffect, useRef, useState } from "./parts/view.js";
import { Empty, Head, Trouble } from "./parts/bits.js";
import { generation } from "./live.js";
import { Frame } from "./screens/frame.js";
import { Login } from "./screens/login.js";
import { dress, language, speak, t, theme } from "./words.js";

/** In the order of the navigation; each is loaded when it is first shown. `thing`: what stands behind the path, as `/runs/run_…`.
 * @type {import("./screens/frame.js").Screen[]} */
const SCREENS = [
  { path: "/overview", name: "nav.overview", icon: "gauge", group: "observe", view: () => import("./screens/overview.js").then((one) => one.Overview) },
  { path: "/threads", name: "nav.threads", icon: "thread", group: "observe", view: () => import("./screens/threads.js").then((one) => one.Threads), thing: () => import("./screens/thread.js").then((one) => one.Thread) },
  { path: "/runs", name: "nav.runs", icon: "run", group: "observe", view: () => import("./screens/runs.js").then((one) => one.Runs), thing: () => import("./screens/run.js").then((one) => one.Run) },
  { path: "/usage", name: "nav.usage", icon: "chart", group: "observe", view: () => import("./screens/usage.js").then((one) => one.Usage) },
  { path: "/playground", name: "nav.playground", icon: "play", group: "build", view: () => import("./screens/playground.js").then((one) => one.Playground), full: true },
  { path: "/assistants", name: "nav.assistants", icon: "bot", group: "build", view: () => import("./screens/assistants.js").then((one) => one.Assistants), thing: () => import("./screens/assistant.js").then((one) => one.Assistant) },
  { path: "/people", name: "nav.people", icon: "people", group: "operate", view: () => import("./screens/people.js").then((one) => one.People), thing: () => import("./screens/person.js").then((one) => one.Person), admin: true },
  { path: "/audit", name: "nav.audit", icon: "list", group: "operate", view: () => import("./screens/audit.js").then((one) => one.Audit), admin: true },
  { path: "/health", name: "nav.health", icon: "heart", group: "operate", view: () => import("./screens/health.js").then((one) => one.Health) },
  { path: "/simulator", name: "nav.simulator", icon: "window", group: "demo", view: () => import("./screens/simulator.js").then((one) => one.Simulator), demo: true },
];

/** The screen of an address, and the id of the thing it is about, if it is about one. @param {string} path @returns {[import("./screens/frame.js").Screen | undefined, string]} */
function found(path) {
  const here = SCREENS.find((one) => path === one.path || (one.thing && path.startsWith(`${one.path}/`)));
  return [here, here ? path.slice(here.path.length + 1) : ""];
}

function App() {
  const { path } = address.value;
  const screens = SCREENS.filter((one) => (!one.demo || session.value?.demo) && (!one.admin || session.value?.admin || path.startsWith(one.path)));
  const [there, id] = found(path);
  const here = screens.find((one) => one === there);
  const asked = session.value !== undefined;
  useEffect(() => void (path === "/" && session.value && go(home().path, { replace: true })), [path, session.value]);
  useEffect(() => void (here?.full && (document.title = `${t(here.name)} · Spool`)), [here, language.value]); // the others' headings say it themselves
  useFocus(path);
  if (!asked) return null;
  if (!session.value) return html`<${Login} key=${refused.value} error=${refused.value} />`;
  if (path === "/") return null;
  const load = here && (id ? here.thing : here.view);
  return html`<${Frame} screens=${screens} here=${here ?? {}}>${load ? html`<${Loaded} load=${load} id=${id} key=${path} />` : html`<${Lost} />`}<//>`;
}

/** Screens that were shown before, by what loads them. */
const loaded = new Map();

/** A screen, once its code is here. @param {{load: () => Promise<any>, id: string}} props */
function Loaded({ load, id }) {
  const [view, setView] = useState(() => loaded.get(load));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const again = () => fetch("/").then(() => location.reload(), () => null); // browsers keep that a module failed until the page is loaded anew
  useEffect(() => void (view || load().then((one) => (loaded.set(load, one), setView(() => one)), () => setError(new Error(t("error.unreachable"))))), []);
  useEffect(() => void (error && again()), [generation.value]); // the server is back
  return view ? html`<${view} id=${id} />` : error ? html`<${Trouble} error=${error} again=${again} />` : html`<p class="reading">${t("reading")}</p>`;
}

/** Where the console opens. */
const home = () => SCREENS.find((one) => one.demo && session.value?.demo) ?? SCREENS[0];

const Lost = () => html`<${Head} title=${t("lost.title")} /><div class="card"><${Empty} title=${location.pathname} text=${t("lost.text")}>
  <a class="button primary" href="/">${t("lost.go")}</a><//></div>`;

/** After a move the reader's place is the new screen, not the link that led there. @param {string} path */
function useFocus(path) {
  const before = useRef(path);
  useEffect(() => {
    if (before.current !== path) document.getElementById("main")?.focus({ preventScroll: true });
    before.current = path;
  }, [path]);
}

/** A link with a key logs in, in a page that is open too. */
function open() {
  const key = takeKey();
  return key ? enter(key).catch((error) => ((refused.value = error), look())) : look();
}

dress(theme.value);
const [first, id] = found(address.value.path);
void (id ? first?.thing : first?.view)?.().catch(() => null); // while the words and the session are asked for
addEventListener("hashchange", () => location.hash && open());
await Promise.all([speak(), open()]);
document.body.replaceChildren();
render(html`<${App} />`, document.body);
