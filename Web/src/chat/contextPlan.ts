// What of a conversation the next prompt would hold: as the server plans it, or an estimate where it plans nothing.

import { part, send } from "../api/http";
import { hasRoute } from "../api/routes";
import { heavy } from "../heavy";
import type { Conversation, Importance, Message } from "./types";
import { path } from "./tree";

export type Decision = "keep" | "shorten" | "summarise" | "drop";
export type Mode = "off" | "truncate" | "summarise";

export interface Policy {
  mode: Mode | null;
  budget_tokens: number | null;
  answer_tokens: number | null;
  system_tokens: number | null;
  message_tokens: number | null;
  cut_to: number | null;
  source?: "conversation" | "user" | "default";
}

export interface PlannedMessage {
  id: string;
  role: string;
  tokens: number;
  importance: Importance;
  decision: Decision;
  tokens_kept: number;
  reason: string;
  text: string;
}

export interface Plan {
  model: string | null;
  window: number | null;
  exact: boolean;
  policy: Policy;
  limit: number | null;
  total: number;
  total_uncut: number;
  fill: number | null;
  fits: boolean;
  system: { tokens: number; limit: number | null; over: boolean };
  overhead: number;
  summary: { text: string; tokens: number; messages: number; model: string | null; created_at: string } | null;
  next_cut: { at_total: number; to_total: number; prepared: boolean } | null;
  will_cut: boolean;
  messages: PlannedMessage[];
  has_more: boolean;
}

const route = "/api/v1/conversations/{conversation}/context";
const base = (id: string): string => `/api/v1/conversations/${part(id)}/context`;

export const canPlan = (): Promise<boolean> => hasRoute(route).catch(() => false);

/** What would be with another policy and other importances; nothing is kept. */
export function preview(conversation: Conversation, policy: Partial<Policy> | null, importance: Record<string, Importance>): Promise<Plan> {
  return send<Plan>("POST", `${base(conversation.id)}/preview`, {
    ...(conversation.leaf ? { leaf: conversation.leaf } : {}), ...(policy ? { policy } : {}), ...(Object.keys(importance).length > 0 ? { importance } : {}),
  });
}

export function savePolicy(id: string, policy: Partial<Policy>): Promise<Policy> {
  return send<Policy>("PUT", base(id), policy);
}

export function saveImportance(conversation: string, message: string, importance: Importance): Promise<unknown> {
  return send("PATCH", `/api/v1/conversations/${part(conversation)}/messages/${part(message)}`, { importance });
}

/** Forgets summaries and cuts. */
export function forgetCuts(id: string): Promise<{ removed: number }> {
  return send("DELETE", `${base(id)}/cuts`);
}

/** Everything is kept, and counted by eye: for servers that plan nothing. */
export async function estimate(conversation: Conversation, window: number | null): Promise<Plan> {
  const messages = path(conversation);
  const counts = await heavy("tokens", [conversation.system, ...messages.map((message) => message.text)]);
  const system = counts[0] ?? 0;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return {
    model: conversation.model, window, exact: false, limit: window, total, total_uncut: total, fill: window ? total / window : null, fits: window === null || total <= window,
    policy: { mode: "off", budget_tokens: null, answer_tokens: null, system_tokens: null, message_tokens: null, cut_to: null, source: "default" },
    system: { tokens: system, limit: null, over: false }, overhead: 0, summary: null, next_cut: null, will_cut: false, has_more: false,
    messages: messages.map((message: Message, index) => ({
      id: message.id, role: message.role, tokens: counts[index + 1] ?? 0, tokens_kept: counts[index + 1] ?? 0, importance: message.importance ?? "normal",
      decision: "keep", reason: "fits", text: message.text.slice(0, 120),
    })),
  };
}
