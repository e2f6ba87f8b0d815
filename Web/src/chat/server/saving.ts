// The settings of conversations are sent when they have rested for a moment, and with them the instructions.

import { ApiError, part, send } from "../../api/http";
import { hasRoute } from "../../api/routes";
import { once } from "../../app/once";
import type { Conversation } from "../types";
import type { Instructions } from "./reading";
import { base, settingsOf } from "./wire";

/** Whether the server keeps instructions with the settings: then they hold whenever they were written. */
export const keepsInstructions = once(() => hasRoute("/api/v1/conversations/{conversation}/context"));

/** Changes of settings are sent when they have rested for so long. */
const restMs = 400;

/** @param instructions how conversations begin that are read already; of servers that do not keep instructions with the settings. */
export function settingsSaver(instructions: Instructions) {
  /** Changes that rest before they are sent. */
  const waiting = new Map<string, { timer: number }>();

  async function saveNow(conversation: Conversation): Promise<void> {
    const { id, leaf } = conversation;
    const head = leaf && conversation.messages[leaf]?.isLocal ? null : leaf;
    const body = { settings: await told(conversation), ...(head ? { head } : {}) };
    try {
      await send("PATCH", `${base}/${part(id)}`, body);
    } catch (error) {
      // Something else of it changed in this moment; ours are other members.
      if (!(error instanceof ApiError && error.status === 409)) throw error;
      await send("PATCH", `${base}/${part(id)}`, body);
    }
  }

  /** The settings with the instructions, where the server knows them there. */
  async function told(conversation: Conversation): Promise<Record<string, unknown>> {
    const settings = settingsOf(conversation);
    const text = conversation.system.trim();
    if (!(await keepsInstructions()) || conversation.isPartial) return settings;
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
    told,

    /** Sends the settings when nothing else of them has changed for a moment. */
    async save(conversation: Conversation): Promise<void> {
      const { id } = conversation;
      window.clearTimeout(waiting.get(id)?.timer);
      await new Promise<void>((done) => { waiting.set(id, { timer: window.setTimeout(done, restMs) }); });
      waiting.delete(id);
      await saveNow(conversation);
    },

    /** Sends at once what rests: the server answers with what it knows. */
    async settle(conversation: Conversation): Promise<void> {
      await settle(conversation);
      const rested = waiting.get(conversation.id);
      if (!rested) return;
      window.clearTimeout(rested.timer);
      waiting.delete(conversation.id);
      await saveNow(conversation);
    },
  };
}
