import { useState } from "react";
import { send } from "../../api/http";
import { useSession } from "../../app/session";
import { tell } from "../../app/toasts";
import { t as common } from "../../i18n";
import { CopyButton } from "../../ui/CopyButton";
import { Dialog } from "../../ui/Dialog";
import { Card, Problem } from "../../ui/parts";
import { t } from "./words";

const failure = (problem: unknown): Error => (problem instanceof Error ? problem : new Error(String(problem)));

/** One's own password and second factor. */
export function AccountCards(): JSX.Element | null {
  const { user } = useSession();
  const [open, setOpen] = useState<"none" | "password" | "factor" | "off">("none");
  if (!user || user.credential.kind !== "session") return null;
  const close = () => setOpen("none");
  return (
    <Card title={t("account")}>
      <div className="setting"><span dir="auto">{t("signedInAs", { name: user.name, role: user.role })}</span><button type="button" onClick={() => setOpen("password")}>{t("changePassword")}</button></div>
      <div className="setting">
        <span>{t("factor")}<small className="muted block">{t("factorHint")}</small></span>
        <span className="actions"><button type="button" onClick={() => setOpen("factor")}>{t("setUpFactor")}</button><button type="button" className="quiet" onClick={() => setOpen("off")}>{t("removeOwn")}</button></span>
      </div>
      {open === "password" && <Dialog title={t("changePassword")} onClose={close}><PasswordForm onDone={close} /></Dialog>}
      {open === "factor" && <Dialog title={t("factor")} onClose={close}><FactorSetup onDone={close} /></Dialog>}
      {open === "off" && <Dialog title={`${t("factor")}: ${t("removeOwn")}`} onClose={close}><FactorOff onDone={close} /></Dialog>}
    </Card>
  );
}

function PasswordForm({ onDone }: { onDone(): void }): JSX.Element {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const [error, setError] = useState<Error | null>(null);
  const change = () => {
    send("PUT", "/api/v1/session/password", { current_password: old, password: fresh }).then(() => { tell(t("passwordChanged")); onDone(); }, (problem: unknown) => setError(failure(problem)));
  };
  const differs = again !== "" && again !== fresh;
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); change(); }}>
      <label className="field"><span>{t("oldPassword")}</span><input type="password" value={old} autoComplete="current-password" required maxLength={1_000} onChange={(event) => setOld(event.target.value)} /></label>
      <label className="field"><span>{t("newPassword")}</span><input type="password" value={fresh} autoComplete="new-password" required maxLength={1_000} onChange={(event) => setFresh(event.target.value)} /></label>
      <label className="field"><span>{t("again")}</span><input type="password" value={again} autoComplete="new-password" required maxLength={1_000} aria-invalid={differs} onChange={(event) => setAgain(event.target.value)} /></label>
      {differs && <p className="small problem" role="alert">{t("notSame")}</p>}
      {error && <Problem error={error} />}
      <div className="actions"><button type="submit" className="primary" disabled={!old || !fresh || fresh !== again}>{t("changePassword")}</button></div>
    </form>
  );
}

function FactorSetup({ onDone }: { onDone(): void }): JSX.Element {
  const [offer, setOffer] = useState<{ secret: string; url: string } | null>(null);
  const [code, setCode] = useState("");
  const [codes, setCodes] = useState<string[] | null>(null);
  const [error, setError] = useState<Error | null>(null);
  if (codes) {
    return (
      <div className="stack">
        <h3>{t("recovery")}</h3>
        <p>{t("recoveryHint")}</p>
        <div className="secret"><pre className="recovery" dir="ltr">{codes.join("\n")}</pre><CopyButton text={codes.join("\n")} /></div>
        <div className="actions"><button type="button" className="primary" onClick={onDone}>{common("action.close")}</button></div>
      </div>
    );
  }
  if (!offer) {
    return (
      <div className="stack">
        <p>{t("factorHint")}</p>
        {error && <Problem error={error} />}
        <div className="actions">
          <button type="button" className="primary" onClick={() => { send<{ secret: string; url: string }>("POST", "/api/v1/session/totp").then(setOffer, (problem: unknown) => setError(failure(problem))); }}>{t("setUpFactor")}</button>
        </div>
      </div>
    );
  }
  const confirm = () => {
    send<{ recovery_codes: string[] }>("POST", "/api/v1/session/totp/confirm", { code: code.trim() }).then((made) => setCodes(made.recovery_codes), (problem: unknown) => setError(failure(problem)));
  };
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); confirm(); }}>
      <p>{t("scan")}</p>
      <div className="secret"><code dir="ltr" aria-label={t("secret")}>{offer.secret}</code><CopyButton text={offer.secret} /></div>
      {offer.url.startsWith("otpauth://") && <a href={offer.url}>{t("openApp")}</a>}
      <label className="field"><span>{t("code")}</span><input value={code} inputMode="numeric" autoComplete="one-time-code" required maxLength={64} dir="ltr" onChange={(event) => setCode(event.target.value)} /></label>
      {error && <Problem error={error} />}
      <div className="actions"><button type="submit" className="primary" disabled={!code.trim()}>{t("turnOn")}</button></div>
    </form>
  );
}

function FactorOff({ onDone }: { onDone(): void }): JSX.Element {
  const [code, setCode] = useState("");
  const [error, setError] = useState<Error | null>(null);
  const off = () => {
    send("DELETE", "/api/v1/session/totp", { code: code.trim() }).then(() => { tell(t("factorOff")); onDone(); }, (problem: unknown) => setError(failure(problem)));
  };
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); off(); }}>
      <label className="field"><span>{t("code")}</span><input value={code} inputMode="numeric" autoComplete="one-time-code" required maxLength={64} dir="ltr" onChange={(event) => setCode(event.target.value)} /></label>
      {error && <Problem error={error} />}
      <div className="actions"><button type="submit" className="danger" disabled={!code.trim()}>{t("removeOwn")}</button></div>
    </form>
  );
}
