import { createStore, useStore } from "../app/store";

/** A text that is shown beside the chat. */
export interface Artifact {
  text: string;
  language: string;
}

const shown = createStore<Artifact | null>(null);

export const useArtifact = (): Artifact | null => useStore(shown);
export const openArtifact = (artifact: Artifact): void => shown.set(artifact);
export const closeArtifact = (): void => shown.set(null);
