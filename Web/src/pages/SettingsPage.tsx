import { part, send } from "../api/http";
import { useGet } from "../api/use";
import { useSummaries } from "../chat/talk/state";
import { chooseLanguage, languages, t, useLanguage } from "../i18n";
import { openOverlay } from "../app/overlays";
import { chooseTheme, type ThemeChoice, useThemeChoice } from "../app/theme";
import { useSession } from "../app/session";
import { tellProblem } from "../app/toasts";
import { moment } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Badge, Card, Page } from "../ui/parts";
import { AccountCards } from "./access/AccountCards";
import { t as words } from "./access/words";

const themes: ThemeChoice[] = ["system", "light", "dark"];

/** How the application looks and speaks, and what it keeps in this browser. */
export default function SettingsPage(): JSX.Element {
  const language = useLanguage();
  const theme = useThemeChoice();
  const summaries = useSummaries();
  const session = useSession();
  return (
    <Page title={t("nav.settings")}>
      <Card title={t("settings.appearance")}>
        <div className="setting">
          <span id="theme-label">{t("settings.theme")}</span>
          <div className="segments" role="group" aria-labelledby="theme-label">
            {themes.map((value) => <button key={value} type="button" aria-pressed={theme === value} onClick={() => chooseTheme(value)}>{t(`settings.${value}`)}</button>)}
          </div>
        </div>
        <div className="setting">
          <span id="language-label">{t("settings.language")}</span>
          <div className="segments" role="group" aria-labelledby="language-label">
            {languages.map(({ code, name }) => <button key={code} type="button" lang={code} aria-pressed={language === code} onClick={() => void chooseLanguage(code)}>{name}</button>)}
          </div>
        </div>
      </Card>
      <AccountCards />
      {session.mode === "sign_in" && session.user && <Sessions />}
      <Card title={t("settings.data")}>
        <p className="muted">{t("settings.dataHint", { count: summaries.length })}</p>
        <button type="button" onClick={() => openOverlay({ kind: "exportAll" })}><Icon name="download" /> {t("settings.export")}</button>
      </Card>
      <Card title={t("settings.about")}>
        <ul className="plain-list">
          <li><a href="/openapi.json">{t("settings.api")}</a></li>
          <li><a href="/metrics">{t("settings.metrics")}</a></li>
          <li><a href="/third-party.txt">{t("settings.thirdParty")}</a></li>
        </ul>
      </Card>
    </Page>
  );
}

interface SignedIn {
  id: string;
  current: boolean;
  address: string;
  agent: string;
  seen_at: number;
}

function Sessions(): JSX.Element {
  const list = useGet<{ sessions: SignedIn[] }>("/api/v1/sessions");
  const end = async (id: string) => {
    try {
      await send("DELETE", `/api/v1/sessions/${part(id)}`);
      list.reload();
    } catch (error) {
      tellProblem(error);
    }
  };
  const endOthers = () => {
    send<{ ended?: number }>("DELETE", "/api/v1/sessions").then(list.reload, tellProblem);
  };
  const others = (list.value?.sessions ?? []).filter((session) => !session.current).length;
  return (
    <Card title={t("settings.sessions")} actions={others > 0 && <button type="button" className="small" onClick={endOthers}>{words("otherSessions")}</button>}>
      <ul className="plain-list">
        {(list.value?.sessions ?? []).map((session) => (
          <li key={session.id} className="setting">
            <span><span dir="ltr">{session.address}</span> <span className="small muted" dir="ltr">{session.agent.slice(0, 80)}</span> <span className="small muted">{moment(session.seen_at * 1_000)}</span></span>
            {session.current ? <Badge tone="good">{t("settings.thisOne")}</Badge> : <button type="button" className="small" onClick={() => void end(session.id)}>{t("settings.endSession")}</button>}
          </li>
        ))}
      </ul>
    </Card>
  );
}
