import { useSyncExternalStore } from "react";

/** A value that components follow. */
export interface Store<Value> {
  get(): Value;
  set(value: Value | ((before: Value) => Value)): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<Value>(first: Value): Store<Value> {
  let value = first;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      const fresh = typeof next === "function" ? (next as (before: Value) => Value)(value) : next;
      if (Object.is(fresh, value)) return;
      value = fresh;
      for (const listener of Array.from(listeners)) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
  };
}

export function useStore<Value>(store: Store<Value>): Value {
  return useSyncExternalStore(store.subscribe, store.get);
}

/** What the browser keeps for us; nothing where it keeps nothing. */
export const kept = {
  read<Value>(key: string, otherwise: Value): Value {
    try {
      const text = localStorage.getItem(`nexus.${key}`);
      return text === null ? otherwise : (JSON.parse(text) as Value);
    } catch {
      return otherwise;
    }
  },
  write(key: string, value: unknown): void {
    try {
      localStorage.setItem(`nexus.${key}`, JSON.stringify(value));
    } catch {
      // A full or forbidden storage costs a setting, not the page.
    }
  },
};
