// The words of answers that are being written: beside the conversations, so that a piece of one costs nothing but its own message.

import { useSyncExternalStore } from "react";
import type { Message } from "./types";

const live = new Map<string, Message>();
const listeners = new Map<string, Set<() => void>>();

function tell(id: string): void {
  for (const listener of Array.from(listeners.get(id) ?? [])) listener();
}

export function setLive(message: Message): void {
  live.set(message.id, message);
  tell(message.id);
}

export function endLive(id: string): void {
  if (live.delete(id)) tell(id);
}

/** A message as it is now: of one that is being written, with what came last. */
export function useLive(message: Message): Message {
  const { id } = message;
  return useSyncExternalStore(
    (listener) => {
      const known = listeners.get(id) ?? new Set();
      listeners.set(id, known.add(listener));
      return () => {
        known.delete(listener);
        if (known.size === 0) listeners.delete(id);
      };
    },
    () => live.get(id)) ?? message;
}
