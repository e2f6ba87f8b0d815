// Heavy work off the page's own thread. Where a worker cannot start, the work is done here: slower to the hand, never missing.

import type { TaskName, Tasks } from "./tasks";
import type { Order, Report } from "./worker";

interface Waiting {
  order: Order;
  resolve(made: never): void;
  reject(error: Error): void;
}

const waiting = new Map<number, Waiting>();
/** So much may wait at once; what comes then is done in the page. */
const waitingMax = 64;
let worker: Worker | null = null;
let isBroken = false;
let count = 0;

function start(): Worker | null {
  if (worker || isBroken) return worker;
  const address = document.querySelector<HTMLMetaElement>('meta[name="heavy-worker"]')?.content;
  if (!address || typeof Worker === "undefined") return null;
  try {
    worker = new Worker(address, { name: "heavy" });
  } catch {
    isBroken = true;
    return null;
  }
  worker.addEventListener("message", (event: MessageEvent<Report>) => {
    const one = waiting.get(event.data.id);
    waiting.delete(event.data.id);
    if (!one) return;
    if ("made" in event.data) one.resolve(event.data.made as never);
    else one.reject(new Error(event.data.problem));
  });
  // It could not be loaded, or fell over: what waits for it is done here, and nothing is sent to it again.
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    isBroken = true;
    worker?.terminate();
    worker = null;
    for (const one of Array.from(waiting.values())) inPage(one);
    waiting.clear();
  });
  return worker;
}

function inPage({ order, resolve, reject }: Waiting): void {
  import("./tasks").then(({ run }) => resolve(run(order.name, order.given as never) as never)).catch(reject);
}

export function heavy<Name extends TaskName>(name: Name, given: Tasks[Name]["given"]): Promise<Tasks[Name]["made"]> {
  return new Promise((resolve, reject) => {
    count += 1;
    const order: Order = { id: count, name, given };
    const one: Waiting = { order, resolve: resolve as (made: never) => void, reject };
    const place = waiting.size < waitingMax ? start() : null;
    if (!place) return inPage(one);
    waiting.set(order.id, one);
    place.postMessage(order, []);
  });
}

/** For the page of settings: where heavy work is done. */
export const hasWorker = (): boolean => worker !== null && !isBroken;
