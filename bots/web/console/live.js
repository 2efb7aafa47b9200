// One connection that tells every screen what changes. It heals by itself, and says so.
import { effect, signal } from "./parts/view.js";
import { distrust, look, session } from "./session.js";
import { language } from "./words.js";

/** True while the server does not answer. */
export const reconnecting = signal(false);
/** Counts up whenever everything is to be read anew. */
export const generation = signal(0);

const listeners = /** @type {Map<string, Set<(data: any) => void>>} */ (new Map());
const KINDS = ["hello", "run", "thread", "assistant", "question", "reload"];
let leave = /** @type {(() => void) | null} */ (null);
let [last, spoken] = ["", ""];

/** Calls back with each event of a kind; gives what ends that. @param {string} kind @param {(data: any) => void} told */
export function on(kind, told) {
  const all = listeners.get(kind) ?? new Set();
  listeners.set(kind, all.add(told));
  return () => void all.delete(told);
}

/** Takes part in the one connection that all tabs of a browser share: it opens six to a server, and each of them would
 * be taken for good. Whoever holds the lock has it and tells the others; when that tab is closed another goes on from `last`. */
function join() {
  spoken = language.value;
  const name = `spool.events.${spoken}`;
  const [channel, gone] = [new BroadcastChannel(name), new AbortController()];
  channel.onmessage = (event) => hear(event.data);
  const lead = () => new Promise((done) => {
    gone.signal.addEventListener("abort", done);
    connect((event) => (channel.postMessage(event), hear(event)), gone.signal);
  });
  leave = () => (gone.abort(), channel.close());
  (navigator.locks ? navigator.locks.request(name, { signal: gone.signal }, lead) : lead()).catch(() => null); // it was left before its turn
}

/** @typedef {{kind: string, id: string, data: any}} Told */
/** @param {(event: Told) => void} tell @param {AbortSignal} gone */
function connect(tell, gone) {
  // Browsers send Last-Event-ID only as long as they reconnect by themselves.
  const source = new EventSource(`/console/api/events?language=${spoken}` + (last ? `&last_event_id=${encodeURIComponent(last)}` : ""));
  for (const kind of KINDS) source.addEventListener(kind, (event) => tell({ kind, id: event.lastEventId, data: JSON.parse(event.data) }));
  source.onerror = () => {
    tell({ kind: "lost", id: "", data: null });
    if (source.readyState === EventSource.CLOSED) setTimeout(() => look().then(() => session.value && !gone.aborted && connect(tell, gone)), 1000);
  };
  gone.addEventListener("abort", () => source.close());
}

/** @param {Told} event */
function hear({ kind, id, data }) {
  last = id || last;
  if (kind === "reload" || (kind === "hello" && reconnecting.value)) generation.value += 1;
  reconnecting.value = kind === "lost";
  if (kind === "lost") distrust();
  for (const told of listeners.get(kind) ?? []) told(data);
}

effect(() => {
  const wanted = session.value ? language.value : "";
  if (leave && wanted !== spoken) {
    leave();
    leave = null;
    last = wanted && last;
  }
  if (wanted && !leave) join();
});

// How the platforms are connected is told by no event: it is asked for while somebody looks.
setInterval(() => session.value && !document.hidden && !reconnecting.value && look(), 3000);
