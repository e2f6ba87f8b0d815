// Folders that have nothing in them yet: conversations do not tell of them. They are kept here, and follow the user with the settings.

import { createStore, kept, useStore } from "../../app/store";
import { cleanPath } from "./folders";

const emptyMax = 100;
const folders = createStore<string[]>(read(kept.read<unknown>("emptyFolders", [])));

function read(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  const paths = list.filter((path): path is string => typeof path === "string").map(cleanPath).filter(Boolean);
  return Array.from(new Set(paths)).slice(-emptyMax);
}

export const useEmptyFolders = (): string[] => useStore(folders);
export const emptyFoldersNow = (): string[] => folders.get();

export function keepEmpty(work: (before: string[]) => string[]): void {
  const before = folders.get();
  const after = read(work(before));
  if (after.join("\n") === before.join("\n")) return;
  folders.set(after);
  kept.write("emptyFolders", after);
}

/** Takes over what another device has kept. */
export function takeEmptyFolders(list: unknown): void {
  keepEmpty(() => read(list));
}

export function onEmptyFolders(listener: (paths: string[]) => void): void {
  folders.subscribe(() => listener(folders.get()));
}
