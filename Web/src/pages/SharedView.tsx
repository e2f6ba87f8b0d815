import { useEffect, useState } from "react";
import { ApiError, get, part } from "../api/http";
import { useLanguage } from "../i18n";
import { t } from "../i18n/late";
import { Markdown } from "../markdown/Markdown";
import { moment } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Problem, Skeleton } from "../ui/parts";
import { useTheme } from "../app/theme";

type Content = string | null | { type: string; text?: string; image_url?: { url?: string } }[];

interface Shared {
  title: string;
  expires_at: string | null;
  messages: { role: string; content: Content; created_at?: string; model?: string; reasoning_content?: string }[];
}

const secretPattern = /^#([\w-]{1,128})$/;

/** What a share link shows: to be read, and nothing else. */
export default function SharedView(): JSX.Element {
  useLanguage();
  useTheme();
  const [secret, setSecret] = useState(() => secretPattern.exec(location.hash)?.[1] ?? null);
  const [shared, setShared] = useState<Shared | null>(null);
  const [problem, setProblem] = useState<Error | "gone" | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const look = () => setSecret(secretPattern.exec(location.hash)?.[1] ?? null);
    window.addEventListener("hashchange", look);
    return () => window.removeEventListener("hashchange", look);
  }, []);
  useEffect(() => {
    const stop = new AbortController();
    setShared(null);
    setProblem(secret === null ? "gone" : null);
    if (secret !== null) {
      get<Shared>(`/api/v1/shared/${part(secret)}`, stop.signal).then(setShared, (error: unknown) => {
        if (stop.signal.aborted) return;
        setProblem(error instanceof ApiError && error.status === 404 ? "gone" : error instanceof TypeError ? new Error(t("error.network")) : error as Error);
      });
    }
    return () => stop.abort();
  }, [secret, round]);
  useEffect(() => {
    document.title = `${shared?.title || t("share.shared")} · Llama Nexus`;
  }, [shared]);
  return (
    <div className="shared">
      <header className="shared-head">
        <a className="brand" href="/"><img src="/icon.svg" alt="" width="22" height="22" /> Llama Nexus</a>
        <span className="badge calm"><Icon name="eye" /> {t("share.readOnly")}</span>
      </header>
      <main id="main" tabIndex={-1}>
        {problem === "gone" && (
          <div className="shared-gone">
            <Icon name="unlink" />
            <h1>{t("share.gone")}</h1>
            <p className="muted">{t("share.goneWhy")}</p>
          </div>
        )}
        {problem instanceof Error && <><h1 className="visually-hidden">{t("share.shared")}</h1><Problem error={problem} again={() => setRound(round + 1)} /></>}
        {!shared && !problem && <><h1 className="visually-hidden">{t("share.shared")}</h1><Skeleton lines={6} /></>}
        {shared && (
          <>
            <h1 dir="auto">{shared.title || t("chat.untitled")}</h1>
            {shared.expires_at && <p className="small muted">{t("share.until", { when: new Date(shared.expires_at).toLocaleString() })}</p>}
            <div className="log-inner">
              {shared.messages.map((message, index) => {
                if (message.role !== "user" && message.role !== "assistant") return null;
                const isUser = message.role === "user";
                const text = textOf(message.content);
                return (
                  <article key={index} className={`message ${message.role}`} aria-label={isUser ? t("share.asked") : message.model || t("chat.model")}>
                    <h2 className="visually-hidden">{isUser ? t("share.asked") : message.model || t("chat.model")}</h2>
                    {!isUser && <div className="who" aria-hidden="true"><span className="spark" /> <span dir="auto">{message.model}</span>{message.created_at && <span className="faint">{moment(Date.parse(message.created_at))}</span>}</div>}
                    {images(message.content).map((url, at) => <img key={at} className="shared-image" src={url} alt={t("md.image")} />)}
                    {message.reasoning_content && <details className="shared-thoughts"><summary>{t("share.thoughts")}</summary><div className="thinking-text"><Markdown text={message.reasoning_content} /></div></details>}
                    <div className="body">{isUser ? <p className="plain" dir="auto">{text}</p> : <Markdown text={text} />}</div>
                  </article>
                );
              })}
            </div>
          </>
        )}
      </main>
    </div>
  );
}

function textOf(content: Content): string {
  if (typeof content === "string") return content;
  return (content ?? []).flatMap((one) => (one.type === "text" && one.text ? [one.text] : [])).join("\n");
}

/** Only what is in the page itself: a reader's browser asks nobody else. */
function images(content: Content): string[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap((one) => (one.image_url?.url?.startsWith("data:image/") ? [one.image_url.url] : []));
}
