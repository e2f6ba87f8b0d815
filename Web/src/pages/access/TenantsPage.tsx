import { useState } from "react";
import { part, send } from "../../api/http";
import { useGet } from "../../api/use";
import { tell, tellProblem } from "../../app/toasts";
import { t as common } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { number } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Problem } from "../../ui/parts";
import { Listed } from "../Listed";
import { AccessTabs } from "./Tabs";
import { WeightField, weightChange } from "./Weight";
import { t } from "./words";

interface Tenant { id: string; display_name: string; weight: number }
interface Person { id: string; name: string; tenant: string }
/** The tenant whose dialog is open, `null` for a new one, and what loads the list again. */
interface Opened { tenant: Tenant | null; reload(): void }

const path = "/api/v1/tenants";

/** Under which names the data and the queue share of several users are one. */
export function TenantsPage(): JSX.Element {
  const people = useGet<{ users: Person[] }>("/api/v1/users");
  const [opened, setOpened] = useState<Opened | null>(null);
  const users = people.value?.users ?? [];
  const remove = (tenant: Tenant, reload: () => void) => {
    send("DELETE", `${path}/${part(tenant.id)}`).then(() => tell(t("removedTenant", { name: tenant.id })), tellProblem).finally(reload);
  };
  const close = () => setOpened(null);
  return (
    <>
      <Listed<Tenant> title={t("tenants")} lead={t("tenantsLead")} path={path} member="tenants" icon="users" none={t("noTenants")} before={<AccessTabs section="tenants" />}
        columns={[t("tenants"), t("members"), t("weight")]}
        actions={(reload) => <button type="button" className="primary" onClick={() => setOpened({ tenant: null, reload })}><Icon name="plus" /> {t("newTenant")}</button>}
        row={(tenant, reload) => (
          <>
            <th scope="row" dir="auto">{tenant.display_name || tenant.id}<small className="muted mono"> {tenant.id}</small></th>
            <td dir="auto">{users.filter((user) => user.tenant === tenant.id).map((user) => user.name).join(", ") || <span className="muted">{t("noMembers")}</span>}</td>
            <td>{number(tenant.weight, 3)}</td>
            <td className="row-buttons">
              <button type="button" className="quiet small" aria-label={`${t("manage")}: ${tenant.id}`} onClick={() => setOpened({ tenant, reload })}>{t("manage")}</button>
              <button type="button" className="quiet small icon-only" aria-label={`${common("action.remove")}: ${tenant.id}`} onClick={() => remove(tenant, reload)}><Icon name="trash-2" /></button>
            </td>
          </>
        )} />
      {opened && (
        <Dialog title={opened.tenant?.id ?? t("newTenant")} onClose={close}>
          <TenantForm tenant={opened.tenant} onSaved={(name) => { close(); opened.reload(); tell(t("saved", { name })); }} />
        </Dialog>
      )}
    </>
  );
}

function TenantForm({ tenant, onSaved }: { tenant: Tenant | null; onSaved(name: string): void }): JSX.Element {
  const [id, setId] = useState(tenant?.id ?? "");
  const [name, setName] = useState(tenant?.display_name ?? "");
  const [weight, setWeight] = useState(String(tenant?.weight ?? ""));
  const [error, setError] = useState<Error | null>(null);
  const body = { ...(name ? { display_name: name } : {}), ...weightChange(tenant?.weight ?? null, weight) };
  const save = () => {
    const saving = tenant ? send("PATCH", `${path}/${part(tenant.id)}`, body) : send("POST", path, { id, ...body });
    saving.then(() => onSaved(id), (problem: unknown) => setError(problem instanceof Error ? problem : new Error(String(problem))));
  };
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); save(); }}>
      {!tenant && <label className="field"><span>{t("teamId")}</span><input value={id} required maxLength={64} dir="ltr" onChange={(event) => setId(event.target.value)} /></label>}
      <label className="field"><span>{t("display")}</span><input value={name} maxLength={200} dir="auto" onChange={(event) => setName(event.target.value)} /></label>
      <WeightField value={weight} onChange={setWeight} />
      {error && <Problem error={error} />}
      <div className="actions"><button type="submit" className="primary" disabled={!id}>{t("save")}</button></div>
    </form>
  );
}
