// What the server says about what it remembers.

export type Kind = "preference" | "fact" | "profile";

export interface Memory {
  id: string;
  kind: Kind;
  text: string;
  subject: string | null;
  predicate: string | null;
  object: string | null;
  confidence: number;
  pinned: boolean;
  origin: "user" | "model";
  context: string | null;
  source: { conversation: string | null; message: string | null };
  valid_from: string;
  valid_to: string | null;
  replaces: string | null;
  replaced_by: string | null;
  created_at: string;
  created_us?: number;
  used_at: string | null;
  uses: number;
  revision: number;
}

export interface Space {
  id: string;
  name: string;
  tags: string[];
  data: Record<string, unknown>;
  instructions: string;
  model: string | null;
  memory: "on" | "off" | null;
  conversations: number;
  documents: number;
  created_at: string;
  updated_at: string;
  revision: number;
}

export interface SpaceDocument {
  id: string;
  name: string;
  type: string;
  bytes: number;
  is_text: boolean;
  note: string | null;
  created_at: string;
}

export interface Graph {
  nodes: { id: string; label: string; memories: number }[];
  edges: { from: string; to: string; label: string; memory: string; valid: boolean; confidence: number; valid_from: string; valid_to: string | null }[];
  truncated: boolean;
}

export interface Stats {
  memories: {
    total: number; valid: number; pinned: number; by_kind: Partial<Record<Kind, number>>; by_origin: Partial<Record<"user" | "model", number>>; max: number;
  };
  conversations: {
    total: number; by_context: { context: string | null; name: string | null; conversations: number; messages: number }[];
    average_duration_seconds: number | null; messages: number;
  };
  tokens: { estimated: number; method: string };
  thinking: { method: string; answers: number; average_steps: number | null; share: number | null; moves: Record<"plan" | "check" | "correct" | "alternative" | "conclude", number> };
  sentiment: { method: string; of_messages: number; positive: number; neutral: number; negative: number; unknown: number };
}

export interface MemorySettings {
  learn: boolean;
  use: boolean;
  use_conversations: boolean;
  model: string | null;
  budget_tokens: number;
  keep_unused_days: number | null;
  max: number;
  revision: number;
  meaning: { available: boolean; model: string | null; pending: number };
}
