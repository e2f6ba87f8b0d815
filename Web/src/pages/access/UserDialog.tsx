import { useState } from "react";
import { part, send } from "../../api/http";
import { useGet } from "../../api/use";
import { tell, tellProblem } from "../../app/toasts";
import { Dialog } from "../../ui/Dialog";
import { moment } from "../../ui/format";
import { Problem } from "../../ui/parts";
import type { User } from "../UsersPage";
import { WeightField, weightChange } from "./Weight";
import { names, t } from "./words";

interface SignedIn { id: string; address: string; agent: string; seen_at: number }

/** Everything about one user. */
export function UserDialog({ user, onClose, onChange }: { user: User; onClose(): void; onChange(): void }): JSX.Element {
  const path = `/api/v1/users/${part(user.id)}`;
  const [display, setDisplay] = useState(user.display_name);
  const [email, setEmail] = useState(user.email ?? "");
  const [tenant, setTenant] = useState(user.tenant);
  const [weight, setWeight] = useState(String(user.weight));
  const [models, setModels] = useState((user.models ?? []).join(", "));
  const [password, setPassword] = useState("");
  const [error, setError] = useState<Error | null>(null);
  const [isRemoving, setRemoving] = useState(false);
  // Who shares a tenant shares its weight.
  const isOwnTenant = user.tenant === user.id && tenant === user.tenant;
  const sessions = useGet<{ sessions: SignedIn[] }>(`${path}/sessions`);
  const run = (work: Promise<unknown>, told: string, isDone = false) => {
    work.then(() => { tell(told); setError(null); onChange(); if (isDone) onClose(); }, (problem: unknown) => setError(problem instanceof Error ? problem : new Error(String(problem))));
  };
  const save = () => run(send("PATCH", path, {
    display_name: display, email: email || null, models: names(models), ...(tenant && tenant !== user.tenant ? { tenant } : {}),
    ...(isOwnTenant ? weightChange(user.weight, weight) : {}),
  }), t("saved", { name: user.name }), true);
  return (
    <Dialog title={user.name} onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); save(); }}>
        <label className="field"><span>{t("display")}</span><input value={display} required maxLength={200} dir="auto" onChange={(event) => setDisplay(event.target.value)} /></label>
        <div className="field-pair">
          <label className="field"><span>{t("email")}</span><input type="email" value={email} maxLength={250} onChange={(event) => setEmail(event.target.value)} /></label>
          <label className="field"><span>{t("tenant")}</span><input value={tenant} maxLength={100} dir="ltr" onChange={(event) => setTenant(event.target.value)} /></label>
        </div>
        <WeightField value={weight} {...(isOwnTenant ? { onChange: setWeight } : {})} />
        <label className="field"><span>{t("models")}</span><input value={models} maxLength={2_000} dir="ltr" onChange={(event) => setModels(event.target.value)} /></label>
        {error && <Problem error={error} />}
        <div className="actions"><button type="submit" className="primary">{t("save")}</button></div>
      </form>
      <form className="setting" onSubmit={(event) => { event.preventDefault(); run(send("PUT", `${path}/password`, { password }), t("passwordSet", { name: user.name })); setPassword(""); }}>
        <input className="grow" type="password" value={password} autoComplete="new-password" placeholder={t("password")} aria-label={t("password")} maxLength={1_000} onChange={(event) => setPassword(event.target.value)} />
        <button type="submit" className="small" disabled={!password}>{t("setPassword")}</button>
      </form>
      {user.has_totp && <button type="button" className="small" onClick={() => run(send("DELETE", `${path}/totp`), t("factorRemoved", { name: user.name }))}>{t("removeFactor")}</button>}
      <section className="stack">
        <h3>{t("sessionsOf")}</h3>
        {sessions.value?.sessions.length === 0 && <p className="small muted">{t("noSessions")}</p>}
        <ul className="plain-list small">{(sessions.value?.sessions ?? []).map((one) => <li key={one.id}><span dir="ltr">{one.address}</span> <span className="muted" dir="ltr">{one.agent.slice(0, 60)}</span> <span className="muted">{moment(one.seen_at * 1_000)}</span></li>)}</ul>
        {(sessions.value?.sessions.length ?? 0) > 0 && (
          <button type="button" className="small" onClick={() => { send<{ ended: number }>("DELETE", `${path}/sessions`).then(({ ended }) => { tell(t("ended", { count: ended })); sessions.reload(); }, tellProblem); }}>{t("endAll")}</button>
        )}
      </section>
      {isRemoving
        ? <div className="setting"><span className="small">{t("removeSure", { name: user.name })}</span><button type="button" className="danger small" onClick={() => run(send("DELETE", path), t("saved", { name: user.name }), true)}>{t("remove")}</button></div>
        : <div className="actions"><button type="button" className="quiet small" onClick={() => setRemoving(true)}>{t("remove")}</button></div>}
    </Dialog>
  );
}
