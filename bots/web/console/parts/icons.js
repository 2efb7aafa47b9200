// Icons as paths of one pen stroke; drawn here, of nobody's set.
import { html } from "./view.js";

/** @type {Record<string, string>} */
const PATHS = {
  play: "M5 4l10 6-10 6z", bot: "M4 8h12v8H4zM10 8V4m-3 8h.01M13 12h.01", gauge: "M3 14a7 7 0 1 1 14 0M10 14l3-5",
  thread: "M4 5h12M4 10h9M4 15h6", run: "M3 6h6M6 10h8M10 14h7", chart: "M4 16V9m4 7V4m4 12v-5m4 5V7",
  heart: "M3 10h3l2-5 4 10 2-5h3", window: "M3 4h14v12H3zM3 8h14", check: "M4 10l4 4 8-8",
  send: "M10 16V5m-5 5l5-5 5 5", stop: "M6 6h8v8H6z", out: "M8 4H4v12h4M8 10h9m-3-3l3 3-3 3",
  clip: "M13 6l-5 5a2 2 0 1 0 3 3l5-5a3.5 3.5 0 0 0-5-5l-5 5", redo: "M4 10a6 6 0 1 1 2 4.5M4 16v-4h4",
  eye: "M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5zm8 2a2 2 0 1 0 0-4 2 2 0 0 0 0 4z", plus: "M10 4v12M4 10h12",
  moon: "M15 12A6 6 0 0 1 8 5a6 6 0 1 0 7 7z", sun: "M10 6.5a3.5 3.5 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM10 2v1.500m0 13V18M2 10h1.500m13 0H18M4.500 4.500l1 1m9 9l1 1m0-11l-1 1m-9 9l-1 1",
  bolt: "M11 3L5 11h4l-1 6 6-8h-4z", close: "M5 5l10 10M15 5L5 15", gear: "M4 6h7m4 0h1M4 14h1m4 0h7M13 4v4M7 12v4",
  good: "M3.5 9H6v7.5H3.5zM6 9l3-6q2 .3 2 2.2L10.500 8.500H16l-1.300 8H6", bad: "M3.500 11H6V3.500H3.500zM6 11l3 6q2-.3 2-2.200l-.5-3.300H16l-1.300-8H6",
  people: "M7 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm-5 8c0-3 2-5 5-5s5 2 5 5m1-8a2.5 2.5 0 1 0 0-5m1.500 8c2 .5 3.500 2.300 3.500 5",
  list: "M7 5h10M7 10h10M7 15h10M3 5h.01M3 10h.01M3 15h.01",
  down: "M10 4v9m-4-4l4 4 4-4M4 16h12", warn: "M10 4l7 12H3zM10 9v3m0 2h.01",
};

/** @param {{name: string}} props */
export const Icon = ({ name }) => html`
  <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"
    stroke-linejoin="round" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;

export const Mark = () => html`
  <svg viewBox="0 0 32 32" aria-hidden="true" fill="currentColor"><rect x="6" y="3" width="20" height="5" rx="2" />
    <rect x="6" y="24" width="20" height="5" rx="2" /><g stroke-width="2.6" stroke-linecap="round">
    <path d="M9 11.500l14-1M9 15l14-1M9 18.500l14-1M9 22l14-1" /></g></svg>`;
