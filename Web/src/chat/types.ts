import type { Timings, Usage } from "../api/types";

export interface Attachment {
  id: string;
  name: string;
  kind: "image" | "text";
  /** A data URL of an image, or a text file's text. */
  content: string;
  size: number;
}

/** What is known of an answer beside its words. */
export interface AnswerFacts {
  model: string;
  usage?: Usage;
  timings?: Timings;
  finish?: string;
  /** In milliseconds from the click: the server's first byte, the first token, the last one. */
  headersMs?: number;
  firstMs?: number;
  totalMs?: number;
  /** How long was thought before the answer began. */
  thinkingMs?: number;
  /** `X-Nexus-Wait-Ms`: until a model was in memory and a place in it free. */
  waitMs?: number;
  fallbackFor?: string;
  requestId?: string;
  /** Every other header of ours: decisions of routing and caches. */
  notes?: Record<string, string>;
}

/** How much of an old message is kept when the context gets full. */
export type Importance = "low" | "normal" | "high" | "pinned";

export interface Message {
  id: string;
  parent: string | null;
  role: "user" | "assistant";
  text: string;
  thinking?: string;
  attachments?: Attachment[];
  createdAt: number;
  facts?: AnswerFacts;
  /** Why the answer is not whole. */
  problem?: { text: string; hint: string | null };
  isStopped?: boolean;
  /** It is being written on the server. */
  isWriting?: boolean;
  /** Nobody keeps it: an answer that could not begin. */
  isLocal?: boolean;
  /** Counts its changes on the server: a change of an older one is refused. */
  revision?: number;
  importance?: Importance;
  /** What the answer was told beside the conversation; `null` where that is known only to be something. */
  memories?: UsedMemory[] | null;
}

/** A memory, a message of another conversation or a file, that a question was answered with. */
export interface UsedMemory {
  type: string;
  id: string;
  text?: string;
  /** Of the conversation or the file that it comes from. */
  title?: string;
  name?: string;
}

/** How answers are chosen; what is left out is the server's to say. */
export interface Parameters {
  temperature?: number;
  top_p?: number;
  top_k?: number;
  min_p?: number;
  max_tokens?: number;
  repeat_penalty?: number;
  presence_penalty?: number;
  frequency_penalty?: number;
  dry_multiplier?: number;
  xtc_probability?: number;
  seed?: number;
  thinking?: "on" | "off";
  thinking_budget_tokens?: number;
}

/** What an answer must look like. */
export interface Constraint {
  kind: "none" | "json" | "schema" | "regex" | "grammar";
  text: string;
}

export interface ConversationSummary {
  id: string;
  title: string;
  createdAt: number;
  updatedAt: number;
  isPinned: boolean;
  /** Names with slashes between. */
  folder?: string;
  tags?: string[];
  isArchived?: boolean;
  /** In no list, and gone a day after its last use. */
  isTemporary?: boolean;
  model: string | null;
  count: number;
  /** The space of its own that it belongs to; left out where none are kept. */
  context?: string | null;
}

/** What is said about a conversation to find it again. */
export type Order = Partial<Pick<ConversationSummary, "title" | "isPinned" | "folder" | "tags" | "isArchived" | "isTemporary" | "context">>;

export interface Conversation extends ConversationSummary {
  system: string;
  parameters: Parameters;
  constraint: Constraint;
  /** The message at whose end the conversation stands. */
  leaf: string | null;
  messages: Record<string, Message>;
  /** Only the end of the branch that is shown is here; the rest is on its way. */
  isPartial?: boolean;
}

export function newId(): string {
  const random = crypto.getRandomValues(new Uint8Array(8));
  return Date.now().toString(36) + Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function emptyConversation(model: string | null): Conversation {
  const now = Date.now();
  return {
    id: newId(), title: "", createdAt: now, updatedAt: now, isPinned: false, model, count: 0, system: "", parameters: {},
    constraint: { kind: "none", text: "" }, leaf: null, messages: {},
  };
}
