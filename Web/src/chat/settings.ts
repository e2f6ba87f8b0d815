// The members of a chat request that a conversation is kept with, back as what the pages show.

import { rows } from "./parameters";
import type { Constraint, Parameters } from "./types";

interface Shown {
  model: string | null;
  parameters: Parameters;
  constraint: Constraint;
}

export function readSettings(settings: Record<string, unknown>): Shown {
  const parameters: Parameters = {};
  for (const { name } of rows) {
    const value = settings[name];
    if (typeof value === "number") parameters[name] = value;
  }
  const wish = (settings["chat_template_kwargs"] as { enable_thinking?: unknown } | undefined)?.enable_thinking;
  if (typeof wish === "boolean") parameters.thinking = wish ? "on" : "off";
  const model = settings["model"];
  return { model: typeof model === "string" ? model : null, parameters, constraint: constraintOf(settings) };
}

function constraintOf(settings: Record<string, unknown>): Constraint {
  if (typeof settings["regex"] === "string") return { kind: "regex", text: settings["regex"] };
  if (typeof settings["grammar"] === "string") return { kind: "grammar", text: settings["grammar"] };
  const format = settings["response_format"] as { type?: string; json_schema?: { schema?: unknown } } | undefined;
  if (format?.type === "json_object") return { kind: "json", text: "" };
  if (format?.type === "json_schema") return { kind: "schema", text: JSON.stringify(format.json_schema?.schema ?? {}, null, 2) };
  return { kind: "none", text: "" };
}
