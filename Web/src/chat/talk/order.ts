// What is said about conversations to find them again: shown at once, kept by the store.

import { conversationStore } from "../conversationStore";
import type { ConversationSummary, Order } from "../types";
import { list, open, openNow, summaries, summary } from "./state";
import { tellOthers } from "./windows";

/** Changes how conversations are found again: shown at once, and taken back where it cannot be kept. */
export async function organise(chosen: ConversationSummary[], order: (one: ConversationSummary) => Order): Promise<void> {
  const before = chosen.map((one) => openNow(one.id) ?? summaries.get().find((other) => other.id === one.id) ?? one);
  for (const one of before) showOrder(one, order(one));
  const store = await conversationStore();
  const failures: unknown[] = [];
  const work = async (one: ConversationSummary) => {
    try {
      await store.organise(one.id, order(one));
    } catch (error) {
      failures.push(error);
      showOrder(one, {});
    }
  };
  // A few at once: a folder may have hundreds.
  for (let at = 0; at < before.length; at += 6) await Promise.all(before.slice(at, at + 6).map(work));
  tellOthers();
  if (failures.length > 0) throw failures[0];
}

function showOrder(one: ConversationSummary, order: Order): void {
  const known = open.get()[one.id];
  const { title, isPinned, folder, tags, isArchived, isTemporary, context } = { ...one, ...order };
  const told = {
    ...(context === undefined ? {} : { context }), title, isPinned, folder: folder ?? "", tags: tags ?? [], isArchived: isArchived ?? false, isTemporary: isTemporary ?? false };
  if (known) open.set((all) => ({ ...all, [one.id]: { ...known, ...told } }));
  list({ ...(known ? summary(known) : one), ...told });
}
