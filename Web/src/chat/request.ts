// From a conversation to the body of a chat request.

import type { Attachment, Constraint, Conversation, Message, Parameters } from "./types";

type Part = { type: "text"; text: string } | { type: "image_url"; image_url: { url: string } };

export interface ChatBody {
  model: string;
  messages: { role: string; content: string | Part[] }[];
  [member: string]: unknown;
}

/** @throws when the constraint is no JSON where it has to be. */
export function chatBody(conversation: Conversation, messages: Message[], model: string): ChatBody {
  const body: ChatBody = {
    model,
    messages: [
      ...(conversation.system.trim() ? [{ role: "system", content: conversation.system }] : []),
      ...messages.filter((message) => message.text || message.attachments?.length).map((message) => ({
        role: message.role, content: content(message),
      })),
    ],
    stream: true,
    stream_options: { include_usage: true },
  };
  return { ...body, ...sampling(conversation.parameters), ...constrained(conversation.constraint) };
}

export function content(message: Message): string | Part[] {
  const files = (message.attachments ?? []).filter((file) => file.kind === "text");
  const images = (message.attachments ?? []).filter((file) => file.kind === "image");
  const text = [...files.map(quoted), message.text].filter(Boolean).join("\n\n");
  if (images.length === 0) return text;
  return [
    ...images.map((image): Part => ({ type: "image_url", image_url: { url: image.content } })),
    ...(text ? [{ type: "text", text } as Part] : []),
  ];
}

/** A text file as a fenced block that nothing in it can close. */
function quoted(file: Attachment): string {
  let fence = "```";
  while (file.content.includes(fence)) fence += "`";
  return `${file.name.replace(/[\r\n`]/g, " ")}:\n${fence}\n${file.content}\n${fence}`;
}

export function sampling(parameters: Parameters): Record<string, unknown> {
  const { thinking, ...numbers } = parameters;
  const told: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(numbers)) {
    if (typeof value === "number" && Number.isFinite(value)) told[name] = value;
  }
  if (thinking) told["chat_template_kwargs"] = { enable_thinking: thinking === "on" };
  return told;
}

/** @throws an error that says what is wrong with the schema's JSON. */
export function constrained(constraint: Constraint): Record<string, unknown> {
  const text = constraint.text.trim();
  switch (constraint.kind) {
    case "none": return {};
    case "json": return { response_format: { type: "json_object" } };
    case "schema":
      if (!text) return {};
      return { response_format: { type: "json_schema", json_schema: { name: "answer", schema: JSON.parse(text) as unknown } } };
    case "regex": return text ? { regex: text } : {};
    case "grammar": return text ? { grammar: constraint.text } : {};
  }
}
