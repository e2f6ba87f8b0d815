// The conversations that are listed and those that are open, as this page knows them.

import { createStore, kept, useStore } from "../../app/store";
import { tellProblem } from "../../app/toasts";
import { conversationStore } from "../conversationStore";
import { type Conversation, type ConversationSummary, emptyConversation, type Message } from "../types";

export const summaries = createStore<ConversationSummary[]>([]);
export const open = createStore<Record<string, Conversation>>({});
/** Answers that are being written, by conversation. */
export const running = createStore<Record<string, { message: string; stage: string | null; stop(): void }>>({});
/** The conversation that has no message yet. */
export const fresh = createStore<Conversation>(emptyConversation(kept.read<string | null>("model", null)));
export const missing = new Set<string>();
export const useSummaries = (): ConversationSummary[] => useStore(summaries);
export const useRunning = () => useStore(running);

/** The conversation of an id, the new one for none; `undefined` while it is read, `null` where there is none. */
export function useConversation(id: string | null): Conversation | null | undefined {
  const all = useStore(open);
  const blank = useStore(fresh);
  return id === null ? blank : all[id] ?? (missing.has(id) ? null : undefined);
}

/** The titles of conversations that are open, which lists may lack. */
export const useOpen = (): Record<string, Conversation> => useStore(open);
export const openNow = (id: string): Conversation | undefined => open.get()[id];
export const summariesNow = (): ConversationSummary[] => summaries.get();

export function current(id: string | null): Conversation {
  return (id === null ? undefined : open.get()[id]) ?? fresh.get();
}

export function put(conversation: Conversation): void {
  if (conversation.id === fresh.get().id && conversation.count === 0) return fresh.set(conversation);
  open.set((before) => ({ ...before, [conversation.id]: conversation }));
}

export function summary(conversation: Conversation): ConversationSummary {
  const { messages: _messages, leaf: _leaf, system: _system, parameters: _parameters, constraint: _constraint, ...told } = conversation;
  return told;
}

/** Changes what is said about a conversation, and keeps it. */
export function change(id: string | null, members: Partial<Omit<Conversation, "id" | "messages">>): void {
  const conversation = { ...current(id), ...members };
  put(conversation);
  if (members.model) kept.write("model", members.model);
  if (conversation.count > 0) keep(conversation);
}

export function list(one: ConversationSummary): void {
  summaries.set((before) => {
    const others = before.filter((other) => other.id !== one.id);
    return one.isTemporary || one.isArchived ? others : [one, ...others].sort((a, b) => b.updatedAt - a.updatedAt);
  });
}

export function keep(conversation: Conversation): void {
  list(summary(conversation));
  conversationStore().then((store) => store.saveSummary(conversation)).catch(tellProblem);
}

/** Takes a message up into what is shown. */
export function add(conversation: Conversation, message: Message): Conversation {
  const changed: Conversation = {
    ...conversation, leaf: message.id, updatedAt: Date.now(), messages: { ...conversation.messages, [message.id]: message },
    count: conversation.count + (conversation.messages[message.id] ? 0 : 1),
  };
  open.set((before) => ({ ...before, [changed.id]: changed }));
  return changed;
}

/** Shows a message with what the server said of it. */
export function replaceMessage(id: string, message: Message): void {
  const now = open.get()[id];
  if (now) open.set((before) => ({ ...before, [id]: { ...now, messages: { ...now.messages, [message.id]: message } } }));
}
