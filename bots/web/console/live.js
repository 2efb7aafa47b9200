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
let source = /** @type {EventSource | null} */ (null);
let [last, spoken, timer] = ["", "", 0];

/** Calls back with each event of a kind; gives what ends that. @param {string} kind @param {(data: any) => void} told */
export function on(kind, told) {
  const all = listeners.get(kind) ?? new Set();
  listeners.set(kind, all.add(told));
  return () => void all.delete(told);
}

function open() {
  // Browsers send Last-Event-ID only as long as they reconnect by themselves.
  spoken = language.value;
  source = new EventSource(`/console/api/events?language=${spoken}` + (last ? `&last_event_id=${encodeURIComponent(last)}` : ""));
  for (const kind of KINDS) source.addEventListener(kind, (event) => hear(kind, event));
  source.onerror = () => {
    reconnecting.value = true;
    distrust();
    if (source?.readyState === EventSource.CLOSED) timer = setTimeout(() => look().then(() => session.value && open()), 1000);
  };
}

/** @param {string} kind @param {MessageEvent} event */
function hear(kind, event) {
  last = event.lastEventId || last;
  if (kind === "reload" || (kind === "hello" && reconnecting.value)) generation.value += 1;
  reconnecting.value = false;
  const data = JSON.parse(event.data);
  for (const told of listeners.get(kind) ?? []) told(data);
}

effect(() => {
  const wanted = session.value ? language.value : "";
  if (source && wanted !== spoken) {
    clearTimeout(timer);
    source.close();
    source = null;
    last = wanted && last;
  }
  if (wanted && !source) open();
});
