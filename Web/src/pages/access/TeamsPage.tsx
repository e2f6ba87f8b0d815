import { useState } from "react";
import { part, send } from "../../api/http";
import { useGet } from "../../api/use";
import { tell, tellProblem } from "../../app/toasts";
import { t as common } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { Problem } from "../../ui/parts";
import { Listed } from "../Listed";
import { AccessTabs } from "./Tabs";
import { t } from "./words";

interface Team { id: string; display_name: string; members: string[] }
interface Person { id: string; name: string }

const path = "/api/v1/teams";

/** Who works together. */
export function TeamsPage(): JSX.Element {
  const people = useGet<{ users: Person[] }>("/api/v1/users");
  const [after, setAfter] = useState<(() => void) | null>(null);
  const users = people.value?.users ?? [];
  const nameOf = (id: string) => users.find((user) => user.id === id)?.name ?? id;
  const run = (work: Promise<unknown>, reload: () => void, told?: string) => {
    work.then(() => { if (told) tell(told); }, tellProblem).finally(reload);
  };
  return (
    <>
      <Listed<Team> title={t("teams")} lead={t("teamsLead")} path={path} member="teams" icon="users" none={t("noTeams")} before={<AccessTabs section="teams" />}
        columns={[t("teams"), t("members")]}
        actions={(reload) => <button type="button" className="primary" onClick={() => setAfter(() => reload)}><Icon name="plus" /> {t("newTeam")}</button>}
        row={(team, reload) => (
          <>
            <th scope="row" dir="auto">{team.display_name || team.id}<small className="muted mono"> {team.id}</small></th>
            <td>
              <span className="chips">
                {team.members.length === 0 && <span className="muted">{t("noMembers")}</span>}
                {team.members.map((id) => (
                  <span key={id} className="chip" dir="auto">{nameOf(id)}
                    <button type="button" className="quiet" aria-label={t("takeOut", { name: nameOf(id), team: team.id })} onClick={() => run(send("DELETE", `${path}/${part(team.id)}/members/${part(id)}`), reload)}><Icon name="x" /></button>
                  </span>
                ))}
                <select value="" aria-label={`${t("addMember")}: ${team.id}`} onChange={(event) => run(send("PUT", `${path}/${part(team.id)}/members/${part(event.target.value)}`), reload)}>
                  <option value="">{t("addMember")}</option>
                  {users.filter((user) => !team.members.includes(user.id)).map((user) => <option key={user.id} value={user.id}>{user.name}</option>)}
                </select>
              </span>
            </td>
            <td className="row-buttons">
              <button type="button" className="quiet small icon-only" aria-label={`${common("action.remove")}: ${team.id}`} onClick={() => run(send("DELETE", `${path}/${part(team.id)}`), reload, t("removedTeam", { name: team.id }))}><Icon name="trash-2" /></button>
            </td>
          </>
        )} />
      {after && <Dialog title={t("newTeam")} onClose={() => setAfter(null)}><NewTeam onMade={() => { setAfter(null); after(); }} /></Dialog>}
    </>
  );
}

function NewTeam({ onMade }: { onMade(): void }): JSX.Element {
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const [error, setError] = useState<Error | null>(null);
  const make = () => {
    send("POST", path, { id, ...(name ? { display_name: name } : {}) }).then(onMade, (problem: unknown) => setError(problem instanceof Error ? problem : new Error(String(problem))));
  };
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); make(); }}>
      <label className="field"><span>{t("teamId")}</span><input value={id} required maxLength={64} dir="ltr" onChange={(event) => setId(event.target.value)} /></label>
      <label className="field"><span>{t("display")}</span><input value={name} maxLength={200} dir="auto" onChange={(event) => setName(event.target.value)} /></label>
      {error && <Problem error={error} />}
      <div className="actions"><button type="submit" className="primary" disabled={!id}>{t("newTeam")}</button></div>
    </form>
  );
}
