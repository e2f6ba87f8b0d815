// The tabs of this browser: ids only, kept here and shared with its other windows. Which one is shown is each window's own.

import { ApiError, get, part } from "../../api/http";
import { currentRoute, navigate } from "../../app/router";
import { createStore, kept, useStore } from "../../app/store";
import { conversationStore } from "../conversationStore";
import { whenGone } from "../talk/removing";
import { startNew } from "../talk/saying";
import { newId } from "../types";
import {
  around, changedGroup, closed, type Colour, colours, dissolved, groupOf, type Layout, merged, neighbour, newGroup, noTabs, opened, read, shown,
  tabOf, visibleTabs,
} from "./layout";

const key = "tabs";
const layout = createStore<Layout>(read(kept.read<unknown>(key, null)));
/** The conversation at the side, in this window. */
const beside = createStore<string | null>(readBeside());
/** Titles of conversations that are in no list: archived, temporary, or from far back. */
const learned = createStore<Record<string, string>>({});
/** What was closed last, the newest at the end. */
let closedLast: string[] = [];
const closedMax = 20;
let isFollowing = false;

export const useLayout = (): Layout => useStore(layout);
export const useBeside = (): string | null => useStore(beside);
export const useLearned = (): Record<string, string> => useStore(learned);
export const besidesNow = (): string | null => beside.get();

layout.subscribe(() => { if (!isFollowing) kept.write(key, layout.get()); });

window.addEventListener("storage", (event) => {
  if (event.key !== `nexus.${key}`) return;
  isFollowing = true;
  const { page, id } = currentRoute();
  const held = [page === "chat" ? id : null, beside.get()].filter((one): one is string => one !== null);
  layout.set(merged(read(kept.read<unknown>(key, null)), held));
  isFollowing = false;
});

whenGone((ids) => {
  layout.set((before) => closed(before, ids));
  if (ids.includes(beside.get() ?? "")) besides(null);
});

export function changeLayout(change: (before: Layout) => Layout): void {
  layout.set(change);
}

function readBeside(): string | null {
  try {
    return sessionStorage.getItem("nexus.beside");
  } catch {
    return null;
  }
}

/** Shows a conversation at the side of the other; none closes the side. */
export function besides(id: string | null): void {
  if (id !== null) layout.set((before) => opened(before, id));
  beside.set(id);
  try {
    if (id === null) sessionStorage.removeItem("nexus.beside");
    else sessionStorage.setItem("nexus.beside", id);
  } catch {
    // Then it lasts until the page is loaded again.
  }
}

/** Beside the conversation that is shown, the tab after it; or nothing any more. */
export function toggleSplit(active: string): void {
  if (beside.get() !== null) return besides(null);
  const { tabs } = layout.get();
  const next = tabs[tabs.findIndex((tab) => tab.id === active) + 1] ?? tabs.filter((tab) => tab.id !== active).pop();
  if (next) besides(next.id);
}

/** The window shows a conversation: it has a tab from now on. */
export function showTab(id: string): void {
  layout.set((before) => shown(before, id));
}

export function openTab(id: string): void {
  layout.set((before) => opened(before, id));
}

/** Closes tabs; where the one that is shown is among them, another one is shown. */
export function closeTabs(ids: string[]): void {
  const { page, id } = currentRoute();
  let rest = layout.get();
  let next = id;
  for (const one of ids) {
    if (one === next) next = neighbour(rest, one);
    rest = closed(rest, [one]);
  }
  closedLast = [...closedLast, ...ids].slice(-closedMax);
  layout.set(rest);
  if (ids.includes(beside.get() ?? "")) besides(null);
  if (page === "chat" && id !== next) {
    if (next === null) startNew();
    else navigate("chat", next);
  }
}

export function closeOthers(id: string): void {
  closeTabs(layout.get().tabs.filter((tab) => tab.id !== id && !tab.isPinned).map((tab) => tab.id));
}

export function closeGroup(group: string): void {
  closeTabs(layout.get().tabs.filter((tab) => tab.group === group).map((tab) => tab.id));
}

export function reopenTab(): void {
  const id = closedLast.pop();
  if (id === undefined) return;
  openTab(id);
  navigate("chat", id);
}

export const canReopen = (): boolean => closedLast.length > 0;

export function goRound(step: number): void {
  const { page, id } = currentRoute();
  const next = around(layout.get(), page === "chat" ? id : null, step);
  if (next !== null && next !== id) navigate("chat", next);
}

/** A new group around a tab, of the colour that is used least. @returns its id. */
export function makeGroup(tab: string, name: string): string {
  const id = newId();
  layout.set((before) => newGroup(before, tab, { id, name, colour: rarest(before), isFolded: false }));
  return id;
}

function rarest(before: Layout): Colour {
  const count = (colour: Colour) => before.groups.filter((group) => group.colour === colour).length;
  return colours.reduce((best, colour) => (count(colour) < count(best) ? colour : best));
}

/** Folds a group; where it has the tab that is shown, the next one outside is shown. */
export function foldGroup(group: string, isFolded: boolean): void {
  layout.set((before) => changedGroup(before, group, { isFolded }));
  const { page, id } = currentRoute();
  if (!isFolded || page !== "chat" || id === null || tabOf(layout.get(), id)?.group !== group) return;
  const next = visibleTabs(layout.get())[0]?.id;
  if (next) navigate("chat", next);
  else startNew();
}

export function dissolveGroup(group: string): void {
  layout.set((before) => dissolved(before, group));
}

export const groupNamed = (id: string) => groupOf(layout.get(), id);

export function forgetTabs(): void {
  layout.set(noTabs);
  closedLast = [];
  besides(null);
}

const asked = new Set<string>();

/** Finds out the title of a tab that no list tells; one whose conversation is gone closes. */
export async function learn(id: string): Promise<void> {
  if (asked.has(id)) return;
  asked.add(id);
  try {
    const { writer } = await conversationStore();
    if (!writer) return;
    const { title } = await get<{ title: string }>(`/api/v1/conversations/${part(id)}`);
    learned.set((before) => ({ ...before, [id]: title }));
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) {
      asked.delete(id);
      return;
    }
    layout.set((before) => closed(before, [id]));
    if (beside.get() === id) besides(null);
  }
}
