// Conversations and branches are removed, when there was time to think better of it.

import { navigate } from "../../app/router";
import { tell } from "../../app/toasts";
import { t } from "../../i18n";
import { later } from "../later";
import { leafBelow, subtree } from "../tree";
import type { ConversationSummary, Message } from "../types";
import { stop } from "./answering";
import { change, keep, list, open, put, running, summaries } from "./state";
import { tellOthers } from "./windows";

/** How long a removal can be undone. */
const undoMs = 6_000;
const goneListeners = new Set<(ids: string[]) => void>();

/** What is done when conversations go. */
export function whenGone(listener: (ids: string[]) => void): void {
  goneListeners.add(listener);
}

/** Removes conversations, when there was time to think better of it. */
export function remove(chosen: ConversationSummary[], told?: string): void {
  const ids = new Set(chosen.map(({ id }) => id));
  for (const { id } of chosen) stop(id);
  summaries.set((before) => before.filter((other) => !ids.has(other.id)));
  for (const listener of Array.from(goneListeners)) listener(Array.from(ids));
  if (chosen.some(({ id }) => location.pathname.endsWith(id))) navigate("chat", null, true);
  const cancel = later(undoMs, async (store) => {
    await Promise.all(chosen.map(({ id }) => store.remove(id)));
    open.set((before) => Object.fromEntries(Object.entries(before).filter(([id]) => !ids.has(id))));
    tellOthers();
  });
  tell(told ?? t("chat.removed", { title: chosen[0]?.title ?? "" }), {
    action: {
      label: t("action.undo"),
      run: () => {
        if (cancel()) for (const one of chosen) list(one);
      },
    },
  });
}

/** Removes a message and all that follow it, when there was time to think better of it. */
export function removeBranch(id: string, message: Message): void {
  const before = open.get()[id];
  if (!before) return;
  const gone = new Set(subtree(before, message.id));
  if (gone.has(running.get()[id]?.message ?? "")) stop(id);
  const leaf = before.leaf !== null && gone.has(before.leaf) ? message.parent : before.leaf;
  const messages = Object.fromEntries(Object.entries(before.messages).filter(([key]) => !gone.has(key)));
  const rest = { ...before, messages, count: Object.keys(messages).length, leaf: null };
  const shownLeaf = leaf ?? Object.values(messages)[0]?.id ?? null;
  put({ ...rest, leaf: shownLeaf === null ? null : leafBelow(rest, shownLeaf) });
  const cancel = later(undoMs, async (store) => {
    await store.removeBranch(before, message.id);
    const now = open.get()[id];
    if (now) keep(now);
  });
  tell(t("talk.branchRemoved", { count: gone.size }), {
    action: {
      label: t("action.undo"),
      run: () => {
        if (!cancel()) return;
        open.set((all) => ({ ...all, [id]: { ...(all[id] ?? before), messages: { ...before.messages, ...all[id]?.messages }, count: before.count } }));
        change(id, { leaf: before.leaf });
      },
    },
  });
}
