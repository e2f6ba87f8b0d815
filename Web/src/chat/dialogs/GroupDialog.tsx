import { useState } from "react";
import { t } from "../../i18n/late";
import { Dialog } from "../../ui/Dialog";
import { changedGroup, colours, groupNameMax } from "../tabs/layout";
import { changeLayout, dissolveGroup, groupNamed } from "../tabs/tabs";

/** The name and colour of a group of tabs. */
export function GroupDialog({ id, onClose }: { id: string; onClose(): void }): JSX.Element {
  const group = groupNamed(id);
  const [name, setName] = useState(group?.name ?? "");
  const [colour, setColour] = useState(group?.colour ?? "violet");
  const save = () => {
    changeLayout((layout) => changedGroup(layout, id, { name: name.trim(), colour }));
    onClose();
  };
  return (
    <Dialog title={t("tabs.editGroup")} onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); save(); }}>
        <label className="field"><span>{t("tabs.groupName")}</span>
          <input value={name} dir="auto" maxLength={groupNameMax} data-first onChange={(event) => setName(event.target.value)} />
        </label>
        <div className="field">
          <span id="group-colour">{t("tabs.colour")}</span>
          <div className="swatches" role="group" aria-labelledby="group-colour">
            {colours.map((one) => <button key={one} type="button" className={`swatch colour-${one}`} aria-pressed={colour === one} aria-label={t(`tabs.${one}`)} title={t(`tabs.${one}`)} onClick={() => setColour(one)} />)}
          </div>
        </div>
        <div className="actions">
          <button type="button" onClick={() => { dissolveGroup(id); onClose(); }}>{t("tabs.dissolve")}</button>
          <span className="spread" />
          <button type="submit" className="primary">{t("action.save")}</button>
        </div>
      </form>
    </Dialog>
  );
}
