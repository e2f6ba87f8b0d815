// One answer that is being written. It belongs to the conversation, not to the page that shows it.

import { eventsOf } from "../api/events";
import { ApiError, refusal } from "../api/http";
import type { Timings, Usage } from "../api/types";
import type { ChatBody } from "./request";
import { partThinking } from "./thoughts";
import type { AnswerFacts } from "./types";

/** What of an answer is there so far. */
export interface Draft {
  text: string;
  thinking: string;
  facts: AnswerFacts;
  /** While a model is loaded: what is being done. */
  stage: string | null;
}

interface Chunk {
  error?: { message?: string; hint?: string | null; code?: string };
  choices?: { delta?: { content?: string | null; reasoning_content?: string | null }; finish_reason?: string | null }[];
  usage?: Usage;
  timings?: Timings;
  model?: string;
  nexus?: { stage?: string; loading?: { stage?: string } };
}

/** Headers of ours that have a member of their own. */
const known = new Set(["x-nexus-model", "x-nexus-wait-ms", "x-nexus-fallback-for"]);

/**
 * Asks for an answer and reads it as it comes.
 *
 * @param onDraft called at most once for each frame of the screen.
 * @throws `ApiError` when the server refuses or the answer fails in the middle; the draft has what came before.
 */
export async function generate(body: ChatBody, signal: AbortSignal, onDraft: (draft: Draft) => void): Promise<Draft> {
  const began = performance.now();
  const facts: AnswerFacts = { model: body.model };
  let written = "";
  let reasoned = "";
  let stage: string | null = null;
  let thinkingFrom = 0;
  let frame = 0;
  const draft = (): Draft => {
    const parted = reasoned ? { thinking: reasoned, text: written } : partThinking(written);
    return { text: parted.text, thinking: parted.thinking, facts: { ...facts }, stage };
  };
  const show = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      onDraft(draft());
    });
  };
  try {
    const response = await fetch("/v1/chat/completions", {
      method: "POST", headers: { "Content-Type": "application/json" }, signal, body: JSON.stringify(body), credentials: "same-origin",
    });
    facts.headersMs = performance.now() - began;
    readHeaders(response.headers, facts);
    if (!response.ok) throw await refusal(response);
    for await (const event of eventsOf(response)) {
      if (event.data === "[DONE]") break;
      const chunk = JSON.parse(event.data) as Chunk;
      if (chunk.error) throw new ApiError(chunk.error.message ?? "", 200, chunk.error.code ?? "", chunk.error.hint ?? null);
      stage = chunk.nexus?.stage ?? chunk.nexus?.loading?.stage ?? stage;
      const choice = chunk.choices?.[0];
      const { content, reasoning_content: thought } = choice?.delta ?? {};
      if (content || thought) {
        stage = null;
        facts.firstMs ??= performance.now() - began;
      }
      if (thought) {
        reasoned += thought;
        thinkingFrom ||= performance.now();
      }
      if (content) {
        written += content;
        const parted = reasoned ? null : partThinking(written);
        if (parted?.isOpen) thinkingFrom ||= performance.now();
        else if (thinkingFrom && facts.thinkingMs === undefined) facts.thinkingMs = performance.now() - thinkingFrom;
      }
      if (choice?.finish_reason) facts.finish = choice.finish_reason;
      if (chunk.usage) facts.usage = chunk.usage;
      if (chunk.timings) facts.timings = chunk.timings;
      show();
    }
  } finally {
    if (frame) cancelAnimationFrame(frame);
    facts.totalMs = performance.now() - began;
    if (thinkingFrom && facts.thinkingMs === undefined) facts.thinkingMs = performance.now() - thinkingFrom;
    onDraft(draft());
  }
  return draft();
}

function readHeaders(headers: Headers, facts: AnswerFacts): void {
  facts.model = headers.get("x-nexus-model") ?? facts.model;
  const wait = headers.get("x-nexus-wait-ms");
  if (wait !== null) facts.waitMs = Number(wait);
  const fallback = headers.get("x-nexus-fallback-for");
  if (fallback) facts.fallbackFor = fallback;
  const id = headers.get("x-request-id");
  if (id) facts.requestId = id;
  headers.forEach((value, name) => {
    if (/^x-(nexus|ratelimit|cache)-/.test(name) && !known.has(name)) facts.notes = { ...facts.notes, [name]: value };
  });
}
