import { hasRoute } from "../api/routes";
import { once } from "../app/once";
import { browserStore } from "./browserStore";
import type { Draft } from "./generation";
import { serverStore } from "./server/serverStore";
import type { Conversation, ConversationSummary, Message, Order } from "./types";

/** Where conversations are kept. The pages know this interface only. */
export interface ConversationStore {
  /** All conversations but the archived ones, or these alone, the last changed first. */
  list(isArchived?: boolean): Promise<ConversationSummary[]>;
  /** A conversation; of a long one only the end, and `isPartial`. */
  load(id: string): Promise<Conversation | null>;
  /** All of a conversation that was loaded in part. */
  loadRest?(id: string): Promise<Conversation | null>;
  /** Begins to keep a conversation. @returns it with the id that it has from now on. */
  create(conversation: Conversation): Promise<Conversation>;
  /** Keeps with which settings a conversation goes on, and where it stands. */
  saveSummary(conversation: Conversation): Promise<void>;
  /** Keeps a new message. @returns it with the id that it has from now on. */
  addMessage(conversation: Conversation, message: Message): Promise<Message>;
  /** Other words for a message, in its place. @throws `ApiError` 409 where it was changed elsewhere since it was read. */
  rewrite?(conversation: Conversation, message: Message, text: string): Promise<Message>;
  /** A message as it is kept now. */
  readMessage?(conversation: Conversation, message: Message): Promise<Message>;
  /** Keeps what is said about a conversation to find it again. */
  organise(id: string, order: Order): Promise<void>;
  /** Copies messages of other branches behind a message, one behind the other. @returns the last copy's id. */
  copyMessages(conversation: Conversation, messages: Message[], parent: string | null): Promise<string>;
  /** Removes a message and all that follow it. */
  removeBranch(conversation: Conversation, message: string): Promise<void>;
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
  follow(conversation: string, message: string, began: number, onDraft: (draft: Draft) => void): Promise<Draft & { problem: string | null; isStopped: boolean } & Pick<Message, "memories">>;
  stop(conversation: string, message: string): Promise<void>;
}

let known: ConversationStore | null = null;
const chosen = once(async (): Promise<ConversationStore> => {
  known = (await hasRoute("/api/v1/conversations")) ? serverStore() : browserStore();
  return known;
});

/** The store for those who cannot wait; `null` before it was first asked for. */
export const storeNow = (): ConversationStore | null => known;

/** The server's, where it keeps conversations; this browser's otherwise, and what it has copies of as long as there is no network. */
export function conversationStore(): Promise<ConversationStore> {
  return chosen().catch(() => browserStore());
}
