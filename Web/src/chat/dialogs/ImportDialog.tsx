import { useEffect, useRef, useState } from "react";
import { navigate } from "../../app/router";
import { t } from "../../i18n/late";
import { Dialog } from "../../ui/Dialog";
import { percent } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Problem } from "../../ui/parts";
import { type Imported, importFile, type ImportStep } from "../archives";

const shownMax = 50;

/** Takes conversations of this and other products in: chosen or dropped, all of a file or nothing. */
export function ImportDialog({ file, onClose }: { file: File | undefined; onClose(): void }): JSX.Element {
  const [step, setStep] = useState<ImportStep | null>(null);
  const [name, setName] = useState("");
  const [made, setMade] = useState<Imported | null>(null);
  const [problem, setProblem] = useState<Error | null>(null);
  const [isOver, setOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const stop = useRef(new AbortController());
  const begin = async (chosen: File | undefined) => {
    if (!chosen) return;
    setName(chosen.name);
    setMade(null);
    setProblem(null);
    stop.current = new AbortController();
    try {
      setMade(await importFile(chosen, setStep, stop.current.signal));
    } catch (error) {
      if (!stop.current.signal.aborted) setProblem(error instanceof Error ? error : new Error(String(error)));
    }
    setStep(null);
  };
  useEffect(() => {
    void begin(file);
    return () => stop.current.abort();
  }, [file]);
  return (
    <Dialog title={t("import.title")} onClose={onClose}>
      {step === null && !made && (
        <div className={`drop-zone ${isOver ? "over" : ""}`} onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
          onDrop={(event) => { event.preventDefault(); setOver(false); void begin(event.dataTransfer.files[0]); }}>
          <Icon name="upload" />
          <p>{t("import.drop")}</p>
          <input ref={chooser} type="file" hidden tabIndex={-1} accept=".json,.zip,application/json,application/zip" aria-label={t("import.choose")}
            onChange={(event) => { void begin(event.target.files?.[0]); event.target.value = ""; }} />
          <button type="button" className="primary" onClick={() => chooser.current?.click()}>{t("import.choose")}</button>
          <p className="small muted">{t("import.kinds")}</p>
        </div>
      )}
      {step !== null && (
        <div className="stack" role="status">
          <p dir="auto"><b>{name}</b></p>
          {step.stage === "sending" ? <progress max={1} value={step.share} aria-label={t("import.title")} /> : <progress aria-label={t("import.title")} />}
          <p className="small muted">{t(`import.${step.stage}`)} {step.stage === "sending" ? percent(step.share) : ""}</p>
          <div className="actions"><button type="button" onClick={() => stop.current.abort()}>{t("action.cancel")}</button></div>
        </div>
      )}
      {problem && (
        <div className="stack">
          <p dir="auto"><b>{name}</b></p>
          <Problem error={problem} />
          <p className="small muted">{t("import.nothing")}</p>
        </div>
      )}
      {made && (
        <div className="stack" role="status">
          <p className="import-done"><Icon name="check" /> {t("import.done", { count: made.conversations.length, messages: made.messages })}</p>
          <ul className="import-list">
            {made.conversations.slice(0, shownMax).map((one) => (
              <li key={one.id}>
                <button type="button" className="quiet" onClick={() => { onClose(); navigate("chat", one.id); }}><Icon name="message-square" /> <span dir="auto">{one.title || t("chat.untitled")}</span></button>
                <small className="muted">{t("import.messages", { count: one.messages })}</small>
              </li>
            ))}
          </ul>
          {made.conversations.length > shownMax && <p className="small muted">{t("import.more", { count: made.conversations.length - shownMax })}</p>}
          <div className="actions">
            <button type="button" onClick={() => setMade(null)}>{t("import.another")}</button>
            <button type="button" className="primary" onClick={onClose}>{t("action.close")}</button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
