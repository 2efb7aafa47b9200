// A talk with an assistant over /v1: the same requests that a program would send.
import { signal } from "./parts/view.js";
import { on } from "./live.js";
import { ask, Refused, send } from "./session.js";

const ENDED = ["completed", "failed", "cancelled", "expired", "incomplete"];
const EVENT = /^(?:event: ?(.*)\n)?data: ?([\s\S]*)$/;

/** Events of a stream of server-sent events. @param {Response} answer @returns {AsyncGenerator<[string, any]>} */
async function* events(answer) {
  const reader = /** @type {ReadableStream<any>} */ (answer.body).pipeThrough(new TextDecoderStream()).getReader();
  for (let kept = ""; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (kept + value).split("\n\n");
    kept = parts.pop() ?? "";
    for (const part of parts) {
      const found = EVENT.exec(part);
      if (found && found[2] !== "[DONE]") yield [found[1] ?? "", JSON.parse(found[2])];
    }
  }
}

/** One thread as a person sees it. What is shown is `items`: messages and tool calls in the order they came. */
export class Conversation {
  thread = signal("");
  items = signal(/** @type {any[]} */ ([]));
  run = signal(/** @type {any} */ (null));
  steps = signal(/** @type {any[]} */ ([]));
  figures = signal(/** @type {any} */ (null));
  questions = signal(/** @type {any[]} */ ([]));
  busy = signal(false);
  error = signal(/** @type {Error | null} */ (null));

  /** Listens to what the server tells of questions and costs; gives what ends that. */
  listen() {
    const ends = [
      on("question", (one) => one.thread_id === this.thread.value && this.#ask(one)),
      on("run", (row) => row.id === this.run.value?.id && (this.figures.value = row)),
    ];
    return () => ends.forEach((end) => end());
  }

  /** An existing thread as it stands; its run is followed where it goes on. @param {string} id */
  async open(id) {
    this.fresh();
    if (!id) return;
    this.thread.value = id;
    try {
      await this.read();
      if (this.run.value && !ENDED.includes(this.run.value.status)) await this.#watch();
    } catch (error) {
      this.error.value = /** @type {Error} */ (error);
    }
    this.busy.value = false;
  }

  /** A new thread, made with the first message. */
  fresh() {
    this.thread.value = "";
    this.items.value = this.steps.value = this.questions.value = [];
    this.run.value = this.figures.value = this.error.value = null;
  }

  /** Everything anew, from the server. */
  async read() {
    const path = `/v1/threads/${this.thread.value}`;
    const [messages, runs] = await Promise.all([ask("GET", `${path}/messages?order=asc&limit=100`), ask("GET", `${path}/runs?order=desc&limit=10`)]);
    const lists = await Promise.all(runs.data.map((/** @type {any} */ run) => ask("GET", `${path}/runs/${run.id}/steps?order=asc&limit=100`)));
    const steps = new Map(runs.data.map((/** @type {any} */ run, /** @type {number} */ i) => [run.id, lists[i].data]));
    /** @type {any[]} */
    const items = [];
    for (const message of messages.data) {
      const calls = (steps.get(message.run_id) ?? []).filter((/** @type {any} */ one) => one.type === "tool_calls" && !items.some((item) => item.id === one.id));
      items.push(...calls.filter((/** @type {any} */ one) => one.created_at <= message.created_at), message);
    }
    this.run.value = runs.data[0] ?? null;
    this.steps.value = lists[0]?.data ?? [];
    const open = this.steps.value.filter((one) => one.type === "tool_calls" && !items.some((item) => item.id === one.id));
    this.items.value = [...items, ...open];
    if (this.run.value) this.figures.value = await ask("GET", `/console/api/runs/${this.run.value.id}`).catch(() => null);
    this.questions.value = (await ask("GET", `/console/api/questions?thread=${this.thread.value}`).catch(() => ({ data: [] }))).data;
  }

  /** Puts a message into the thread and runs it. @param {string} text @param {any} how what the run is created with @param {any[]} [files] */
  async say(text, how, files = []) {
    await this.#guarded(async () => {
      if (!this.thread.value) this.thread.value = (await ask("POST", "/v1/threads")).id;
      const pictures = files.filter((one) => one.purpose === "vision").map((one) => ({ type: "image_file", image_file: { file_id: one.id } }));
      const others = files.filter((one) => one.purpose !== "vision");
      const attachments = others.map((file) => ({ file_id: file.id, tools: [{ type: "file_search" }, { type: "code_interpreter" }] }));
      const content = pictures.length ? [{ type: "text", text }, ...pictures] : text;
      const message = { role: "user", content, ...(others.length ? { attachments } : {}) };
      this.#put(await ask("POST", `/v1/threads/${this.thread.value}/messages`, message));
      await this.#follow(`/v1/threads/${this.thread.value}/runs`, { ...how, stream: true });
    });
  }

  /** Answers the same once more: what was answered goes away first. @param {any} how */
  async again(how) {
    const last = this.items.value.findLastIndex((one) => one.role === "user");
    await this.#guarded(async () => {
      await this.#dropFrom(last + 1);
      await this.#follow(`/v1/threads/${this.thread.value}/runs`, { ...how, stream: true });
    });
  }

  /** Says something else instead; what came after it goes away. @param {string} id @param {string} text @param {any} how */
  async instead(id, text, how) {
    const at = this.items.value.findIndex((one) => one.id === id);
    if (at < 0) return this.say(text, how);
    await this.#guarded(() => this.#dropFrom(at));
    if (!this.error.value) await this.say(text, how);
  }

  /** What a function answers that only a client can carry out. @param {{tool_call_id: string, output: string}[]} outputs */
  async submit(outputs) {
    const path = `/v1/threads/${this.thread.value}/runs/${this.run.value.id}/submit_tool_outputs`;
    await this.#guarded(() => this.#follow(path, { tool_outputs: outputs, stream: true }));
  }

  /** @param {string} id @param {boolean} yes */
  async decide(id, yes) {
    try {
      this.#ask(await ask("POST", `/console/api/questions/${id}`, { yes }));
    } catch (error) {
      this.error.value = /** @type {Error} */ (error);
    }
  }

  async stop() {
    const run = this.run.value;
    if (run) await ask("POST", `/v1/threads/${this.thread.value}/runs/${run.id}/cancel`).catch((error) => (this.error.value = error));
  }

  /** @param {() => Promise<void>} work */
  async #guarded(work) {
    this.busy.value = true;
    this.error.value = null;
    try {
      await work();
    } catch (error) {
      this.error.value = /** @type {Error} */ (error);
    }
    this.busy.value = false;
  }

  /** @param {number} at */
  async #dropFrom(at) {
    const gone = this.items.value.slice(at).filter((one) => one.object === "thread.message");
    for (const one of gone) await ask("DELETE", `/v1/threads/${this.thread.value}/messages/${one.id}`);
    this.items.value = this.items.value.slice(0, at);
  }

  /** A run as it streams; where the stream breaks off the run goes on, so it is asked for. @param {string} path @param {any} body */
  async #follow(path, body) {
    const answer = await send("POST", path, body);
    if (!body.tool_outputs) this.steps.value = [];
    this.run.value = this.figures.value = null;
    try {
      for await (const [name, data] of events(answer)) this.#hear(name, data);
    } catch {} // the server went away in the middle
    const status = /** @type {any} */ (this.run.value)?.status;
    if (![...ENDED, "requires_action"].includes(status)) await this.#watch();
    else if (status === "completed") await this.read().catch(() => null);
  }

  /** Asks until the run has ended, through restarts of the server. */
  async #watch() {
    this.busy.value = true;
    for (let wait = 300; ; wait = Math.min(2000, wait * 1.5)) {
      await this.read().catch((error) => {
        if (error instanceof Refused && error.status && error.status < 500) throw error;
      });
      if ([...ENDED, "requires_action"].includes(this.run.value?.status)) break;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** @param {string} name @param {any} data */
  #hear(name, data) {
    if (name === "thread.message.delta") return this.#grow(data);
    if (name === "thread.run.step.delta") return this.#growStep(data);
    if (name.startsWith("thread.run.step.")) {
      this.steps.value = put(this.steps.value, data);
      if (data.type === "tool_calls") this.#put(data);
    } else if (name.startsWith("thread.run.")) this.run.value = data;
    else if (name.startsWith("thread.message.")) this.#put(data); // `error` says that the stream ends before its run
  }

  /** @param {any} item */
  #put(item) {
    this.items.value = put(this.items.value, item);
  }

  /** @param {any} one */
  #ask(one) {
    this.questions.value = put(this.questions.value, one);
  }

  /** @param {any} delta */
  #grow(delta) {
    const message = this.items.value.find((one) => one.id === delta.id);
    if (!message) return;
    const content = [...message.content];
    for (const { index, ...part } of delta.delta.content ?? []) {
      const old = content[index];
      const text = { value: (old?.text?.value ?? "") + (part.text?.value ?? ""), annotations: [...(old?.text?.annotations ?? []), ...(part.text?.annotations ?? [])] };
      content[index] = part.type === "text" ? { type: "text", text } : part;
    }
    this.#put({ ...message, content });
  }

  /** @param {any} delta */
  #growStep(delta) {
    const step = this.items.value.find((one) => one.id === delta.id);
    const told = delta.delta.step_details?.tool_calls;
    if (!step || !told) return;
    const calls = [...(step.step_details.tool_calls ?? [])];
    for (const { index, ...call } of told) calls[index] = grown(calls[index] ?? { type: call.type }, call);
    this.#put({ ...step, step_details: { ...step.step_details, tool_calls: calls } });
  }
}

/** The list with this object in place of the one with its id. @param {any[]} all @param {any} one */
function put(all, one) {
  const at = all.findIndex((old) => old.id === one.id);
  return at < 0 ? [...all, one] : all.with(at, one);
}

/** Texts of a delta are what comes behind; everything else replaces. @param {any} old @param {any} more @returns {any} */
function grown(old, more) {
  const all = { ...old };
  for (const [name, value] of Object.entries(more)) {
    if (name === "input" || name === "arguments") all[name] = (old[name] ?? "") + value;
    else if (value && typeof value === "object" && !Array.isArray(value)) all[name] = grown(old[name] ?? {}, value);
    else if (value !== undefined) all[name] = value;
  }
  return all;
}
