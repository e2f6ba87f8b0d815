import { hasRoute } from "../api/routes";
import { once } from "../app/once";
import { browserStore } from "./browserStore";
import type { Draft } from "./generation";
import { serverStore } from "./serverStore";
import type { Conversation, ConversationSummary, Message } from "./types";

/** Where conversations are kept. The pages know this interface only. */
export interface ConversationStore {
  /** All conversations, the last changed first. */
  list(): Promise<ConversationSummary[]>;
  load(id: string): Promise<Conversation | null>;
  /** Begins to keep a conversation. @returns it with the id that it has from now on. */
  create(conversation: Conversation): Promise<Conversation>;
  /** Keeps everything about a conversation but its messages. */
  saveSummary(conversation: Conversation): Promise<void>;
  /** Keeps a new message. @returns it with the id that it has from now on. */
  addMessage(conversation: Conversation, message: Message): Promise<Message>;
  /** A branch as a conversation of its own. */
  fork(conversation: Conversation, leaf: string, title: string): Promise<Conversation>;
  remove(id: string): Promise<void>;
  /** Conversations that hold all words of a text, with a piece around the first. */
  search(text: string): Promise<{ id: string; excerpt: string }[]>;
  /** Of a store that writes answers itself, so that they go on when nobody looks. */
  readonly writer?: AnswerWriter;
  /** Of a store that is told what has been written so far. */
  saveAnswer?(conversation: Conversation, message: Message): Promise<void>;
}

export interface AnswerWriter {
  /** @returns the id of the answer that is being written now. */
  begin(conversation: Conversation, parent: string): Promise<string>;
  /** Reads an answer until it is complete, from wherever it is now. */
  follow(conversation: string, message: string, began: number, onDraft: (draft: Draft) => void): Promise<Draft & { problem: string | null; isStopped: boolean }>;
  stop(conversation: string, message: string): Promise<void>;
}

const chosen = once(async (): Promise<ConversationStore> =>
  (await hasRoute("/api/v1/conversations")) ? serverStore() : browserStore());

/** The server's, where it keeps conversations; this browser's otherwise, and what it has copies of as long as there is no network. */
export function conversationStore(): Promise<ConversationStore> {
  return chosen().catch(() => browserStore());
}
