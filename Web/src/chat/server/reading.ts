// Conversations are read: the end of a long one first, all of it page by page.

import { get, part } from "../../api/http";
import { keepCopy } from "../browserStore";
import { readSettings } from "../settings";
import type { Conversation, Message } from "../types";
import { base, messageOf, summaryOf, textOf, type WireConversation, type WireMessage } from "./wire";

export interface Page { messages: WireMessage[]; has_more: boolean }
export type Instructions = Map<string, { id: string; text: string }>;
/** So many messages are there at first, and so many come at once after them. */
export const firstPage = 60;
const nextPages = 1_000;

/** A conversation of what was read of it; `instructions` is told how it begins when that was read too. */
export function assemble(head: WireConversation, wires: WireMessage[], isPartial: boolean, instructions: Instructions | null): Conversation {
  const first = wires.find((message) => message.role === "system" && message.parent === null);
  if (first) instructions?.set(head.id, { id: first.id, text: textOf(first.content) });
  const messages: Record<string, Message> = {};
  for (const wire of wires) {
    if (wire.role !== "user" && wire.role !== "assistant") continue;
    messages[wire.id] = { ...messages[wire.id], ...messageOf(wire), parent: wire.parent === first?.id ? null : wire.parent };
  }
  const { model, parameters, constraint } = readSettings(head.settings);
  const kept = head.settings["system"];
  return {
    ...summaryOf(head), model, system: typeof kept === "string" ? kept : first ? textOf(first.content) : "", parameters, constraint, leaf: head.head, messages,
    count: isPartial ? head.messages : Object.keys(messages).length, ...(isPartial ? { isPartial } : {}),
  };
}

/** Page by page, so that nothing waits for one large answer; other branches only where there are some. */
export async function readAll(id: string, instructions: Instructions): Promise<Conversation> {
  const head = await get<WireConversation>(`${base}/${part(id)}`);
  const found: WireMessage[] = [];
  for (let before = ""; ;) {
    const page = await get<Page>(`${base}/${part(id)}/messages?limit=${nextPages}${before && `&before=${part(before)}`}`);
    found.unshift(...page.messages);
    const first = page.messages[0];
    if (!page.has_more || !first) break;
    before = first.id;
  }
  if (found.length < head.messages) {
    const all = await get<{ messages: WireMessage[] }>(`${base}/${part(id)}/export?format=json`);
    // What was read of the branch that is shown says more.
    found.unshift(...all.messages);
  }
  return assemble(head, found, false, instructions);
}

/** For reading without a network. A browser that keeps nothing loses only that. */
export function copy(conversation: Conversation, messages: Message[]): void {
  if (conversation.isTemporary) return;
  keepCopy(conversation, messages).catch(() => undefined);
}
