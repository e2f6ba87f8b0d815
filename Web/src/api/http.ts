import { isLeaving } from "../app/leaving";

/** What the server refused, in its own words. */
export class ApiError extends Error {
  constructor(message: string, readonly status: number, readonly code: string, readonly hint: string | null) {
    super(message);
  }
}

interface Refusal {
  detail?: string;
  title?: string;
  code?: string;
  hint?: string | null;
  error?: { message?: string; code?: string; hint?: string | null };
}

/** The error that a response tells: problem+json of our API, OpenAI's object of its. */
export async function refusal(response: Response): Promise<ApiError> {
  let told: Refusal = {};
  try {
    told = (await response.json()) as Refusal;
  } catch {
    // No JSON: the status has to do.
  }
  const message = told.error?.message ?? told.detail ?? told.title ?? `${response.status} ${response.statusText}`;
  return new ApiError(message, response.status, told.error?.code ?? told.code ?? "", told.error?.hint ?? told.hint ?? null);
}

/** What the page does once when the server wants to know who asks. */
let onSignedOut: () => void = () => undefined;
export function whenSignedOut(action: () => void): void {
  onSignedOut = action;
}

/** Sign-ins of this page so far. What was asked before the last one says nothing about whoever is signed in now. */
let signIns = 0;
export const signInsSoFar = (): number => signIns;
export function noteSignIn(): void {
  signIns += 1;
}

export async function request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const askedAfter = signIns;
  const response = await fetch(path, {
    method, headers, body: body === undefined ? null : JSON.stringify(body), signal: signal ?? null, credentials: "same-origin", keepalive: isLeaving(),
  });
  if (!response.ok) {
    if (response.status === 401 && askedAfter === signIns) onSignedOut();
    throw await refusal(response);
  }
  return response;
}

export async function get<Value>(path: string, signal?: AbortSignal): Promise<Value> {
  return (await (await request("GET", path, undefined, signal)).json()) as Value;
}

export async function send<Value>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<Value> {
  const response = await request(method, path, body);
  return (response.status === 204 ? null : await response.json()) as Value;
}

export const part = encodeURIComponent;
