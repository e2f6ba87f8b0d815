import { useMemo, useState } from "react";
import { openOverlay } from "../app/overlays";
import { tellProblem } from "../app/toasts";
import { t } from "../i18n/late";
import { Markdown } from "../markdown/Markdown";
import { Dialog } from "../ui/Dialog";
import { number } from "../ui/format";
import { Icon } from "../ui/Icon";
import { showBranch, takeOver } from "./talk/saying";
import { DiffView } from "./DiffView";
import { summaryOf } from "./FactsView";
import { leafBelow, path, treeRows } from "./tree";
import type { Conversation, Message } from "./types";

/** So many rows at once; a longer tree shows its newest. */
const rowsMax = 400;
const chosenMax = 200;

/** All branches of a conversation: messages or whole branches side by side, and answers of other branches taken over into the one that is shown. */
export default function TreeView({ conversation, onClose }: { conversation: Conversation; onClose(): void }): JSX.Element {
  const rows = useMemo(() => treeRows(conversation).slice(-rowsMax), [conversation]);
  const [chosen, setChosen] = useState<string[]>([]);
  const [isComparing, setComparing] = useState(false);
  const known = chosen.map((id) => conversation.messages[id]).filter((message): message is Message => message !== undefined);
  const pair = known.slice(0, 2);
  const isPair = known.length === 2;
  const shown = new Set(path(conversation).map((message) => message.id));
  // In the order of the tree, whichever was ticked first.
  const foreign = rows.map((row) => row.message).filter((message) => chosen.includes(message.id) && !shown.has(message.id));
  const merge = () => {
    takeOver(conversation.id, foreign).then(() => setChosen([]), tellProblem);
  };
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
                  before.includes(message.id) ? before.filter((id) => id !== message.id) : [...before, message.id].slice(-chosenMax))} />
              <button type="button" className="quiet" onClick={() => showBranch(conversation.id, message.id)} aria-current={isShown}>
                <Icon name={message.role === "user" ? "user" : siblings > 1 ? "git-branch" : "sparkle"} />
                <span dir="auto">{message.text.slice(0, 80) || "…"}</span>
              </button>
            </li>
          ))}
        </ul>
        <div className="tree-actions">
          <button type="button" className="primary" disabled={!isPair} onClick={() => setComparing(true)}>
            <Icon name="columns-2" /> {t("tree.compare", { count: Math.min(2, known.length) })}
          </button>
          <button type="button" disabled={!isPair} onClick={() => openOverlay({
            kind: "compare", conversation: conversation.id, left: leafBelow(conversation, pair[0]?.id ?? ""), right: leafBelow(conversation, pair[1]?.id ?? ""),
          })}><Icon name="git-compare" /> {t("branches.compare")}</button>
          <button type="button" disabled={foreign.length === 0} title={t("branches.mergeHint")} onClick={merge}><Icon name="git-merge" /> {t("branches.merge", { count: foreign.length })}</button>
          <button type="button" disabled={known.length !== 1} onClick={() => openOverlay({ kind: "export", conversation: conversation.id, leaf: known[0]?.id ?? "" })}><Icon name="download" /> {t("branches.export")}</button>
        </div>
      </div>
      {isComparing && isPair && (
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
          {pair[0] && pair[1] && <DiffView left={pair[0].text} right={pair[1].text} />}
        </Dialog>
      )}
    </aside>
  );
}
