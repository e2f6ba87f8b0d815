// An answer is read while the server writes it.

import { eventsOf } from "../../api/events";
import { ApiError, part, refusal } from "../../api/http";
import { noteConnection, untilBack } from "../../app/connection";
import type { AnswerWriter } from "../conversationStore";
import type { Draft } from "../generation";
import { partThinking } from "../thoughts";
import type { AnswerFacts } from "../types";
import { base, factsOf, memoriesOf, textOf, type WireMessage } from "./wire";

const attemptsMax = 4;
const pause = (attempt: number): number => Math.min(5_000, 300 * 2 ** Math.min(attempt, 10));

/** Reads an answer from wherever it is; a connection that breaks is made anew, and told everything again. */
export const follow: AnswerWriter["follow"] = async (conversation, message, began, onDraft) => {
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
  return { ...last, problem: ended?.failure ?? null, isStopped: ended?.status === "stopped", ...(ended ? memoriesOf(ended) : {}) };
};

/** What this browser measured. */
function pick({ firstMs, totalMs, thinkingMs }: AnswerFacts): Partial<AnswerFacts> {
  return {
    ...(firstMs === undefined ? {} : { firstMs }), ...(totalMs === undefined ? {} : { totalMs }), ...(thinkingMs === undefined ? {} : { thinkingMs }),
  };
}
