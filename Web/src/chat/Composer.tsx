import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { ServedModel } from "../api/types";
import { tell, tellProblem } from "../app/toasts";
import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { bytes } from "../ui/format";
import { readFile } from "./attachments";
import { stop } from "./talk/answering";
import { send } from "./talk/saying";
import { takeHanded, useHanded } from "./handed";
import { readsImages } from "./models";
import type { Attachment, Conversation } from "./types";

const attachmentsMax = 16;
/** Words that were not sent yet, by conversation; lost with the page. */
const drafts = new Map<string, string>();

export function Composer({ conversation, id, model, areModelsLoaded, isRunning }: {
  conversation: Conversation; id: string | null; model: ServedModel | undefined; areModelsLoaded: boolean; isRunning: boolean;
}): JSX.Element {
  const [text, setText] = useState(drafts.get(conversation.id) ?? "");
  const [files, setFiles] = useState<Attachment[]>([]);
  const [isOver, setOver] = useState(false);
  const [isWaiting, setWaiting] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const imagesRefused = files.some((file) => file.kind === "image") && !readsImages(model);
  const isWritten = !isRunning && (text.trim() !== "" || files.length > 0) && !imagesRefused;
  const canSend = isWritten && model !== undefined;

  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, 320)}px`;
  }, [text]);
  useEffect(() => {
    drafts.set(conversation.id, text);
  }, [conversation.id, text]);
  useEffect(() => {
    // On a phone the keyboard would hide half of the page.
    if (window.matchMedia("(hover: hover)").matches && !isFocusHeld()) area.current?.focus();
  }, [conversation.id]);

  const attach = useCallback(async (list: Iterable<File>) => {
    for (const file of Array.from(list)) {
      try {
        const read = await readFile(file);
        setFiles((before) => (before.length < attachmentsMax ? [...before, read] : before));
      } catch (error) {
        tell(error instanceof Error ? error.message : String(error), { kind: "error" });
      }
    }
  }, []);
  const handed = useHanded(conversation.id);
  useEffect(() => {
    if (handed.length === 0) return;
    setFiles((before) => [...before, ...handed].slice(0, attachmentsMax));
    takeHanded(conversation.id);
  }, [handed, conversation.id]);
  const submit = () => {
    if (isWritten && !model) {
      // Whoever is faster than the list of models need not send twice.
      if (areModelsLoaded) tell(t("chat.chooseModel"), { kind: "error" });
      else setWaiting(true);
    }
    if (!canSend) return;
    send(id, text.trim(), files).catch((error: unknown) => {
      // What was written is not lost.
      setText(text);
      setFiles(files);
      tellProblem(error);
    });
    setText("");
    setFiles([]);
    drafts.delete(conversation.id);
  };
  useEffect(() => {
    if (!isWaiting || !areModelsLoaded) return;
    // The first model is chosen right after the list has come.
    const timer = setTimeout(() => { setWaiting(false); submit(); }, 0);
    return () => clearTimeout(timer);
  });
  return (
    <form className={`composer ${isOver ? "over" : ""}`} onSubmit={(event) => { event.preventDefault(); submit(); }}
      onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
      onDrop={(event) => { event.preventDefault(); setOver(false); void attach(event.dataTransfer.files); }}>
      <div className="composer-box">
        {files.length > 0 && (
          <ul className="attachments">
            {files.map((file) => (
              <li key={file.id}>
                {file.kind === "image" ? <img src={file.content} alt={file.name} /> : <span className="file"><Icon name="file-text" /> {file.name} <small>{bytes(file.size)}</small></span>}
                <button type="button" className="remove" aria-label={t("chat.detach", { name: file.name })}
                  onClick={() => setFiles((before) => before.filter((other) => other.id !== file.id))}>
                  <Icon name="x" />
                </button>
              </li>
            ))}
          </ul>
        )}
        {imagesRefused && <p className="small problem" role="alert">{t("chat.noImages", { model: model?.id ?? "" })}</p>}
        {isWaiting && <p className="small muted" role="status">{t("chat.sendsSoon")}</p>}
        <textarea ref={area} rows={1} value={text} placeholder={t("chat.placeholder")} aria-label={t("chat.message")} dir="auto"
          maxLength={2_000_000} onChange={(event) => { setWaiting(false); setText(event.target.value); }}
          onPaste={(event) => { if (event.clipboardData.files.length > 0) { event.preventDefault(); void attach(event.clipboardData.files); } }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) { event.preventDefault(); submit(); }
            if (event.key === "Escape" && isRunning) stop(conversation.id);
          }} />
        <div className="composer-foot">
          <input ref={chooser} type="file" multiple hidden tabIndex={-1} aria-label={t("chat.attach")}
            onChange={(event) => { void attach(event.target.files ?? []); event.target.value = ""; }} />
          <button type="button" className="quiet icon-only" aria-label={t("chat.attach")} title={t("chat.attach")} onClick={() => chooser.current?.click()}>
            <Icon name="paperclip" />
          </button>
          {/* Ready for the day when the server has a model for it. */}
          <button type="button" className="quiet icon-only" aria-disabled="true" aria-label={`${t("chat.dictate")}. ${t("chat.dictateWhy")}`} title={t("chat.dictateWhy")}
            onClick={() => tell(t("chat.dictateWhy"))}>
            <Icon name="mic" />
          </button>
          {conversation.constraint.kind !== "none" && <span className="badge busy"><Icon name="braces" /> {t(`constraint.${conversation.constraint.kind}`)}</span>}
          {conversation.system.trim() && <span className="badge calm">{t("chat.system")}</span>}
          <span className="spread" />
          <span className="small muted wide-only hint">{t("chat.keys")}</span>
          {isRunning
            ? <button type="button" className="send stop" aria-label={t("chat.stop")} title={t("chat.stop")} onClick={() => stop(conversation.id)}><Icon name="square" /></button>
            : <button type="submit" className="send" disabled={!isWritten} aria-label={t("chat.send")} title={t("chat.send")}><Icon name="arrow-up" /></button>}
        </div>
      </div>
    </form>
  );
}

/** Whether somebody goes along the tabs by keys, or writes elsewhere: a conversation that comes then, maybe late, leaves the focus there. */
function isFocusHeld(): boolean {
  return document.activeElement?.matches(".tab-strip :focus-visible, input, textarea, select") ?? false;
}
