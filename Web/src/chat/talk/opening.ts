// Conversations are listed and opened: a long one from its end, the rest behind it.

import { tellProblem } from "../../app/toasts";
import { conversationStore } from "../conversationStore";
import { resume } from "./answering";
import { missing, open, summaries } from "./state";
import { whenOthersTell } from "./windows";

export async function loadSummaries(): Promise<void> {
  try {
    summaries.set(await (await conversationStore()).list());
  } catch (error) {
    tellProblem(error);
  }
}

export async function openConversation(id: string): Promise<void> {
  if (open.get()[id]) return;
  try {
    const found = await (await conversationStore()).load(id);
    if (found) {
      open.set((before) => ({ ...before, [id]: found }));
      resume(found);
      if (found.isPartial) rests.set(id, loadRest(id).finally(() => rests.delete(id)));
    }
    else {
      missing.add(id);
      open.set((before) => ({ ...before }));
    }
  } catch (error) {
    tellProblem(error);
  }
}

/** Rests of long conversations that are being read. */
const rests = new Map<string, Promise<void>>();

/** Opens a conversation, and waits until all of it is here. */
export async function openWhole(id: string): Promise<void> {
  await openConversation(id);
  await rests.get(id);
}

/** Reads the messages that were not needed to show the end of a long conversation. */
async function loadRest(id: string): Promise<void> {
  try {
    const rest = await (await conversationStore()).loadRest?.(id);
    const now = open.get()[id];
    if (!now || !rest) return;
    // What is here already is newer.
    const messages = { ...rest.messages, ...now.messages };
    const { isPartial: _isPartial, ...others } = now;
    open.set((before) => ({ ...before, [id]: { ...others, system: now.system || rest.system, messages, count: Object.keys(messages).length } }));
  } catch (error) {
    tellProblem(error);
  }
}

whenOthersTell(() => void loadSummaries());
