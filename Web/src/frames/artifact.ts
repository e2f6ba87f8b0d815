// Runs in the frame that shows a model's HTML or runs its script: an origin of its own, and no network. The page sends the text.

import { run } from "./script";

type Order = { html?: string; code?: string; words?: { stopped: string; cut: string } };

window.addEventListener("message", (event: MessageEvent<Order>) => {
  if (event.source !== parent) return;
  const { html, code, words } = event.data ?? {};
  if (typeof html === "string") {
    document.open();
    document.write(html);
    document.close();
  } else if (typeof code === "string" && words) {
    run(code, words);
  }
});
parent.postMessage({ ready: true }, "*");
