// Runs in the frame that shows a model's HTML: an origin of its own, and no network. The page sends the text.

window.addEventListener("message", (event: MessageEvent<{ html?: string }>) => {
  if (event.source !== parent || typeof event.data?.html !== "string") return;
  document.open();
  document.write(event.data.html);
  document.close();
});
parent.postMessage({ ready: true }, "*");

export {};
