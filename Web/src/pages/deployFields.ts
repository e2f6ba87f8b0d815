// What a deployment can be told, in the six groups of the page, and where llama-server documents each.

import type { Key } from "../i18n/en";

export interface Field {
  name: string;
  group: "model" | "prompt" | "sampling" | "devices" | "memory" | "server";
  kind: "text" | "number" | "flag" | "choice" | "lines";
  label: Key;
  help: Key;
  argument: string;
  min?: number;
  max?: number;
  step?: number;
  choices?: string[];
  /** What memory estimates call it; nothing where it takes no memory. */
  estimate?: string;
}

export const groups: Field["group"][] = ["model", "prompt", "sampling", "devices", "memory", "server"];

export const fields: Field[] = [
  { name: "model", group: "model", kind: "text", label: "f.model", help: "f.model.help", argument: "--model", estimate: "model" },
  { name: "projector", group: "model", kind: "text", label: "f.projector", help: "f.projector.help", argument: "--mmproj", estimate: "mmproj" },
  { name: "aliases", group: "model", kind: "lines", label: "f.aliases", help: "f.aliases.help", argument: "--alias" },
  { name: "purpose", group: "model", kind: "choice", choices: ["text", "embeddings", "reranking"], label: "f.purpose", help: "f.purpose.help", argument: "--embeddings" },
  { name: "context_tokens", group: "prompt", kind: "number", min: 256, max: 131_072, step: 256, label: "f.context", help: "f.context.help", argument: "--ctx-size", estimate: "ctx_size" },
  { name: "batch_tokens", group: "prompt", kind: "number", min: 16, max: 8_192, step: 16, label: "f.batch", help: "f.batch.help", argument: "--batch-size", estimate: "batch_size" },
  { name: "threads", group: "prompt", kind: "number", min: 1, max: 256, step: 1, label: "f.threads", help: "f.threads.help", argument: "--threads" },
  { name: "temperature", group: "sampling", kind: "number", min: 0, max: 2, step: 0.05, label: "p.temperature", help: "p.temperature.help", argument: "--temp" },
  { name: "top_p", group: "sampling", kind: "number", min: 0, max: 1, step: 0.01, label: "p.top_p", help: "p.top_p.help", argument: "--top-p" },
  { name: "top_k", group: "sampling", kind: "number", min: 0, max: 200, step: 1, label: "p.top_k", help: "p.top_k.help", argument: "--top-k" },
  { name: "min_p", group: "sampling", kind: "number", min: 0, max: 1, step: 0.01, label: "p.min_p", help: "p.min_p.help", argument: "--min-p" },
  { name: "seed", group: "sampling", kind: "number", min: 0, max: 4_294_967_294, step: 1, label: "p.seed", help: "p.seed.help", argument: "--seed" },
  { name: "arguments", group: "devices", kind: "lines", label: "f.arguments", help: "f.arguments.help", argument: "--split-mode" },
  { name: "engine", group: "devices", kind: "text", label: "f.engine", help: "f.engine.help", argument: "--device" },
  { name: "pinned", group: "memory", kind: "flag", label: "f.pinned", help: "f.pinned.help", argument: "--mlock" },
  { name: "preload", group: "memory", kind: "flag", label: "f.preload", help: "f.preload.help", argument: "--no-mmap" },
  { name: "keep_alive", group: "memory", kind: "text", label: "f.keepAlive", help: "f.keepAlive.help", argument: "--sleep-idle-seconds" },
  { name: "priority", group: "memory", kind: "choice", choices: ["low", "normal", "high", "critical"], label: "f.priority", help: "f.priority.help", argument: "--prio" },
  { name: "parallel", group: "server", kind: "number", min: 1, max: 64, step: 1, label: "f.parallel", help: "f.parallel.help", argument: "--parallel", estimate: "parallel" },
  { name: "queue_max", group: "server", kind: "number", min: 0, max: 4_096, step: 1, label: "f.queue", help: "f.queue.help", argument: "--threads-http" },
  { name: "replicas", group: "server", kind: "number", min: 1, max: 16, step: 1, label: "f.replicas", help: "f.replicas.help", argument: "--port" },
  { name: "fallback", group: "server", kind: "lines", label: "f.fallback", help: "f.fallback.help", argument: "--models-max" },
];

export type Values = Record<string, unknown>;

/** What would be refused, or seldom is what was meant. */
export function check(values: Values, trained: number | null): { field: string; key: Key; isWrong: boolean }[] {
  const found: { field: string; key: Key; isWrong: boolean }[] = [];
  if (!values["model"]) found.push({ field: "model", key: "check.model", isWrong: true });
  const context = Number(values["context_tokens"] ?? 0);
  const parallel = Number(values["parallel"] ?? 1);
  const batch = Number(values["batch_tokens"] ?? 0);
  if (trained && context > trained) found.push({ field: "context_tokens", key: "check.trained", isWrong: false });
  if (context && context / parallel < 512) found.push({ field: "parallel", key: "check.small", isWrong: false });
  if (context && batch > context) found.push({ field: "batch_tokens", key: "check.batch", isWrong: false });
  if (values["temperature"] === 0 && Number(values["top_p"] ?? 1) < 1) found.push({ field: "top_p", key: "warn.greedy", isWrong: false });
  return found;
}
