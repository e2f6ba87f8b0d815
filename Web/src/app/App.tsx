import { lazy, Suspense, useEffect, useState } from "react";
import { TabbedChat } from "../chat/tabs/TabbedChat";
import { useTabKeys } from "../chat/tabs/keys";
import { loadSummaries } from "../chat/talk/opening";
import { startNew } from "../chat/talk/saying";
import { loadModels } from "../chat/models";
import { t, useLanguage } from "../i18n";
import { Icon } from "../ui/Icon";
import { MenuHost } from "../ui/Menu";
import { Empty, Skeleton } from "../ui/parts";
import { ErrorBoundary } from "./ErrorBoundary";
import { Link } from "./Link";
import { Overlays } from "./OverlayHost";
import { navigate, type Page, useRoute } from "./router";
import { loadSession } from "./session";
import { useShortcuts } from "./shortcutKeys";
import { Sidebar } from "./Sidebar";
import { kept } from "./store";
import { Toasts } from "./toasts";

const ModelsPage = lazy(() => import("../pages/ModelsPage"));
const DeployPage = lazy(() => import("../pages/DeployPage"));
const EnginePage = lazy(() => import("../pages/EnginePage"));
const HardwarePage = lazy(() => import("../pages/HardwarePage"));
const UsagePage = lazy(() => import("../pages/UsagePage"));
const KeysPage = lazy(() => import("../pages/KeysPage"));
const UsersPage = lazy(() => import("../pages/UsersPage"));
const SettingsPage = lazy(() => import("../pages/SettingsPage"));
const MemoryPage = lazy(() => import("../pages/MemoryPage"));
const AuditPage = lazy(() => import("../pages/AuditPage"));
const SignInPage = lazy(() => import("../pages/SignInPage"));
const LibraryPage = lazy(() => import("../pages/LibraryPage"));
const Palette = lazy(() => import("./Palette"));
const Shortcuts = lazy(() => import("./Shortcuts"));

/** The frame around all pages. */
export function App(): JSX.Element {
  const language = useLanguage();
  const route = useRoute();
  const [isOpen, setOpen] = useState(false);
  const [isNarrow, setNarrow] = useState(() => kept.read("narrow", false));
  const [overlay, setOverlay] = useState<"none" | "palette" | "shortcuts">("none");
  useEffect(() => {
    // Without a network nobody can be asked; the pages say so themselves.
    loadSession().catch(() => undefined);
    void loadModels();
    void loadSummaries();
    const timer = window.setInterval(() => { if (!document.hidden) void loadModels(); }, 15_000);
    return () => window.clearInterval(timer);
  }, []);
  useEffect(() => setOpen(false), [route]);
  const fold = () => {
    setNarrow(!isNarrow);
    kept.write("narrow", !isNarrow);
  };
  useShortcuts({
    palette: () => setOverlay("palette"), help: () => setOverlay("shortcuts"), fold, fresh: startNew, go: (page: Page) => navigate(page),
  });
  useTabKeys();
  const close = () => setOverlay("none");
  return (
    <div className={`shell ${isOpen ? "drawer-open" : ""} ${isNarrow ? "narrow" : ""}`} key={language}>
      <a className="skip" href="#main">{t("nav.skip")}</a>
      <header className="top-bar">
        <button type="button" className="quiet icon-only" aria-label={t("nav.menu")} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Icon name="menu" />
        </button>
        <Link page="chat" className="brand"><img src="/icon.svg" alt="" width="22" height="22" /> Llama Nexus</Link>
        <button type="button" className="quiet icon-only" aria-label={t("chat.new")} onClick={startNew}><Icon name="square-pen" /></button>
      </header>
      <Sidebar route={route} onFold={fold} isNarrow={isNarrow} onSearch={() => setOverlay("palette")} />
      {/* Closes the drawer; the keyboard has the button above. */}
      <div className="scrim" aria-hidden="true" onClick={() => setOpen(false)} />
      <main id="main" tabIndex={-1}>
        <ErrorBoundary about={route}>
          <Suspense fallback={<div className="page"><Skeleton lines={6} /></div>}>
            <Current page={route.page} id={route.id} />
          </Suspense>
        </ErrorBoundary>
        <MenuHost />
      </main>
      <Overlays />
      <Toasts />
      <Suspense fallback={null}>
        {overlay === "palette" && <Palette onClose={close} />}
        {overlay === "shortcuts" && <Shortcuts onClose={close} />}
      </Suspense>
    </div>
  );
}

function Current({ page, id }: { page: Page; id: string | null }): JSX.Element {
  useEffect(() => {
    if (page !== "chat" && page !== "missing") document.title = `${t(`nav.${page}`)} · Llama Nexus`;
  }, [page]);
  switch (page) {
    case "chat": return <TabbedChat id={id} />;
    case "library": return <LibraryPage />;
    case "models": return <ModelsPage chosen={id} />;
    case "deploy": return <DeployPage chosen={id} />;
    case "engine": return <EnginePage />;
    case "hardware": return <HardwarePage />;
    case "usage": return <UsagePage />;
    case "keys": return <KeysPage />;
    case "users": return <UsersPage chosen={id} />;
    case "settings": return <SettingsPage />;
    case "memory": return <MemoryPage chosen={id} />;
    case "audit": return <AuditPage />;
    case "signIn": return <SignInPage />;
    case "missing":
      return <div className="page"><h1 className="visually-hidden">{t("nav.missing")}</h1><Empty icon="map-pin-off" title={t("nav.missing")}><Link page="chat">{t("nav.chat")}</Link></Empty></div>;
  }
}
