// Conversations on the server: they are there on every device, and an answer is written there whether anybody looks or not.

import { ApiError, get, part, send } from "../../api/http";
import { browserStore } from "../browserStore";
import type { ConversationStore } from "../conversationStore";
import { content } from "../request";
import { path } from "../tree";
import type { Conversation, ConversationSummary, Message, Order } from "../types";
import { follow } from "./following";
import { assemble, copy, firstPage, type Instructions, type Page, readAll } from "./reading";
import { keepsInstructions, settingsSaver } from "./saving";
import { base, messageOf, summaryOf, type WireConversation, type WireMessage, wireOrder } from "./wire";

/** So many pages of 500 conversations are listed. */
const pagesMax = 20;

interface Hit { conversation: string; excerpt: { text: string }[] }

export function serverStore(): ConversationStore {
  /** The message with the instructions that a conversation begins with, and what it says. */
  const instructions: Instructions = new Map();
  /** Conversations whose rest is being read: an answer waits until it is known how they begin. */
  const reading = new Map<string, Promise<void>>();
  const settings = settingsSaver(instructions);

  return {
    async list(isArchived = false): Promise<ConversationSummary[]> {
      const found = new Map<string, ConversationSummary>();
      let before = "";
      for (let page = 0; page < pagesMax; page += 1) {
        const { conversations, has_more } = await get<{ conversations: WireConversation[]; has_more: boolean }>(`${base}?limit=500&archived=${isArchived}${before}`);
        for (const wire of conversations) found.set(wire.id, summaryOf(wire));
        const last = conversations[conversations.length - 1];
        if (!has_more || !last) break;
        before = `&before_us=${last.updated_us}`;
      }
      return Array.from(found.values());
    },

    async load(id: string): Promise<Conversation | null> {
      try {
        const [head, end] = await Promise.all([
          get<WireConversation>(`${base}/${part(id)}`),
          get<Page>(`${base}/${part(id)}/messages?limit=${firstPage}`),
        ]);
        const isWhole = !end.has_more && end.messages.length === head.messages;
        const conversation = assemble(head, end.messages, !isWhole, isWhole ? instructions : null);
        if (isWhole) copy(conversation, Object.values(conversation.messages));
        return conversation;
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },

    loadRest(id: string): Promise<Conversation | null> {
      const work = readAll(id, instructions).then((conversation) => {
        copy(conversation, Object.values(conversation.messages));
        return conversation;
      });
      reading.set(id, work.then(() => undefined, () => undefined));
      return work;
    },

    async create(conversation: Conversation): Promise<Conversation> {
      const made = await send<WireConversation>("POST", base, {
        title: conversation.title, settings: await settings.told(conversation), ...wireOrder({ folder: conversation.folder ?? "", isTemporary: conversation.isTemporary ?? false, ...(conversation.context ? { context: conversation.context } : {}) }),
      });
      const text = conversation.system.trim();
      if (text && !(await keepsInstructions())) {
        const first = await send<WireMessage>("POST", `${base}/${part(made.id)}/messages`, { role: "system", content: text, parent: null });
        instructions.set(made.id, { id: first.id, text });
      }
      return { ...conversation, id: made.id, ...(made.context === undefined ? {} : { context: made.context }) };
    },

    async saveSummary(conversation: Conversation): Promise<void> {
      copy(conversation, path(conversation).slice(-2));
      await settings.save(conversation);
    },

    async addMessage(conversation: Conversation, message: Message): Promise<Message> {
      const parent = message.parent ?? instructions.get(conversation.id)?.id ?? null;
      const wire = await send<WireMessage>("POST", `${base}/${part(conversation.id)}/messages`, {
        role: message.role, content: content(message), parent, ...(message.facts?.model ? { model: message.facts.model } : {}),
      });
      return { ...message, id: wire.id };
    },

    async rewrite(conversation: Conversation, message: Message, text: string): Promise<Message> {
      const wire = await send<WireMessage>("PATCH", `${base}/${part(conversation.id)}/messages/${part(message.id)}`, {
        content: content({ ...message, text }), ...(message.revision === undefined ? {} : { revision: message.revision }),
      });
      return { ...message, text, ...(wire.revision === undefined ? {} : { revision: wire.revision }) };
    },

    async readMessage(conversation: Conversation, message: Message): Promise<Message> {
      const wire = await get<WireMessage>(`${base}/${part(conversation.id)}/messages/${part(message.id)}`);
      return { ...message, ...messageOf(wire), parent: message.parent };
    },

    async organise(id: string, order: Order): Promise<void> {
      await send("PATCH", `${base}/${part(id)}`, wireOrder(order));
    },

    async copyMessages(conversation: Conversation, messages: Message[], parent: string | null): Promise<string> {
      const behind = parent ?? instructions.get(conversation.id)?.id ?? null;
      const made = await send<{ messages: WireMessage[] }>("POST", `${base}/${part(conversation.id)}/copy`, { messages: messages.map(({ id }) => id), parent: behind });
      return made.messages[made.messages.length - 1]?.id ?? "";
    },

    async removeBranch(conversation: Conversation, message: string): Promise<void> {
      await send("DELETE", `${base}/${part(conversation.id)}/messages/${part(message)}`);
    },

    async fork(conversation: Conversation, leaf: string, title: string): Promise<Conversation> {
      const made = await send<WireConversation>("POST", `${base}/${part(conversation.id)}/fork`, { message: leaf, title });
      const loaded = await readAll(made.id, instructions);
      if (!loaded) throw new Error(title);
      return loaded;
    },

    async remove(id: string): Promise<void> {
      await send("DELETE", `${base}/${part(id)}`);
      await browserStore().remove(id);
    },

    async search(text: string): Promise<{ id: string; excerpt: string }[]> {
      const { hits } = await get<{ hits: Hit[] }>(`${base}/search?q=${part(text)}&limit=50`);
      const found = new Map<string, string>();
      for (const hit of hits) {
        if (!found.has(hit.conversation)) found.set(hit.conversation, hit.excerpt.map((piece) => piece.text).join(""));
      }
      return Array.from(found, ([id, excerpt]) => ({ id, excerpt }));
    },

    writer: {
      async begin(conversation: Conversation, parent: string): Promise<string> {
        await reading.get(conversation.id);
        await settings.settle(conversation);
        const wire = await send<WireMessage>("POST", `${base}/${part(conversation.id)}/answers`, { parent, request: await settings.told(conversation) });
        return wire.id;
      },
      follow,
      async stop(conversation: string, message: string): Promise<void> {
        await send("POST", `${base}/${part(conversation)}/messages/${part(message)}/stop`);
      },
    },
  };
}
