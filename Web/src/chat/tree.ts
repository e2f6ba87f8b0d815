// A conversation is a tree of messages; what is shown is the way from its root to a leaf.

import type { Conversation, Message } from "./types";

/** The messages from the first to `leaf`. */
export function path(conversation: Conversation, leaf = conversation.leaf): Message[] {
  const found: Message[] = [];
  const seen = new Set<string>();
  let id = leaf;
  while (id && !seen.has(id)) {
    seen.add(id);
    const message = conversation.messages[id];
    if (!message) break;
    found.push(message);
    id = message.parent;
  }
  return found.reverse();
}

/** The children of each message, the oldest first; those of `null` are the roots. */
export function children(conversation: Conversation): Map<string | null, Message[]> {
  const found = new Map<string | null, Message[]>();
  for (const message of Object.values(conversation.messages)) {
    const others = found.get(message.parent);
    if (others) others.push(message);
    else found.set(message.parent, [message]);
  }
  for (const others of Array.from(found.values())) others.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  return found;
}

/** A message and all that follow it. */
export function subtree(conversation: Conversation, id: string): string[] {
  const all = children(conversation);
  const found = new Set([id]);
  const waiting = [id];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const child of all.get(next) ?? []) {
      if (found.has(child.id)) continue;
      found.add(child.id);
      waiting.push(child.id);
    }
  }
  return Array.from(found);
}

/** The last message that two branches have in common, and what each of them has after it. */
export function parting(conversation: Conversation, left: string, right: string): { common: Message[]; left: Message[]; right: Message[] } {
  const [one, other] = [path(conversation, left), path(conversation, right)];
  let at = 0;
  while (at < one.length && at < other.length && one[at]?.id === other[at]?.id) at += 1;
  return { common: one.slice(0, at), left: one.slice(at), right: other.slice(at) };
}

/** The newest leaf below a message. */
export function leafBelow(conversation: Conversation, id: string): string {
  const all = children(conversation);
  let at = id;
  for (let steps = 0; steps <= Object.keys(conversation.messages).length; steps += 1) {
    const below = all.get(at);
    const last = below?.[below.length - 1];
    if (!last) break;
    at = last.id;
  }
  return at;
}

export interface TreeRow {
  message: Message;
  depth: number;
  /** Whether it lies on the way that is shown. */
  isShown: boolean;
  siblings: number;
}

/** All messages from the top down; only where the way parts does a row move in. */
export function treeRows(conversation: Conversation): TreeRow[] {
  const all = children(conversation);
  const shown = new Set(path(conversation).map((message) => message.id));
  const rows: TreeRow[] = [];
  const waiting: { message: Message; depth: number; siblings: number }[] = [];
  const push = (parent: string | null, depth: number) => {
    const below = all.get(parent) ?? [];
    const deeper = below.length > 1 ? depth + 1 : depth;
    for (const message of Array.from(below).reverse()) waiting.push({ message, depth: deeper, siblings: below.length });
  };
  push(null, 0);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    rows.push({ ...next, isShown: shown.has(next.message.id) });
    push(next.message.id, next.depth);
  }
  return rows;
}
