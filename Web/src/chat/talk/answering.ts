// Answers: begun, followed while they are written here or on the server, stopped.

import { ApiError } from "../../api/http";
import { tellProblem } from "../../app/toasts";
import { t } from "../../i18n";
import { type AnswerWriter, type ConversationStore, conversationStore } from "../conversationStore";
import { type Draft, generate } from "../generation";
import { endLive, setLive } from "../live";
import { chatBody, constrained } from "../request";
import { path } from "../tree";
import { type Conversation, type Message, newId } from "../types";
import { add, change, current, keep, open, running } from "./state";

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
    last = { ...last, ...(ended.isStopped ? { isStopped: true } : {}), ...(ended.problem ? { problem: { text: ended.problem, hint: null } } : {}), ...(ended.memories === undefined ? {} : { memories: ended.memories }) };
  } catch (error) {
    last = { ...last, problem: explain(error) };
  }
  finish(id, last);
}

/** Goes on reading an answer that was being written when the page was opened. */
export function resume(conversation: Conversation): void {
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

function without<Value>(all: Record<string, Value>, id: string): Record<string, Value> {
  return Object.fromEntries(Object.entries(all).filter(([key]) => key !== id));
}
