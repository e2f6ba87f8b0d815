import { t } from "../../i18n/late";
import { Markdown } from "../../markdown/Markdown";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { Empty } from "../../ui/parts";
import { fork, showBranch } from "../talk/saying";
import { useOpen } from "../talk/state";
import { summaryOf } from "../FactsView";
import { parting } from "../tree";
import type { Message } from "../types";

/** Two branches side by side, from where they part. */
export function CompareDialog({ id, left, right, onClose }: { id: string; left: string; right: string; onClose(): void }): JSX.Element {
  const conversation = useOpen()[id];
  if (!conversation) return <Dialog title={t("branches.compare")} onClose={onClose}><Empty icon="git-branch" title={t("chat.missing")} /></Dialog>;
  const parts = parting(conversation, left, right);
  const last = parts.common[parts.common.length - 1];
  const column = (messages: Message[], leaf: string, name: string) => (
    <section aria-label={name} className="branch-column">
      <header>
        <h3>{name}</h3>
        <button type="button" className="small" onClick={() => { onClose(); showBranch(id, leaf); }}><Icon name="arrow-right" /> {t("branches.show")}</button>
        <button type="button" className="small" onClick={() => { onClose(); void fork(id, leaf); }}><Icon name="split" /> {t("branches.own")}</button>
      </header>
      {messages.length === 0 && <p className="muted small">{t("branches.nothing")}</p>}
      {messages.map((message) => (
        <article key={message.id} className={`branch-message ${message.role}`}>
          <p className="small muted">{message.role === "user" ? t("chat.you") : message.facts?.model || t("chat.model")}{message.facts?.usage ? ` · ${summaryOf(message.facts)}` : ""}</p>
          {message.role === "user" ? <p className="plain" dir="auto">{message.text}</p> : <Markdown text={message.text} />}
        </article>
      ))}
    </section>
  );
  return (
    <Dialog title={t("branches.compare")} className="wide" onClose={onClose}>
      {last && <p className="small muted branch-common" dir="auto">{t("branches.common", { count: parts.common.length })} <q>{last.text.slice(0, 160)}</q></p>}
      <div className="compare">
        {column(parts.left, left, t("branches.first"))}
        {column(parts.right, right, t("branches.second"))}
      </div>
    </Dialog>
  );
}
