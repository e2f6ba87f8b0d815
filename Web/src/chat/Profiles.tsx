import { useEffect, useState } from "react";
import { ApiError, get, part, send } from "../api/http";
import { hasRoute } from "../api/routes";
import { tell, tellProblem } from "../app/toasts";
import { pageWords } from "../i18n";
import { Icon } from "../ui/Icon";
import { change } from "./talk/state";
import { constrained, sampling } from "./request";
import { readSettings } from "./settings";
import type { Conversation } from "./types";

const t = pageWords({
  en: { title: "Profile", none: "Choose a profile", name: "Name of the profile", save: "Save as profile", renew: "Save into {name}", remove: "Delete profile {name}", saved: "The profile {name} is saved.", removed: "The profile {name} was deleted.", conflict: "{name} was changed elsewhere. Choose it again to see how." },
  de: { title: "Profil", none: "Profil wählen", name: "Name des Profils", save: "Als Profil speichern", renew: "In {name} speichern", remove: "Profil {name} löschen", saved: "Das Profil {name} ist gespeichert.", removed: "Das Profil {name} wurde gelöscht.", conflict: "{name} wurde anderswo geändert. Wähle es noch einmal, um zu sehen, wie." },
  ar: { title: "الملف", none: "اختر ملفًا", name: "اسم الملف", save: "حفظ كملف", renew: "حفظ في {name}", remove: "حذف الملف {name}", saved: "حُفظ الملف {name}.", removed: "حُذف الملف {name}.", conflict: "تغيّر {name} في مكان آخر. اختره من جديد لترى كيف." },
});

interface Profile {
  id: string;
  name: string;
  parameters: Record<string, unknown>;
  system: string | null;
  preset: string | null;
  revision: number;
}

const path = "/api/v1/profiles";

/** Parameters and instructions under a name, which follow the user to every device. */
export function Profiles({ conversation, id }: { conversation: Conversation; id: string | null }): JSX.Element | null {
  const [all, setAll] = useState<Profile[] | null>(null);
  const [chosen, setChosen] = useState("");
  const [name, setName] = useState("");
  const load = async () => {
    if (await hasRoute(path)) setAll((await get<{ profiles: Profile[] }>(path)).profiles);
  };
  useEffect(() => { load().catch(tellProblem); }, []);
  if (!all) return null;
  const current = all.find((profile) => profile.id === chosen);
  const choose = (next: string) => {
    setChosen(next);
    const profile = all.find((one) => one.id === next);
    if (!profile) return;
    const { parameters, constraint, model } = readSettings(profile.parameters);
    change(id, { parameters, constraint, system: profile.system ?? "", ...(model ? { model } : {}) });
  };
  const body = () => ({ parameters: { ...sampling(conversation.parameters), ...safely(conversation) }, system: conversation.system.trim() || null });
  const make = async () => {
    const made = await send<Profile>("POST", path, { name: name.trim(), ...body() });
    setName("");
    await load();
    setChosen(made.id);
    tell(t("saved", { name: made.name }));
  };
  const renew = async (profile: Profile) => {
    try {
      await send("PUT", `${path}/${part(profile.id)}`, { name: profile.name, ...body(), revision: profile.revision });
      tell(t("saved", { name: profile.name }));
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
      tell(t("conflict", { name: profile.name }), { kind: "error" });
      setChosen("");
    }
    await load();
  };
  const remove = async (profile: Profile) => {
    await send("DELETE", `${path}/${part(profile.id)}`);
    setChosen("");
    await load();
    tell(t("removed", { name: profile.name }));
  };
  return (
    <div className="field profiles">
      <span id="profile-title">{t("title")}</span>
      <div className="setting">
        <select className="grow" value={chosen} aria-labelledby="profile-title" onChange={(event) => choose(event.target.value)}>
          <option value="">{t("none")}</option>
          {all.map((profile) => <option key={profile.id} value={profile.id}>{profile.name}</option>)}
        </select>
        {current && <button type="button" className="quiet small icon-only" aria-label={t("renew", { name: current.name })} title={t("renew", { name: current.name })} onClick={() => { renew(current).catch(tellProblem); }}><Icon name="check" /></button>}
        {current && <button type="button" className="quiet small icon-only" aria-label={t("remove", { name: current.name })} title={t("remove", { name: current.name })} onClick={() => { remove(current).catch(tellProblem); }}><Icon name="trash-2" /></button>}
      </div>
      <form className="setting" onSubmit={(event) => { event.preventDefault(); make().catch(tellProblem); }}>
        <input className="grow" value={name} placeholder={t("name")} aria-label={t("name")} maxLength={100} dir="auto" onChange={(event) => setName(event.target.value)} />
        <button type="submit" className="small" disabled={!name.trim()}>{t("save")}</button>
      </form>
    </div>
  );
}

/** What the answer must look like; nothing while a schema is no JSON yet. */
function safely(conversation: Conversation): Record<string, unknown> {
  try {
    return constrained(conversation.constraint);
  } catch {
    return {};
  }
}
