import type { Page } from "./router";

export type Listed = Exclude<Page, "missing" | "signIn">;

/** The pages in the bar at the side, in groups. */
export const navigation: { group: "work" | "operate" | "admin"; pages: { page: Listed; icon: string }[] }[] = [
  { group: "work", pages: [{ page: "chat", icon: "message-square" }, { page: "library", icon: "library" }, { page: "memory", icon: "brain" }, { page: "models", icon: "box" }] },
  {
    group: "operate",
    pages: [{ page: "engine", icon: "activity" }, { page: "deploy", icon: "rocket" }, { page: "hardware", icon: "cpu" }, { page: "usage", icon: "chart-column" }],
  },
  { group: "admin", pages: [{ page: "keys", icon: "key-round" }, { page: "users", icon: "users" }, { page: "audit", icon: "scroll-text" }, { page: "settings", icon: "settings" }] },
];
