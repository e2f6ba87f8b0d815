// One frame that draws diagrams: of an origin of its own, without a way to this page or to the network. One that does not
// answer in time is replaced.

import type { Theme } from "../app/theme";

export interface Drawn {
  address: string;
  /** In CSS pixels. */
  width: number;
}

const waitMax = 12_000;
const textMax = 20_000;
const keptMax = 60;

interface Order {
  text: string;
  theme: Theme;
  done(drawn: Drawn): void;
  failed(error: Error): void;
}

const kept = new Map<string, Drawn>();
let frame: HTMLIFrameElement | null = null;
let isReady = false;
let running: { id: number; order: Order; timer: number } | null = null;
const waiting: Order[] = [];
let count = 0;

/** Draws a diagram. @throws what Mermaid says of its text, or that it took too long. */
export function drawDiagram(text: string, theme: Theme): Promise<Drawn> {
  const known = kept.get(`${theme}\n${text}`);
  if (known) return Promise.resolve(known);
  if (text.length > textMax) return Promise.reject(new Error(`More than ${textMax} characters.`));
  return new Promise((done, failed) => {
    waiting.push({ text, theme, done, failed });
    if (!frame) open();
    next();
  });
}

function open(): void {
  frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.className = "diagram-frame";
  frame.title = "Diagrams";
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  frame.src = "/frames/diagram.html";
  isReady = false;
  document.body.append(frame);
}

function next(): void {
  if (!isReady || running || !frame?.contentWindow) return;
  const order = waiting.shift();
  if (!order) return;
  count += 1;
  const timer = window.setTimeout(() => {
    frame?.remove();
    running = null;
    open();
    order.failed(new Error("It took too long."));
  }, waitMax);
  running = { id: count, order, timer };
  frame.contentWindow.postMessage({ id: count, text: order.text, theme: order.theme }, "*");
}

interface Answer {
  ready?: boolean;
  id?: number;
  svg?: string;
  width?: number;
  problem?: string;
}

window.addEventListener("message", (event: MessageEvent<Answer | null>) => {
  if (!frame || event.source !== frame.contentWindow || typeof event.data !== "object" || !event.data) return;
  const answer = event.data;
  if (answer.ready) isReady = true;
  else if (running && answer.id === running.id) {
    const { order, timer } = running;
    running = null;
    window.clearTimeout(timer);
    if (typeof answer.svg === "string") {
      const address = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(answer.svg)}`;
      const drawn = { address, width: Math.min(2_000, Math.max(40, Number(answer.width) || 400)) };
      kept.set(`${order.theme}\n${order.text}`, drawn);
      if (kept.size > keptMax) kept.delete(kept.keys().next().value as string);
      order.done(drawn);
    } else {
      order.failed(new Error(String(answer.problem ?? "").split("\n")[0]!.slice(0, 300)));
    }
  }
  next();
});
