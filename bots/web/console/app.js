// The page: which screen an address is, and who may see it.
import { address, go, takeKey } from "./address.js";
import { enter, look, refused, session } from "./session.js";
import { html, render, useEffect, useRef } from "./parts/view.js";
import { Empty, Head } from "./parts/bits.js";
import { Assistant } from "./screens/assistant.js";
import { Assistants } from "./screens/assistants.js";
import { Frame } from "./screens/frame.js";
import { Login } from "./screens/login.js";
import { Playground } from "./screens/playground.js";
import { Run } from "./screens/run.js";
import { Runs } from "./screens/runs.js";
import { Thread } from "./screens/thread.js";
import { Simulator } from "./screens/simulator.js";
import { Threads } from "./screens/threads.js";
import { dress, language, speak, t, theme } from "./words.js";

/** In the order of the navigation. `thing`: what stands behind the path, as `/runs/run_…`.
 * @type {import("./screens/frame.js").Screen[]} */
const SCREENS = [
  { path: "/playground", name: "nav.playground", icon: "play", group: "build", view: Playground, full: true },
  { path: "/assistants", name: "nav.assistants", icon: "bot", group: "build", view: Assistants, thing: Assistant },
  { path: "/threads", name: "nav.threads", icon: "thread", group: "observe", view: Threads, thing: Thread },
  { path: "/runs", name: "nav.runs", icon: "run", group: "observe", view: Runs, thing: Run },
  { path: "/simulator", name: "nav.simulator", icon: "window", group: "demo", view: Simulator, demo: true },
];

function App() {
  const { path } = address.value;
  const screens = SCREENS.filter((one) => !one.demo || session.value?.demo);
  const here = screens.find((one) => path === one.path || (one.thing && path.startsWith(`${one.path}/`)));
  const asked = session.value !== undefined;
  useEffect(() => void (path === "/" && session.value && go(home().path, { replace: true })), [path, session.value]);
  useEffect(() => void (here?.full && (document.title = `${t(here.name)} · Spool`)), [here, language.value]); // the others' headings say it themselves
  useFocus(path);
  if (!asked) return null;
  if (!session.value) return html`<${Login} key=${refused.value} error=${refused.value} />`;
  if (path === "/") return null;
  const id = here && path.slice(here.path.length + 1);
  return html`<${Frame} screens=${screens} here=${here ?? {}}>
    ${!here ? html`<${Lost} />` : id ? html`<${here.thing} id=${id} key=${id} />` : html`<${here.view} />`}<//>`;
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
addEventListener("hashchange", () => location.hash && open());
await Promise.all([speak(), open()]);
document.body.replaceChildren();
render(html`<${App} />`, document.body);
