import { useMemo, useState } from "react";
import { t } from "../i18n";
import { Markdown } from "../markdown/Markdown";
import { Dialog } from "../ui/Dialog";
import { number } from "../ui/format";
import { Icon } from "../ui/Icon";
import { showBranch } from "./chats";
import { summaryOf } from "./FactsView";
import { treeRows } from "./tree";
import type { Conversation, Message } from "./types";

/** So many rows at once; a longer tree shows its newest. */
const rowsMax = 400;

/** All branches of a conversation; two messages can be laid side by side. */
export default function TreeView({ conversation, onClose }: { conversation: Conversation; onClose(): void }): JSX.Element {
  const rows = useMemo(() => treeRows(conversation).slice(-rowsMax), [conversation]);
  const [chosen, setChosen] = useState<string[]>([]);
  const [isComparing, setComparing] = useState(false);
  const pair = chosen.map((id) => conversation.messages[id]).filter((message): message is Message => message !== undefined);
  return (
    <aside className="side" aria-label={t("chat.tree")}>
      <header className="side-head">
        <h2>{t("chat.tree")}</h2>
        <button type="button" className="quiet icon-only" aria-label={t("action.close")} onClick={onClose}><Icon name="x" /></button>
      </header>
      <div className="side-body">
        <p className="small muted">{t("tree.hint")}</p>
        <ul className="tree">
          {rows.map(({ message, depth, isShown, siblings }) => (
            <li key={message.id} className={isShown ? "shown" : ""} style={{ paddingInlineStart: `${Math.min(depth, 12) * 14}px` }}>
              <input type="checkbox" checked={chosen.includes(message.id)} aria-label={t("tree.compareThis")}
                onChange={() => setChosen((before) =>
                  before.includes(message.id) ? before.filter((id) => id !== message.id) : [...before, message.id].slice(-2))} />
              <button type="button" className="quiet" onClick={() => showBranch(conversation.id, message.id)} aria-current={isShown}>
                <Icon name={message.role === "user" ? "user" : siblings > 1 ? "git-branch" : "sparkle"} />
                <span dir="auto">{message.text.slice(0, 80) || "…"}</span>
              </button>
            </li>
          ))}
        </ul>
        <button type="button" className="primary" disabled={pair.length < 2} onClick={() => setComparing(true)}>
          <Icon name="columns-2" /> {t("tree.compare", { count: pair.length })}
        </button>
      </div>
      {isComparing && pair.length === 2 && (
        <Dialog title={t("tree.comparing")} className="wide" onClose={() => setComparing(false)}>
          <div className="compare">
            {pair.map((message) => (
              <section key={message.id}>
                <h3>{message.facts?.model ?? t("chat.you")}</h3>
                <p className="small muted">{message.facts ? summaryOf(message.facts) : number(message.text.length)}</p>
                <Markdown text={message.text} />
              </section>
            ))}
          </div>
        </Dialog>
      )}
    </aside>
  );
}
