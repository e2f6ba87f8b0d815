// What is done to many conversations at once: folders, tags, archive. Everything can be undone.

import { createStore, kept, useStore } from "../../app/store";
import { tell, tellProblem } from "../../app/toasts";
import { t } from "../../i18n";
import { organise } from "../talk/order";
import { remove } from "../talk/removing";
import { summariesNow } from "../talk/state";
import type { ConversationSummary, Order } from "../types";
import { emptyFoldersNow, keepEmpty } from "./emptyFolders";
import { cleanPath, isWithin, nameOf, parentOf, rebased } from "./folders";

const openFolders = createStore<Set<string>>(new Set(kept.read<string[]>("openFolders", [])));
/** Nothing of one person's folders stays for the next. */
export function forgetFolders(): void {
  keepEmpty(() => []);
  openFolders.set(new Set());
  kept.write("openFolders", []);
}

export const useOpenFolders = (): Set<string> => useStore(openFolders);

export function openFolder(path: string, isOpen: boolean): void {
  openFolders.set((before) => {
    const next = new Set(before);
    if (isOpen) next.add(path);
    else next.delete(path);
    return next;
  });
  kept.write("openFolders", Array.from(openFolders.get()).slice(-200));
}

/** Opens a folder and all above it. */
export function unfoldTo(path: string): void {
  for (let at = path; at; at = parentOf(at)) openFolder(at, true);
}

export function makeFolder(path: string): void {
  keepEmpty((before) => [...before, path]);
  unfoldTo(path);
}

/** All folders in use here, for those who choose one. */
export function foldersNow(): string[] {
  return [...summariesNow().flatMap(({ folder }) => (folder ? [folder] : [])), ...emptyFoldersNow()];
}

/** Changes and tells it, with the way back. */
function change(chosen: ConversationSummary[], order: (one: ConversationSummary) => Order, told: string): void {
  const before = new Map(chosen.map((one) => [one.id, one]));
  organise(chosen, order).catch(tellProblem);
  tell(told, {
    action: {
      label: t("action.undo"),
      run: () => { organise(chosen, (one) => backTo(before.get(one.id) ?? one)).catch(tellProblem); },
    },
  });
}

function backTo({ folder, tags, isPinned, isArchived }: ConversationSummary): Order {
  return { folder: folder ?? "", tags: tags ?? [], isPinned, isArchived: isArchived ?? false };
}

const named = (chosen: ConversationSummary[]): string => chosen.length === 1 ? `“${chosen[0]?.title || t("chat.untitled")}”` : t("talk.some", { count: chosen.length });

export function moveTo(chosen: ConversationSummary[], folder: string): void {
  if (chosen.length === 0) return;
  keepEmpty((before) => before.filter((path) => path !== folder));
  if (folder) unfoldTo(folder);
  change(chosen, () => ({ folder }), folder ? t("talk.movedTo", { what: named(chosen), folder }) : t("talk.movedOut", { what: named(chosen) }));
}

export function archive(chosen: ConversationSummary[], isArchived: boolean): void {
  change(chosen, () => ({ isArchived }), t(isArchived ? "talk.archived" : "talk.unarchived", { what: named(chosen) }));
}

export function pin(one: ConversationSummary): void {
  organise([one], () => ({ isPinned: !one.isPinned })).catch(tellProblem);
}

export function rename(one: ConversationSummary, title: string): void {
  if (title.trim()) organise([one], () => ({ title: title.trim() })).catch(tellProblem);
}

/** A temporary one stays from now on. */
export function keepForGood(one: ConversationSummary): void {
  organise([one], () => ({ isTemporary: false })).then(() => tell(t("talk.keptForGood")), tellProblem);
}

const within = (folder: string): ConversationSummary[] => summariesNow().filter((one) => one.folder && isWithin(one.folder, folder));

/** Renames a folder or puts it elsewhere, with all that is in it. */
export function moveFolder(from: string, to: string): void {
  const clean = cleanPath(to);
  if (!clean || clean === from) return;
  const wasEmpty = emptyFoldersNow();
  keepEmpty((before) => before.map((path) => rebased(path, from, clean)));
  unfoldTo(clean);
  const chosen = within(from);
  if (chosen.length === 0) {
    keepEmpty((before) => [...before, clean]);
    return;
  }
  const before = new Map(chosen.map((one) => [one.id, one.folder ?? ""]));
  organise(chosen, (one) => ({ folder: rebased(before.get(one.id) ?? "", from, clean) })).catch(tellProblem);
  tell(t("talk.folderMoved", { name: nameOf(from), folder: clean }), {
    action: {
      label: t("action.undo"),
      run: () => {
        keepEmpty(() => wasEmpty);
        organise(chosen, (one) => ({ folder: before.get(one.id) ?? "" })).catch(tellProblem);
      },
    },
  });
}

/** The folder goes; what is in it stands in the one above. */
export function dissolveFolder(folder: string): void {
  const chosen = within(folder);
  const above = parentOf(folder);
  const before = new Map(chosen.map((one) => [one.id, one.folder ?? ""]));
  const wasEmpty = emptyFoldersNow();
  keepEmpty((paths) => paths.filter((path) => path !== folder).map((path) => rebased(path, folder, above)).filter(Boolean));
  organise(chosen, (one) => ({ folder: rebased(before.get(one.id) ?? "", folder, above) })).catch(tellProblem);
  tell(t("talk.folderGone", { name: nameOf(folder) }), {
    action: {
      label: t("action.undo"),
      run: () => {
        keepEmpty(() => wasEmpty);
        organise(chosen, (one) => ({ folder: before.get(one.id) ?? "" })).catch(tellProblem);
      },
    },
  });
}

/** The folder goes with all that is in it. */
export function removeFolder(folder: string): void {
  const chosen = within(folder);
  keepEmpty((paths) => paths.filter((path) => !isWithin(path, folder)));
  remove(chosen, t("talk.folderRemoved", { name: nameOf(folder), count: chosen.length }));
}

export function setTags(one: ConversationSummary, tags: string[]): void {
  organise([one], () => ({ tags })).catch(tellProblem);
}
