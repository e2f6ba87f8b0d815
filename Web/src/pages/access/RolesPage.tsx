import { useEffect, useState } from "react";
import { part, send } from "../../api/http";
import { hasRoute } from "../../api/routes";
import { useGet } from "../../api/use";
import { tell, tellProblem } from "../../app/toasts";
import { t as common } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Card, Empty, Page, Problem, Skeleton } from "../../ui/parts";
import { AccessTabs } from "./Tabs";
import { names, t } from "./words";

interface Table {
  roles: { role: string; models: string[] | null }[];
  permissions: { permission: string; summary: string; roles: string[] }[];
}

/** Who may do what, and which models each role may ask. */
export function RolesPage(): JSX.Element {
  const [isHere, setHere] = useState<boolean | null>(null);
  useEffect(() => { hasRoute("/api/v1/roles").then(setHere, () => setHere(false)); }, []);
  const table = useGet<Table>(isHere ? "/api/v1/roles" : null);
  const roles = table.value?.roles.map(({ role }) => role) ?? [];
  return (
    <Page title={t("roles")} lead={t("rolesLead")}>
      <AccessTabs section="roles" />
      {isHere === false && <Empty icon="shield" title={common("records.absent")} />}
      {table.error && <Problem error={table.error} again={table.reload} />}
      {isHere !== false && !table.value && !table.error && <Skeleton lines={5} />}
      {table.value && (
        <>
          <Card title={t("models")}>{table.value.roles.map((role) => <RoleModels key={role.role} role={role} onChange={table.reload} />)}</Card>
          <div className="table-frame card" tabIndex={0} role="region" aria-label={t("permission")}>
            <table className="dense">
              <thead><tr><th scope="col">{t("permission")}</th>{roles.map((role) => <th key={role} scope="col">{role}</th>)}</tr></thead>
              <tbody>
                {table.value.permissions.map((one) => (
                  <tr key={one.permission}>
                    <th scope="row"><code dir="ltr">{one.permission}</code><small className="muted permission-summary" lang="en" dir="auto">{one.summary}</small></th>
                    {roles.map((role) => (
                      <td key={role}>{one.roles.includes(role)
                        ? <span className="yes"><Icon name="check" /><span className="visually-hidden">{t("may")}</span></span>
                        : <span className="muted"><span aria-hidden="true">–</span><span className="visually-hidden">{t("mayNot")}</span></span>}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </Page>
  );
}

function RoleModels({ role, onChange }: { role: Table["roles"][number]; onChange(): void }): JSX.Element {
  const before = (role.models ?? []).join(", ");
  const [text, setText] = useState(before);
  const save = () => {
    send("PUT", `/api/v1/roles/${part(role.role)}/models`, { models: names(text) }).then(() => tell(t("saved", { name: role.role })), tellProblem).finally(onChange);
  };
  return (
    <form className="setting" onSubmit={(event) => { event.preventDefault(); save(); }}>
      <b className="role-name">{role.role}</b>
      <input className="grow" value={text} placeholder={t("allModels")} aria-label={`${t("models")}: ${role.role}`} dir="ltr" maxLength={2_000} onChange={(event) => setText(event.target.value)} />
      <button type="submit" className="small" disabled={text === before}>{t("save")}</button>
    </form>
  );
}
