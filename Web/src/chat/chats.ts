// The conversations that are open, and everything that is done to them.

import { ApiError } from "../api/http";
import { createStore, kept, useStore } from "../app/store";
import { navigate } from "../app/router";
import { tell, tellProblem } from "../app/toasts";
import { t } from "../i18n";
import { type AnswerWriter, type ConversationStore, conversationStore } from "./conversationStore";
import { type Draft, generate } from "./generation";
import { chatBody, constrained } from "./request";
import { leafBelow, path } from "./tree";
import {
  type Attachment, type Conversation, type ConversationSummary, emptyConversation, type Message, newId,
} from "./types";

const summaries = createStore<ConversationSummary[]>([]);
const open = createStore<Record<string, Conversation>>({});
/** Answers that are being written, by conversation. */
const running = createStore<Record<string, { message: string; stage: string | null; stop(): void }>>({});
/** The conversation that has no message yet. */
const fresh = createStore<Conversation>(emptyConversation(kept.read<string | null>("model", null)));

export const useSummaries = (): ConversationSummary[] => useStore(summaries);
export const useRunning = () => useStore(running);

/** The conversation of an id, the new one for none; `undefined` while it is read, `null` where there is none. */
export function useConversation(id: string | null): Conversation | null | undefined {
  const all = useStore(open);
  const blank = useStore(fresh);
  return id === null ? blank : all[id] ?? (missing.has(id) ? null : undefined);
}

const missing = new Set<string>();
/** How long a removal can be undone. */
const undoMs = 6_000;

export async function loadSummaries(): Promise<void> {
  try {
    summaries.set(await (await conversationStore()).list());
  } catch (error) {
    tellProblem(error);
  }
}

export async function openConversation(id: string): Promise<void> {
  if (open.get()[id]) return;
  try {
    const found = await (await conversationStore()).load(id);
    if (found) {
      open.set((before) => ({ ...before, [id]: found }));
      resume(found);
    }
    else {
      missing.add(id);
      open.set((before) => ({ ...before }));
    }
  } catch (error) {
    tellProblem(error);
  }
}

function current(id: string | null): Conversation {
  return (id === null ? undefined : open.get()[id]) ?? fresh.get();
}

function put(conversation: Conversation): void {
  if (conversation.id === fresh.get().id && conversation.count === 0) return fresh.set(conversation);
  open.set((before) => ({ ...before, [conversation.id]: conversation }));
}

function summary(conversation: Conversation): ConversationSummary {
  const { id, title, createdAt, updatedAt, isPinned, folder, model, count } = conversation;
  return { id, title, createdAt, updatedAt, isPinned, model, count, ...(folder ? { folder } : {}) };
}

/** Changes what is said about a conversation, and keeps it. */
export function change(id: string | null, members: Partial<Omit<Conversation, "id" | "messages">>): void {
  const conversation = { ...current(id), ...members };
  put(conversation);
  if (members.model) kept.write("model", members.model);
  if (conversation.count > 0) keep(conversation);
}

function keep(conversation: Conversation): void {
  summaries.set((before) =>
    [summary(conversation), ...before.filter((other) => other.id !== conversation.id)].sort((a, b) => b.updatedAt - a.updatedAt));
  conversationStore().then((store) => store.saveSummary(conversation)).catch(tellProblem);
}

/** For conversations that are not open. */
export async function changeSummary(id: string, members: Partial<ConversationSummary>): Promise<void> {
  await openConversation(id);
  if (open.get()[id]) change(id, members);
}

/** Takes a message up into what is shown. */
function add(conversation: Conversation, message: Message): Conversation {
  const changed: Conversation = {
    ...conversation, leaf: message.id, updatedAt: Date.now(), messages: { ...conversation.messages, [message.id]: message },
    count: conversation.count + (conversation.messages[message.id] ? 0 : 1),
  };
  open.set((before) => ({ ...before, [changed.id]: changed }));
  return changed;
}

function without<Value>(all: Record<string, Value>, id: string): Record<string, Value> {
  return Object.fromEntries(Object.entries(all).filter(([key]) => key !== id));
}

function titleOf(message: Message): string {
  const line = message.text.trim().split("\n")[0] ?? "";
  const short = line.length > 60 ? `${line.slice(0, 60).replace(/\s+\S*$/, "")}…` : line;
  return short || message.attachments?.[0]?.name || t("chat.untitled");
}

/**
 * Sends a message and asks for its answer.
 *
 * @throws when the message could not be kept: then nothing has changed.
 */
export async function send(id: string | null, text: string, attachments: Attachment[], parent?: string | null): Promise<void> {
  const store = await conversationStore();
  let conversation = current(id);
  let message: Message = {
    id: newId(), parent: parent === undefined ? conversation.leaf : parent, role: "user", text, createdAt: Date.now(),
    ...(attachments.length > 0 ? { attachments } : {}),
  };
  const isNew = conversation.id === fresh.get().id;
  if (isNew) conversation = await store.create({ ...conversation, title: conversation.title || titleOf(message) });
  message = await store.addMessage(conversation, message);
  const changed = add(isNew ? conversation : current(conversation.id), message);
  keep(changed);
  if (isNew) {
    fresh.set(emptyConversation(conversation.model));
    navigate("chat", changed.id);
  }
  void answer(changed.id, message.id);
}

/** Writes an answer below a message of the user's. */
export async function answer(id: string, parent: string): Promise<void> {
  const conversation = open.get()[id];
  if (!conversation || running.get()[id]) return;
  const store = await conversationStore();
  const model = conversation.model ?? "";
  const began = performance.now();
  const message: Message = { id: newId(), parent, role: "assistant", text: "", createdAt: Date.now(), facts: { model } };
  const { writer } = store;
  try {
    if (writer) {
      // Refused before it is sent, because the server would not know the text that is no schema.
      constrained(conversation.constraint);
      message.id = await writer.begin(conversation, parent);
    }
  } catch (error) {
    add(current(id), { ...message, isLocal: true, problem: explain(error) });
    return;
  }
  add(current(id), message);
  if (writer) await follow(writer, id, message, began);
  else await write(store, id, message);
}

/** Reads what the server writes. */
async function follow(writer: AnswerWriter, id: string, message: Message, began: number): Promise<void> {
  running.set((before) => ({ ...before, [id]: { message: message.id, stage: null, stop: () => { writer.stop(id, message.id).catch(tellProblem); } } }));
  let last: Message = message;
  const show = (draft: Draft) => { last = update(id, shown(message, draft), draft.stage); };
  try {
    const ended = await writer.follow(id, message.id, began, show);
    last = { ...last, ...(ended.isStopped ? { isStopped: true } : {}), ...(ended.problem ? { problem: { text: ended.problem, hint: null } } : {}) };
  } catch (error) {
    last = { ...last, problem: explain(error) };
  }
  finish(id, last);
}

/** Goes on reading an answer that was being written when the page was opened. */
function resume(conversation: Conversation): void {
  const message = path(conversation).find((one) => one.isWriting);
  if (!message || running.get()[conversation.id]) return;
  void conversationStore().then(({ writer }) => {
    const { isWriting: _isWriting, ...others } = message;
    return writer ? follow(writer, conversation.id, others, performance.now()) : undefined;
  });
}

/** Writes an answer from this page, where the store does not. */
async function write(store: ConversationStore, id: string, message: Message): Promise<void> {
  const conversation = open.get()[id];
  if (!conversation || !message.parent) return;
  const abort = new AbortController();
  running.set((before) => ({ ...before, [id]: { message: message.id, stage: null, stop: () => abort.abort() } }));
  let last: Message = message;
  const show = (draft: Draft) => { last = update(id, shown(message, draft), draft.stage); };
  try {
    await generate(chatBody(conversation, path(conversation, message.parent), conversation.model ?? ""), abort.signal, show);
  } catch (error) {
    last = abort.signal.aborted ? { ...last, isStopped: true } : { ...last, problem: explain(error) };
  }
  finish(id, last);
  const now = open.get()[id];
  if (now) store.saveAnswer?.(now, last).catch(tellProblem);
}

function shown(message: Message, draft: Draft): Message {
  return {
    ...message, text: draft.text, facts: { ...draft.facts, model: draft.facts.model || message.facts?.model || "" },
    ...(draft.thinking ? { thinking: draft.thinking } : {}),
  };
}

/** Shows a message as it is now. */
function update(id: string, message: Message, stage: string | null): Message {
  const now = open.get()[id];
  if (now) open.set((before) => ({ ...before, [id]: { ...now, messages: { ...now.messages, [message.id]: message } } }));
  const state = running.get()[id];
  if (state && state.stage !== stage) running.set((before) => ({ ...before, [id]: { ...state, stage } }));
  return message;
}

function finish(id: string, message: Message): void {
  running.set((before) => without(before, id));
  const now = open.get()[id];
  if (!now) return;
  update(id, message, null);
  keep({ ...now, messages: { ...now.messages, [message.id]: message }, updatedAt: Date.now() });
}

function explain(error: unknown): { text: string; hint: string | null } {
  if (error instanceof ApiError) return { text: error.message, hint: error.hint };
  if (error instanceof SyntaxError) return { text: t("error.schema"), hint: error.message };
  if (error instanceof TypeError) return { text: t("error.network"), hint: t("error.networkHint") };
  return { text: error instanceof Error ? error.message : String(error), hint: null };
}

export function stop(id: string): void {
  running.get()[id]?.stop();
}

/** Another answer to the same question, beside the one that is there. */
export function regenerate(id: string, message: Message, model?: string): void {
  if (model) change(id, { model });
  if (message.parent) void answer(id, message.parent);
}

/** Another wording of a message, beside the one that is there. */
export async function edit(id: string, message: Message, text: string): Promise<void> {
  if (message.role === "user") return send(id, text, message.attachments ?? [], message.parent);
  const conversation = open.get()[id];
  if (!conversation) return;
  const changed: Message = { ...message, id: newId(), text, createdAt: Date.now() };
  keep(add(conversation, await (await conversationStore()).addMessage(conversation, changed)));
}

/** Shows the way that goes through a message. */
export function showBranch(id: string, message: string): void {
  const conversation = open.get()[id];
  if (conversation) change(id, { leaf: leafBelow(conversation, message) });
}

/** A branch as a conversation of its own. */
export async function fork(id: string, leaf: string): Promise<void> {
  const conversation = open.get()[id];
  if (!conversation) return;
  const copy = await (await conversationStore()).fork(conversation, leaf, `${conversation.title} ⑂`);
  open.set((before) => ({ ...before, [copy.id]: copy }));
  keep(copy);
  navigate("chat", copy.id);
}

/** Removes a conversation, when there was time to think better of it. */
export function remove(id: string): void {
  const taken = summaries.get().find((other) => other.id === id);
  stop(id);
  summaries.set((before) => before.filter((other) => other.id !== id));
  if (location.pathname.endsWith(id)) navigate("chat", null, true);
  const work = () => {
    conversationStore().then((store) => store.remove(id)).then(() => open.set((before) => without(before, id))).catch(tellProblem);
  };
  const timer = window.setTimeout(work, undoMs);
  tell(t("chat.removed", { title: taken?.title ?? "" }), {
    action: {
      label: t("action.undo"),
      run: () => {
        window.clearTimeout(timer);
        if (taken) summaries.set((before) => [taken, ...before].sort((a, b) => b.updatedAt - a.updatedAt));
      },
    },
  });
}

/** Starts with an empty page, and the model and settings of the conversation before. */
export function startNew(): void {
  fresh.set({ ...emptyConversation(fresh.get().model) });
  navigate("chat");
}
