// Who is logged in, and every request to the server. The cookie counts under /console/; for /v1 there is a
// bearer token, which is in memory only.
import { signal } from "./parts/view.js";
import { language, t } from "./words.js";

/** @typedef {{name: string, project: string, admin: boolean, read_chats: boolean, demo: boolean, version: string,
 *   base_url: string, connections?: {name: string, state: string, detail: string}[]}} Session */
/** undefined: not asked yet; null: nobody. */
export const session = signal(/** @type {Session | null | undefined} */ (undefined));
let token = "";
/** Remembers that somebody logged in here, so that a page without a session need not ask to be refused. */
const BEFORE = "spool.session";

/** What the server refused, or that it could not be reached (status 0). */
export class Refused extends Error {
  /** @param {number} status @param {string} message @param {any} [body] */
  constructor(status, message, body = null) {
    super(message);
    this.status = status;
    this.body = body;
    this.code = body?.error?.code ?? "";
  }
}

/** Sends a request and gives the response. Raises Refused.
 * @param {string} method @param {string} path @param {any} [body] @param {{signal?: AbortSignal}} [more] */
export async function send(method, path, body, more = {}) {
  const api = path.startsWith("/v1/");
  if (api && !token) await renew();
  let answer = await once(method, path, body, more);
  if (api && answer.status === 401) {
    await renew();
    answer = await once(method, path, body, more);
  }
  if (answer.ok) return answer;
  if (answer.status === 401 && path !== "/console/login") forget();
  const told = await answer.json().catch(() => null);
  throw new Refused(answer.status, told?.error?.message ?? t("error.status", { status: answer.status }), told);
}

/** @param {string} method @param {string} path @param {any} body @param {{signal?: AbortSignal}} more */
async function once(method, path, body, more) {
  /** @type {Record<string, string>} */
  const headers = { "Accept-Language": language.value };
  if (path.startsWith("/v1/")) headers.Authorization = `Bearer ${token}`;
  if (method !== "GET") headers["Content-Type"] = "application/json";
  const sent = method === "GET" || method === "DELETE" ? undefined : JSON.stringify(body ?? {});
  const credentials = path.startsWith("/v1/") ? "omit" : "same-origin";
  try {
    return await fetch(path, { method, headers, body: sent, credentials, ...more });
  } catch (error) {
    if (more.signal?.aborted) throw error;
    throw new Refused(0, t("error.unreachable"));
  }
}

/** The same, as JSON. @param {string} method @param {string} path @param {any} [body] @returns {Promise<any>} */
export async function ask(method, path, body) {
  const answer = await send(method, path, body);
  return answer.status === 204 ? null : answer.json();
}

/** Sends a form to /v1 and tells how far it is, which fetch cannot.
 * @param {string} path @param {FormData} form @param {(share: number) => void} told @returns {Promise<any>} */
export async function sendForm(path, form, told) {
  await renew(); // a file may take longer than what is left of the token
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.responseType = "json";
    request.upload.onprogress = (event) => told(event.loaded / event.total);
    request.onerror = () => reject(new Refused(0, t("error.unreachable")));
    request.onload = () => (request.status < 300 ? resolve(request.response)
      : reject(new Refused(request.status, request.response?.error?.message ?? t("error.status", { status: request.status }), request.response)));
    request.send(form);
  });
}

async function renew() {
  token = (await ask("POST", "/console/api/token")).token;
}

function forget() {
  localStorage.removeItem(BEFORE);
  token = "";
  session.value = null;
}

/** Asks who is logged in; a server that cannot be reached leaves things as they are. */
export async function look() {
  if (!localStorage.getItem(BEFORE)) return forget();
  try {
    session.value = await ask("GET", "/console/api/session");
  } catch (error) {
    if (!(error instanceof Refused) || error.status) return forget();
    if (session.value === undefined) setTimeout(look, 1000);
  }
}

/** Raises Refused with why the key does not open the console. @param {string} key */
export async function enter(key) {
  await ask("POST", "/console/login", { key });
  localStorage.setItem(BEFORE, "1");
  await look();
}

export async function leave() {
  await ask("POST", "/console/logout").catch(() => null);
  forget();
}
