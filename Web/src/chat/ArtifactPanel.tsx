import { useEffect, useRef, useState } from "react";
import { t } from "../i18n";
import { extensionOf } from "../markdown/CodeBlock";
import { Diagram } from "../markdown/Diagram";
import { Markdown } from "../markdown/Markdown";
import { CopyButton } from "../ui/CopyButton";
import { download } from "../ui/download";
import { Icon } from "../ui/Icon";
import { type Artifact, closeArtifact } from "./artifacts";

/** A piece of an answer beside the chat: to look at, to change, to keep. Every change is a version. */
export default function ArtifactPanel({ artifact }: { artifact: Artifact }): JSX.Element {
  const [versions, setVersions] = useState([artifact.text]);
  const [at, setAt] = useState(0);
  const [isSource, setSource] = useState(true);
  useEffect(() => {
    setVersions([artifact.text]);
    setAt(0);
    // A script runs when somebody says so.
    setSource(!canShow(artifact.language) || isScript(artifact.language));
  }, [artifact]);
  const text = versions[at] ?? "";
  const change = (next: string) => {
    // The first is the model's and stays; what follows is the reader's own.
    if (at === 0 || at < versions.length - 1) {
      setVersions((before) => [...before.slice(0, at + 1), next]);
      setAt(at + 1);
    } else {
      setVersions((before) => [...before.slice(0, -1), next]);
    }
  };
  return (
    <aside className="side artifact" aria-label={t("artifact.title")}>
      <header className="side-head">
        <h2>{artifact.language}</h2>
        <span className="spread" />
        {canShow(artifact.language) && (
          <button type="button" className="small" onClick={() => setSource(!isSource)}>{t(!isSource ? "artifact.source" : isScript(artifact.language) ? "artifact.run" : "artifact.show")}</button>
        )}
        {versions.length > 1 && (
          <span className="pager">
            <button type="button" className="quiet small icon-only" disabled={at === 0} aria-label={t("chat.previous")} onClick={() => setAt(at - 1)}><Icon name="chevron-left" /></button>
            <span>{at + 1} / {versions.length}</span>
            <button type="button" className="quiet small icon-only" disabled={at >= versions.length - 1} aria-label={t("chat.next")} onClick={() => setAt(at + 1)}><Icon name="chevron-right" /></button>
          </span>
        )}
        <CopyButton text={text} />
        <button type="button" className="quiet small icon-only" aria-label={t("action.download")} onClick={() => download(`artifact.${extensionOf(artifact.language)}`, text)}><Icon name="download" /></button>
        <button type="button" className="quiet icon-only" aria-label={t("action.close")} onClick={closeArtifact}><Icon name="x" /></button>
      </header>
      {isSource
        ? <textarea className="mono artifact-source" dir="ltr" spellCheck={false} value={text} aria-label={t("artifact.source")} onChange={(event) => change(event.target.value)} />
        : <div className="side-body"><Shown text={text} language={artifact.language} /></div>}
    </aside>
  );
}

function canShow(language: string): boolean {
  return ["html", "svg", "markdown", "md", "mermaid"].includes(language.toLowerCase()) || isScript(language);
}

const isScript = (language: string): boolean => ["javascript", "js"].includes(language.toLowerCase());

function Shown({ text, language }: { text: string; language: string }): JSX.Element {
  const name = language.toLowerCase();
  if (name === "mermaid") return <Diagram text={text} />;
  if (name === "markdown" || name === "md") return <Markdown text={text} />;
  if (name === "svg") return <img src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`} alt={t("artifact.title")} />;
  return <Page text={text} runs={isScript(language)} />;
}

/** HTML, or a script, in a frame of an origin of its own, without network, forms, windows or a way to this page. */
function Page({ text, runs }: { text: string; runs: boolean }): JSX.Element {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const element = frame.current;
    const give = (event: MessageEvent<{ ready?: boolean } | null>) => {
      if (!element || event.source !== element.contentWindow || !event.data?.ready) return;
      const words = { stopped: t("artifact.stopped"), cut: t("artifact.cut") };
      element.contentWindow?.postMessage(runs ? { code: text, words } : { html: text }, "*");
    };
    window.addEventListener("message", give);
    if (element) element.src = "/frames/artifact.html";
    return () => window.removeEventListener("message", give);
  }, [text, runs]);
  return <iframe ref={frame} className="artifact-page" sandbox="allow-scripts" title={t("artifact.title")} />;
}
