// The conversations that are open, and everything that is done to them.

import { ApiError } from "../api/http";
import { createStore, kept, useStore } from "../app/store";
import { navigate } from "../app/router";
import { later } from "./later";
import { tell, tellProblem } from "../app/toasts";
import { t } from "../i18n";
import { type AnswerWriter, type ConversationStore, conversationStore } from "./conversationStore";
import { type Draft, generate } from "./generation";
import { endLive, setLive } from "./live";
import { chatBody, constrained } from "./request";
import { leafBelow, path, subtree } from "./tree";
import {
  type Attachment, type Conversation, type ConversationSummary, emptyConversation, type Importance, type Message, newId, type Order,
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
      if (found.isPartial) rests.set(id, loadRest(id).finally(() => rests.delete(id)));
    }
    else {
      missing.add(id);
      open.set((before) => ({ ...before }));
    }
  } catch (error) {
    tellProblem(error);
  }
}

/** Rests of long conversations that are being read. */
const rests = new Map<string, Promise<void>>();

/** Opens a conversation, and waits until all of it is here. */
export async function openWhole(id: string): Promise<void> {
  await openConversation(id);
  await rests.get(id);
}

/** Reads the messages that were not needed to show the end of a long conversation. */
async function loadRest(id: string): Promise<void> {
  try {
    const rest = await (await conversationStore()).loadRest?.(id);
    const now = open.get()[id];
    if (!now || !rest) return;
    // What is here already is newer.
    const messages = { ...rest.messages, ...now.messages };
    const { isPartial: _isPartial, ...others } = now;
    open.set((before) => ({ ...before, [id]: { ...others, system: now.system || rest.system, messages, count: Object.keys(messages).length } }));
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
  const { messages: _messages, leaf: _leaf, system: _system, parameters: _parameters, constraint: _constraint, ...told } = conversation;
  return told;
}

/** The titles of conversations that are open, which lists may lack. */
export const useOpen = (): Record<string, Conversation> => useStore(open);
export const openNow = (id: string): Conversation | undefined => open.get()[id];
export const summariesNow = (): ConversationSummary[] => summaries.get();

/** Changes what is said about a conversation, and keeps it. */
export function change(id: string | null, members: Partial<Omit<Conversation, "id" | "messages">>): void {
  const conversation = { ...current(id), ...members };
  put(conversation);
  if (members.model) kept.write("model", members.model);
  if (conversation.count > 0) keep(conversation);
}

function list(one: ConversationSummary): void {
  summaries.set((before) => {
    const others = before.filter((other) => other.id !== one.id);
    return one.isTemporary || one.isArchived ? others : [one, ...others].sort((a, b) => b.updatedAt - a.updatedAt);
  });
}

function keep(conversation: Conversation): void {
  list(summary(conversation));
  conversationStore().then((store) => store.saveSummary(conversation)).catch(tellProblem);
}

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
  const { title, isPinned, folder, tags, isArchived, isTemporary } = { ...one, ...order };
  const told = { title, isPinned, folder: folder ?? "", tags: tags ?? [], isArchived: isArchived ?? false, isTemporary: isTemporary ?? false };
  if (known) open.set((all) => ({ ...all, [one.id]: { ...known, ...told } }));
  list({ ...(known ? summary(known) : one), ...told });
}

/** Other windows list anew what this one has changed. */
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("nexus.conversations");
function tellOthers(): void {
  // A channel reaches windows of this origin only; there is none to name.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  channel?.postMessage("changed");
}
channel?.addEventListener("message", () => void loadSummaries());

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
  setLive(message);
  const state = running.get()[id];
  if (state && state.stage !== stage) running.set((before) => ({ ...before, [id]: { ...state, stage } }));
  return message;
}

function finish(id: string, message: Message): void {
  running.set((before) => without(before, id));
  const now = open.get()[id];
  if (now) {
    const ended = { ...now, messages: { ...now.messages, [message.id]: message }, updatedAt: Date.now() };
    open.set((before) => ({ ...before, [id]: ended }));
    keep(ended);
  }
  endLive(message.id);
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

/** Shows a message with what the server said of it. */
export function replaceMessage(id: string, message: Message): void {
  const now = open.get()[id];
  if (now) open.set((before) => ({ ...before, [id]: { ...now, messages: { ...now.messages, [message.id]: message } } }));
}

/** How much of a message is kept when the context gets full; the server is told by who calls. */
export function setImportance(id: string, message: string, importance: Importance): void {
  const known = open.get()[id]?.messages[message];
  if (known) replaceMessage(id, { ...known, importance });
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
  tellOthers();
  navigate("chat", copy.id);
}

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

/** Takes messages of other branches over, behind the end of the branch that is shown. */
export async function takeOver(id: string, chosen: Message[]): Promise<void> {
  const store = await conversationStore();
  const before = open.get()[id];
  if (!before || chosen.length === 0) return;
  const leaf = await store.copyMessages(before, chosen, before.leaf);
  const now = await store.load(id);
  if (now) keep(add({ ...now, leaf }, now.messages[leaf] ?? { ...chosen[chosen.length - 1]!, id: leaf }));
}

/** Starts with an empty page, and the model of the conversation before. */
export function startNew(): void {
  startWith({});
}

/** Starts with an empty page in a folder, or with one that is not kept for long. */
export function startWith(order: Order): void {
  fresh.set({ ...emptyConversation(fresh.get().model), ...order });
  navigate("chat");
}
