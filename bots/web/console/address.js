// The address is where a screen keeps what it shows: path, filters and all.
import { signal } from "./parts/view.js";

const read = () => ({ path: location.pathname, query: new URLSearchParams(location.search) });
export const address = signal(read());

/** @param {string} to @param {{replace?: boolean}} [how] */
export function go(to, { replace = false } = {}) {
  if (to === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  const moved = address.value.path !== location.pathname;
  address.value = read();
  if (moved) scrollTo(0, 0);
}

/** The address with one filter set, or taken out where the value is "". @param {Record<string, string>} changes */
export function withQuery(changes) {
  const query = new URLSearchParams(address.value.query);
  for (const [name, value] of Object.entries(changes)) value ? query.set(name, value) : query.delete(name);
  const text = query.toString();
  return address.value.path + (text ? `?${text}` : "");
}

/** Takes the fragment away, so that a key does not stay in the address. @returns {string} the key, or "" */
export function takeKey() {
  const key = new URLSearchParams(location.hash.slice(1)).get("key") ?? "";
  if (key) history.replaceState(null, "", location.pathname + location.search);
  return key;
}

addEventListener("popstate", () => (address.value = read()));
addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
  if (link.origin !== location.origin || link.hash) return;
  event.preventDefault();
  go(link.pathname + link.search);
});
