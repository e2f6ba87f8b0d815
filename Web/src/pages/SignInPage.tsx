import { useEffect, useState } from "react";
import { get } from "../api/http";
import { hasRoute } from "../api/routes";
import { navigate } from "../app/router";
import { setUp, setupToken, signIn, useSession } from "../app/session";
import { loadModels } from "../chat/models";
import { t } from "../i18n";
import { Card, Page, Problem } from "../ui/parts";

interface Way { kind: string; title: string; url: string }

/** Other servers by whose word one can sign in; their addresses are paths of this one. */
async function findWays(): Promise<Way[]> {
  if (!(await hasRoute("/api/v1/session/ways"))) return [];
  const { ways } = await get<{ ways: Partial<Way>[] }>("/api/v1/session/ways");
  return ways.filter((way): way is Way => typeof way.url === "string" && /^\/[\w/-]+$/.test(way.url) && typeof way.title === "string");
}

/** Name and password, where the server wants to know who asks; the first administrator on a new one. */
export default function SignInPage(): JSX.Element {
  const session = useSession();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [error, setError] = useState<Error | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [ways, setWays] = useState<Way[]>([]);
  useEffect(() => {
    findWays().then(setWays, () => undefined);
  }, []);
  const isFirst = setupToken !== null && session.needsSetup;
  const start = async () => {
    setBusy(true);
    setError(null);
    try {
      if (isFirst) await setUp(setupToken ?? "", name, password);
      else await signIn(name, password, code);
      setPassword("");
      await loadModels();
      navigate("chat");
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    }
    setBusy(false);
  };
  return (
    <Page title={t(isFirst ? "signIn.first" : "nav.signIn")} lead={isFirst ? t("signIn.firstLead") : session.mode === "open" ? t("signIn.open") : undefined}>
      <Card className="narrow-card">
        <form className="stack" onSubmit={(event) => { event.preventDefault(); void start(); }}>
          <label className="field"><span>{t("signIn.name")}</span><input value={name} autoComplete="username" required maxLength={200} onChange={(event) => setName(event.target.value)} /></label>
          <label className="field"><span>{t("signIn.password")}</span><input type="password" value={password} autoComplete={isFirst ? "new-password" : "current-password"} required maxLength={1_000} onChange={(event) => setPassword(event.target.value)} /></label>
          {!isFirst && <label className="field"><span>{t("signIn.code")}</span><input value={code} inputMode="numeric" autoComplete="one-time-code" maxLength={64} onChange={(event) => setCode(event.target.value)} /></label>}
          {error && <Problem error={error} />}
          <button type="submit" className="primary" disabled={isBusy || !name || !password}>{t(isFirst ? "signIn.create" : "nav.signIn")}</button>
        </form>
        {!isFirst && ways.map((way) => <a key={way.url} className="button" href={way.url}>{t("signIn.with", { name: way.title })}</a>)}
      </Card>
    </Page>
  );
}
