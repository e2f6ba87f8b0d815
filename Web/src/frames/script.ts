// A model's script, run in a worker without network or document: one that never ends stops nothing else, and is stopped.

const millisecondsMax = 10_000;
const linesMax = 1_000;
const lineMax = 10_000;

type Note = { kind: "log" | "error" | "end"; text: string };

/** What the script finds before its first line: a console that tells here what it is told. */
const before = `
const tell = (kind, values) => postMessage({ kind, text: values.map((value) => {
  if (typeof value === "string") return value;
  if (value instanceof Error) return String(value);
  try { return JSON.stringify(value, null, 1) ?? String(value); } catch { return String(value); }
}).join(" ") });
for (const name of ["log", "info", "debug", "warn", "table"]) console[name] = (...values) => tell("log", values);
console.error = (...values) => tell("error", values);
(async () => {
`;
const after = `
})().then((value) => tell("end", value === undefined ? [] : [value]), (error) => { tell("error", [error]); tell("end", []); });
`;

/** Runs a script and writes what it says into the document, line by line. */
export function run(code: string, words: { stopped: string; cut: string }): void {
  document.body.replaceChildren();
  document.body.style.cssText = "margin:0;padding:12px;font:13px/1.5 ui-monospace,monospace;color:#1c1c1c;background:#fff";
  const url = URL.createObjectURL(new Blob([before, code, after], { type: "text/javascript" }));
  const worker = new Worker(url);
  let lines = 0;
  let isEnded = false;
  const write = (text: string, isError: boolean) => {
    if (lines > linesMax) return;
    const line = document.createElement("pre");
    line.style.cssText = `margin:0 0 4px;white-space:pre-wrap;overflow-wrap:anywhere;${isError ? "color:#b3261e" : ""}`;
    line.textContent = lines === linesMax ? words.cut : text.slice(0, lineMax);
    lines += 1;
    document.body.append(line);
  };
  const stop = () => {
    clearTimeout(timer);
    worker.terminate();
    URL.revokeObjectURL(url);
  };
  const timer = setTimeout(() => {
    stop();
    if (!isEnded) write(words.stopped, true);
  }, millisecondsMax);
  worker.onmessage = (event: MessageEvent<Note>) => {
    const { kind, text } = event.data;
    if (kind !== "end" || text) write(text, kind === "error");
    // What it has set going may still speak, until its time is over.
    isEnded ||= kind === "end";
  };
  worker.onerror = (event) => {
    event.preventDefault();
    write(event.message, true);
    stop();
  };
}
