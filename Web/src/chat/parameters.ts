// The parameters of answers, what they do and where llama-server documents them.

import type { Key } from "../i18n/en";
import type { Parameters } from "./types";

type NumberName = Exclude<keyof Parameters, "thinking">;

export interface ParameterRow {
  name: NumberName;
  label: Key;
  help: Key;
  min: number;
  max: number;
  step: number;
  /** llama-server's argument. */
  argument: string;
  /** What the server takes when nothing is said. */
  usual: number;
}

export const documentation = "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md";

export const rows: ParameterRow[] = [
  { name: "temperature", label: "p.temperature", help: "p.temperature.help", min: 0, max: 2, step: 0.05, argument: "--temp", usual: 0.8 },
  { name: "top_p", label: "p.top_p", help: "p.top_p.help", min: 0, max: 1, step: 0.01, argument: "--top-p", usual: 0.95 },
  { name: "top_k", label: "p.top_k", help: "p.top_k.help", min: 0, max: 200, step: 1, argument: "--top-k", usual: 40 },
  { name: "min_p", label: "p.min_p", help: "p.min_p.help", min: 0, max: 1, step: 0.01, argument: "--min-p", usual: 0.05 },
  { name: "max_tokens", label: "p.max_tokens", help: "p.max_tokens.help", min: 1, max: 8192, step: 1, argument: "--predict", usual: 1024 },
  { name: "repeat_penalty", label: "p.repeat_penalty", help: "p.repeat_penalty.help", min: 0.5, max: 2, step: 0.01, argument: "--repeat-penalty", usual: 1 },
  { name: "presence_penalty", label: "p.presence_penalty", help: "p.presence_penalty.help", min: -2, max: 2, step: 0.05, argument: "--presence-penalty", usual: 0 },
  { name: "frequency_penalty", label: "p.frequency_penalty", help: "p.frequency_penalty.help", min: -2, max: 2, step: 0.05, argument: "--frequency-penalty", usual: 0 },
  { name: "dry_multiplier", label: "p.dry_multiplier", help: "p.dry_multiplier.help", min: 0, max: 5, step: 0.05, argument: "--dry-multiplier", usual: 0 },
  { name: "xtc_probability", label: "p.xtc_probability", help: "p.xtc_probability.help", min: 0, max: 1, step: 0.01, argument: "--xtc-probability", usual: 0 },
  { name: "seed", label: "p.seed", help: "p.seed.help", min: 0, max: 4_294_967_294, step: 1, argument: "--seed", usual: 0 },
  { name: "thinking_budget_tokens", label: "p.thinking_budget", help: "p.thinking_budget.help", min: 0, max: 8192, step: 1, argument: "--reasoning-budget", usual: 1024 },
];

export const presets: { key: Key; parameters: Parameters }[] = [
  { key: "preset.coding", parameters: { temperature: 0.2, top_p: 0.9, top_k: 40, min_p: 0.05, repeat_penalty: 1 } },
  { key: "preset.creative", parameters: { temperature: 1.1, top_p: 0.97, top_k: 100, min_p: 0.03, presence_penalty: 0.3 } },
  { key: "preset.balanced", parameters: { temperature: 0.7, top_p: 0.95, top_k: 40, min_p: 0.05 } },
  { key: "preset.precise", parameters: { temperature: 0, top_k: 1 } },
];

export function isPreset(parameters: Parameters, preset: Parameters): boolean {
  const names = new Set([...Object.keys(parameters), ...Object.keys(preset)]) as Set<keyof Parameters>;
  return Array.from(names).every((name) => ["max_tokens", "seed", "thinking", "thinking_budget_tokens"].includes(name)
    || parameters[name] === preset[name]);
}

/** What does not go together, or seldom means what was meant. */
export function warnings(parameters: Parameters): Key[] {
  const found: Key[] = [];
  const { temperature, top_p, top_k, min_p, repeat_penalty, presence_penalty, frequency_penalty } = parameters;
  if (temperature === 0 && ((top_p ?? 1) < 1 || (min_p ?? 0) > 0)) found.push("warn.greedy");
  if ((temperature ?? 0) > 1.5 && (min_p ?? 0.05) < 0.02) found.push("warn.hot");
  if (top_k === 1 && (temperature ?? 0) > 0) found.push("warn.topK");
  if ((repeat_penalty ?? 1) > 1.3) found.push("warn.repeat");
  if ((presence_penalty ?? 0) !== 0 && (frequency_penalty ?? 0) !== 0 && (repeat_penalty ?? 1) !== 1) found.push("warn.penalties");
  if ((parameters.max_tokens ?? 100) < 8) found.push("warn.short");
  return found;
}
