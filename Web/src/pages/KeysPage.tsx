import { useState } from "react";
import { part, send } from "../api/http";
import { useSession } from "../app/session";
import { tell, tellProblem } from "../app/toasts";
import { t } from "../i18n";
import { CopyButton } from "../ui/CopyButton";
import { Dialog } from "../ui/Dialog";
import { moment } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Badge, Problem } from "../ui/parts";
import { names, t as words } from "./access/words";
import { Listed } from "./Listed";

interface Key {
  id: string;
  name: string;
  user: string;
  state: string;
  expires_at: number | null;
  last_used_at: number | null;
  created_at: number;
  scopes: string[] | null;
  models: string[] | null;
  /** In the answer that makes it only. */
  key?: string;
}

/** The keys that programs ask with. */
export default function KeysPage(): JSX.Element {
  const [made, setMade] = useState<Key | null>(null);
  const [isMaking, setMaking] = useState(false);
  const [after, setAfter] = useState<() => void>(() => () => undefined);
  const [order, setOrder] = useState<{ kind: "rotate" | "revoke"; key: Key } | null>(null);
  const [isAll, setAll] = useState(false);
  const { user } = useSession();
  const seesAll = user?.permissions.includes("users.read") ?? false;
  const ask = (kind: "rotate" | "revoke", key: Key, reload: () => void) => {
    setAfter(() => reload);
    setOrder({ kind, key });
  };
  const revoke = async (key: Key) => {
    setOrder(null);
    try {
      await send("DELETE", `/api/v1/keys/${part(key.id)}`);
      tell(t("keys.revoked", { name: key.name }));
    } catch (error) {
      tellProblem(error);
    }
    after();
  };
  return (
    <>
      <Listed<Key> title={t("nav.keys")} lead={t("keys.lead")} path="/api/v1/keys" query={isAll ? "?user=*" : ""} member="keys" icon="key-round" none={t("keys.none")}
        columns={[t("signIn.name"), t("records.state"), t("records.made"), t("records.used"), t("records.ends")]}
        before={seesAll && <label className="check"><input type="checkbox" checked={isAll} onChange={(event) => setAll(event.target.checked)} /> {words("everybody")}</label>}
        actions={(reload) => <button type="button" className="primary" onClick={() => { setAfter(() => reload); setMaking(true); }}><Icon name="plus" /> {t("keys.new")}</button>}
        row={(key, reload) => (
          <>
            <th scope="row" dir="auto">{key.name}<small className="muted mono"> {key.id}</small>{(key.scopes || key.models) && <small className="muted permission-summary" dir="ltr">{[...(key.scopes ?? []), ...(key.models ?? [])].join(", ")}</small>}</th>
            <td><Badge tone={key.state === "active" ? "good" : "calm"}>{key.state}</Badge></td>
            <td>{moment(key.created_at * 1_000)}</td><td>{key.last_used_at ? moment(key.last_used_at * 1_000) : "–"}</td><td>{key.expires_at ? moment(key.expires_at * 1_000) : "–"}</td>
            <td className="row-buttons">
              {key.state === "active" && <button type="button" className="quiet small" aria-label={`${t("keys.rotate")}: ${key.name}`} onClick={() => ask("rotate", key, reload)}>{t("keys.rotate")}</button>}
              {key.state === "active" && <button type="button" className="quiet small" aria-label={`${t("keys.revoke")}: ${key.name}`} onClick={() => ask("revoke", key, reload)}>{t("keys.revoke")}</button>}
            </td>
          </>
        )} />
      {isMaking && <NewKey onClose={() => setMaking(false)} onMade={(key) => { setMaking(false); setMade(key); after(); }} />}
      {order?.kind === "rotate" && <RotateKey of={order.key} onClose={() => setOrder(null)} onMade={(key) => { setOrder(null); setMade(key); after(); }} />}
      {order?.kind === "revoke" && (
        <Dialog title={`${t("keys.revoke")}: ${order.key.name}`} onClose={() => setOrder(null)}>
          <p>{words("revokeSure", { name: order.key.name })}</p>
          <div className="actions"><button type="button" className="danger" onClick={() => void revoke(order.key)}>{t("keys.revoke")}</button></div>
        </Dialog>
      )}
      {made?.key && (
        <Dialog title={made.name} onClose={() => setMade(null)}>
          <p>{t("keys.once")}</p>
          <div className="secret"><code dir="ltr">{made.key}</code><CopyButton text={made.key} /></div>
        </Dialog>
      )}
    </>
  );
}

/** A key that takes another one's place; both count for a while. */
function RotateKey({ of: old, onClose, onMade }: { of: Key; onClose(): void; onMade(key: Key): void }): JSX.Element {
  const [hours, setHours] = useState("24");
  const [error, setError] = useState<Error | null>(null);
  const make = () => {
    send<Key>("POST", `/api/v1/keys/${part(old.id)}/rotate`, { overlap_seconds: Number(hours) * 3_600 }).then(
      onMade, (problem: unknown) => setError(problem instanceof Error ? problem : new Error(String(problem))));
  };
  return (
    <Dialog title={words("replace", { name: old.name })} onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); make(); }}>
        <p>{words("replaceHint")}</p>
        <label className="field"><span>{words("overlap")}</span><input type="number" min="0" max="8760" step="any" value={hours} required onChange={(event) => setHours(event.target.value)} /></label>
        {error && <Problem error={error} />}
        <div className="actions"><button type="submit" className="primary">{t("keys.rotate")}</button></div>
      </form>
    </Dialog>
  );
}

function NewKey({ onClose, onMade }: { onClose(): void; onMade(key: Key): void }): JSX.Element {
  const [name, setName] = useState("");
  const [user, setUser] = useState("");
  const [days, setDays] = useState("90");
  const [isNarrow, setNarrow] = useState(false);
  const [scopes, setScopes] = useState<string[]>(["chat.use", "models.read"]);
  const [models, setModels] = useState("");
  const permissions = useSession().user?.permissions ?? [];
  const [error, setError] = useState<Error | null>(null);
  const make = async () => {
    try {
      onMade(await send<Key>("POST", "/api/v1/keys", {
        name, ...(user ? { user } : {}), ...(isNarrow ? { scopes } : {}),
        ...(names(models) ? { models: names(models) } : {}), ...(days ? { expires_in_seconds: Number(days) * 86_400 } : {}),
      }));
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    }
  };
  return (
    <Dialog title={t("keys.new")} onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void make(); }}>
        <label className="field"><span>{t("keys.what")}</span><input value={name} required maxLength={200} onChange={(event) => setName(event.target.value)} /></label>
        <label className="field"><span>{t("keys.whose")}</span><input value={user} maxLength={200} onChange={(event) => setUser(event.target.value)} /></label>
        <label className="field"><span>{t("keys.days")}</span><input type="number" min="1" max="3650" value={days} onChange={(event) => setDays(event.target.value)} /></label>
        {permissions.length > 0 && (
          <fieldset className="field"><legend>{words("scopes")}</legend>
            <div className="segments">
              {[false, true].map((narrow) => <button key={String(narrow)} type="button" aria-pressed={isNarrow === narrow} onClick={() => setNarrow(narrow)}>{words(narrow ? "someScopes" : "allScopes")}</button>)}
            </div>
            {isNarrow && (
              <div className="scope-list" role="group" aria-label={words("scopes")}>
                {permissions.map((scope) => (
                  <label key={scope}><input type="checkbox" checked={scopes.includes(scope)} onChange={(event) => setScopes((before) => (event.target.checked ? [...before, scope] : before.filter((other) => other !== scope)))} /> <code>{scope}</code></label>
                ))}
              </div>
            )}
          </fieldset>
        )}
        <label className="field"><span>{words("keyModels")}</span><input value={models} maxLength={2_000} dir="ltr" onChange={(event) => setModels(event.target.value)} /></label>
        {error && <Problem error={error} />}
        <div className="actions"><button type="submit" className="primary" disabled={!name || (isNarrow && scopes.length === 0)}>{t("keys.new")}</button></div>
      </form>
    </Dialog>
  );
}
