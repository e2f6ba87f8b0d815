import { useState } from "react";
import { useGet } from "../../api/use";
import { t } from "../../i18n/late";
import { Dialog } from "../../ui/Dialog";
import { number } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { openNow, summariesNow } from "../talk/state";
import { setTags } from "../library/organising";

const tagsMax = 32;

/** The tags of one conversation: those it has, and those that others have. */
export function TagsDialog({ id, onClose }: { id: string; onClose(): void }): JSX.Element {
  const one = openNow(id) ?? summariesNow().find((other) => other.id === id);
  const [tags, setChosen] = useState(one?.tags ?? []);
  const [text, setText] = useState("");
  const groups = useGet<{ tags: { name: string; conversations: number }[] }>("/api/v1/conversations/groups");
  const words = text.trim().toLowerCase();
  const others = (groups.value?.tags ?? []).filter(({ name }) => !tags.includes(name) && name.toLowerCase().includes(words)).slice(0, 40);
  const add = (name: string) => {
    const clean = name.trim().slice(0, 60);
    if (clean && !tags.includes(clean) && tags.length < tagsMax) setChosen([...tags, clean]);
    setText("");
  };
  const save = () => {
    const rest = text.trim();
    if (one) setTags(one, rest && !tags.includes(rest) ? [...tags, rest.slice(0, 60)] : tags);
    onClose();
  };
  return (
    <Dialog title={t("talk.tags")} onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); if (text.trim()) add(text); else save(); }}>
        <ul className="chips" aria-label={t("talk.tags")}>
          {tags.map((tag) => (
            <li key={tag} className="chip"><span dir="auto">{tag}</span>
              <button type="button" className="quiet" aria-label={t("talk.removeTag", { name: tag })} onClick={() => setChosen(tags.filter((other) => other !== tag))}><Icon name="x" /></button>
            </li>
          ))}
          {tags.length === 0 && <li className="small muted">{t("talk.noTags")}</li>}
        </ul>
        <label className="field"><span>{t("talk.addTag")}</span>
          <input value={text} dir="auto" maxLength={60} data-first disabled={tags.length >= tagsMax} onChange={(event) => setText(event.target.value)} />
        </label>
        {others.length > 0 && (
          <div className="chips">
            {others.map(({ name, conversations }) => <button key={name} type="button" className="chip" onClick={() => add(name)}><Icon name="plus" /> <span dir="auto">{name}</span> <small>{number(conversations)}</small></button>)}
          </div>
        )}
        <div className="actions">
          <button type="button" onClick={onClose}>{t("action.cancel")}</button>
          <button type="button" className="primary" onClick={save}>{t("action.save")}</button>
        </div>
      </form>
    </Dialog>
  );
}
