// Folders as a tree, and the rows of the sidebar: decisions only, nothing of the page.

import type { ConversationSummary } from "../types";

export interface Folder {
  /** Names with slashes between. */
  path: string;
  name: string;
  depth: number;
  /** Conversations in it and in those below. */
  count: number;
}

export const folderBytesMax = 512;
export const depthMax = 8;

/** What a server takes as a folder's path: names without slashes and blanks around, none of them empty. */
export function cleanPath(text: string): string {
  return text.split("/").map((name) => name.trim()).filter(Boolean).slice(0, depthMax).join("/");
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** Where a path goes when a folder goes; unchanged where it is not in it. */
export function rebased(path: string, from: string, to: string): string {
  if (!isWithin(path, from)) return path;
  return cleanPath(`${to}${path.slice(from.length)}`);
}

/** A folder cannot go into itself. */
export function canMove(folder: string, into: string): boolean {
  return folder !== "" && !isWithin(into, folder) && parentOf(folder) !== into;
}

/** All folders, also those that only have others in them, each behind its parent, by name. */
export function folderTree(used: string[], empty: string[], order: (a: string, b: string) => number): Folder[] {
  const counts = new Map<string, number>();
  const add = (path: string, count: number) => {
    for (let at = path; at; at = parentOf(at)) counts.set(at, (counts.get(at) ?? 0) + count);
  };
  for (const path of used) add(path, 1);
  for (const path of empty) add(path, 0);
  const below = new Map<string, string[]>();
  for (const path of Array.from(counts.keys())) below.set(parentOf(path), [...(below.get(parentOf(path)) ?? []), path]);
  const rows: Folder[] = [];
  const visit = (parent: string, depth: number) => {
    for (const path of (below.get(parent) ?? []).sort((a, b) => order(nameOf(a), nameOf(b)))) {
      rows.push({ path, name: nameOf(path), depth, count: counts.get(path) ?? 0 });
      visit(path, depth + 1);
    }
  };
  visit("", 0);
  return rows;
}

function byName(chats: ConversationSummary[], name: (chat: ConversationSummary) => string): Map<string, ConversationSummary[]> {
  const found = new Map<string, ConversationSummary[]>();
  for (const chat of chats) {
    const some = found.get(name(chat));
    if (some) some.push(chat);
    else found.set(name(chat), [chat]);
  }
  return found;
}

export type Row =
  | { kind: "title"; id: string; text: string; section: "pinned" | "folders" | "day" }
  | { kind: "folder"; id: string; folder: Folder; isOpen: boolean }
  | { kind: "chat"; id: string; chat: ConversationSummary; depth: number };

export interface Sections {
  pinned: string;
  folders: string;
  days: [string, number][];
}

/**
 * Pinned ones first, then folders, then the others by the day of their last change.
 *
 * @param days names of days and when they begin, the latest first; what is older than all of them belongs to the last.
 */
export function rowsOf(chats: ConversationSummary[], folders: Folder[], opened: Set<string>, sections: Sections): Row[] {
  const rows: Row[] = [];
  const pinned = chats.filter((chat) => chat.isPinned);
  if (pinned.length > 0) rows.push({ kind: "title", id: "title-pinned", text: sections.pinned, section: "pinned" });
  for (const chat of pinned) rows.push({ kind: "chat", id: chat.id, chat, depth: 0 });
  const others = chats.filter((chat) => !chat.isPinned);
  const filed = byName(others.filter((chat) => chat.folder), (chat) => chat.folder ?? "");
  if (folders.length > 0) rows.push({ kind: "title", id: "title-folders", text: sections.folders, section: "folders" });
  for (const folder of folders) {
    let isSeen = true;
    for (let at = parentOf(folder.path); at; at = parentOf(at)) isSeen = isSeen && opened.has(at);
    if (!isSeen) continue;
    const isOpen = opened.has(folder.path);
    rows.push({ kind: "folder", id: `folder-${folder.path}`, folder, isOpen });
    // Its folders stand below its own conversations: the eye finds both by the depth.
    if (isOpen) for (const chat of filed.get(folder.path) ?? []) rows.push({ kind: "chat", id: chat.id, chat, depth: folder.depth + 1 });
  }
  const last = sections.days[sections.days.length - 1];
  const days = byName(others.filter((chat) => !chat.folder), (chat) => (sections.days.find(([, begins]) => chat.updatedAt >= begins) ?? last)?.[0] ?? "");
  for (const [name] of sections.days) {
    const some = days.get(name);
    if (!some) continue;
    rows.push({ kind: "title", id: `title-${name}`, text: name, section: "day" });
    for (const chat of some) rows.push({ kind: "chat", id: chat.id, chat, depth: 0 });
  }
  return rows;
}
