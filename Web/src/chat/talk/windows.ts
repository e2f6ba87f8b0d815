// Other windows list anew what this one has changed.

const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("nexus.conversations");

/** Tells other windows that something has changed. */
export function tellOthers(): void {
  // A channel reaches windows of this origin only; there is none to name.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  channel?.postMessage("changed");
}

/** What is done when another window has changed something. */
export function whenOthersTell(listener: () => void): void {
  channel?.addEventListener("message", listener);
}
