// Conversations on the server: they are there on every device, and an answer is written there whether anybody looks or not.

import { eventsOf } from "../api/events";
import { ApiError, get, part, refusal, send } from "../api/http";
import type { Timings, Usage } from "../api/types";
import { browserStore, keepCopy } from "./browserStore";
import type { AnswerWriter, ConversationStore } from "./conversationStore";
import type { Draft } from "./generation";
import { constrained, content, sampling } from "./request";
import { partThinking } from "./thoughts";
import { path } from "./tree";
import { type AnswerFacts, type Attachment, type Conversation, type ConversationSummary, type Importance, type Message, newId, type Order } from "./types";
import { readSettings } from "./settings";
import { hasRoute } from "../api/routes";
import { noteConnection, untilBack } from "../app/connection";
import { once } from "../app/once";

const base = "/api/v1/conversations";

interface WireConversation {
  id: string;
  title: string;
  folder: string;
  tags: string[];
  pinned: boolean;
  archived: boolean;
  temporary: boolean;
  settings: Record<string, unknown>;
  head: string | null;
  messages: number;
  created_at: string;
  updated_at: string;
  updated_us: number;
}

type WireContent = string | null | { type: string; text?: string; image_url?: { url: string } }[];

interface WireMessage {
  id: string;
  parent: string | null;
  role: string;
  content: WireContent;
  status?: "writing" | "complete" | "stopped" | "failed";
  created_at?: string;
  /** Microseconds, in exports. */
  created?: number;
  reasoning_content?: string;
  model?: string;
  failure?: string;
  request_id?: string;
  revision?: number;
  importance?: Importance;
  pinned?: boolean;
  report?: { finish_reason?: string; timings?: Timings };
  usage?: { prompt_tokens: number; completion_tokens: number; cached_tokens: number; reasoning_tokens: number };
}

/** Whether the server keeps instructions with the settings: then they hold whenever they were written. */
const keepsInstructions = once(() => hasRoute("/api/v1/conversations/{conversation}/context"));

/** So many pages of 500 conversations are listed. */
const pagesMax = 20;
/** Changes of settings are sent when they have rested for so long. */
const restMs = 400;

export function serverStore(): ConversationStore {
  /** The message with the instructions that a conversation begins with, and what it says. */
  const instructions = new Map<string, { id: string; text: string }>();
  /** Changes that rest before they are sent. */
  const waiting = new Map<string, { timer: number }>();
  /** Conversations whose rest is being read: an answer waits until it is known how they begin. */
  const reading = new Map<string, Promise<void>>();

  async function saveNow(conversation: Conversation): Promise<void> {
    const { id, leaf } = conversation;
    const head = leaf && conversation.messages[leaf]?.isLocal ? null : leaf;
    const body = { settings: await told(conversation), ...(head ? { head } : {}) };
    try {
      await send("PATCH", `${base}/${part(id)}`, body);
    } catch (error) {
      // Something else of it changed in this moment; ours are other members.
      if (!(error instanceof ApiError && error.status === 409)) throw error;
      await send("PATCH", `${base}/${part(id)}`, body);
    }
  }

  /** The settings with the instructions, where the server knows them there. */
  async function told(conversation: Conversation): Promise<Record<string, unknown>> {
    const settings = settingsOf(conversation);
    const text = conversation.system.trim();
    if (!(await keepsInstructions()) || conversation.isPartial) return settings;
    // Empty takes away what the first message says.
    return text || instructions.has(conversation.id) ? { ...settings, system: text } : settings;
  }

  async function settle(conversation: Conversation): Promise<void> {
    if (await keepsInstructions()) return;
    const known = instructions.get(conversation.id);
    const text = conversation.system.trim();
    if (!known || known.text === text || !text) return;
    await send("PATCH", `${base}/${part(conversation.id)}/messages/${part(known.id)}`, { content: text });
    instructions.set(conversation.id, { ...known, text });
  }

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
        title: conversation.title, settings: await told(conversation), ...wireOrder({ folder: conversation.folder ?? "", isTemporary: conversation.isTemporary ?? false }),
      });
      const text = conversation.system.trim();
      if (text && !(await keepsInstructions())) {
        const first = await send<WireMessage>("POST", `${base}/${part(made.id)}/messages`, { role: "system", content: text, parent: null });
        instructions.set(made.id, { id: first.id, text });
      }
      return { ...conversation, id: made.id };
    },

    async saveSummary(conversation: Conversation): Promise<void> {
      const { id } = conversation;
      copy(conversation, path(conversation).slice(-2));
      window.clearTimeout(waiting.get(id)?.timer);
      await new Promise<void>((done) => { waiting.set(id, { timer: window.setTimeout(done, restMs) }); });
      waiting.delete(id);
      await saveNow(conversation);
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
        await settle(conversation);
        // The server answers with what it knows: what was changed a moment ago goes first.
        const rested = waiting.get(conversation.id);
        if (rested) {
          window.clearTimeout(rested.timer);
          waiting.delete(conversation.id);
          await saveNow(conversation);
        }
        const wire = await send<WireMessage>("POST", `${base}/${part(conversation.id)}/answers`, { parent, request: await told(conversation) });
        return wire.id;
      },
      follow,
      async stop(conversation: string, message: string): Promise<void> {
        await send("POST", `${base}/${part(conversation)}/messages/${part(message)}/stop`);
      },
    },
  };
}

interface Page { messages: WireMessage[]; has_more: boolean }
type Instructions = Map<string, { id: string; text: string }>;

/** So many messages are there at first, and so many come at once after them. */
const firstPage = 60;
const nextPages = 1_000;

/** A conversation of what was read of it; `instructions` is told how it begins when that was read too. */
function assemble(head: WireConversation, wires: WireMessage[], isPartial: boolean, instructions: Instructions | null): Conversation {
  const first = wires.find((message) => message.role === "system" && message.parent === null);
  if (first) instructions?.set(head.id, { id: first.id, text: textOf(first.content) });
  const messages: Record<string, Message> = {};
  for (const wire of wires) {
    if (wire.role !== "user" && wire.role !== "assistant") continue;
    messages[wire.id] = { ...messages[wire.id], ...messageOf(wire), parent: wire.parent === first?.id ? null : wire.parent };
  }
  const { model, parameters, constraint } = readSettings(head.settings);
  const kept = head.settings["system"];
  return {
    ...summaryOf(head), model, system: typeof kept === "string" ? kept : first ? textOf(first.content) : "", parameters, constraint, leaf: head.head, messages,
    count: isPartial ? head.messages : Object.keys(messages).length, ...(isPartial ? { isPartial } : {}),
  };
}

/** Page by page, so that nothing waits for one large answer; other branches only where there are some. */
async function readAll(id: string, instructions: Instructions): Promise<Conversation> {
  const head = await get<WireConversation>(`${base}/${part(id)}`);
  const found: WireMessage[] = [];
  for (let before = ""; ;) {
    const page = await get<Page>(`${base}/${part(id)}/messages?limit=${nextPages}${before && `&before=${part(before)}`}`);
    found.unshift(...page.messages);
    const first = page.messages[0];
    if (!page.has_more || !first) break;
    before = first.id;
  }
  if (found.length < head.messages) {
    const all = await get<{ messages: WireMessage[] }>(`${base}/${part(id)}/export?format=json`);
    // What was read of the branch that is shown says more.
    found.unshift(...all.messages);
  }
  return assemble(head, found, false, instructions);
}

/** For reading without a network. A browser that keeps nothing loses only that. */
function copy(conversation: Conversation, messages: Message[]): void {
  if (conversation.isTemporary) return;
  keepCopy(conversation, messages).catch(() => undefined);
}

interface Hit { conversation: string; excerpt: { text: string }[] }

function summaryOf(wire: WireConversation): ConversationSummary {
  return {
    id: wire.id, title: wire.title, createdAt: Date.parse(wire.created_at), updatedAt: Date.parse(wire.updated_at), isPinned: wire.pinned,
    model: typeof wire.settings["model"] === "string" ? wire.settings["model"] : null, count: wire.messages, folder: wire.folder, tags: wire.tags, isArchived: wire.archived, isTemporary: wire.temporary,
  };
}

function wireOrder(order: Order): Record<string, unknown> {
  const { title, isPinned, folder, tags, isArchived, isTemporary } = order;
  const told = { title, pinned: isPinned, folder, tags, archived: isArchived, temporary: isTemporary };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
}

function settingsOf(conversation: Conversation): Record<string, unknown> {
  let form: Record<string, unknown> = {};
  try {
    form = constrained(conversation.constraint);
  } catch {
    // A schema that is being written is sent when it is JSON.
  }
  return { ...(conversation.model ? { model: conversation.model } : {}), ...sampling(conversation.parameters), ...form };
}

function textOf(wire: WireContent): string {
  if (typeof wire === "string") return wire;
  return (wire ?? []).flatMap((one) => (one.type === "text" && one.text ? [one.text] : [])).join("\n");
}

function attachmentsOf(wire: WireContent): Attachment[] {
  if (!Array.isArray(wire)) return [];
  return wire.flatMap((one, index) => {
    const url = one.image_url?.url;
    return url?.startsWith("data:image/") ? [{ id: newId(), name: `${index + 1}`, kind: "image" as const, content: url, size: url.length }] : [];
  });
}

function messageOf(wire: WireMessage): Message {
  const attachments = attachmentsOf(wire.content);
  const parted = wire.reasoning_content ? { text: textOf(wire.content), thinking: wire.reasoning_content } : partThinking(textOf(wire.content));
  return {
    id: wire.id, parent: wire.parent, role: wire.role === "user" ? "user" : "assistant",
    text: wire.role === "user" ? textOf(wire.content) : parted.text,
    createdAt: wire.created_at ? Date.parse(wire.created_at) : (wire.created ?? 0) / 1_000,
    ...(attachments.length > 0 ? { attachments } : {}), ...(wire.role === "assistant" && parted.thinking ? { thinking: parted.thinking } : {}),
    ...(wire.role === "assistant" ? { facts: factsOf(wire) } : {}), ...(wire.status === "stopped" ? { isStopped: true } : {}),
    ...(wire.status === "writing" ? { isWriting: true } : {}), ...(wire.failure ? { problem: { text: wire.failure, hint: null } } : {}),
    ...(wire.revision === undefined ? {} : { revision: wire.revision }),
    ...(wire.importance && wire.importance !== "normal" ? { importance: wire.importance } : wire.pinned ? { importance: "pinned" as const } : {}),
  };
}

function factsOf(wire: WireMessage): AnswerFacts {
  const { usage, report } = wire;
  const told: Usage | undefined = usage && {
    prompt_tokens: usage.prompt_tokens, completion_tokens: usage.completion_tokens, total_tokens: usage.prompt_tokens + usage.completion_tokens,
    prompt_tokens_details: { cached_tokens: usage.cached_tokens }, completion_tokens_details: { reasoning_tokens: usage.reasoning_tokens },
  };
  return {
    model: wire.model ?? "", ...(told ? { usage: told } : {}), ...(report?.timings ? { timings: report.timings } : {}),
    ...(report?.finish_reason ? { finish: report.finish_reason } : {}), ...(wire.request_id ? { requestId: wire.request_id } : {}),
  };
}

const attemptsMax = 4;
const pause = (attempt: number): number => Math.min(5_000, 300 * 2 ** Math.min(attempt, 10));

/** Reads an answer from wherever it is; a connection that breaks is made anew, and told everything again. */
const follow: AnswerWriter["follow"] = async (conversation, message, began, onDraft) => {
  const draft: Draft = { text: "", thinking: "", facts: { model: "" }, stage: null };
  let written = "";
  let reasoned = "";
  let frame = 0;
  let thinkingFrom = 0;
  let ended: WireMessage | null = null;
  const current = (): Draft => {
    const parted = reasoned ? { text: written, thinking: reasoned } : partThinking(written);
    return { ...draft, text: parted.text, thinking: parted.thinking, facts: { ...draft.facts } };
  };
  const show = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      onDraft(current());
    });
  };
  let failures = 0;
  for (let attempt = 0; !ended; attempt += 1) {
    try {
      const response = await fetch(`${base}/${part(conversation)}/messages/${part(message)}/events`, { headers: { Accept: "text/event-stream" } });
      if (!response.ok) throw await refusal(response);
      noteConnection(true);
      for await (const event of eventsOf(response)) {
        const data = JSON.parse(event.data) as Record<string, unknown>;
        const text = typeof data["text"] === "string" ? data["text"] : "";
        if (event.event === "finished") ended = data as unknown as WireMessage;
        else if (event.event === "state") {
          written = String(data["content"] ?? "");
          reasoned = String(data["reasoning_content"] ?? "");
        } else if (event.event === "content") written += text;
        else if (event.event === "reasoning") reasoned += text;
        else if (event.event === "waiting") draft.stage = String(data["detail"] ?? data["stage"] ?? "");
        if (written || reasoned) {
          draft.stage = null;
          draft.facts.firstMs ??= performance.now() - began;
        }
        if (reasoned || partThinking(written).isOpen) thinkingFrom ||= performance.now();
        if (thinkingFrom && draft.facts.thinkingMs === undefined && current().text) draft.facts.thinkingMs = performance.now() - thinkingFrom;
        show();
        if (ended) break;
      }
      // Cut off without a word.
      if (!ended) await untilBack(pause(attempt));
    } catch (error) {
      // A server that refuses will refuse again; one that cannot be reached writes on, and is asked until it can.
      const isRefused = error instanceof ApiError;
      failures += isRefused ? 1 : 0;
      if (failures >= attemptsMax) throw error;
      if (!isRefused) noteConnection(false);
      await untilBack(pause(attempt));
    }
  }
  if (frame) cancelAnimationFrame(frame);
  draft.facts.totalMs = performance.now() - began;
  if (ended) {
    written = textOf(ended.content);
    reasoned = ended.reasoning_content ?? "";
    draft.facts = { ...factsOf(ended), ...pick(draft.facts) };
  }
  const last = current();
  onDraft(last);
  return { ...last, problem: ended?.failure ?? null, isStopped: ended?.status === "stopped" };
};

/** What this browser measured. */
function pick({ firstMs, totalMs, thinkingMs }: AnswerFacts): Partial<AnswerFacts> {
  return {
    ...(firstMs === undefined ? {} : { firstMs }), ...(totalMs === undefined ? {} : { totalMs }), ...(thinkingMs === undefined ? {} : { thinkingMs }),
  };
}
