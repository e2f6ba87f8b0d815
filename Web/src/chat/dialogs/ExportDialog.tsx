import { useEffect, useRef, useState } from "react";
import { t } from "../../i18n/late";
import { Dialog } from "../../ui/Dialog";
import { number, ratio } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Problem } from "../../ui/parts";
import { everyId, exportAll, exportFormats, exportOne } from "../archives";
import { fork } from "../talk/saying";

const icons: Record<string, string> = { json: "braces", markdown: "file-text", pdf: "file-down" };

function told(format: string): { title: string; help: string } {
  if (format === "json") return { title: "JSON", help: t("export.json") };
  if (format === "markdown") return { title: "Markdown", help: t("export.markdown") };
  if (format === "pdf") return { title: "PDF", help: t("export.pdf") };
  return { title: format.toUpperCase(), help: "" };
}

/** A conversation as a file, or a branch of it as a file or a conversation of its own. */
export function ExportDialog({ conversation, leaf, onClose }: { conversation: string; leaf: string | undefined; onClose(): void }): JSX.Element {
  const [formats, setFormats] = useState<string[]>(["json", "markdown"]);
  const [problem, setProblem] = useState<Error | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  useEffect(() => { exportFormats().then(setFormats, () => undefined); }, []);
  const work = async (name: string, action: () => Promise<void>) => {
    setBusy(name);
    setProblem(null);
    try {
      await action();
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error : new Error(String(error)));
      setBusy(null);
    }
  };
  return (
    <Dialog title={t(leaf ? "export.toHere" : "export.title")} onClose={onClose}>
      <ul className="choice-list">
        {formats.map((format) => (
          <li key={format}>
            <button type="button" disabled={busy !== null} onClick={() => void work(format, () => exportOne(conversation, format, leaf))}>
              <Icon name={icons[format] ?? "file-down"} /><span><b>{told(format).title}</b><small>{told(format).help}</small></span>
            </button>
          </li>
        ))}
        {leaf && (
          <li>
            <button type="button" disabled={busy !== null} onClick={() => void work("fork", () => fork(conversation, leaf))}>
              <Icon name="split" /><span><b>{t("chat.fork")}</b><small>{t("export.fork")}</small></span>
            </button>
          </li>
        )}
      </ul>
      {problem && <Problem error={problem} />}
    </Dialog>
  );
}

/** Everything that one has, in one file. */
export function ExportAllDialog({ onClose }: { onClose(): void }): JSX.Element {
  const [ids, setIds] = useState<string[] | null>(null);
  const [done, setDone] = useState<number | null>(null);
  const [problem, setProblem] = useState<Error | null>(null);
  const stop = useRef(new AbortController());
  useEffect(() => {
    everyId().then(setIds, setProblem);
    const controller = stop.current;
    return () => controller.abort();
  }, []);
  const begin = async (format: "json" | "markdown") => {
    setDone(0);
    try {
      await exportAll(ids ?? [], format, setDone, stop.current.signal);
      onClose();
    } catch (error) {
      if (stop.current.signal.aborted) return;
      setProblem(error instanceof Error ? error : new Error(String(error)));
      setDone(null);
    }
  };
  return (
    <Dialog title={t("export.all")} onClose={onClose}>
      <p className="muted">{t("export.allLead", { count: ids?.length ?? 0 })}</p>
      {done === null
        ? (
          <ul className="choice-list">
            {(["json", "markdown"] as const).map((format) => (
              <li key={format}>
                <button type="button" disabled={!ids || ids.length === 0} onClick={() => void begin(format)}>
                  <Icon name={icons[format] ?? "file-down"} /><span><b>{told(format).title}</b><small>{format === "json" ? t("export.jsonAll") : t("export.markdown")}</small></span>
                </button>
              </li>
            ))}
          </ul>
        )
        : (
          <div className="stack" role="status">
            <progress max={ids?.length ?? 1} value={done} aria-label={t("export.all")} />
            <p className="small muted">{ratio(number(done), number(ids?.length ?? 0))}</p>
          </div>
        )}
      {problem && <Problem error={problem} />}
    </Dialog>
  );
}
