import { useState } from "react";
import { openOverlay } from "../../app/overlays";
import { locale } from "../../i18n";
import { t } from "../../i18n/late";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { openNow, summariesNow } from "../talk/state";
import { folderTree } from "../library/folders";
import { foldersNow, moveTo } from "../library/organising";

/** Chooses the folder that conversations go to. */
export function MoveDialog({ ids, onClose }: { ids: string[]; onClose(): void }): JSX.Element {
  const [text, setText] = useState("");
  const chosen = ids.flatMap((id) => openNow(id) ?? summariesNow().find((one) => one.id === id) ?? []);
  const order = new Intl.Collator(locale(), { numeric: true });
  const words = text.toLowerCase().trim();
  const folders = folderTree(foldersNow(), [], (a, b) => order.compare(a, b)).filter(({ path }) => path.toLowerCase().includes(words));
  const now = chosen.length === 1 ? chosen[0]?.folder ?? "" : null;
  const go = (folder: string) => {
    moveTo(chosen, folder);
    onClose();
  };
  return (
    <Dialog title={t("talk.move")} onClose={onClose}>
      <input type="search" value={text} placeholder={t("talk.findFolder")} aria-label={t("talk.findFolder")} dir="auto" maxLength={512} onChange={(event) => setText(event.target.value)} data-first />
      <ul className="choice-list compact">
        {now !== "" && !words && <li><button type="button" onClick={() => go("")}><Icon name="inbox" /><span><b>{t("talk.noFolder")}</b></span></button></li>}
        {folders.map(({ path, name, depth }) => (
          <li key={path} style={{ paddingInlineStart: `${words ? 0 : depth * 18}px` }}>
            <button type="button" disabled={path === now} onClick={() => go(path)}><Icon name={path === now ? "folder-open" : "folder"} /><span dir="auto"><b>{words ? path : name}</b></span></button>
          </li>
        ))}
      </ul>
      <div className="actions"><button type="button" onClick={() => openOverlay({ kind: "folder", path: null, andMove: ids })}><Icon name="folder-plus" /> {t("talk.newFolder")}</button></div>
    </Dialog>
  );
}
