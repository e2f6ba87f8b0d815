import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { navigate } from "../../app/router";
import { t } from "../../i18n";
import ChatPage from "../ChatPage";
import { splitQuery } from "../conversationMenu";
import { draggedNow, dropped, useDragged } from "./dragging";
import { besides, showTab, useBeside, useLayout } from "./tabs";

const TabStrip = lazy(() => import("./TabStrip"));

/** The conversations that are open: one, or two side by side. */
export function TabbedChat({ id }: { id: string | null }): JSX.Element {
  const layout = useLayout();
  const chosen = useBeside();
  const isWide = useMedia(splitQuery);
  const before = useRef<string | null>(id);
  const right = useRef<HTMLElement>(null);
  useEffect(() => {
    if (id !== null) {
      showTab(id);
      // What stood at the side comes to the front: the two change places.
      if (chosen === id) besides(before.current !== id ? before.current : null);
    }
    before.current = id;
  }, [id, chosen]);
  const side = isWide && chosen !== id ? chosen : null;
  const focusSide = () => right.current?.querySelector<HTMLElement>(".composer textarea")?.focus();
  const swap = () => { if (side !== null) navigate("chat", side); };
  return (
    <div className="tabbed">
      {layout.tabs.length > 0 && <Suspense fallback={<div className="tab-strip" />}><TabStrip active={id} side={side} onFocusSide={focusSide} /></Suspense>}
      <div className={`panes ${side === null ? "" : "split"}`}>
        <div className="pane"><ChatPage id={id} /></div>
        {side !== null && (
          <section ref={right} className="pane" aria-label={t("tabs.atSide")}>
            <ChatPage id={side} side={{ onSwap: swap, onClose: () => besides(null) }} />
          </section>
        )}
        {isWide && <SideDrop id={id} />}
      </div>
    </div>
  );
}

/** Where a tab or a conversation of the list can be dropped to be shown at the side. */
function SideDrop({ id }: { id: string | null }): JSX.Element | null {
  const what = useDragged();
  const [isOver, setOver] = useState(false);
  if (!what || (what.kind !== "tab" && what.kind !== "chat") || what.id === id) return null;
  return (
    <div className={`side-drop ${isOver ? "over" : ""}`} aria-hidden="true" onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        const now = draggedNow();
        if (now && (now.kind === "tab" || now.kind === "chat")) besides(now.id);
        dropped();
      }}>
      <span>{t("tabs.beside")}</span>
    </div>
  );
}

export function useMedia(text: string): boolean {
  const [isTrue, setTrue] = useState(() => window.matchMedia(text).matches);
  useEffect(() => {
    const query = window.matchMedia(text);
    const look = () => setTrue(query.matches);
    look();
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, [text]);
  return isTrue;
}
