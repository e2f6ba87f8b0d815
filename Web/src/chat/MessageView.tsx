import { lazy, memo, Suspense, useState } from "react";
import { tell, tellProblem } from "../app/toasts";
import { t } from "../i18n";
import { Markdown } from "../markdown/Markdown";
import { CopyButton } from "../ui/CopyButton";
import { number, ratio } from "../ui/format";
import { Icon } from "../ui/Icon";
import { openMenu } from "../ui/Menu";
import { regenerate } from "./talk/answering";
import { edit, fork, showBranch } from "./talk/saying";
import { FactsView, summaryOf } from "./FactsView";
import { messageMenu } from "./messageMenu";
import { Thinking } from "./Thinking";
import type { Message } from "./types";

const Rewriting = lazy(() => import("./Rewriting"));
const MemoriesUsed = lazy(() => import("./MemoriesUsed"));

/** A message that is longer is shown in part: nobody reads more at once, and the page stays quick. */
const shownMax = 200_000;

interface Properties {
  conversation: string;
  message: Message;
  isWriting: boolean;
  /** What is done before the answer begins, such as loading the model. */
  stage: string | null;
  siblings: Message[];
}

export const MessageView = memo(function MessageView({ conversation, message, isWriting, stage, siblings }: Properties) {
  const [isEditing, setEditing] = useState(false);
  const [hasFacts, setFacts] = useState(false);
  const [isWhole, setWhole] = useState(false);
  const isUser = message.role === "user";
  const text = isWhole || message.text.length <= shownMax ? message.text : message.text.slice(0, shownMax);
  const isWaiting = isWriting && !message.text && !message.thinking;
  return (
    <article className={`message ${message.role}`} aria-label={isUser ? t("chat.you") : message.facts?.model || t("chat.model")}>
      <h2 className="visually-hidden">{isUser ? t("chat.you") : message.facts?.model || t("chat.model")}</h2>
      {!isUser && <div className="who" aria-hidden="true"><span className="spark" aria-hidden="true" /> {message.facts?.model}</div>}
      {message.attachments && message.attachments.length > 0 && (
        <ul className="attachments">
          {message.attachments.map((file) => (
            <li key={file.id}>
              {file.kind === "image"
                ? <img src={file.content} alt={file.name} />
                : <span className="file"><Icon name="file-text" /> {file.name}</span>}
            </li>
          ))}
        </ul>
      )}
      {message.thinking && (
        <Thinking text={message.thinking} isOpen={isWriting && !message.text} milliseconds={message.facts?.thinkingMs} />
      )}
      {isEditing
        ? <Editor message={message} conversation={conversation} onDone={(changed) => { setEditing(false); if (changed !== null) edit(conversation, message, changed).catch(tellProblem); }} />
        : (
          <div className="body">
            {isUser ? <p className="plain" dir="auto">{text}</p> : <Markdown text={text} open={isWriting} />}
            {isWaiting && <p className="waiting muted"><span className="dots" aria-hidden="true"><i /><i /><i /></span> {stage && t("chat.loading", { stage })}</p>}
            {text.length < message.text.length && (
              <button type="button" className="small" onClick={() => setWhole(true)}>
                {t("chat.showAll", { count: message.text.length - text.length })}
              </button>
            )}
          </div>
        )}
      {message.problem && (
        <div className="problem-box" role="alert">
          <Icon name="triangle-alert" />
          <div><p dir="auto">{message.problem.text}</p>{message.problem.hint && <p className="small muted" dir="auto">{message.problem.hint}</p>}</div>
          <button type="button" className="small" onClick={() => regenerate(conversation, message)}>{t("action.retry")}</button>
        </div>
      )}
      {!isWriting && !isEditing && (
        <div className="message-foot">
          {siblings.length > 1 && <Pager conversation={conversation} message={message} siblings={siblings} />}
          <CopyButton text={message.text} label={t("chat.copy")} />
          <button type="button" className="quiet small icon-only" aria-label={t("action.edit")} title={t("action.edit")} onClick={() => setEditing(true)}>
            <Icon name="pencil" />
          </button>
          {!isUser && (
            <button type="button" className="quiet small icon-only" aria-label={t("chat.regenerate")} title={t("chat.regenerate")}
              onClick={() => regenerate(conversation, message)}>
              <Icon name="refresh-cw" />
            </button>
          )}
          <button type="button" className="quiet small icon-only" aria-label={t("chat.fork")} title={t("chat.fork")}
            onClick={() => { fork(conversation, message.id).catch(tellProblem); }}>
            <Icon name="split" />
          </button>
          {!isUser && (
            <button type="button" className="quiet small icon-only" aria-disabled="true" aria-label={`${t("chat.readAloud")}. ${t("chat.readAloudWhy")}`} title={t("chat.readAloudWhy")}
              onClick={() => tell(t("chat.readAloudWhy"))}>
              <Icon name="volume-2" />
            </button>
          )}
          <button type="button" className="quiet small icon-only" aria-label={t("talk.more")} title={t("talk.more")} aria-haspopup="menu"
            onClick={(event) => openMenu(event.currentTarget, t("talk.more"), messageMenu(conversation, message))}>
            <Icon name="ellipsis" />
          </button>
          {message.isStopped && <span className="badge calm">{t("chat.stopped")}</span>}
          {message.facts?.finish === "length" && <span className="badge busy">{t("chat.cut")}</span>}
          {!isUser && message.facts?.usage && (
            <button type="button" className="quiet small facts-button" aria-expanded={hasFacts} title={t("facts.why")}
              onClick={() => setFacts(!hasFacts)}>
              <Icon name="timer" /> {summaryOf(message.facts)}
            </button>
          )}
        </div>
      )}
      {hasFacts && message.facts && <FactsView facts={message.facts} />}
      {!isWriting && !isUser && message.memories !== undefined && <Suspense fallback={null}><MemoriesUsed conversation={conversation} message={message} /></Suspense>}
    </article>
  );
});

function Pager({ conversation, message, siblings }: { conversation: string; message: Message; siblings: Message[] }): JSX.Element {
  const at = siblings.findIndex((other) => other.id === message.id);
  const go = (step: number) => {
    const other = siblings[at + step];
    if (other) showBranch(conversation, other.id);
  };
  return (
    <span className="pager">
      <button type="button" className="quiet small icon-only" disabled={at <= 0} aria-label={t("chat.previous")} onClick={() => go(-1)}>
        <Icon name="chevron-left" />
      </button>
      <span>{ratio(number(at + 1), number(siblings.length))}</span>
      <button type="button" className="quiet small icon-only" disabled={at >= siblings.length - 1} aria-label={t("chat.next")} onClick={() => go(1)}>
        <Icon name="chevron-right" />
      </button>
    </span>
  );
}


function Editor({ conversation, message, onDone }: { conversation: string; message: Message; onDone(changed: string | null): void }): JSX.Element {
  const [text, setText] = useState(message.text);
  // As it was when the writing began: what came since is told, not written over.
  const [read] = useState(message);
  const [isRewriting, setRewriting] = useState(false);
  return (
    <form className="editor" onSubmit={(event) => { event.preventDefault(); onDone(text.trim() ? text : null); }}>
      <textarea value={text} aria-label={t("chat.editing")} dir="auto" rows={Math.min(16, text.split("\n").length + 1)}
        onChange={(event) => setText(event.target.value)}
        // The pencil was pressed to write here.
        autoFocus
        onKeyDown={(event) => {
          if (event.key === "Escape") onDone(null);
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) onDone(text.trim() ? text : null);
        }} />
      <div className="actions">
        <button type="button" className="small" onClick={() => onDone(null)}>{t("action.cancel")}</button>
        {message.revision !== undefined && <button type="button" className="small" disabled={!text.trim() || isRewriting} onClick={() => setRewriting(true)}>{t("chat.inPlace")}</button>}
        <button type="submit" className="small primary" disabled={!text.trim()}>{t(message.role === "user" ? "chat.sendAgain" : "action.save")}</button>
      </div>
      <p className="small muted">{t("chat.editHint")}</p>
      {isRewriting && (
        <Suspense fallback={null}>
          <Rewriting conversation={conversation} message={read} text={text} onEnd={() => setRewriting(false)} onDone={() => onDone(null)} onBranch={() => onDone(text)} />
        </Suspense>
      )}
    </form>
  );
}
