import { useState } from "react";
import { t } from "../../i18n/late";
import { Dialog } from "../../ui/Dialog";
import { openNow, summariesNow } from "../talk/state";
import { cleanPath, folderBytesMax, parentOf } from "../library/folders";
import { foldersNow, makeFolder, moveFolder, moveTo } from "../library/organising";

/** Names a new folder, or another name and place for one that there is: names with slashes between. */
export function FolderDialog({ path, under, andMove, onClose }: { path: string | null; under: string; andMove: string[] | undefined; onClose(): void }): JSX.Element {
  const [text, setText] = useState(path ?? (under ? `${under}/` : ""));
  const clean = cleanPath(text);
  const isLong = new TextEncoder().encode(clean).length > folderBytesMax;
  const isInside = path !== null && clean.startsWith(`${path}/`);
  const isTaken = clean !== "" && clean !== path && foldersNow().some((other) => other === clean || other.startsWith(`${clean}/`));
  const canSave = clean !== "" && clean !== path && !isLong && !isInside && !(isTaken && path === null);
  const save = () => {
    if (!canSave) return;
    if (path !== null) moveFolder(path, clean);
    else if (andMove) moveTo(andMove.flatMap((id) => openNow(id) ?? summariesNow().find((one) => one.id === id) ?? []), clean);
    else makeFolder(clean);
    onClose();
  };
  const warning = isLong ? t("talk.folderLong") : isInside ? t("talk.folderInside") : isTaken ? t(path === null ? "talk.folderTaken" : "talk.folderMerges") : null;
  return (
    <Dialog title={t(path === null ? "talk.newFolder" : "talk.renameFolder")} onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); save(); }}>
        <label className="field">
          <span>{t("talk.folderName")}</span>
          <input value={text} dir="auto" maxLength={512} onChange={(event) => setText(event.target.value)} data-first aria-describedby="folder-hint" />
        </label>
        <p id="folder-hint" className={`small ${warning ? "warning" : "muted"}`} role={warning ? "alert" : undefined}>{warning ?? t("talk.folderHint", { example: `${parentOf(clean) || t("talk.folderExample")}/2026` })}</p>
        <div className="actions">
          <button type="button" onClick={onClose}>{t("action.cancel")}</button>
          <button type="submit" className="primary" disabled={!canSave}>{t("action.save")}</button>
        </div>
      </form>
    </Dialog>
  );
}
