import { tellProblem } from "../app/toasts";
import { type ConversationStore, conversationStore } from "./conversationStore";

/**
 * Does something when there was time to think better of it. A page that is left before leaves everything as it is.
 *
 * @returns what takes it back; it tells whether there was still time.
 */
export function later(milliseconds: number, work: (store: ConversationStore) => Promise<void>): () => boolean {
  let isWaiting = true;
  const timer = window.setTimeout(() => {
    isWaiting = false;
    conversationStore().then(work).catch(tellProblem);
  }, milliseconds);
  return () => {
    window.clearTimeout(timer);
    const wasWaiting = isWaiting;
    isWaiting = false;
    return wasWaiting;
  };
}
