// What can lie above the page: one dialog at a time, loaded when it is first asked for.

import { createStore, useStore } from "./store";

export type Overlay =
  | { kind: "share"; conversation: string; leaf?: string }
  | { kind: "export"; conversation: string; leaf?: string }
  | { kind: "exportAll" }
  | { kind: "import"; file?: File }
  | { kind: "move"; conversations: string[] }
  | { kind: "tags"; conversation: string }
  | { kind: "folder"; path: string | null; under?: string; andMove?: string[] }
  | { kind: "group"; group: string }
  | { kind: "space"; conversation: string }
  | { kind: "context"; conversation: string; message: string | null }
  | { kind: "compare"; conversation: string; left: string; right: string };

const shown = createStore<Overlay | null>(null);

export const useOverlay = (): Overlay | null => useStore(shown);

export function openOverlay(overlay: Overlay | null): void {
  shown.set(overlay);
}

export const closeOverlay = (): void => openOverlay(null);
