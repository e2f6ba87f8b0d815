// Whether the server can be reached, as far as this page has noticed.

import { createStore, useStore } from "./store";

const isLost = createStore(false);

export const useLost = (): boolean => useStore(isLost);

export function noteConnection(isThere: boolean): void {
  isLost.set(!isThere);
}

/** Until it is worth trying again: when the network is back, or after a while. */
export function untilBack(milliseconds: number): Promise<void> {
  return new Promise((done) => {
    const go = () => {
      window.clearTimeout(timer);
      window.removeEventListener("online", go);
      done();
    };
    const timer = window.setTimeout(go, milliseconds);
    window.addEventListener("online", go);
  });
}
