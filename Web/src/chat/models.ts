import { get } from "../api/http";
import type { ServedModel } from "../api/types";
import { createStore, useStore } from "../app/store";

interface Known {
  models: ServedModel[];
  error: Error | null;
  isLoaded: boolean;
}

const served = createStore<Known>({ models: [], error: null, isLoaded: false });

export const useModels = (): Known => useStore(served);

/** Asks again what is served. */
export async function loadModels(): Promise<void> {
  try {
    const { data } = await get<{ data: ServedModel[] }>("/v1/models");
    served.set({ models: data, error: null, isLoaded: true });
  } catch (error) {
    served.set((before) => ({ ...before, error: error instanceof Error ? error : new Error(String(error)), isLoaded: true }));
  }
}

/** Whether it writes text. */
export function canChat(model: ServedModel): boolean {
  const capabilities = model.capabilities ?? [];
  return capabilities.includes("completion") || !capabilities.includes("embedding");
}

export function readsImages(model: ServedModel | undefined): boolean {
  return model?.architecture?.input_modalities?.includes("image") ?? false;
}
