// What is given to a conversation's next message from elsewhere: a message or a branch of another one, as an attachment.

import { createStore, useStore } from "../app/store";
import { t } from "../i18n";
import { path } from "./tree";
import { type Attachment, type Conversation, type Message, newId } from "./types";

const handed = createStore<Record<string, Attachment[]>>({});
const none: Attachment[] = [];

export const useHanded = (conversation: string): Attachment[] => useStore(handed)[conversation] ?? none;

export function hand(conversation: string, attachment: Attachment): void {
  handed.set((before) => ({ ...before, [conversation]: [...(before[conversation] ?? []), attachment] }));
}

export function takeHanded(conversation: string): void {
  handed.set((before) => Object.fromEntries(Object.entries(before).filter(([key]) => key !== conversation)));
}

/** So much text of another conversation at most: as much as a file may have. */
const textMax = 1 << 20;

/** One message, or all up to the end of the branch that is shown. */
export function asContext(conversation: Conversation, message: Message | null): Attachment {
  const messages = message ? [message] : path(conversation);
  const title = conversation.title || t("chat.untitled");
  const lines = messages.map((one) => {
    const files = (one.attachments ?? []).filter((file) => file.kind === "text").map((file) => `\n\n${file.name}:\n${file.content}`).join("");
    return `${one.role === "user" ? t("chat.you") : one.facts?.model || t("chat.model")}:\n${one.text}${files}`;
  });
  const content = (message ? message.text : lines.join("\n\n")).slice(0, textMax);
  return { id: newId(), name: `${title.slice(0, 80)}.md`, kind: "text", content, size: new TextEncoder().encode(content).length };
}
