import { useEffect, useRef } from "react";
import type { Page } from "./router";

interface Actions {
  palette(): void;
  help(): void;
  fold(): void;
  fresh(): void;
  go(page: Page): void;
}

/** `g`, then a letter. */
export const places: Record<string, Page> = {
  c: "chat", m: "models", d: "deploy", e: "engine", h: "hardware", l: "library", u: "usage", s: "settings",
};

/** The keys that work everywhere. Single letters rest while somebody writes. */
export function useShortcuts(actions: Actions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    let isGoing = 0;
    const press = (event: KeyboardEvent) => {
      const { palette, help, fold, fresh, go } = latest.current;
      const isCommand = event.metaKey || event.ctrlKey;
      const key = event.key.toLowerCase();
      const run = (action: () => void) => {
        event.preventDefault();
        action();
      };
      if (isCommand && key === "k") return run(palette);
      if (isCommand && key === "b" && !event.shiftKey) return run(fold);
      if (isCommand && event.shiftKey && key === "o") return run(fresh);
      const target = event.target as HTMLElement | null;
      if (isCommand || event.altKey || target?.closest("input, textarea, select, dialog, [contenteditable]")) return;
      if (isGoing) {
        window.clearTimeout(isGoing);
        isGoing = 0;
        const page = places[key];
        if (page) return run(() => go(page));
      }
      if (key === "g") isGoing = window.setTimeout(() => { isGoing = 0; }, 1_200);
      else if (key === "?") run(help);
      else if (key === "c") run(fresh);
      else if (key === "/") run(() => document.querySelector<HTMLTextAreaElement>(".composer textarea")?.focus());
    };
    document.addEventListener("keydown", press);
    return () => {
      window.clearTimeout(isGoing);
      document.removeEventListener("keydown", press);
    };
  }, []);
}
