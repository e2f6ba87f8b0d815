import { memo, useEffect, useMemo, useState, type ReactNode } from "react";
import { once } from "../app/once";
import { heavy } from "../heavy";
import { t } from "../i18n";
import type { Token } from "../lazy/highlight";
import { CopyButton } from "../ui/CopyButton";
import { Icon } from "../ui/Icon";
import { download } from "../ui/download";
import { openArtifact } from "../chat/artifacts";

type Highlight = typeof import("../lazy/highlight");
const load = once(() => import("../lazy/highlight"));
let loaded: Highlight | undefined;

/** More than this has no colours: in all, and while it is being written. */
const colouredMax = 60_000;
const colouredOpenMax = 6_000;
/** What is longer is coloured by the worker. */
const colouredHere = 3_000;

interface Properties {
  text: string;
  language: string;
  open: boolean;
}

/** Code with colours, its language, and buttons to copy, to keep and to open it beside the chat. */
export const CodeBlock = memo(function CodeBlock({ text, language, open }: Properties) {
  const [isReady, setReady] = useState(loaded !== undefined);
  const name = /^[\w+#.-]{1,32}/.exec(language)?.[0] ?? "";
  const isFar = !open && text.length > colouredHere && text.length <= colouredMax && name !== "";
  const far = useFarColours(isFar ? text : null, name);
  useEffect(() => {
    if (isReady || !name || isFar) return;
    let isHere = true;
    load().then((module) => {
      loaded = module;
      if (isHere) setReady(true);
    }, () => undefined);
    return () => { isHere = false; };
  }, [isReady, name, isFar]);
  const isColoured = isReady && !isFar && name !== "" && text.length <= (open ? colouredOpenMax : colouredMax);
  const content = useMemo(
    () => (isColoured && loaded ? render(loaded.tokens(text, name)) : text), [text, name, isColoured]);
  return (
    <figure className="code" dir="ltr">
      <figcaption>
        <span>{name || t("md.code")}</span>
        <span className="spread" />
        {!open && (
          <>
            <button type="button" className="quiet small" onClick={() => openArtifact({ text, language: name || "text" })}>
              <Icon name="panel-right-open" /> <span>{t("artifact.open")}</span>
            </button>
            <button type="button" className="quiet small icon-only" aria-label={t("action.download")} title={t("action.download")}
              onClick={() => download(`code.${extensionOf(name)}`, text)}>
              <Icon name="download" />
            </button>
          </>
        )}
        <CopyButton text={text} />
      </figcaption>
      <pre tabIndex={0} aria-label={t("md.codeIn", { language: name || "text" })}><code>{far ?? content}</code></pre>
    </figure>
  );
});

/** The colours of a long code, when the worker has found them; `null` until then. */
function useFarColours(text: string | null, language: string): ReactNode {
  const [made, setMade] = useState<{ text: string; content: ReactNode } | null>(null);
  useEffect(() => {
    if (text === null) return;
    let isHere = true;
    heavy("highlight", { code: text, language }).then((tokens) => { if (isHere) setMade({ text, content: render(tokens) }); }, () => undefined);
    return () => { isHere = false; };
  }, [text, language]);
  return text !== null && made?.text === text ? made.content : null;
}

function render(tokens: Token | Token[]): ReactNode {
  if (typeof tokens === "string") return tokens;
  if (!Array.isArray(tokens)) return <span className={`tok-${tokens.type}`}>{render(tokens.content)}</span>;
  return tokens.map((token, index) =>
    typeof token === "string" ? token : <span key={index} className={`tok-${token.type}`}>{render(token.content)}</span>);
}

const extensions: Record<string, string> = {
  python: "py", javascript: "js", typescript: "ts", bash: "sh", shell: "sh", markdown: "md", rust: "rs", ruby: "rb", kotlin: "kt",
  csharp: "cs", yaml: "yml", latex: "tex", text: "txt", mermaid: "mmd",
};

/** A file name's ending for a language. */
export function extensionOf(language: string): string {
  const name = language.toLowerCase().replace(/[^a-z0-9]/g, "");
  return extensions[name] ?? (name || "txt");
}
