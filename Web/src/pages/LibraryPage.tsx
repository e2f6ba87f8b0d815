import { useEffect, useMemo, useState } from "react";
import { get, part } from "../api/http";
import { hasParameter } from "../api/routes";
import { useGet } from "../api/use";
import { Link } from "../app/Link";
import { openOverlay } from "../app/overlays";
import { navigate } from "../app/router";
import { tellProblem } from "../app/toasts";
import { openWhole } from "../chat/talk/opening";
import { remove } from "../chat/talk/removing";
import { showBranch } from "../chat/talk/saying";
import { openNow } from "../chat/talk/state";
import { archive } from "../chat/library/organising";
import { conversationStore } from "../chat/conversationStore";
import { useModels } from "../chat/models";
import { want } from "../chat/reveal";
import { path } from "../chat/tree";
import type { ConversationSummary } from "../chat/types";
import { t } from "../i18n/late";
import { moment, number } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Empty, Page, Problem, Skeleton } from "../ui/parts";

const base = "/api/v1/conversations";
const hitsMax = 100;
const views = ["search", "archived"] as const;
type View = (typeof views)[number];

/** All conversations: searched by what stands in them, the archived ones, and the way in and out as files. */
export default function LibraryPage(): JSX.Element {
  const [view, setView] = useState<View>(() => (location.hash === "#archived" ? "archived" : "search"));
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const look = () => setView(location.hash === "#archived" ? "archived" : "search");
    window.addEventListener("hashchange", look);
    return () => window.removeEventListener("hashchange", look);
  }, []);
  const choose = (next: View) => {
    history.replaceState(null, "", next === "search" ? location.pathname : `#${next}`);
    setView(next);
  };
  return (
    <div className={`drop-page ${isOver ? "over" : ""}`} onDragOver={(event) => { if (event.dataTransfer.types.includes("Files")) { event.preventDefault(); setOver(true); } }}
      onDragLeave={(event) => { if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false); }}
      onDrop={(event) => {
        const file = event.dataTransfer.files[0];
        setOver(false);
        if (!file) return;
        event.preventDefault();
        openOverlay({ kind: "import", file });
      }}>
      <Page title={t("nav.library")} lead={t("library.lead")} actions={(
        <>
          <button type="button" onClick={() => openOverlay({ kind: "import" })}><Icon name="upload" /> {t("import.short")}</button>
          <button type="button" onClick={() => openOverlay({ kind: "exportAll" })}><Icon name="download" /> {t("export.allShort")}</button>
        </>
      )}>
        <div className="segments" role="group" aria-label={t("library.views")}>
          {views.map((one) => <button key={one} type="button" aria-pressed={view === one} onClick={() => choose(one)}>{t(`library.${one}`)}</button>)}
        </div>
        {view === "search" ? <SearchView /> : <ArchivedView />}
      </Page>
    </div>
  );
}

interface Hit {
  conversation: string;
  title: string;
  message?: string | null;
  role?: string;
  created_at?: string;
  excerpt: { text: string; found?: boolean }[];
  /** Of a search by meaning: what found it. */
  found_by?: string[];
}

interface Found {
  hits: Hit[];
  /** What was searched by in the end. */
  mode?: string;
  meaning?: { available: boolean; pending: number };
}

interface Filters {
  model: string;
  tag: string;
  role: string;
  since: string;
  until: string;
  attachments: string;
  media: string;
}

const noFilters: Filters = { model: "", tag: "", role: "", since: "", until: "", attachments: "", media: "" };
const modes = ["text", "semantic", "hybrid"] as const;

/** Microseconds since 1970 of a day's begin in this place, and of the end of it where `days` is one. */
function moments(day: string, days: number): string {
  const [year, month, date] = day.split("-").map(Number);
  return String(new Date(year ?? 0, (month ?? 1) - 1, (date ?? 1) + days).getTime() * 1_000);
}

function queryOf(words: string, filters: Filters, mode: string): string {
  const { since, until, ...others } = filters;
  const members = { q: words, ...others, since_us: since && moments(since, 0), until_us: until && moments(until, 1), mode, limit: String(hitsMax) };
  return Object.entries(members).filter(([, value]) => value).map(([name, value]) => `${name}=${part(value)}`).join("&");
}

function SearchView(): JSX.Element {
  const [words, setWords] = useState("");
  const [filters, setFilters] = useState<Filters>(noFilters);
  const [mode, setMode] = useState<string>("");
  const [found, setFound] = useState<Found | null>(null);
  const [problem, setProblem] = useState<Error | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [round, setRound] = useState(0);
  const [offers, setOffers] = useState({ modes: false, media: false });
  const groups = useGet<{ tags: { name: string; conversations: number }[] }>(`${base}/groups`);
  const { models } = useModels();
  useEffect(() => {
    const asks = (name: string) => hasParameter(`${base}/search`, "get", name).catch(() => false);
    void Promise.all([asks("mode"), asks("media")]).then(([hasModes, hasMedia]) => setOffers({ modes: hasModes, media: hasMedia }));
  }, []);
  const query = words.trim() ? queryOf(words.trim(), filters, mode) : null;
  useEffect(() => {
    setProblem(null);
    if (query === null) return setFound(null);
    const stop = new AbortController();
    const timer = window.setTimeout(() => {
      setBusy(true);
      get<Found>(`${base}/search?${query}`, stop.signal).then((told) => { setFound(told); setBusy(false); }, (error: unknown) => {
        if (stop.signal.aborted) return;
        setBusy(false);
        setFound(null);
        setProblem(error instanceof TypeError ? new Error(t("error.network")) : error as Error);
      });
    }, 200);
    return () => { window.clearTimeout(timer); stop.abort(); };
  }, [query, round]);
  const set = (members: Partial<Filters>) => setFilters((before) => ({ ...before, ...members }));
  const count = Object.values(filters).filter(Boolean).length;
  const hits = found?.hits ?? null;
  return (
    <section className="library-search" aria-label={t("library.search")}>
      <div className="search-box">
        <Icon name="search" />
        <input type="search" value={words} dir="auto" maxLength={300} autoFocus placeholder={t("library.hint")} aria-label={t("library.search")} onChange={(event) => setWords(event.target.value)} />
        {isBusy && <span className="dot busy" aria-hidden="true" />}
      </div>
      {offers.modes && (
        <div className="segments" role="group" aria-label={t("library.mode")}>
          {modes.map((one) => <button key={one} type="button" aria-pressed={(mode || "text") === one} onClick={() => setMode(one)}>{t(`library.mode.${one}`)}</button>)}
        </div>
      )}
      <div className="filters" role="group" aria-label={t("library.filters")}>
        <label><span>{t("library.since")}</span><input type="date" value={filters.since} max={filters.until || undefined} onChange={(event) => set({ since: event.target.value })} /></label>
        <label><span>{t("library.until")}</span><input type="date" value={filters.until} min={filters.since || undefined} onChange={(event) => set({ until: event.target.value })} /></label>
        <label><span>{t("chat.model")}</span>
          <select value={filters.model} onChange={(event) => set({ model: event.target.value })}><option value="">{t("library.any")}</option>{models.map(({ id }) => <option key={id}>{id}</option>)}</select>
        </label>
        <label><span>{t("talk.tag")}</span>
          <select value={filters.tag} onChange={(event) => set({ tag: event.target.value })}><option value="">{t("library.any")}</option>{(groups.value?.tags ?? []).map(({ name }) => <option key={name}>{name}</option>)}</select>
        </label>
        <label><span>{t("library.role")}</span>
          <select value={filters.role} onChange={(event) => set({ role: event.target.value })}><option value="">{t("library.any")}</option><option value="user">{t("library.mine")}</option><option value="assistant">{t("library.answers")}</option></select>
        </label>
        <label><span>{t("library.attachments")}</span>
          <select value={filters.attachments} onChange={(event) => set({ attachments: event.target.value })}><option value="">{t("library.any")}</option><option value="true">{t("library.with")}</option><option value="false">{t("library.without")}</option></select>
        </label>
        {offers.media && (
          <label><span>{t("library.media")}</span>
            <select value={filters.media} onChange={(event) => set({ media: event.target.value })}><option value="">{t("library.any")}</option>{(["image", "audio", "video"] as const).map((one) => <option key={one} value={one}>{t(`library.${one}`)}</option>)}</select>
          </label>
        )}
        {count > 0 && <button type="button" className="quiet small" onClick={() => setFilters(noFilters)}><Icon name="x" /> {t("library.clear")}</button>}
      </div>
      {problem && <Problem error={problem} again={() => setRound(round + 1)} />}
      {found?.meaning && mode !== "" && mode !== "text" && (!found.meaning.available || found.meaning.pending > 0) && (
        <p className="small muted note"><Icon name="info" /> {found.meaning.available ? t("library.pending", { count: found.meaning.pending }) : t("library.noMeaning")}</p>
      )}
      <p className="visually-hidden" role="status">{hits ? t("library.found", { count: hits.length }) : ""}</p>
      {!hits && !problem && <Empty icon="text-search" title={t("library.empty")} />}
      {hits && hits.length === 0 && <Empty icon="search-x" title={t("library.none")}>{count > 0 && <button type="button" onClick={() => setFilters(noFilters)}>{t("library.clear")}</button>}</Empty>}
      {hits && hits.length > 0 && <Hits hits={hits} />}
    </section>
  );
}

/** The hits of one conversation together, where the first of them stands. */
function Hits({ hits }: { hits: Hit[] }): JSX.Element {
  const groups = useMemo(() => {
    const found = new Map<string, Hit[]>();
    for (const hit of hits) found.set(hit.conversation, [...(found.get(hit.conversation) ?? []), hit]);
    return Array.from(found);
  }, [hits]);
  return (
    <>
      <p className="small muted">{hits.length === hitsMax ? t("library.foundMany", { count: hitsMax }) : t("library.found", { count: hits.length })}</p>
      <ul className="hits">
        {groups.map(([id, own]) => (
          <li key={id} className="card">
            <h2><Link page="chat" id2={id} dir="auto">{own[0]?.title || t("chat.untitled")}</Link></h2>
            <ul>
              {own.map((hit, index) => (
                <li key={hit.message ?? index}>
                  <button type="button" className="hit" onClick={() => { open(hit).catch(tellProblem); }}>
                    <span className="hit-who"><Icon name={hit.role === "user" ? "user" : "sparkle"} /> {hit.role === "user" ? t("chat.you") : t("chat.model")}{hit.created_at && <small>{moment(Date.parse(hit.created_at))}</small>}{hit.found_by && !hit.found_by.includes("text") && <small className="badge calm">{t("library.mode.semantic")}</small>}</span>
                    <span className="hit-text" dir="auto">{hit.excerpt.map((piece, at) => (piece.found ? <mark key={at}>{piece.text}</mark> : <span key={at}>{piece.text}</span>))}</span>
                  </button>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Shows the message that was found, on whichever branch it is. */
async function open(hit: Hit): Promise<void> {
  await openWhole(hit.conversation);
  const conversation = openNow(hit.conversation);
  const message = hit.message;
  if (conversation && message && conversation.messages[message]) {
    if (!path(conversation).some((one) => one.id === message)) showBranch(hit.conversation, message);
    want({ conversation: hit.conversation, message });
  }
  navigate("chat", hit.conversation);
}

function ArchivedView(): JSX.Element {
  const [list, setList] = useState<ConversationSummary[] | null>(null);
  const [problem, setProblem] = useState<Error | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isHere = true;
    conversationStore().then((store) => store.list(true)).then((found) => { if (isHere) setList(found); }, (error: unknown) => { if (isHere) setProblem(error as Error); });
    return () => { isHere = false; };
  }, [round]);
  const take = (one: ConversationSummary, action: () => void) => {
    action();
    setList((before) => before?.filter((other) => other.id !== one.id) ?? null);
  };
  if (problem) return <Problem error={problem} again={() => { setProblem(null); setRound(round + 1); }} />;
  if (!list) return <Skeleton lines={4} />;
  if (list.length === 0) return <Empty icon="archive" title={t("library.noArchived")} />;
  return (
    <ul className="archived" aria-label={t("library.archived")}>
      {list.map((one) => (
        <li key={one.id} className="card">
          <span>
            <Link page="chat" id2={one.id} dir="auto">{one.title || t("chat.untitled")}</Link>
            <small className="muted">{moment(one.updatedAt)} · {t("import.messages", { count: one.count })}{one.folder ? ` · ${one.folder}` : ""}</small>
          </span>
          {(one.tags ?? []).slice(0, 4).map((tag) => <span key={tag} className="badge calm" dir="auto">{tag}</span>)}
          <button type="button" className="small" onClick={() => take(one, () => archive([one], false))}><Icon name="archive-restore" /> {t("talk.unarchive")}</button>
          <button type="button" className="quiet small icon-only" aria-label={`${t("action.remove")}: ${one.title}`} title={t("action.remove")} onClick={() => take(one, () => remove([one]))}><Icon name="trash-2" /></button>
        </li>
      ))}
      {list.length >= 500 && <li className="small muted">{number(list.length)}</li>}
    </ul>
  );
}
