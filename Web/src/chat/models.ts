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

let asked = 0;
let answered = 0;

/** Asks again what is served. An answer that was overtaken by that to a later question counts for nothing. */
export async function loadModels(): Promise<void> {
  asked += 1;
  const question = asked;
  const take = (known: (before: Known) => Known) => {
    if (question < answered) return;
    answered = question;
    served.set(known);
  };
  try {
    const { data } = await get<{ data: ServedModel[] }>("/v1/models");
    take(() => ({ models: data, error: null, isLoaded: true }));
  } catch (error) {
    take((before) => ({ ...before, error: error instanceof Error ? error : new Error(String(error)), isLoaded: true }));
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
