// The settings of conversations are sent when they have rested for a moment, and with them the instructions.

import { part, send } from "../../api/http";
import { hasRoute } from "../../api/routes";
import { whenLeaving } from "../../app/leaving";
import { once } from "../../app/once";
import type { Conversation } from "../types";
import type { Instructions } from "./reading";
import { base, settingsOf } from "./wire";

/** Whether the server keeps instructions with the settings: then they hold whenever they were written. */
export const keepsInstructions = once(async () => {
  isKept = await hasRoute("/api/v1/conversations/{conversation}/context");
  return isKept;
});
let isKept: boolean | undefined;

/** Changes of settings are sent when they have rested for so long. */
const restMs = 400;

/** @param instructions how conversations begin that are read already; of servers that do not keep instructions with the settings. */
export function settingsSaver(instructions: Instructions) {
  // Known before the page is left: then there is no time to ask.
  keepsInstructions().catch(() => undefined);
  /** Changes that rest before they are sent, and what makes them rest for ever. */
  const waiting = new Map<string, () => void>();

  async function saveNow(conversation: Conversation): Promise<void> {
    await send("PATCH", `${base}/${part(conversation.id)}`, bodyOf(conversation, await keepsInstructions()));
  }

  function bodyOf(conversation: Conversation, keeps: boolean): Record<string, unknown> {
    const { leaf } = conversation;
    const head = leaf && conversation.messages[leaf]?.isLocal ? null : leaf;
    return { settings: told(conversation, keeps), ...(head ? { head } : {}) };
  }

  /** The settings with the instructions, where the server knows them there. */
  function told(conversation: Conversation, keeps: boolean): Record<string, unknown> {
    const settings = settingsOf(conversation);
    const text = conversation.system.trim();
    if (!keeps || conversation.isPartial) return settings;
    // Empty takes away what the first message says.
    return text || instructions.has(conversation.id) ? { ...settings, system: text } : settings;
  }

  async function settle(conversation: Conversation): Promise<void> {
    if (await keepsInstructions()) return;
    const known = instructions.get(conversation.id);
    const text = conversation.system.trim();
    if (!known || known.text === text || !text) return;
    await send("PATCH", `${base}/${part(conversation.id)}/messages/${part(known.id)}`, { content: text });
    instructions.set(conversation.id, { ...known, text });
  }

  return {
    told: async (conversation: Conversation) => told(conversation, await keepsInstructions()),

    /** Sends the settings when nothing else of them has changed for a moment. */
    async save(conversation: Conversation): Promise<void> {
      const { id } = conversation;
      waiting.get(id)?.();
      await new Promise<void>((done) => {
        const timer = window.setTimeout(done, restMs);
        const forget = whenLeaving(() => {
          window.clearTimeout(timer);
          waiting.delete(id);
          if (isKept !== undefined) send("PATCH", `${base}/${part(id)}`, bodyOf(conversation, isKept)).catch(() => undefined);
        });
        waiting.set(id, () => {
          window.clearTimeout(timer);
          forget();
        });
      });
      waiting.get(id)?.();
      waiting.delete(id);
      await saveNow(conversation);
    },

    /** Sends at once what rests: the server answers with what it knows. */
    async settle(conversation: Conversation): Promise<void> {
      await settle(conversation);
      const rested = waiting.get(conversation.id);
      if (!rested) return;
      rested();
      waiting.delete(conversation.id);
      await saveNow(conversation);
    },
  };
}
