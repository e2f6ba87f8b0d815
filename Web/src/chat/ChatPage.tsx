import { lazy, Suspense, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { ErrorBoundary } from "../app/ErrorBoundary";
import { navigate } from "../app/router";
import { kept } from "../app/store";
import { tellProblem } from "../app/toasts";
import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { Empty, Skeleton } from "../ui/parts";
import { useArtifact } from "./artifacts";
import { change, openConversation, send, useConversation, useRunning } from "./chats";
import { Composer } from "./Composer";
import { ContextMeter } from "./ContextMeter";
import { MessageView } from "./MessageView";
import { ModelPicker } from "./ModelPicker";
import { canChat, useModels } from "./models";
import { children, path } from "./tree";
import type { Conversation } from "./types";

const ParametersPanel = lazy(() => import("./ParametersPanel"));
const TreeView = lazy(() => import("./TreeView"));
const ArtifactPanel = lazy(() => import("./ArtifactPanel"));

/** So many messages are there at first, and come with every look further back. */
const windowSize = 40;

export default function ChatPage({ id }: { id: string | null }): JSX.Element {
  const conversation = useConversation(id);
  useEffect(() => { if (id) void openConversation(id); }, [id]);
  if (conversation === undefined) return <div className="chat-main"><Skeleton lines={5} /></div>;
  if (conversation === null) {
    return (
      <div className="chat-main">
        <Empty icon="message-square-off" title={t("chat.missing")}>
          <button type="button" className="primary" onClick={() => navigate("chat")}>{t("chat.new")}</button>
        </Empty>
      </div>
    );
  }
  return <Chat key={conversation.id} conversation={conversation} id={id} />;
}

function Chat({ conversation, id }: { conversation: Conversation; id: string | null }): JSX.Element {
  const [panel, setPanel] = useState<"none" | "parameters" | "tree">(() => kept.read("panel", "none"));
  const artifact = useArtifact();
  const { models, isLoaded, error } = useModels();
  const running = useRunning()[conversation.id];
  const messages = useMemo(() => path(conversation), [conversation]);
  const usable = models.filter(canChat);
  const model = usable.find((other) => other.id === conversation.model || other.aliases?.includes(conversation.model ?? ""));
  useEffect(() => {
    const first = usable[0];
    if (isLoaded && !model && first && (conversation.model === null || conversation.count === 0)) change(id, { model: first.id });
  });
  const show = (next: typeof panel) => {
    const value = panel === next ? "none" : next;
    setPanel(value);
    kept.write("panel", value);
  };
  useEffect(() => {
    document.title = conversation.title ? `${conversation.title} · Llama Nexus` : "Llama Nexus";
  }, [conversation.title]);
  return (
    <div className={`chat ${panel !== "none" ? "has-panel" : ""} ${artifact ? "has-artifact" : ""}`}>
      <div className="chat-main">
        <header className="chat-head">
          <ModelPicker models={usable} chosen={conversation.model} isLoaded={isLoaded} error={error}
            onChoose={(name) => change(id, { model: name })} />
          <h1 className="visually-hidden">{conversation.title || t("chat.new")}</h1>
          <span className="spread" />
          <ContextMeter conversation={conversation} messages={messages} model={model} isRunning={running !== undefined} />
          {conversation.count > 1 && (
            <button type="button" className="quiet icon-only" aria-pressed={panel === "tree"} aria-label={t("chat.tree")}
              title={t("chat.tree")} onClick={() => show("tree")}>
              <Icon name="git-branch" />
            </button>
          )}
          <button type="button" className="quiet icon-only" aria-pressed={panel === "parameters"} aria-label={t("chat.parameters")}
            title={t("chat.parameters")} onClick={() => show("parameters")}>
            <Icon name="sliders-horizontal" />
          </button>
        </header>
        {messages.length === 0
          ? <Welcome note={model?.meta?.note} onAsk={(text) => { send(id, text, []).catch(tellProblem); }} isReady={model !== undefined} />
          : <Log conversation={conversation} running={running?.message} stage={running?.stage ?? null} />}
        <Composer conversation={conversation} id={id} model={model} isRunning={running !== undefined} />
      </div>
      {artifact && (
        <Suspense fallback={<aside className="side"><Skeleton /></aside>}><ArtifactPanel artifact={artifact} /></Suspense>
      )}
      {!artifact && panel !== "none" && (
        <Suspense fallback={<aside className="side"><Skeleton lines={8} /></aside>}>
          {panel === "parameters" && <ParametersPanel conversation={conversation} id={id} model={model} onClose={() => show("parameters")} />}
          {panel === "tree" && <TreeView conversation={conversation} onClose={() => show("tree")} />}
        </Suspense>
      )}
    </div>
  );
}

function Welcome({ note, onAsk, isReady }: { note: string | undefined; onAsk(text: string): void; isReady: boolean }): JSX.Element {
  const suggestions = ["Tell me a story about a fox.", "What is the capital of France?", "What is 3 + 4?", "Count to 9."];
  return (
    <div className="welcome">
      <div className="welcome-inner">
        <img src="/icon.svg" alt="" width="44" height="44" />
        <p className="welcome-title">{t("chat.welcome")}</p>
        <p className="muted">{t("chat.local")}</p>
        <div className="suggestions">
          {suggestions.map((text) => (
            <button key={text} type="button" lang="en" dir="ltr" disabled={!isReady} onClick={() => onAsk(text)}>{text}</button>
          ))}
        </div>
        {note && <p className="model-note" dir="auto"><Icon name="info" /> <span>{note}</span></p>}
      </div>
    </div>
  );
}

/** The messages, the newest in view as long as nobody scrolls away from it. */
function Log({ conversation, running, stage }: {
  conversation: Conversation; running: string | undefined; stage: string | null;
}): JSX.Element {
  const messages = useMemo(() => path(conversation), [conversation]);
  const siblings = useMemo(() => children(conversation), [conversation]);
  const [count, setCount] = useState(windowSize);
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isPinned = useRef(true);
  const [isAway, setAway] = useState(false);
  const before = useRef<number | null>(null);
  const shown = messages.slice(-count);

  useEffect(() => {
    const [place, inner] = [scroller.current, content.current];
    if (!place || !inner) return;
    // Formulas and diagrams grow after they are there: follow the size, not the text.
    const observer = new ResizeObserver(() => { if (isPinned.current) place.scrollTop = place.scrollHeight; });
    observer.observe(inner);
    observer.observe(place);
    return () => observer.disconnect();
  }, []);
  const last = messages[messages.length - 1];
  const question = last?.role === "user" ? last.id : last?.parent;
  useLayoutEffect(() => {
    isPinned.current = true;
    setAway(false);
    if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [question]);
  useLayoutEffect(() => {
    if (before.current === null || !scroller.current) return;
    scroller.current.scrollTop = scroller.current.scrollHeight - before.current;
    before.current = null;
  }, [count]);
  const look = () => {
    const place = scroller.current;
    if (!place) return;
    const distance = place.scrollHeight - place.scrollTop - place.clientHeight;
    if (distance < 40) isPinned.current = true;
    setAway(distance > 200);
    if (place.scrollTop < 300 && count < messages.length && before.current === null) {
      before.current = place.scrollHeight - place.scrollTop;
      setCount(Math.min(messages.length, count + windowSize));
    }
  };
  const unpin = () => { isPinned.current = false; };
  return (
    <div className="log-frame">
      {/* The keyboard scrolls it; the events only tell that somebody did. */}
      <div className="log" ref={scroller} role="log" aria-live="off" aria-label={t("chat.log")} tabIndex={0} onScroll={look}
        onWheel={(event) => { if (event.deltaY < 0) unpin(); }} onTouchMove={unpin}
        onKeyDown={(event) => { if (["ArrowUp", "PageUp", "Home"].includes(event.key)) unpin(); }}>
        <div className="log-inner" ref={content}>
          {count < messages.length && <p className="muted small earlier">{t("chat.earlier", { count: messages.length - count })}</p>}
          {shown.map((message) => (
            <ErrorBoundary key={message.id} about={message} otherwise={<pre className="raw">{message.text}</pre>}>
              <MessageView conversation={conversation.id} message={message} isWriting={message.id === running}
                stage={message.id === running ? stage : null} siblings={siblings.get(message.parent) ?? []} />
            </ErrorBoundary>
          ))}
        </div>
      </div>
      {isAway && (
        <button type="button" className="jump" aria-label={t("chat.newest")} title={t("chat.newest")}
          onClick={() => {
            isPinned.current = true;
            scroller.current?.scrollTo({ top: scroller.current.scrollHeight, behavior: "smooth" });
          }}>
          <Icon name="arrow-down" />
        </button>
      )}
      <div className="visually-hidden" role="status">{running ? t("chat.writing") : t("chat.complete")}</div>
    </div>
  );
}
