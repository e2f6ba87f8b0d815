// The message that somebody looks for: the log shows it, whichever branch it is on.

import { createStore, useStore } from "../app/store";

export interface Wanted {
  conversation: string;
  message: string;
}

const wanted = createStore<Wanted | null>(null);

export const useWanted = (): Wanted | null => useStore(wanted);

export function want(target: Wanted | null): void {
  wanted.set(target);
}
