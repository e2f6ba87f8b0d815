import { useEffect } from "react";
import { currentRoute, navigate } from "../../app/router";
import { changeLayout, closeTabs, goRound, reopenTab, toggleSplit } from "./tabs";
import { stepped } from "./layout";
import { splitQuery } from "../conversationMenu";

/** The keys of tabs: those with Alt, by the place of the key, because browsers take most of those with Ctrl. */
export function useTabKeys(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const run = (action: () => void) => {
        event.preventDefault();
        action();
      };
      if (event.ctrlKey && event.shiftKey && !event.altKey && event.code === "KeyF") return run(() => navigate("library"));
      // AltGr is Ctrl and Alt.
      if (!event.altKey || event.ctrlKey || event.metaKey) return;
      const { page, id } = currentRoute();
      if (event.code === "PageDown" || event.code === "PageUp") {
        const step = event.code === "PageDown" ? 1 : -1;
        if (event.shiftKey && id !== null) return run(() => changeLayout((layout) => stepped(layout, id, step)));
        return run(() => goRound(step));
      }
      if (page !== "chat") return;
      if (event.code === "KeyW" && !event.shiftKey && id !== null) run(() => closeTabs([id]));
      else if (event.code === "KeyZ" && !event.shiftKey) run(reopenTab);
      else if (event.code === "KeyS" && event.shiftKey && id !== null && window.matchMedia(splitQuery).matches) run(() => toggleSplit(id));
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}
