import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { navigate } from "../app/router";
import { kept } from "../app/store";
import { tellProblem } from "../app/toasts";
import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { Empty, Skeleton } from "../ui/parts";
import { useArtifact } from "./artifacts";
import { openConversation } from "./talk/opening";
import { send } from "./talk/saying";
import { change, useConversation, useRunning } from "./talk/state";
import { Composer } from "./Composer";
import { ContextMeter } from "./ContextMeter";
import { HeadTools, type Side } from "./HeadTools";
import { MessageList } from "./MessageList";
import { ModelPicker } from "./ModelPicker";
import { canChat, useModels } from "./models";
import { path } from "./tree";
import type { Conversation } from "./types";

const ParametersPanel = lazy(() => import("./ParametersPanel"));
const ContextPanel = lazy(() => import("./ContextPanel"));
const TreeView = lazy(() => import("./TreeView"));
const ArtifactPanel = lazy(() => import("./ArtifactPanel"));

/** A conversation, or a new one. Of two side by side, the one at the side can change places with the other, or go. */
export default function ChatPage({ id, side }: { id: string | null; side?: Side }): JSX.Element {
  const conversation = useConversation(id);
  useEffect(() => { if (id) void openConversation(id); }, [id]);
  if (conversation === undefined) return <div className="chat-main"><h1 className="visually-hidden">{t("nav.chat")}</h1><Skeleton lines={5} /></div>;
  if (conversation === null) {
    return (
      <div className="chat-main">
        <Empty icon="message-square-off" title={t("chat.missing")}>
          <button type="button" className="primary" onClick={() => navigate("chat")}>{t("chat.new")}</button>
        </Empty>
      </div>
    );
  }
  return <Chat key={conversation.id} conversation={conversation} id={id} side={side} />;
}

function Chat({ conversation, id, side }: { conversation: Conversation; id: string | null; side: Side | undefined }): JSX.Element {
  const [panel, setPanel] = useState<"none" | "parameters" | "tree" | "context">(() => (side ? "none" : kept.read("panel", "none")));
  const shownArtifact = useArtifact();
  const artifact = side ? null : shownArtifact;
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
    if (!side) kept.write("panel", value);
  };
  useEffect(() => {
    if (!side) document.title = conversation.title ? `${conversation.title} · Llama Nexus` : "Llama Nexus";
  }, [conversation.title, side]);
  return (
    <div className={`chat ${panel !== "none" ? "has-panel" : ""} ${artifact ? "has-artifact" : ""}`}>
      <div className="chat-main">
        <header className="chat-head">
          <ModelPicker models={usable} chosen={conversation.model} isLoaded={isLoaded} error={error}
            onChoose={(name) => change(id, { model: name })} />
          <h1 className="visually-hidden" dir="auto">{conversation.title || t("chat.new")}</h1>
          <span className="spread" />
          <ContextMeter conversation={conversation} messages={messages} model={model} isRunning={running !== undefined} />
          {conversation.count > 0 && (
            <button type="button" className="quiet icon-only" aria-pressed={panel === "context"} aria-label={t("chat.contextPanel")}
              title={t("chat.contextPanel")} onClick={() => show("context")}>
              <Icon name="gauge" />
            </button>
          )}
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
          <HeadTools conversation={conversation} id={id} side={side} />
        </header>
        {messages.length === 0
          ? <Welcome note={model?.meta?.note} onAsk={(text) => { send(id, text, []).catch(tellProblem); }} isReady={model !== undefined} />
          : <MessageList conversation={conversation} running={running?.message} stage={running?.stage ?? null} />}
        <Composer conversation={conversation} id={id} model={model} areModelsLoaded={isLoaded} isRunning={running !== undefined} />
      </div>
      {artifact && (
        <Suspense fallback={<aside className="side"><Skeleton /></aside>}><ArtifactPanel artifact={artifact} /></Suspense>
      )}
      {!artifact && panel !== "none" && (
        <Suspense fallback={<aside className="side"><Skeleton lines={8} /></aside>}>
          {panel === "parameters" && <ParametersPanel conversation={conversation} id={id} model={model} onClose={() => show("parameters")} />}
          {panel === "context" && <ContextPanel conversation={conversation} model={model} isRunning={running !== undefined} onClose={() => show("context")} />}
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
