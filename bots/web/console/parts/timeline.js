// A run as bars over its time; on a phone the same lines as a list with durations.
import { duration, number, t } from "../words.js";
import { html } from "./view.js";

/** @type {Record<string, string>} */
const LOOKS = { model: "", summary: "", tool: "tool", transcription: "tool", image: "tool", person: "person", post: "post", death: "gone" };
const PARTS = 8; // at most
/** Round lengths of one part, in seconds. */
const ROUND = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600];

/** @param {{run: any, at: any, choose: (line: any) => void}} props `at`: the line that is chosen, one of the run's own */
export function Timeline({ run, at, choose }) {
  const deaths = run.deaths ?? [];
  const lines = [...run.timeline, ...deaths.map(gap)].sort((a, b) => a.began_at - b.began_at).map((one) => ({ ...one, of: one, until: endOf(one, run) }));
  const now = Date.now() / 1000;
  const from = Math.min(run.created_at, ...lines.map((one) => one.began_at));
  const until = Math.max(from + 0.01, ...lines.map((one) => one.until ?? now));
  const step = ROUND.find((one) => one * PARTS >= until - from) ?? (until - from) / PARTS;
  const parts = Math.ceil((until - from) / step);
  const span = parts * step;
  const share = (/** @type {number} */ time) => Math.min(100, Math.max(0, ((time - from) / span) * 100));
  return html`<div class="fall" role="list" aria-label=${t("timeline")} style=${{ "--part": `${100 / parts}%` }}>
    <${Axis} parts=${parts} span=${span} />
    ${lines.map((one) => html`<${Line} one=${one} deaths=${deaths} share=${share} now=${now} on=${one.of === at} choose=${choose} />`)}
    <div class="deaths" role="none">${deaths.map((/** @type {any} */ one) => html`<i style=${{ left: `${share(one.at)}%` }}></i>`)}</div></div>`;
}

/** The time without a process, as a line of its own. @param {{at: number, taken_over_at: number | null}} death */
const gap = ({ at, taken_over_at }) => ({ kind: "death", name: "death", began_at: at, ended_at: taken_over_at, detail: taken_over_at && t("death.over"), level: 0 });

/** A request whose end nobody saw. @param {any} one */
const unseen = (one) => one.kind === "model" && one.outcome === "unknown";

/** When a line was over, null while it goes on: a request that a process took with it ends there, and a post is written until the
 * next one begins or the run is over. @param {any} one @param {any} run @returns {number | null} */
function endOf(one, run) {
  const over = run.whole_s == null ? null : run.created_at + run.whole_s;
  if (one.kind === "post" && one.name.startsWith("post:")) {
    const next = run.timeline.find((/** @type {any} */ other) => other.name.startsWith("post:") && other.began_at > one.began_at);
    return next?.began_at ?? (over && Math.max(over, one.began_at));
  }
  const death = unseen(one) && run.deaths?.find((/** @type {any} */ other) => other.at >= one.began_at);
  return death ? death.at : one.ended_at ?? over;
}

/** @param {{parts: number, span: number}} props */
const Axis = ({ parts, span }) => html`<div class="line axis" aria-hidden="true"><span></span><span class="lane">
  ${Array.from({ length: parts }, (_, i) => html`<span style=${{ left: `${(i * 100) / parts}%` }}>${tick((span * i) / parts, span)}</span>`)}
  </span><span></span></div>`;

/** @param {number} seconds @param {number} span */
function tick(seconds, span) {
  const [unit, one] = /** @type {[string, number]} */ (span >= 960 ? ["min", 60] : span < 1 ? ["ms", 0.001] : ["s", 1]);
  return t(`unit.${unit}`, { n: number(seconds / one, { maximumFractionDigits: 2 }) });
}

/** What a line is called: a call by its function, the rest by the journal's name. @param {any} one */
export const titleOf = (one) => (one.level && one.detail) || (["received", "context", "death"].includes(one.kind) ? t(`kind.${one.kind}`) : one.name);

/** The time from one moment to another without that in which no process was there.
 * @param {number} from @param {number} to @param {any[]} deaths @returns {[number, number][]} */
function pieces(from, to, deaths) {
  const gap = deaths.find((one) => one.at < to && (one.at > from || (one.at === from && one.taken_over_at > from)));
  if (!gap) return [[from, to]];
  const rest = Math.max(gap.at, gap.taken_over_at ?? to);
  return [[from, gap.at], ...(rest < to ? pieces(rest, to, deaths) : [])];
}

/** @param {{one: any, deaths: any[], share: (time: number) => number, now: number, on: boolean, choose: (line: any) => void}} props */
function Line({ one, deaths, share, now, on, choose }) {
  const look = LOOKS[one.kind] ?? "still";
  const end = one.until ?? now;
  const about = one.level ? one.outcome && t(`outcome.${one.outcome}`) : one.detail;
  const name = html`${titleOf(one)} ${about && html`<span class="faint">${about}</span>`}`;
  return html`<div class="line" role="listitem">
    <span class=${one.level ? "indent" : ""}><i class="level ${look}"></i>
      ${one.step || one.texts ? html`<button type="button" class="cut" aria-pressed=${String(on)} onClick=${() => choose(one.of)}>${name}</button>`
        : html`<span class="cut">${name}</span>`}</span>
    <span class="lane" aria-hidden="true">
      ${one.first_at && html`<${Bar} look="${look} soft" from=${share(one.began_at)} to=${share(one.first_at)} />`}
      ${(one.kind === "death" ? [[one.began_at, end]] : pieces(one.first_at ?? one.began_at, end, deaths)).map(([from, to]) => html`<${Bar} look=${look} from=${share(from)} to=${share(to)} />`)}</span>
    <span>${unseen(one) ? "–" : one.until ? duration(end - one.began_at) : t("goes_on")}</span></div>`;
}

/** @param {{look: string, from: number, to: number}} props */
const Bar = ({ look, from, to }) => html`<i class=${look} style=${{ left: `${from}%`, width: `${Math.max(0, to - from)}%` }}></i>`;
