import { whenLeaving } from "../app/leaving";
import { tellProblem } from "../app/toasts";
import { type ConversationStore, conversationStore, storeNow } from "./conversationStore";

/**
 * Does something when there was time to think better of it: after a while, or when the page is left before.
 *
 * @returns what takes it back; it tells whether there was still time.
 */
export function later(milliseconds: number, work: (store: ConversationStore) => Promise<void>): () => boolean {
  let isWaiting = true;
  const end = (): boolean => {
    window.clearTimeout(timer);
    forget();
    const wasWaiting = isWaiting;
    isWaiting = false;
    return wasWaiting;
  };
  const begin = () => {
    if (end()) conversationStore().then(work).catch(tellProblem);
  };
  const timer = window.setTimeout(begin, milliseconds);
  const forget = whenLeaving(() => {
    const store = storeNow();
    if (end() && store) work(store).catch(tellProblem);
  });
  return end;
}
