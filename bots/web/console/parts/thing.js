// One thing with its own page: read, and read again when an event says that it changed.
import { generation, on } from "../live.js";
import { ask } from "../session.js";
import { useEffect, useState } from "./view.js";

/** @param {string} path @param {string} kind @param {(data: any) => boolean} concerns */
export function useThing(path, kind, concerns) {
  const [thing, setThing] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const read = async () => path && ask("GET", path).then((told) => (setThing(told), setError(null)), setError);
  useEffect(() => void read(), [path, generation.value]);
  useEffect(() => {
    let timer = 0;
    const end = on(kind, (data) => {
      if (!concerns(data)) return;
      clearTimeout(timer); // a busy run tells much: once in a while is enough
      timer = setTimeout(read, 200);
    });
    return () => (clearTimeout(timer), end());
  }, [path]);
  return { thing, setThing, error, read };
}
