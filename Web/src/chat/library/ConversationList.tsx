import { type DragEvent, type KeyboardEvent, type MouseEvent, useMemo, useState } from "react";
import { Link } from "../../app/Link";
import { openOverlay } from "../../app/overlays";
import type { Route } from "../../app/router";
import { locale, t } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { number } from "../../ui/format";
import { type MenuEntry, openMenu } from "../../ui/Menu";
import { VirtualList } from "../../ui/VirtualList";
import { remove } from "../talk/removing";
import { startWith } from "../talk/saying";
import { summariesNow, useRunning, useSummaries } from "../talk/state";
import { conversationMenu } from "../conversationMenu";
import { drag, draggedNow, dropped, useDragged } from "../tabs/dragging";
import type { ConversationSummary } from "../types";
import { canMove, cleanPath, type Folder, folderTree, nameOf, parentOf, type Row, rowsOf } from "./folders";
import { dissolveFolder, moveFolder, moveTo, openFolder, removeFolder, rename, useOpenFolders } from "./organising";
import { useEmptyFolders } from "./emptyFolders";

const day = 86_400_000;

/** The conversations at the side: pinned ones, folders, then by day. */
export function ConversationList({ route }: { route: Route }): JSX.Element {
  const summaries = useSummaries();
  const empty = useEmptyFolders();
  const opened = useOpenFolders();
  const current = route.page === "chat" ? route.id : null;
  const rows = useMemo(() => {
    const midnight = new Date().setHours(0, 0, 0, 0);
    const order = new Intl.Collator(locale(), { numeric: true });
    const folders = folderTree(summaries.flatMap((one) => (one.folder ? [one.folder] : [])), empty, (a, b) => order.compare(a, b));
    return rowsOf(summaries, folders, opened, {
      pinned: t("nav.pinned"), folders: t("talk.folders"),
      days: [[t("nav.today"), midnight], [t("nav.yesterday"), midnight - day], [t("nav.week"), midnight - 7 * day], [t("nav.older"), -Infinity]],
    });
  }, [summaries, empty, opened]);
  return (
    <div className="chats" onDragOver={(event) => { if (isDragOf("chat", "folder")) event.preventDefault(); }} onDrop={(event) => dropInto(event, "")}>
      {rows.length === 0
        ? (
          <div className="no-chats">
            <p className="small muted">{t("nav.noChats")}</p>
            <button type="button" className="quiet small" onClick={() => openOverlay({ kind: "import" })}><Icon name="upload" /> {t("import.title")}</button>
          </div>
        )
        : <VirtualList label={t("nav.chats")} rows={rows} rowHeight={34} keyOf={(row) => row.id} render={(row) => <RowView row={row} current={current} />} />}
    </div>
  );
}

const isDragOf = (...kinds: string[]): boolean => kinds.includes(draggedNow()?.kind ?? "");

/** A conversation or a folder is let fall over a folder; the empty path is the top. */
function dropInto(event: DragEvent, folder: string): void {
  const what = draggedNow();
  if (!what || (what.kind !== "chat" && what.kind !== "folder")) return;
  event.preventDefault();
  event.stopPropagation();
  if (what.kind === "folder") {
    if (canMove(what.path, folder)) moveFolder(what.path, cleanPath(`${folder}/${nameOf(what.path)}`));
  } else {
    moveTo(summariesNow().filter((one) => one.id === what.id && (one.folder ?? "") !== folder), folder);
  }
  dropped();
}

function RowView({ row, current }: { row: Row; current: string | null }): JSX.Element {
  if (row.kind === "folder") return <FolderRow folder={row.folder} isOpen={row.isOpen} />;
  if (row.kind === "chat") return <ChatRow chat={row.chat} depth={row.depth} isCurrent={row.id === current} current={current} />;
  return (
    <div className="chat-group">
      <span>{row.text}</span>
      {row.section === "folders" && (
        <button type="button" className="quiet icon-only small" aria-label={t("talk.newFolder")} title={t("talk.newFolder")} onClick={() => openOverlay({ kind: "folder", path: null })}><Icon name="folder-plus" /></button>
      )}
    </div>
  );
}

function FolderRow({ folder, isOpen }: { folder: Folder; isOpen: boolean }): JSX.Element {
  const what = useDragged();
  const [isOver, setOver] = useState(false);
  const menu = (event: MouseEvent<HTMLElement> | KeyboardEvent<HTMLElement>, at: HTMLElement) => {
    event.preventDefault();
    openMenu(at, folder.name, folderMenu(folder));
  };
  return (
    <div className={`chat-row folder-row ${isOver && what ? "over" : ""}`} style={{ paddingInlineStart: `${folder.depth * 14}px` }} draggable
      onDragStart={(event) => { event.stopPropagation(); drag(event, { kind: "folder", path: folder.path }, folder.name); }} onDragEnd={dropped}
      onDragOver={(event) => { if (isDragOf("chat", "folder")) { event.preventDefault(); event.stopPropagation(); setOver(true); } }}
      onDragLeave={() => setOver(false)} onDrop={(event) => { setOver(false); dropInto(event, folder.path); }} onContextMenu={(event) => menu(event, event.currentTarget)}>
      <button type="button" className="quiet folder-name" aria-expanded={isOpen} title={folder.path} onClick={() => openFolder(folder.path, !isOpen)}
        onKeyDown={(event) => {
          if (event.key === "F2") openOverlay({ kind: "folder", path: folder.path });
          if (event.key === "ArrowRight") openFolder(folder.path, document.documentElement.dir !== "rtl");
          if (event.key === "ArrowLeft") openFolder(folder.path, document.documentElement.dir === "rtl");
        }}>
        <Icon name={isOpen ? "chevron-down" : "chevron-right"} />
        <Icon name={isOpen ? "folder-open" : "folder"} />
        <span dir="auto">{folder.name}</span>
        <small>{number(folder.count)}</small>
      </button>
      <span className="row-actions">
        <button type="button" className="quiet icon-only small" aria-label={t("talk.folderMenu", { name: folder.name })} title={t("talk.more")} aria-haspopup="menu" onClick={(event) => menu(event, event.currentTarget)}><Icon name="ellipsis" /></button>
      </span>
    </div>
  );
}

function folderMenu({ path, count }: Folder): MenuEntry[] {
  return [
    { icon: "square-pen", text: t("talk.newHere"), run: () => startWith({ folder: path }) },
    { icon: "folder-plus", text: t("talk.newFolderHere"), run: () => openOverlay({ kind: "folder", path: null, under: path }) },
    { icon: "pencil", text: t("chat.rename"), keys: "F2", run: () => openOverlay({ kind: "folder", path }) },
    ...(parentOf(path) ? [{ icon: "folder-output", text: t("talk.folderUp"), run: () => moveFolder(path, cleanPath(`${parentOf(parentOf(path))}/${nameOf(path)}`)) }] : []),
    "line",
    { icon: "folder-x", text: t("talk.folderOnly"), run: () => dissolveFolder(path) },
    ...(count > 0 ? [{ icon: "trash-2", text: t("talk.folderAll", { count }), isDanger: true, run: () => removeFolder(path) }] : []),
  ];
}

function ChatRow({ chat, depth, isCurrent, current }: { chat: ConversationSummary; depth: number; isCurrent: boolean; current: string | null }): JSX.Element {
  const isWriting = useRunning()[chat.id] !== undefined;
  const [name, setName] = useState<string | null>(null);
  if (name !== null) {
    const done = () => {
      setName(null);
      if (name.trim() && name.trim() !== chat.title) rename(chat, name);
    };
    return (
      <input className="rename" value={name} dir="auto" aria-label={t("chat.rename")} maxLength={200} onChange={(event) => setName(event.target.value)} onBlur={done} autoFocus
        onKeyDown={(event) => { if (event.key === "Enter") done(); if (event.key === "Escape") setName(null); }} />
    );
  }
  const title = chat.title || t("chat.untitled");
  const menu = (event: MouseEvent, at: Element | { clientX: number; clientY: number }) => {
    event.preventDefault();
    openMenu(at, title, conversationMenu(chat, () => setName(chat.title), current));
  };
  return (
    <div className={`chat-row ${isCurrent ? "current" : ""}`} style={{ paddingInlineStart: `${depth * 14}px` }} onContextMenu={(event) => menu(event, event.clientX || event.clientY ? event : event.currentTarget)}>
      <Link page="chat" id2={chat.id} aria-current={isCurrent ? "page" : undefined} title={chat.title} dir="auto" onDoubleClick={() => setName(chat.title)}
        onDragStart={(event) => drag(event, { kind: "chat", id: chat.id }, title)} onDragEnd={dropped} onKeyDown={(event) => { if (event.key === "F2") setName(chat.title); }}>
        {isWriting && <span className="dot busy" />}{title}
      </Link>
      <span className="row-actions">
        <button type="button" className="quiet icon-only small" aria-label={t("talk.menuOf", { title })} title={t("talk.more")} aria-haspopup="menu" onClick={(event) => menu(event, event.currentTarget)}><Icon name="ellipsis" /></button>
        <button type="button" className="quiet icon-only small" aria-label={`${t("action.remove")}: ${chat.title}`} title={t("action.remove")} onClick={() => remove([chat])}><Icon name="trash-2" /></button>
      </span>
    </div>
  );
}
