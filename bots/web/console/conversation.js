// A talk with an assistant over /v1: the same requests that a program would send.
import { signal } from "./parts/view.js";
import { on } from "./live.js";
import { ask, Refused, send } from "./session.js";

const ENDED = ["completed", "failed", "cancelled", "expired", "incomplete"];
/** Not where nothing answers, or what stands before the server does: it may be back soon. @param {unknown} error */
const refuses = (error) => error instanceof Refused && ![0, 502, 503, 504].includes(error.status);
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
  #here = new AbortController(); // of what is being done, until something else is
  #done = /** @type {Map<string, any[]>} */ (new Map()); // steps of runs that have ended
  #late = /** @type {[string, any][]} */ ([]); // deltas that are not shown yet
  #unsure = false; // whether what was said last may have arrived
  #put = (/** @type {any} */ item) => void (this.items.value = put(this.items.value, item));
  #ask = (/** @type {any} */ one) => void (this.questions.value = put(this.questions.value, one));

  /** Listens to what the server tells of questions, costs and runs that began elsewhere; gives what ends that. */
  listen() {
    const mine = (/** @type {any} */ one) => one.thread_id === this.thread.value;
    const ends = [on("question", (one) => mine(one) && this.#ask(one)),
      on("run", (row) => mine(row) && (row.id === this.run.value?.id ? (this.figures.value = row) : this.busy.value || this.open(row.thread_id)))];
    return () => (ends.forEach((end) => end()), this.#here.abort());
  }

  /** An existing thread as it stands; its run is followed where it goes on. @param {string} id */
  async open(id) {
    if (id !== this.thread.value) this.fresh();
    [this.thread.value, this.error.value] = [id, null];
    if (id) await this.#guarded((signal) => this.#watch(signal), false);
  }

  /** A new thread, made with the first message. */
  fresh() {
    this.#here.abort();
    [this.thread.value, this.busy.value, this.#unsure, this.#late] = ["", false, false, []];
    this.items.value = this.steps.value = this.questions.value = [];
    this.run.value = this.figures.value = this.error.value = null;
  }

  /** Everything anew, from the server. @param {AbortSignal} signal */
  async read(signal) {
    const path = `/v1/threads/${this.thread.value}`;
    const [messages, runs, questions] = await Promise.all([ask("GET", `${path}/messages?limit=100`), ask("GET", `${path}/runs?limit=10`),
      ask("GET", `/console/api/questions?thread=${this.thread.value}`)]);
    const steps = new Map(await Promise.all(runs.data.map(async (/** @type {any} */ run) => [run.id, this.#done.get(run.id)
      ?? (await ask("GET", `${path}/runs/${run.id}/steps?order=asc&limit=100`)).data])));
    const [newest = null] = runs.data;
    const figures = newest && (await ask("GET", `/console/api/runs/${newest.id}`).catch(() => null));
    signal.throwIfAborted();
    for (const run of runs.data) if (ENDED.includes(run.status)) this.#done.set(run.id, steps.get(run.id));
    this.#late = [];
    [this.run.value, this.figures.value, this.questions.value] = [newest, figures, questions.data];
    this.steps.value = steps.get(newest?.id) ?? [];
    this.items.value = inOrder(messages.data.reverse(), steps);
  }

  /** Puts a message into the thread and runs it. @param {string} text @param {any} how what the run is created with @param {any[]} files @param {() => void} taken called once the message stands */
  async say(text, how, files, taken) {
    await this.#guarded(async (signal) => {
      if (!this.thread.value) {
        const { id } = await ask("POST", "/v1/threads");
        signal.throwIfAborted();
        this.thread.value = id;
      } else if (this.#unsure) await this.read(signal);
      const last = this.#unsure && this.items.value.at(-1);
      this.#unsure = true;
      const there = last?.role === "user" && last.content[0]?.text?.value === text;
      const message = there ? last : await ask("POST", `/v1/threads/${this.thread.value}/messages`, { role: "user", ...parts(text, files) });
      signal.throwIfAborted();
      this.#unsure = false;
      this.#put(message);
      taken();
      await this.#follow("", how, signal);
    });
  }

  /** Answers the same once more: what was answered goes away first. @param {any} how */
  async again(how) {
    await this.#guarded(async (signal) => {
      await this.#dropFrom(this.items.value.findLastIndex((one) => one.role === "user") + 1);
      await this.#follow("", how, signal);
    });
  }

  /** Says something else instead; what came after it goes away. @param {string} id @param {string} text @param {any} how @param {any[]} files @param {() => void} taken */
  async instead(id, text, how, files, taken) {
    const at = this.items.value.findIndex((one) => one.id === id);
    if (at >= 0) await this.#guarded(() => this.#dropFrom(at));
    if (!this.error.value) await this.say(text, how, files, taken);
  }

  /** What a function answers that only a client can carry out. @param {{tool_call_id: string, output: string}[]} outputs */
  submit = (outputs) => this.#guarded((signal) => this.#follow(`/${this.run.value.id}/submit_tool_outputs`, { tool_outputs: outputs }, signal));

  #failed = (/** @type {Error} */ error) => void (this.error.value = error);
  decide = (/** @type {string} */ id, /** @type {boolean} */ yes) => ask("POST", `/console/api/questions/${id}`, { yes })
    .then((one) => ((this.error.value = null), this.#ask(one)), this.#failed);
  stop = () => this.run.value && ask("POST", `/v1/threads/${this.thread.value}/runs/${this.run.value.id}/cancel`).catch(this.#failed);

  /** @param {(signal: AbortSignal) => Promise<void>} work @param {boolean} [busy] */
  async #guarded(work, busy = true) {
    this.#here.abort();
    const { signal } = (this.#here = new AbortController());
    [this.busy.value, this.error.value] = [busy, null];
    await work(signal).catch((error) => signal.aborted || (this.error.value = error));
    if (!signal.aborted) this.busy.value = false;
  }

  /** @param {number} at */
  async #dropFrom(at) {
    for (const one of this.items.value.slice(at)) {
      if (one.object === "thread.message") await ask("DELETE", `/v1/threads/${this.thread.value}/messages/${one.id}`);
      this.items.value = this.items.value.filter((other) => other !== one);
    }
  }

  /** A run as it streams; where the stream breaks off the run goes on, so it is asked for. @param {string} path behind that of the thread's runs @param {any} body @param {AbortSignal} signal @returns {Promise<void>} */
  async #follow(path, body, signal) {
    const before = this.run.value?.id;
    try {
      const answer = await send("POST", `/v1/threads/${this.thread.value}/runs${path}`, { ...body, stream: true }, { signal });
      if (!body.tool_outputs) this.steps.value = [];
      this.run.value = this.figures.value = null;
      for await (const [name, data] of events(answer)) this.#hear(name, data);
    } catch (error) {
      if (signal.aborted || refuses(error)) throw error;
      await this.#reach(signal); // it went away in the middle: whether it took the request, it knows
      if (body.tool_outputs ? this.run.value?.required_action : this.run.value?.id === before) return this.#follow(path, body, signal);
    }
    await this.#watch(signal);
  }

  /** Asks until the run has ended, through restarts of the server. @param {AbortSignal} signal */
  async #watch(signal) {
    for (let wait = 300; ; wait = Math.min(2000, wait * 1.5)) {
      await this.#reach(signal);
      const run = this.run.value; // one that asks a person goes on by itself, one that asks its client does not
      if (!run || run.required_action || ENDED.includes(run.status)) return;
      this.busy.value = true;
      await pause(wait);
      signal.throwIfAborted();
    }
  }

  /** Reads everything as soon as the server answers. @param {AbortSignal} signal */
  async #reach(signal) {
    await this.read(signal).catch(async (error) => {
      if (signal.aborted || refuses(error)) throw error;
      await pause(1000);
      await this.#reach(signal);
    });
  }

  /** @param {string} name @param {any} data */
  #hear(name, data) {
    if (name.endsWith(".delta")) {
      if (!this.#late.length) setTimeout(() => this.#grow(), 30); // a word at a time would draw each of them
      return void this.#late.push([name, data]);
    }
    this.#grow();
    if (name.startsWith("thread.run.step.")) {
      this.steps.value = put(this.steps.value, data);
      if (data.type === "tool_calls") this.#put(data);
    } else if (name.startsWith("thread.run.")) this.run.value = data;
    else if (name.startsWith("thread.message.")) this.#put(data); // `error` says that the stream ends before its run
  }

  #grow() {
    for (const [name, delta] of this.#late.splice(0)) {
      const old = this.items.value.find((one) => one.id === delta.id);
      if (old) this.#put(name === "thread.message.delta" ? longer(old, delta) : further(old, delta));
    }
  }

}

const pause = (/** @type {number} */ time) => new Promise((resolve) => setTimeout(resolve, time));

/** What is said, as a message has it. @param {string} text @param {any[]} files */
function parts(text, files) {
  const pictures = files.filter((one) => one.purpose === "vision").map((one) => ({ type: "image_file", image_file: { file_id: one.id } }));
  const attachments = files.filter((one) => one.purpose !== "vision").map((file) => ({ file_id: file.id, tools: [{ type: "file_search" }, { type: "code_interpreter" }] }));
  return { content: pictures.length ? [{ type: "text", text }, ...pictures] : text, ...(attachments.length ? { attachments } : {}) };
}

/** Messages, and among them the calls of their runs; those of a run that has said nothing stand before what a person said next. @param {any[]} said @param {Map<string, any[]>} steps */
function inOrder(said, steps) {
  const items = new Map();
  const silent = [...steps].reverse().flatMap(([id, all]) => (said.some((one) => one.run_id === id) ? [] : all.filter((one) => one.type === "tool_calls")));
  for (const message of said) {
    while (message.role === "user" && silent[0]?.created_at < message.created_at) items.set(silent[0].id, silent.shift());
    for (const step of (message.role === "assistant" && steps.get(message.run_id)) || []) {
      const item = step.type === "tool_calls" ? step : said.find((one) => one.id === step.step_details.message_creation.message_id);
      if (item) items.set(item.id, item);
    }
    items.set(message.id, message);
  }
  for (const step of silent) items.set(step.id, step);
  return [...items.values()];
}

/** A message with what came behind it. @param {any} message @param {any} delta */
function longer(message, delta) {
  const content = [...message.content];
  for (const { index, ...part } of delta.delta.content ?? []) {
    const old = content[index];
    const text = { value: (old?.text?.value ?? "") + (part.text?.value ?? ""), annotations: [...(old?.text?.annotations ?? []), ...(part.text?.annotations ?? [])] };
    content[index] = part.type === "text" ? { type: "text", text } : part;
  }
  return { ...message, content };
}

/** A step with what came behind it. @param {any} step @param {any} delta */
function further(step, delta) {
  const calls = [...(step.step_details.tool_calls ?? [])];
  for (const { index, ...call } of delta.delta.step_details?.tool_calls ?? []) calls[index] = grown(calls[index] ?? { type: call.type }, call);
  return { ...step, step_details: { ...step.step_details, tool_calls: calls } };
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
