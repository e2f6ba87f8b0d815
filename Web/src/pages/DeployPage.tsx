import { useState } from "react";
import { part, send } from "../api/http";
import type { Deployment, DeploymentVersion } from "../api/types";
import { useGet } from "../api/use";
import { Link } from "../app/Link";
import { navigate } from "../app/router";
import { tell, tellProblem } from "../app/toasts";
import { StateDot } from "../chat/ModelPicker";
import { loadModels } from "../chat/models";
import { t } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { bytes, moment, number } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Badge, Card, Empty, Page, Problem, Skeleton } from "../ui/parts";
import { DeployForm } from "./DeployForm";
import { DeployLog } from "./DeployLog";

/** What is served, with which settings, and how it fares. */
export default function DeployPage({ chosen }: { chosen: string | null }): JSX.Element {
  const list = useGet<{ deployments: Deployment[] }>("/api/v1/deployments", 3_000);
  const [isMaking, setMaking] = useState(false);
  const all = list.value?.deployments ?? [];
  const current = all.find((deployment) => deployment.name === chosen);
  return (
    <Page title={t("nav.deploy")} lead={t("deploy.lead")} actions={
      <button type="button" className="primary" onClick={() => setMaking(true)}><Icon name="plus" /> {t("deploy.new")}</button>
    }>
      {list.error && <Problem error={list.error} again={list.reload} />}
      {!list.value && list.isLoading && <Skeleton lines={4} />}
      {list.value && all.length === 0 && <Empty icon="rocket" title={t("deploy.none")} />}
      <ul className="deployments">
        {all.map((deployment) => (
          <li key={deployment.name} className={deployment.name === chosen ? "current" : ""}>
            <Link page="deploy" id2={deployment.name === chosen ? null : deployment.name} className="model-row" aria-expanded={deployment.name === chosen}>
              <StateDot state={deployment.stage} />
              <span className="model-name"><b dir="auto">{deployment.name}</b><small>{deployment.configuration.kind}</small></span>
              <span className="facts-row">
                <span>{bytes(deployment.memory.resident_bytes)}</span>
                <span className="wide-only">{t("deploy.replicas", { count: deployment.replicas.length })}</span>
                <span className="wide-only">{t("deploy.version", { number: deployment.version })}</span>
              </span>
              <Badge tone={deployment.stage === "ready" ? "good" : deployment.failure ? "bad" : deployment.stage.endsWith("ing") ? "busy" : "calm"}>{deployment.stage}</Badge>
              <Icon name={deployment.name === chosen ? "chevron-down" : "chevron-right"} />
            </Link>
            {deployment.name === chosen && current && <Details deployment={current} onChange={list.reload} />}
          </li>
        ))}
      </ul>
      {isMaking && (
        <Dialog title={t("deploy.new")} className="wide" onClose={() => setMaking(false)}>
          <DeployForm onDone={(name) => { setMaking(false); list.reload(); void loadModels(); navigate("deploy", name); }} />
        </Dialog>
      )}
    </Page>
  );
}

function Details({ deployment, onChange }: { deployment: Deployment; onChange(): void }): JSX.Element {
  const [tab, setTab] = useState<"settings" | "versions" | "log">("settings");
  const [isBusy, setBusy] = useState(false);
  const path = `/api/v1/deployments/${part(deployment.name)}`;
  const order = async (word: string) => {
    setBusy(true);
    try {
      await send("POST", `${path}/${word}`);
      onChange();
      void loadModels();
    } catch (error) {
      tellProblem(error);
    }
    setBusy(false);
  };
  const isUp = deployment.replicas.length > 0;
  return (
    <Card className="inner">
      {deployment.failure && <Problem error={new Error(deployment.failure)} />}
      <div className="filter-row">
        <div className="segments" role="group" aria-label={deployment.name}>
          {(["settings", "versions", "log"] as const).map((name) => <button key={name} type="button" aria-pressed={tab === name} onClick={() => setTab(name)}>{t(`deploy.${name}`)}</button>)}
        </div>
        <span className="spread" />
        <button type="button" disabled={isBusy || deployment.stage === "ready"} onClick={() => void order("start")}><Icon name="play" /> {t("deploy.start")}</button>
        <button type="button" disabled={isBusy || !isUp} onClick={() => void order("stop")}><Icon name="square" /> {t("deploy.stop")}</button>
        <button type="button" disabled={isBusy || !isUp} onClick={() => void order("restart")}><Icon name="refresh-cw" /> {t("deploy.restart")}</button>
      </div>
      {tab === "settings" && <DeployForm key={deployment.version} deployment={deployment} onDone={onChange} />}
      {tab === "versions" && <Versions path={path} deployment={deployment} onChange={onChange} />}
      {tab === "log" && <DeployLog path={path} />}
    </Card>
  );
}

interface Difference { changes: { path?: string; member?: string; from?: unknown; to?: unknown; before?: unknown; after?: unknown }[] }

function Versions({ path, deployment, onChange }: { path: string; deployment: Deployment; onChange(): void }): JSX.Element {
  const list = useGet<{ versions: DeploymentVersion[] }>(`${path}/versions`);
  const [shown, setShown] = useState<number | null>(null);
  const difference = useGet<Difference>(shown ? `${path}/diff?to=${shown}` : null);
  const back = async (version: number) => {
    try {
      await send("POST", `${path}/rollback`, { to: version });
      tell(t("deploy.rolledBack", { number: version }));
      list.reload();
      onChange();
    } catch (error) {
      tellProblem(error);
    }
  };
  if (list.error) return <Problem error={list.error} />;
  return (
    <ul className="plain-list versions">
      {[...(list.value?.versions ?? [])].reverse().map((version) => (
        <li key={version.version}>
          <b>{number(version.version)}</b> <Badge tone={version.state === "active" ? "good" : version.state === "failed" ? "bad" : "calm"}>{version.state}</Badge>
          <span className="muted">{moment(version.created_at_us / 1_000)}</span> <span dir="auto">{version.note || version.reason}</span>
          <span className="spread" />
          {version.version > 1 && <button type="button" className="quiet small" aria-expanded={shown === version.version} onClick={() => setShown(shown === version.version ? null : version.version)}>{t("deploy.changes")}</button>}
          {version.version !== deployment.version && <button type="button" className="small" onClick={() => void back(version.version)}>{t("deploy.rollback")}</button>}
          {shown === version.version && difference.value && <pre className="preview" dir="ltr" tabIndex={0}>{difference.value.changes.map((change) => JSON.stringify(change)).join("\n") || "="}</pre>}
        </li>
      ))}
    </ul>
  );
}
