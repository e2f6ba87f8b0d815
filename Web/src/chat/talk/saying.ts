// What is said: new messages, other wordings, branches and copies of them, new conversations.

import { navigate } from "../../app/router";
import { t } from "../../i18n";
import { conversationStore } from "../conversationStore";
import { leafBelow } from "../tree";
import { type Attachment, emptyConversation, type Importance, type Message, newId, type Order } from "../types";
import { answer } from "./answering";
import { add, change, current, fresh, keep, open, replaceMessage } from "./state";
import { tellOthers } from "./windows";

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

/** Another wording of a message, beside the one that is there. */
export async function edit(id: string, message: Message, text: string): Promise<void> {
  if (message.role === "user") return send(id, text, message.attachments ?? [], message.parent);
  const conversation = open.get()[id];
  if (!conversation) return;
  const changed: Message = { ...message, id: newId(), text, createdAt: Date.now() };
  keep(add(conversation, await (await conversationStore()).addMessage(conversation, changed)));
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
