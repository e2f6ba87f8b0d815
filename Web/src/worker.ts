// The service worker: the application's own files, so that it opens without a network. Answers of the server are never kept.

declare const FILES: string[];
declare const VERSION: string;

interface Installing {
  waitUntil(work: Promise<unknown>): void;
  /** Not in all browsers. */
  addRoutes?(routes: { condition: { requestMethod: string }; source: "network" }[]): Promise<void>;
}

interface Worker {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  location: Location;
  addEventListener(type: "install" | "activate", listener: (event: Installing) => void): void;
  addEventListener(
    type: "fetch", listener: (event: { request: Request; respondWith(answer: Promise<Response>): void }) => void): void;
}
const worker = self as unknown as Worker;
const store = `nexus-${VERSION}`;

worker.addEventListener("install", (event) => {
  // What changes something is none of ours. It goes past this worker, so that a request that outlives its page does not depend on it.
  if (event.addRoutes) event.waitUntil(event.addRoutes(["POST", "PUT", "PATCH", "DELETE"].map((requestMethod) => ({ condition: { requestMethod }, source: "network" }))));
  event.waitUntil(caches.open(store).then((cache) => cache.addAll(FILES)).then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((other) => other !== store).map((other) => caches.delete(other))))
      .then(() => worker.clients.claim()));
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (request.mode === "navigate" && (url.pathname === "/" || url.pathname.startsWith("/app"))) {
    event.respondWith(fetch(request).catch(() => kept("/")));
  } else if (url.pathname.startsWith("/assets/")) {
    event.respondWith(asset(request));
  } else if (url.pathname === "/icon.svg" || url.pathname === "/manifest.webmanifest") {
    event.respondWith(fetch(request).catch(() => kept(url.pathname)));
  }
});

async function kept(path: string): Promise<Response> {
  const found = await caches.match(path);
  return found ?? Response.error();
}

/** Names of assets carry a hash of their content: what is there is right. */
async function asset(request: Request): Promise<Response> {
  const found = await caches.match(request.url);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok && answer.type === "basic") await (await caches.open(store)).put(request.url, answer.clone());
  return answer;
}

export {};
