// What every screen is written with: Preact, its hooks and signals, and markup as template literals.
import { h } from "preact";
import htm from "htm";

export const html = htm.bind(h);
export { Fragment, render } from "preact";
export { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
export { computed, effect, signal, useSignal } from "@preact/signals";
