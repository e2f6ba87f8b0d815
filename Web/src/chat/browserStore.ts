// Conversations in this browser's IndexedDB: one record for each conversation, one for each message.

import { once } from "../app/once";
import type { ConversationStore } from "./conversationStore";
import { path, subtree } from "./tree";
import { type Conversation, type ConversationSummary, type Message, newId, type Order } from "./types";

type Head = Omit<Conversation, "messages">;
type StoredMessage = Message & { conversation: string };

const foundMax = 50;

const open = once(() => new Promise<IDBDatabase>((done, failed) => {
  const asked = indexedDB.open("nexus", 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore("conversations", { keyPath: "id" });
    asked.result.createObjectStore("messages", { keyPath: ["conversation", "id"] }).createIndex("conversation", "conversation");
  };
  asked.onsuccess = () => done(asked.result);
  asked.onerror = () => failed(asked.error ?? new Error("IndexedDB cannot be opened"));
}));

function answer<Value>(asked: IDBRequest<Value>): Promise<Value> {
  return new Promise((done, failed) => {
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error ?? new Error("IndexedDB failed"));
  });
}

async function transaction(names: string[], mode: IDBTransactionMode): Promise<IDBTransaction> {
  return (await open()).transaction(names, mode);
}

function finished(work: IDBTransaction): Promise<void> {
  return new Promise((done, failed) => {
    work.oncomplete = () => done();
    work.onabort = () => failed(work.error ?? new Error("IndexedDB gave up"));
    work.onerror = () => failed(work.error ?? new Error("IndexedDB failed"));
  });
}

async function keep(conversation: string, messages: Message[]): Promise<void> {
  const writing = await transaction(["messages"], "readwrite");
  for (const message of messages) writing.objectStore("messages").put({ ...message, conversation });
  await finished(writing);
}

/** So many of the server's conversations can be read without a network: those that were opened last. */
const copiesMax = 200;

/** Keeps a conversation of the server's for reading without a network. */
export async function keepCopy(conversation: Conversation, messages: Message[]): Promise<void> {
  const writing = await transaction(["conversations", "messages"], "readwrite");
  const heads = writing.objectStore("conversations");
  const { messages: _, ...head } = conversation;
  heads.put(head);
  for (const message of messages) writing.objectStore("messages").put({ ...message, conversation: conversation.id });
  await finished(writing);
  const all = await browserStore().list();
  for (const old of all.slice(copiesMax)) await browserStore().remove(old.id);
}

/** Forgets everything that this browser keeps of conversations. */
export async function forgetCopies(): Promise<void> {
  const writing = await transaction(["conversations", "messages"], "readwrite");
  writing.objectStore("conversations").clear();
  writing.objectStore("messages").clear();
  await finished(writing);
}

export function browserStore(): ConversationStore {
  return {
    async list(isArchived = false): Promise<ConversationSummary[]> {
      const all = await answer<Head[]>((await transaction(["conversations"], "readonly")).objectStore("conversations").getAll());
      return all.filter((head) => (head.isArchived ?? false) === isArchived).sort((a, b) => b.updatedAt - a.updatedAt);
    },

    async load(id: string): Promise<Conversation | null> {
      const reading = await transaction(["conversations", "messages"], "readonly");
      const [head, messages] = await Promise.all([
        answer<Head | undefined>(reading.objectStore("conversations").get(id)),
        answer<StoredMessage[]>(reading.objectStore("messages").index("conversation").getAll(id)),
      ]);
      if (!head) return null;
      const byId: Record<string, Message> = {};
      for (const { conversation: _, ...message } of messages) byId[message.id] = message;
      return { ...head, messages: byId };
    },

    async saveSummary(conversation: Conversation): Promise<void> {
      const writing = await transaction(["conversations"], "readwrite");
      const { messages: _, ...head } = conversation;
      writing.objectStore("conversations").put(head);
      await finished(writing);
    },

    async create(conversation: Conversation): Promise<Conversation> {
      return conversation;
    },

    async addMessage(conversation: Conversation, message: Message): Promise<Message> {
      await keep(conversation.id, [message]);
      return message;
    },

    saveAnswer: (conversation: Conversation, message: Message) => keep(conversation.id, [message]),

    async organise(id: string, order: Order): Promise<void> {
      const writing = await transaction(["conversations"], "readwrite");
      const heads = writing.objectStore("conversations");
      const head = await answer<Head | undefined>(heads.get(id));
      if (head) heads.put({ ...head, ...order });
      await finished(writing);
    },

    async copyMessages(conversation: Conversation, messages: Message[], parent: string | null): Promise<string> {
      let last = parent;
      const copies = messages.map((message, index) => {
        const copied: Message = { ...message, id: newId(), parent: last, createdAt: Date.now() + index };
        last = copied.id;
        return copied;
      });
      await keep(conversation.id, copies);
      return last ?? "";
    },

    async removeBranch(conversation: Conversation, message: string): Promise<void> {
      const writing = await transaction(["messages"], "readwrite");
      for (const id of subtree(conversation, message)) writing.objectStore("messages").delete([conversation.id, id]);
      await finished(writing);
    },

    async fork(conversation: Conversation, leaf: string, title: string): Promise<Conversation> {
      const messages = path(conversation, leaf);
      const copy: Conversation = {
        ...conversation, id: newId(), title, createdAt: Date.now(), updatedAt: Date.now(), leaf, isPinned: false,
        messages: Object.fromEntries(messages.map((message) => [message.id, message])), count: messages.length,
      };
      await keep(copy.id, messages);
      return copy;
    },

    async remove(id: string): Promise<void> {
      const writing = await transaction(["conversations", "messages"], "readwrite");
      writing.objectStore("conversations").delete(id);
      const messages = writing.objectStore("messages");
      const keys = await answer(messages.index("conversation").getAllKeys(id));
      for (const key of keys) messages.delete(key);
      await finished(writing);
    },

    async search(text: string): Promise<{ id: string; excerpt: string }[]> {
      const words = text.toLowerCase().split(/\s+/).filter(Boolean);
      if (words.length === 0) return [];
      const found = new Map<string, string>();
      const reading = await transaction(["messages"], "readonly");
      await new Promise<void>((done, failed) => {
        const asked = reading.objectStore("messages").openCursor();
        asked.onerror = () => failed(asked.error ?? new Error("IndexedDB failed"));
        asked.onsuccess = () => {
          const cursor = asked.result;
          if (!cursor || found.size >= foundMax) return done();
          const message = cursor.value as StoredMessage;
          const lower = message.text.toLowerCase();
          if (!found.has(message.conversation) && words.every((word) => lower.includes(word))) {
            const at = lower.indexOf(words[0]!);
            found.set(message.conversation, message.text.slice(Math.max(0, at - 30), at + 90).replace(/\s+/g, " "));
          }
          cursor.continue();
        };
      });
      return Array.from(found, ([id, excerpt]) => ({ id, excerpt }));
    },
  };
}
