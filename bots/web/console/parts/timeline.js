// A run as bars over its time; on a phone the same lines as a list with durations.
import { duration, t } from "../words.js";
import { html } from "./view.js";

/** @type {Record<string, string>} */
const LOOKS = { model: "", summary: "", tool: "tool", transcription: "tool", image: "tool", person: "person", post: "post" };
const PARTS = 8;
/** Lengths of the whole that make round ticks. */
const ROUND = [0.08, 0.2, 0.4, 0.8, 2, 4, 8, 16, 40, 80, 160, 240, 480, 960, 2400, 4800, 9600, 28800];

/** @param {{run: any, at: string, choose: (name: string) => void}} props `at`: the name of the line that is chosen */
export function Timeline({ run, at, choose }) {
  const now = Date.now() / 1000;
  const from = Math.min(run.created_at, ...run.timeline.map((/** @type {any} */ one) => one.began_at));
  const until = Math.max(from + 0.01, ...run.timeline.map((/** @type {any} */ one) => one.ended_at ?? now));
  const span = ROUND.find((one) => one >= until - from) ?? until - from;
  const share = (/** @type {number} */ time) => Math.min(100, Math.max(0, ((time - from) / span) * 100));
  return html`<div class="fall" role="list" aria-label=${t("timeline")}>
    <${Axis} span=${span} />
    ${run.timeline.map((/** @type {any} */ one) => html`<${Line} one=${one} deaths=${run.deaths ?? []} share=${share} now=${now} on=${one.name === at} choose=${choose} />`)}
    <${Deaths} deaths=${run.deaths ?? []} share=${share} /></div>`;
}

/** @param {{span: number}} props */
const Axis = ({ span }) => html`<div class="line axis" aria-hidden="true"><span></span><span class="lane">
  ${Array.from({ length: PARTS }, (_, i) => html`<span style=${{ left: `${(i * 100) / PARTS}%` }}>${i ? tick((span * i) / PARTS, span) : "0 s"}</span>`)}
  </span><span></span></div>`;

/** @param {number} seconds @param {number} span */
function tick(seconds, span) {
  if (span >= 960) return `${Math.round(seconds / 6) / 10} min`;
  return span < 1 ? `${Math.round(seconds * 1000)} ms` : `${Math.round(seconds * 100) / 100} s`;
}

/** What a line is called: a call by its function, the rest by the journal's name. @param {any} one */
export const titleOf = (one) => (one.level && one.detail) || (["received", "context"].includes(one.kind) ? t(`kind.${one.kind}`) : one.name);

/** The time from one moment to another without that in which no process was there.
 * @param {number} from @param {number} to @param {any[]} deaths @returns {[number, number][]} */
function pieces(from, to, deaths) {
  const gap = deaths.find((one) => one.at > from && one.at < to);
  if (!gap) return [[from, to]];
  const rest = Math.max(gap.at, gap.taken_over_at ?? to);
  return [[from, gap.at], ...(rest < to ? pieces(rest, to, deaths) : [])];
}

/** @param {{one: any, deaths: any[], share: (time: number) => number, now: number, on: boolean, choose: (step: string) => void}} props */
function Line({ one, deaths, share, now, on, choose }) {
  const look = LOOKS[one.kind] ?? "still";
  const end = one.ended_at ?? now;
  const about = one.level ? one.outcome && t(`outcome.${one.outcome}`) : one.detail;
  const name = html`${titleOf(one)} ${about && html`<span class="faint">${about}</span>`}`;
  return html`<div class="line" role="listitem">
    <span class=${one.level ? "indent" : ""}><i class="level ${look}"></i>
      ${one.step || one.texts ? html`<button type="button" class="cut" aria-pressed=${String(on)} onClick=${() => choose(one.name)}>${name}</button>`
        : html`<span class="cut">${name}</span>`}</span>
    <span class="lane" aria-hidden="true">
      ${one.first_at && html`<${Bar} look="${look} soft" from=${share(one.began_at)} to=${share(one.first_at)} />`}
      ${pieces(one.first_at ?? one.began_at, end, deaths).map(([from, to]) => html`<${Bar} look=${look} from=${share(from)} to=${share(to)} />`)}</span>
    <span>${one.ended_at ? duration(end - one.began_at) : t("goes_on")}</span></div>`;
}

/** @param {{look: string, from: number, to: number}} props */
const Bar = ({ look, from, to }) => html`<i class=${look} style=${{ left: `${from}%`, width: `${Math.max(0, to - from)}%` }}></i>`;

/** @param {{deaths: any[], share: (time: number) => number}} props */
const Deaths = ({ deaths, share }) => deaths.length > 0 && html`<div class="deaths" role="listitem">${deaths.map((one) => html`
  <div class="death ${share(one.at) > 60 ? "late" : ""}" style=${{ left: `${share(one.at)}%` }}><span><span class="pill bad">${t("death")}</span>
    ${one.taken_over_at && html`<span class="pill ok">${t("death.over", { time: duration(one.taken_over_at - one.at) })}</span>`}</span></div>`)}</div>`;
