// Conversations as files: out of the server and into it.

import { ApiError, get, part, request } from "../api/http";
import { choices } from "../api/routes";
import { t } from "../i18n/late";
import { bytes } from "../ui/format";
import { loadSummaries } from "./talk/opening";
import { archiveBytesMax, fileInZip, isZip, ZipError } from "./zip";

const base = "/api/v1/conversations";

/** The forms that this server writes, such as `json`, `markdown` and perhaps `pdf`. */
export async function exportFormats(): Promise<string[]> {
  const known = await choices(`${base}/{conversation}/export`, "get", "format");
  return known.length > 0 ? known : ["json", "markdown"];
}

/** Hands a conversation to the browser as a file: all of it, or the branch that ends at a message. */
export async function exportOne(id: string, format: string, leaf: string | undefined): Promise<void> {
  const answer = await request("GET", `${base}/${part(id)}/export?format=${part(format)}${leaf ? `&leaf=${part(leaf)}` : ""}`);
  const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? `conversation.${format}`;
  save(name, await answer.blob());
}

/** All conversations in one file, which an import takes back. */
export async function exportAll(ids: string[], format: "json" | "markdown", onStep: (done: number) => void, signal: AbortSignal): Promise<void> {
  const pieces: BlobPart[] = format === "json" ? ['{"format": "llama-nexus.conversations", "version": 1, "conversations": [\n'] : [];
  let written = 0;
  for (const [index, id] of Array.from(ids.entries())) {
    try {
      const answer = await request("GET", `${base}/${part(id)}/export?format=${format}`, undefined, signal);
      const parting = format === "json" ? ",\n" : "\n\n---\n\n";
      pieces.push(written > 0 ? parting : "", await answer.blob());
      written += 1;
    } catch (error) {
      // One that was removed meanwhile is not missed.
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
    onStep(index + 1);
  }
  if (format === "json") pieces.push("\n]}\n");
  const day = new Date().toISOString().slice(0, 10);
  save(`conversations-${day}.${format === "json" ? "json" : "md"}`, new Blob(pieces, { type: format === "json" ? "application/json" : "text/markdown" }));
}

/** Those in the list and the archived ones. */
export async function everyId(): Promise<string[]> {
  const ids: string[] = [];
  for (const isArchived of [false, true]) {
    let before = "";
    for (;;) {
      const { conversations, has_more } = await get<{ conversations: { id: string; updated_us: number }[]; has_more: boolean }>(`${base}?limit=500&archived=${isArchived}${before}`);
      ids.push(...conversations.map(({ id }) => id));
      const last = conversations[conversations.length - 1];
      if (!has_more || !last) break;
      before = `&before_us=${last.updated_us}`;
    }
  }
  return Array.from(new Set(ids));
}

function save(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export interface Imported {
  conversations: { id: string; title: string; messages: number }[];
  messages: number;
}

/** What is done with a file just now, and how much of it. */
export interface ImportStep {
  stage: "reading" | "sending" | "keeping";
  share: number;
}

/** @throws an error that says what is wrong with the file, and where; then nothing of it was taken. */
export async function importFile(file: File, onStep: (step: ImportStep) => void, signal: AbortSignal): Promise<Imported> {
  if (file.size > archiveBytesMax) throw new Error(t("error.large", { name: file.name, max: bytes(archiveBytesMax) }));
  onStep({ stage: "reading", share: 0 });
  const content = new Uint8Array(await file.arrayBuffer());
  let body: Uint8Array;
  try {
    body = isZip(content) ? await fileInZip(content, ["conversations.json", "chats.json"]) : content;
  } catch (error) {
    throw error instanceof ZipError ? new Error(t("import.zip", { name: file.name, problem: error.message })) : error;
  }
  if (body.length === 0) throw new Error(t("import.empty", { name: file.name }));
  const told = await upload(`${base}/import`, body, onStep, signal);
  const { imported, messages } = told as { imported: { id: string; title: string; messages: number }[]; messages: number };
  void loadSummaries();
  return { conversations: imported, messages };
}

/** `fetch` does not tell how much has been sent. */
function upload(path: string, body: Uint8Array, onStep: (step: ImportStep) => void, signal: AbortSignal): Promise<unknown> {
  return new Promise((done, failed) => {
    const asked = new XMLHttpRequest();
    asked.open("POST", path);
    asked.setRequestHeader("Content-Type", "application/json");
    asked.responseType = "json";
    asked.upload.onprogress = (event) => onStep({ stage: "sending", share: event.lengthComputable ? event.loaded / event.total : 0 });
    asked.upload.onload = () => onStep({ stage: "keeping", share: 1 });
    asked.onload = () => {
      const told = (asked.response ?? {}) as { detail?: string; hint?: string | null; code?: string };
      if (asked.status < 300) done(told);
      else failed(new ApiError(told.detail ?? `${asked.status}`, asked.status, told.code ?? "", told.hint ?? null));
    };
    asked.onerror = () => failed(new Error(t("error.network")));
    asked.onabort = () => failed(new DOMException("aborted", "AbortError"));
    signal.addEventListener("abort", () => asked.abort());
    asked.send(body);
  });
}
