// Pages by path: "/" and everything below "/app".

import { createStore, useStore } from "./store";

export type Page =
  | "chat" | "models" | "deploy" | "engine" | "hardware" | "usage" | "keys" | "users" | "settings" | "library" | "memory" | "audit" | "signIn" | "missing";

export interface Route {
  page: Page;
  /** Which one: a conversation's id, a model's or a deployment's name. */
  id: string | null;
}

const pages: Record<string, Page> = {
  c: "chat", models: "models", deploy: "deploy", engine: "engine", hardware: "hardware", usage: "usage", keys: "keys", users: "users",
  settings: "settings", library: "library", memory: "memory", audit: "audit", "sign-in": "signIn",
};

export function parsePath(path: string): Route {
  if (path === "/" || path === "/app" || path === "/app/") return { page: "chat", id: null };
  const [, app, name = "", ...rest] = path.split("/");
  if (app !== "app" || rest.length > 1) return { page: "missing", id: null };
  let id: string | null = null;
  try {
    id = rest[0] ? decodeURIComponent(rest[0]) : null;
  } catch {
    return { page: "missing", id: null };
  }
  return { page: pages[name] ?? "missing", id };
}

export function pathOf(page: Page, id: string | null = null): string {
  if (page === "chat" && !id) return "/";
  const name = Object.keys(pages).find((key) => pages[key] === page) ?? "";
  return `/app/${name}${id ? `/${encodeURIComponent(id)}` : ""}`;
}

const current = createStore<Route>(parsePath(location.pathname));
window.addEventListener("popstate", () => current.set(parsePath(location.pathname)));

export const useRoute = (): Route => useStore(current);
export const currentRoute = (): Route => current.get();

export function navigate(page: Page, id: string | null = null, replaces = false): void {
  const path = pathOf(page, id);
  if (path !== location.pathname) {
    if (replaces) history.replaceState(null, "", path);
    else history.pushState(null, "", path);
  }
  current.set(parsePath(path));
}
