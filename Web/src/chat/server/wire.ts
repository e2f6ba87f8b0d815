// How the server writes conversations and messages, and what the pages show of it.

import type { Timings, Usage } from "../../api/types";
import { constrained, sampling } from "../request";
import { partThinking } from "../thoughts";
import { type AnswerFacts, type Attachment, type Conversation, type ConversationSummary, type Importance, type Message, newId, type Order, type UsedMemory } from "../types";

export const base = "/api/v1/conversations";

export interface WireConversation {
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
  context?: string | null;
}

type WireContent = string | null | { type: string; text?: string; image_url?: { url: string } }[];

export interface WireMessage {
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
  citations?: unknown[];
  memories_used?: UsedMemory[];
  report?: { finish_reason?: string; timings?: Timings };
  usage?: { prompt_tokens: number; completion_tokens: number; cached_tokens: number; reasoning_tokens: number };
}

export function summaryOf(wire: WireConversation): ConversationSummary {
  return {
    id: wire.id, title: wire.title, createdAt: Date.parse(wire.created_at), updatedAt: Date.parse(wire.updated_at), isPinned: wire.pinned,
    model: typeof wire.settings["model"] === "string" ? wire.settings["model"] : null, count: wire.messages, folder: wire.folder, tags: wire.tags, isArchived: wire.archived, isTemporary: wire.temporary,
    ...(wire.context === undefined ? {} : { context: wire.context }),
  };
}

export function wireOrder(order: Order): Record<string, unknown> {
  const { title, isPinned, folder, tags, isArchived, isTemporary, context } = order;
  const told = { title, pinned: isPinned, folder, tags, archived: isArchived, temporary: isTemporary, context };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
}

export function settingsOf(conversation: Conversation): Record<string, unknown> {
  let form: Record<string, unknown> = {};
  try {
    form = constrained(conversation.constraint);
  } catch {
    // A schema that is being written is sent when it is JSON.
  }
  return { ...(conversation.model ? { model: conversation.model } : {}), ...sampling(conversation.parameters), ...form };
}

export function textOf(wire: WireContent): string {
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

export function messageOf(wire: WireMessage): Message {
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
    ...memoriesOf(wire),
  };
}

/** An answer that was just written, and one of another branch, are told only where it was told something. */
export function memoriesOf(wire: WireMessage): Pick<Message, "memories"> {
  if (wire.memories_used) return { memories: wire.memories_used };
  return wire.citations && wire.citations.length > 0 ? { memories: null } : {};
}

export function factsOf(wire: WireMessage): AnswerFacts {
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
