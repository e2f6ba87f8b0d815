import { useCallback, useEffect, useRef, useState } from "react";
import { get } from "./http";

export interface Loaded<Value> {
  value: Value | null;
  error: Error | null;
  isLoading: boolean;
  reload(): void;
}

/** What a path answers; asked again every `interval` milliseconds while the page is seen. */
export function useGet<Value>(path: string | null, interval?: number): Loaded<Value> {
  const [value, setValue] = useState<Value | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [isLoading, setLoading] = useState(path !== null);
  const [round, setRound] = useState(0);
  const asked = useRef(path);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  useEffect(() => {
    if (path === null) return;
    if (asked.current !== path) setValue(null);
    asked.current = path;
    const stop = new AbortController();
    let timer = 0;
    const ask = async () => {
      try {
        const fresh = await get<Value>(path, stop.signal);
        if (stop.signal.aborted) return;
        setValue(fresh);
        setError(null);
      } catch (problem) {
        if (stop.signal.aborted) return;
        setError(problem instanceof Error ? problem : new Error(String(problem)));
      }
      setLoading(false);
      if (interval) timer = window.setTimeout(again, interval);
    };
    const again = () => {
      if (document.hidden) timer = window.setTimeout(again, interval);
      else void ask();
    };
    void ask();
    return () => {
      stop.abort();
      window.clearTimeout(timer);
    };
  }, [path, interval, round]);
  return { value, error, isLoading, reload };
}
