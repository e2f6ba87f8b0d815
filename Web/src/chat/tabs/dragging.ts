// What is being dragged inside of this window: the page shows where it can be dropped.

import { createStore, useStore } from "../../app/store";

export type Dragged = { kind: "tab" | "chat"; id: string } | { kind: "group"; id: string } | { kind: "folder"; path: string };

const dragged = createStore<Dragged | null>(null);

export const useDragged = (): Dragged | null => useStore(dragged);
export const draggedNow = (): Dragged | null => dragged.get();

/** Begins to drag; other programs get the name only. */
export function drag(event: { dataTransfer: DataTransfer }, what: Dragged, name: string): void {
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", name);
  // Later, because a change of the page in this very moment ends the drag in some browsers.
  window.setTimeout(() => dragged.set(what), 0);
}

export const dropped = (): void => dragged.set(null);
