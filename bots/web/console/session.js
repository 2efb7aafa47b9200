// Who is logged in, and every request to the server. The cookie counts under /console/; for /v1 there is a
// bearer token, which is in memory only.
import { signal } from "./parts/view.js";
import { known, language, t } from "./words.js";

/** @typedef {{name: string, project: string, admin: boolean, read_chats: boolean, demo: boolean, version: string, base_url: string, connections?: {name: string, state: string, detail: string}[]}} Session */
export const session = signal(/** @type {Session | null | undefined} */ (undefined)); // undefined: not asked yet; null: nobody
/** Why nobody is logged in, where there is more to say than that. */
export const refused = signal(/** @type {Error | null} */ (null));
let token = { text: "", until: 0 };

/** What the server refused, or that it could not be reached (status 0). */
export class Refused extends Error {
  /** @param {number} status @param {string} message @param {any} [body] */
  constructor(status, message, body = null) {
    super(message);
    [this.status, this.body] = [status, body];
  }
}

/** Sends a request and gives the response. Raises Refused. @param {string} method @param {string} path @param {any} [body] @param {{signal?: AbortSignal}} [more] */
export async function send(method, path, body, more = {}) {
  const api = path.startsWith("/v1/");
  if (api && Date.now() > token.until) await renew();
  let answer = await once(method, path, body, more);
  if (api && answer.status === 401) {
    await renew();
    answer = await once(method, path, body, more);
  }
  if (answer.ok) return answer;
  if (answer.status === 401 && path !== "/console/login") forget(t("login.ended"));
  const told = await answer.json().catch(() => null);
  throw refusal(answer.status, told, Number(answer.headers.get("retry-after")));
}

/** In the page's own words where it has some for the code, else in the server's. @param {number} status @param {any} told @param {number} [seconds] */
const refusal = (status, told, seconds) => new Refused(status,
  known(`code.${told?.error?.code}`, { seconds }) || told?.error?.message || t("error.status", { status }), told);

/** @param {string} method @param {string} path @param {any} body @param {{signal?: AbortSignal}} more */
async function once(method, path, body, more) {
  const headers = /** @type {Record<string, string>} */ ({ "Accept-Language": language.value });
  if (path.startsWith("/v1/")) headers.Authorization = `Bearer ${token.text}`;
  if (method !== "GET") headers["Content-Type"] = "application/json";
  const sent = method === "GET" || method === "DELETE" ? undefined : JSON.stringify(body ?? {});
  const credentials = path.startsWith("/v1/") ? "omit" : "same-origin";
  return fetch(path, { method, headers, body: sent, credentials, ...more }).catch((error) => {
    throw more.signal?.aborted ? error : new Refused(0, t("error.unreachable"));
  });
}

/** The same, as JSON. @param {string} method @param {string} path @param {any} [body] @returns {Promise<any>} */
export async function ask(method, path, body) {
  const answer = await send(method, path, body);
  return answer.status === 204 ? null : answer.json();
}

/** Sends a file to /v1 and tells how far it is, which fetch cannot. @param {File} file @param {(share: number) => void} told @returns {Promise<any>} the file object */
export async function upload(file, told) {
  await renew(); // a file may take longer than what is left of the token
  const form = new FormData();
  form.append("purpose", /^image\/(png|jpeg|gif|webp)$/.test(file.type) ? "vision" : "assistants");
  form.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/files");
    request.setRequestHeader("Authorization", `Bearer ${token.text}`);
    request.responseType = "json";
    request.upload.onprogress = (event) => told(event.loaded / event.total);
    request.onerror = () => reject(new Refused(0, t("error.unreachable")));
    request.onload = () => (request.status < 300 ? resolve(request.response) : reject(refusal(request.status, request.response)));
    request.send(form);
  });
}

let renewing = /** @type {Promise<void> | null} */ (null); // one for all who wait
const renew = () => (renewing ??= ask("POST", "/console/api/token").then((told) => {
  token = { text: told.token, until: Date.now() + (told.expires_in - 60) * 1000 };
}).finally(() => (renewing = null)));

/** Another process may answer now, which knows of no token. */
export const distrust = () => void (token.until = 0);

function forget(why = "") {
  if (session.value) refused.value = why ? new Error(why) : null;
  distrust();
  session.value = null;
}

/** Asks who is logged in; a server that is away or in trouble leaves things as they are. */
export async function look() {
  await ask("GET", "/console/login").then((told) => (JSON.stringify(told.session) === JSON.stringify(session.value) ? null : told.session ? (session.value = told.session) : forget(session.value ? t("login.ended") : "")),
    () => session.value === undefined && setTimeout(look, 1000));
}

/** Raises Refused with why the key does not open the console. @param {string} key */
export async function enter(key) {
  await ask("POST", "/console/login", { key });
  refused.value = null;
  await look();
}

export async function leave() {
  await ask("POST", "/console/logout").catch(() => null);
  sessionStorage.clear(); // what one person typed is not the next one's
  forget();
}
