import { useMemo, useState } from "react";
import { changeSummary, remove, startNew, useRunning, useSummaries } from "../chat/chats";
import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { VirtualList } from "../ui/VirtualList";
import { Link } from "./Link";
import { navigation } from "./navigation";
import type { Route } from "./router";
import { signOut, useSession } from "./session";
import { tellProblem } from "./toasts";
import type { ConversationSummary } from "../chat/types";

type Row = { kind: "title"; id: string; text: string } | { kind: "chat"; id: string; chat: ConversationSummary };

export function Sidebar({ route, isNarrow, onFold, onSearch }: {
  route: Route; isNarrow: boolean; onFold(): void; onSearch(): void;
}): JSX.Element {
  const summaries = useSummaries();
  const session = useSession();
  const rows = useMemo(() => listed(summaries), [summaries]);
  return (
    <nav className="sidebar" aria-label={t("nav.title")}>
      <div className="sidebar-head">
        <Link page="chat" className="brand" aria-label="Llama Nexus"><img src="/icon.svg" alt="" width="24" height="24" /> <span>Llama Nexus</span></Link>
        <button type="button" className="quiet icon-only fold" aria-label={t(isNarrow ? "nav.unfold" : "nav.fold")} title={`${t(isNarrow ? "nav.unfold" : "nav.fold")} (Ctrl B)`} onClick={onFold}>
          <Icon name={isNarrow ? "panel-left-open" : "panel-left-close"} />
        </button>
      </div>
      <div className="sidebar-actions">
        <button type="button" className="new-chat" onClick={startNew} title={t("chat.new")} aria-label={t("chat.new")}><Icon name="square-pen" /> <span>{t("chat.new")}</span></button>
        <button type="button" className="quiet icon-only" onClick={onSearch} aria-label={t("action.search")} title={`${t("action.search")} (Ctrl K)`}><Icon name="search" /></button>
      </div>
      <div className="nav-groups">
        {navigation.map(({ group, pages }) => (
          <ul key={group} aria-label={t(`group.${group}`)}>
            {pages.map(({ page, icon }) => (
              <li key={page}>
                <Link page={page} aria-current={route.page === page ? "page" : undefined} title={isNarrow ? t(`nav.${page}`) : undefined}>
                  <Icon name={icon} /> <span>{t(`nav.${page}`)}</span>
                </Link>
              </li>
            ))}
          </ul>
        ))}
      </div>
      <div className="chats">
        {summaries.length === 0
          ? <p className="small muted no-chats">{t("nav.noChats")}</p>
          : (
            <VirtualList label={t("nav.chats")} rows={rows} rowHeight={34} keyOf={(row) => row.id}
              render={(row) => row.kind === "title"
                ? <div className="chat-group">{row.text}</div>
                : <ChatRow chat={row.chat} isCurrent={route.page === "chat" && route.id === row.id} />} />
          )}
      </div>
      {session.mode === "sign_in" && (
        <div className="who-am-i">
          <Icon name="circle-user-round" />
          <span dir="auto">{session.user?.name ?? <Link page="signIn">{t("nav.signIn")}</Link>}</span>
          <span className="spread" />
          {session.user?.credential.kind === "session" && (
            <button type="button" className="quiet small icon-only" aria-label={t("signIn.out")} title={t("signIn.out")} onClick={() => { signOut().catch(tellProblem); }}><Icon name="log-out" /></button>
          )}
        </div>
      )}
    </nav>
  );
}

function ChatRow({ chat, isCurrent }: { chat: ConversationSummary; isCurrent: boolean }): JSX.Element {
  const isWriting = useRunning()[chat.id] !== undefined;
  const [name, setName] = useState<string | null>(null);
  if (name !== null) {
    const done = () => {
      setName(null);
      if (name.trim()) changeSummary(chat.id, { title: name.trim() }).catch(tellProblem);
    };
    return (
      <input className="rename" value={name} dir="auto" aria-label={t("chat.rename")} maxLength={200} onChange={(event) => setName(event.target.value)} onBlur={done}
        autoFocus
        onKeyDown={(event) => { if (event.key === "Enter") done(); if (event.key === "Escape") setName(null); }} />
    );
  }
  return (
    <div className={`chat-row ${isCurrent ? "current" : ""}`}>
      <Link page="chat" id2={chat.id} aria-current={isCurrent ? "page" : undefined} title={chat.title} dir="auto" onDoubleClick={() => setName(chat.title)}>
        {isWriting && <span className="dot busy" />}{chat.title || t("chat.untitled")}
      </Link>
      <span className="row-actions">
        <button type="button" className="quiet icon-only small" aria-label={`${t("chat.rename")}: ${chat.title}`} title={t("chat.rename")} onClick={() => setName(chat.title)}><Icon name="pencil" /></button>
        <button type="button" className="quiet icon-only small" aria-label={`${t(chat.isPinned ? "chat.unpin" : "chat.pin")}: ${chat.title}`} title={t(chat.isPinned ? "chat.unpin" : "chat.pin")}
          onClick={() => { changeSummary(chat.id, { isPinned: !chat.isPinned }).catch(tellProblem); }}>
          <Icon name={chat.isPinned ? "pin-off" : "pin"} />
        </button>
        <button type="button" className="quiet icon-only small" aria-label={`${t("action.remove")}: ${chat.title}`} title={t("action.remove")} onClick={() => remove(chat.id)}>
          <Icon name="trash-2" />
        </button>
      </span>
    </div>
  );
}

/** Pinned ones first, then by the day of their last change. */
function listed(summaries: ConversationSummary[]): Row[] {
  const midnight = new Date().setHours(0, 0, 0, 0);
  const day = 86_400_000;
  const groups: [string, (chat: ConversationSummary) => boolean][] = [
    [t("nav.pinned"), (chat) => chat.isPinned],
    [t("nav.today"), (chat) => chat.updatedAt >= midnight],
    [t("nav.yesterday"), (chat) => chat.updatedAt >= midnight - day],
    [t("nav.week"), (chat) => chat.updatedAt >= midnight - 7 * day],
    [t("nav.older"), () => true],
  ];
  const rows: Row[] = [];
  const taken = new Set<string>();
  for (const [title, belongs] of groups) {
    const chats = summaries.filter((chat) => !taken.has(chat.id) && belongs(chat));
    if (chats.length === 0) continue;
    rows.push({ kind: "title", id: `title-${title}`, text: title });
    for (const chat of chats) {
      taken.add(chat.id);
      rows.push({ kind: "chat", id: chat.id, chat });
    }
  }
  return rows;
}
