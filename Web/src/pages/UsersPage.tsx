import { useState } from "react";
import { part, send } from "../api/http";
import { tell, tellProblem } from "../app/toasts";
import { t } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { Badge, Problem } from "../ui/parts";
import { RolesPage } from "./access/RolesPage";
import { AccessTabs, sectionOf } from "./access/Tabs";
import { TeamsPage } from "./access/TeamsPage";
import { TenantsPage } from "./access/TenantsPage";
import { UserDialog } from "./access/UserDialog";
import { t as words } from "./access/words";
import { Listed } from "./Listed";

export interface User {
  id: string;
  name: string;
  display_name: string;
  email: string | null;
  role: string;
  tenant: string;
  disabled: boolean;
  has_totp: boolean;
  models: string[] | null;
  /** What queues give their tenant. */
  weight: number;
}

const roles = ["viewer", "user", "admin"];

/** Who may sign in, who works together, and what they may do. */
export default function UsersPage({ chosen }: { chosen: string | null }): JSX.Element {
  const section = sectionOf(chosen);
  if (section === "teams") return <TeamsPage />;
  if (section === "tenants") return <TenantsPage />;
  return section === "roles" ? <RolesPage /> : <People />;
}

function People(): JSX.Element {
  const [managed, setManaged] = useState<User | null>(null);
  const [isMaking, setMaking] = useState(false);
  const [after, setAfter] = useState<() => void>(() => () => undefined);
  const run = async (action: () => Promise<unknown>, done: string, reload: () => void) => {
    try {
      await action();
      tell(done);
      reload();
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <>
      <Listed<User> title={t("nav.users")} lead={t("users.lead")} path="/api/v1/users" member="users" icon="users" none={t("users.none")} before={<AccessTabs section="users" />}
        columns={[t("signIn.name"), t("users.role"), t("users.tenant"), t("records.state")]}
        actions={(reload) => <button type="button" className="primary" onClick={() => { setAfter(() => reload); setMaking(true); }}><Icon name="plus" /> {t("users.new")}</button>}
        row={(user, reload) => {
          const path = `/api/v1/users/${part(user.id)}`;
          return (
            <>
              <th scope="row" dir="auto">{user.name}<small className="muted"> {user.email ?? user.display_name}</small></th>
              <td>
                <select value={user.role} aria-label={`${t("users.role")}: ${user.name}`}
                  onChange={(event) => void run(() => send("PATCH", path, { role: event.target.value }), t("users.changed", { name: user.name }), reload)}>
                  {roles.map((role) => <option key={role}>{role}</option>)}
                </select>
              </td>
              <td dir="auto">{user.tenant}</td>
              <td><Badge tone={user.disabled ? "bad" : "good"}>{t(user.disabled ? "users.disabled" : "users.active")}</Badge> {user.has_totp && <Badge tone="calm">2FA</Badge>}</td>
              <td className="row-buttons">
                <button type="button" className="quiet small" onClick={() => void run(() => send("PATCH", path, { disabled: !user.disabled }), t("users.changed", { name: user.name }), reload)}>{t(user.disabled ? "users.enable" : "users.disable")}</button>
                <button type="button" className="quiet small" aria-label={`${words("manage")}: ${user.name}`} onClick={() => { setAfter(() => reload); setManaged(user); }}>{words("manage")}</button>
              </td>
            </>
          );
        }} />
      {managed && <UserDialog user={managed} onClose={() => setManaged(null)} onChange={after} />}
      {isMaking && <NewUser onClose={() => setMaking(false)} onMade={(name) => { setMaking(false); tell(t("users.changed", { name })); after(); }} />}
    </>
  );
}

function NewUser({ onClose, onMade }: { onClose(): void; onMade(name: string): void }): JSX.Element {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState("user");
  const [error, setError] = useState<Error | null>(null);
  const make = async () => {
    try {
      await send("POST", "/api/v1/users", { name, role, ...(email ? { email } : {}), ...(password ? { password } : {}) });
      onMade(name);
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    }
  };
  return (
    <Dialog title={t("users.new")} onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void make(); }}>
        <label className="field"><span>{t("signIn.name")}</span><input value={name} required autoComplete="off" maxLength={200} onChange={(event) => setName(event.target.value)} /></label>
        <label className="field"><span>{t("users.email")}</span><input type="email" value={email} autoComplete="off" maxLength={250} onChange={(event) => setEmail(event.target.value)} /></label>
        <label className="field"><span>{t("signIn.password")}</span><input type="password" value={password} autoComplete="new-password" maxLength={1_000} onChange={(event) => setPassword(event.target.value)} /></label>
        <label className="field"><span>{t("users.role")}</span><select value={role} onChange={(event) => setRole(event.target.value)}>{roles.map((one) => <option key={one}>{one}</option>)}</select></label>
        {error && <Problem error={error} />}
        <div className="actions"><button type="submit" className="primary" disabled={!name}>{t("users.new")}</button></div>
      </form>
    </Dialog>
  );
}
