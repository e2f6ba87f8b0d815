import { useState } from "react";
import { part, send } from "../api/http";
import { tell, tellProblem } from "../app/toasts";
import { t } from "../i18n";
import { CopyButton } from "../ui/CopyButton";
import { Dialog } from "../ui/Dialog";
import { moment } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Badge, Problem } from "../ui/parts";
import { Listed } from "./Listed";

interface Key {
  id: string;
  name: string;
  user: string;
  state: string;
  expires_at: number | null;
  last_used_at: number | null;
  created_at: number;
  /** In the answer that makes it only. */
  key?: string;
}

/** The keys that programs ask with. */
export default function KeysPage(): JSX.Element {
  const [made, setMade] = useState<Key | null>(null);
  const [isMaking, setMaking] = useState(false);
  const [after, setAfter] = useState<() => void>(() => () => undefined);
  const change = async (key: Key, order: "rotate" | "revoke", reload: () => void) => {
    try {
      if (order === "rotate") setMade(await send<Key>("POST", `/api/v1/keys/${part(key.id)}/rotate`, {}));
      else {
        await send("DELETE", `/api/v1/keys/${part(key.id)}`);
        tell(t("keys.revoked", { name: key.name }));
      }
      reload();
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <>
      <Listed<Key> title={t("nav.keys")} lead={t("keys.lead")} path="/api/v1/keys" member="keys" icon="key-round" none={t("keys.none")}
        columns={[t("signIn.name"), t("records.state"), t("records.made"), t("records.used"), t("records.ends")]}
        actions={(reload) => <button type="button" className="primary" onClick={() => { setAfter(() => reload); setMaking(true); }}><Icon name="plus" /> {t("keys.new")}</button>}
        row={(key, reload) => (
          <>
            <th scope="row" dir="auto">{key.name}<small className="muted mono"> {key.id}</small></th>
            <td><Badge tone={key.state === "active" ? "good" : "calm"}>{key.state}</Badge></td>
            <td>{moment(key.created_at * 1_000)}</td><td>{key.last_used_at ? moment(key.last_used_at * 1_000) : "–"}</td><td>{key.expires_at ? moment(key.expires_at * 1_000) : "–"}</td>
            <td className="row-buttons">
              {key.state === "active" && <button type="button" className="quiet small" onClick={() => void change(key, "rotate", reload)}>{t("keys.rotate")}</button>}
              {key.state === "active" && <button type="button" className="quiet small" onClick={() => void change(key, "revoke", reload)}>{t("keys.revoke")}</button>}
            </td>
          </>
        )} />
      {isMaking && <NewKey onClose={() => setMaking(false)} onMade={(key) => { setMaking(false); setMade(key); after(); }} />}
      {made?.key && (
        <Dialog title={made.name} onClose={() => setMade(null)}>
          <p>{t("keys.once")}</p>
          <div className="secret"><code dir="ltr">{made.key}</code><CopyButton text={made.key} /></div>
        </Dialog>
      )}
    </>
  );
}

function NewKey({ onClose, onMade }: { onClose(): void; onMade(key: Key): void }): JSX.Element {
  const [name, setName] = useState("");
  const [user, setUser] = useState("");
  const [days, setDays] = useState("90");
  const [error, setError] = useState<Error | null>(null);
  const make = async () => {
    try {
      onMade(await send<Key>("POST", "/api/v1/keys", {
        name, ...(user ? { user } : {}), ...(days ? { expires_in_seconds: Number(days) * 86_400 } : {}),
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
        {error && <Problem error={error} />}
        <div className="actions"><button type="submit" className="primary" disabled={!name}>{t("keys.new")}</button></div>
      </form>
    </Dialog>
  );
}
