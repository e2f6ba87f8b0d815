/** One server-sent event. */
export interface ServerEvent {
  event: string;
  data: string;
}

/** A line longer than this is no event of ours. */
const waitingMax = 8_000_000;

/** Cuts a stream of characters into events. */
export class EventCutter {
  private waiting = "";

  /** The events that are complete with this piece of the stream. */
  add(text: string): ServerEvent[] {
    this.waiting += text.replace(/\r\n?/g, "\n");
    if (this.waiting.length > waitingMax) throw new Error("The server sends a line without an end.");
    const found: ServerEvent[] = [];
    let start = 0;
    for (;;) {
      const end = this.waiting.indexOf("\n\n", start);
      if (end < 0) break;
      const event = read(this.waiting.slice(start, end));
      if (event) found.push(event);
      start = end + 2;
    }
    this.waiting = this.waiting.slice(start);
    return found;
  }
}

function read(block: string): ServerEvent | null {
  let event = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
    else if (line.startsWith("event:")) event = line.slice(6).trim();
  }
  return data.length > 0 ? { event, data: data.join("\n") } : null;
}

/** The events of a response, as they come. */
export async function* eventsOf(response: Response): AsyncGenerator<ServerEvent> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const cutter = new EventCutter();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const event of cutter.add(value)) yield event;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/** Follows a stream of our API until it ends or `stop` is called; comes back after a broken connection. */
export function follow(path: string, onEvent: (event: ServerEvent) => void, onState?: (isOpen: boolean) => void): () => void {
  const stopped = new AbortController();
  let pause = 500;
  const run = async () => {
    while (!stopped.signal.aborted) {
      try {
        const response = await fetch(path, { headers: { Accept: "text/event-stream" }, signal: stopped.signal });
        if (response.status === 404 || response.status === 405 || response.status === 403) return;
        if (response.ok) {
          onState?.(true);
          pause = 500;
          for await (const event of eventsOf(response)) onEvent(event);
        }
      } catch {
        if (stopped.signal.aborted) return;
      }
      onState?.(false);
      await new Promise((resume) => window.setTimeout(resume, pause));
      pause = Math.min(15_000, pause * 2);
    }
  };
  void run();
  return () => stopped.abort();
}
