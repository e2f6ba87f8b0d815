import { startNew } from "../chat/talk/saying";
import { ConversationList } from "../chat/library/ConversationList";
import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { Link } from "./Link";
import { navigation } from "./navigation";
import type { Route } from "./router";
import { signOut, useSession } from "./session";
import { tellProblem } from "./toasts";

export function Sidebar({ route, isNarrow, onFold, onSearch }: {
  route: Route; isNarrow: boolean; onFold(): void; onSearch(): void;
}): JSX.Element {
  const session = useSession();
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
      <ConversationList route={route} />
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
