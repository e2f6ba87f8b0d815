// The first chat page: one conversation, kept in this tab, streamed from /v1/chat/completions.

const element = (id) => document.getElementById(id);
const [model, messages, welcome, input, form, send, stop, status, note] =
  ["model", "messages", "welcome", "input", "composer", "send", "stop", "status", "note"].map(element);
const suggestions = ["Tell me a story about a fox.", "What is the capital of France?", "What is 3 + 4?", "Count to 9."];

let history = [];
let running = null; // the AbortController of the answer that is being written

function show(role, text) {
  welcome.hidden = true;
  const message = document.createElement("article");
  message.className = `message ${role}`;
  message.setAttribute("aria-label", role === "user" ? "You" : "Model");
  const body = document.createElement("div");
  body.className = "body";
  body.textContent = text;
  const meta = document.createElement("div");
  meta.className = "meta";
  message.append(body, meta);
  messages.append(message);
  message.scrollIntoView({ block: "end" });
  return { message, body, meta };
}

// The `data:` texts of a stream of server-sent events.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    buffer += value;
    let end;
    while ((end = buffer.indexOf("\n\n")) >= 0) {
      const data = buffer.slice(0, end).split("\n").filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).replace(/^ /, "")).join("\n");
      buffer = buffer.slice(end + 2);
      if (data && data !== "[DONE]") yield JSON.parse(data);
    }
  }
}

function describe(usage, timings, firstToken, seconds) {
  const parts = [];
  if (usage) parts.push(`${usage.completion_tokens} tokens`);
  if (timings && timings.predicted_ms > 0) parts.push(`${(1000 * timings.predicted_n / timings.predicted_ms).toFixed(0)} tokens/s`);
  if (firstToken) parts.push(`first after ${firstToken.toFixed(0)} ms`);
  parts.push(`${seconds.toFixed(1)} s`);
  if (usage) parts.push(`prompt ${usage.prompt_tokens}`);
  return parts.join(" · ");
}

async function ask(text) {
  history.push({ role: "user", content: text });
  show("user", text);
  const answer = show("assistant", "");
  answer.message.classList.add("writing");
  running = new AbortController();
  send.hidden = true;
  stop.hidden = false;
  const began = performance.now();
  let written = "", shown = 0, firstToken = 0, usage = null, timings = null;
  try {
    const response = await fetch("/v1/chat/completions", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      signal: running.signal,
      body: JSON.stringify({ model: model.value, messages: history, stream: true, stream_options: { include_usage: true } }),
    });
    if (!response.ok) throw new Error((await response.json()).error?.message ?? `status ${response.status}`);
    for await (const chunk of events(response)) {
      if (chunk.error) throw new Error(chunk.error.message);
      const delta = chunk.choices?.[0]?.delta?.content;
      if (delta) {
        firstToken ||= performance.now() - began;
        written += delta;
        // One repaint per frame, however many tokens arrive.
        shown ||= requestAnimationFrame(() => {
          shown = 0;
          answer.body.textContent = written;
          answer.message.scrollIntoView({ block: "end" });
        });
      }
      usage = chunk.usage ?? usage;
      timings = chunk.timings ?? timings;
    }
    answer.meta.textContent = describe(usage, timings, firstToken, (performance.now() - began) / 1000);
  } catch (error) {
    const isStopped = error.name === "AbortError";
    answer.meta.textContent = isStopped ? "Stopped." : error.message;
    answer.meta.classList.toggle("error", !isStopped);
  } finally {
    answer.body.textContent = written;
    answer.message.classList.remove("writing");
    if (written) history.push({ role: "assistant", content: written });
    else history.pop();
    running = null;
    send.hidden = false;
    stop.hidden = true;
    input.focus();
  }
}

function submit() {
  const text = input.value.trim();
  if (!text || running || model.disabled) return;
  input.value = "";
  grow();
  ask(text);
}

function grow() {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
}

async function findModels() {
  try {
    const { data } = await (await fetch("/v1/models")).json();
    if (!data.length) throw new Error("No model is served. Start one with: nexus serve --model FILE");
    model.replaceChildren(...data.map(({ id }) => new Option(id, id)));
    const tell = () => {
      const text = data.find(({ id }) => id === model.value)?.meta?.note;
      note.hidden = !text;
      note.textContent = text ?? "";
    };
    model.addEventListener("change", tell);
    model.disabled = false;
    tell();
  } catch (error) {
    status.textContent = error.message;
  }
}

form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
input.addEventListener("input", grow);
input.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); }
});
stop.addEventListener("click", () => running?.abort());
element("clear").addEventListener("click", () => {
  running?.abort();
  history = [];
  messages.replaceChildren(welcome);
  welcome.hidden = false;
  input.focus();
});
for (const text of suggestions) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.addEventListener("click", () => { if (!running && !model.disabled) ask(text); });
  element("suggestions").append(button);
}
findModels();
