import { useEffect, useState } from "react";
import { follow } from "../api/events";
import { part, send } from "../api/http";
import type { CatalogModel, Job } from "../api/types";
import { useGet } from "../api/use";
import { Link } from "../app/Link";
import { navigate } from "../app/router";
import { tell, tellProblem } from "../app/toasts";
import { StateDot } from "../chat/ModelPicker";
import { t } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { bytes, moment, number, percent, ratio, short } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Badge, Card, Empty, Page, Problem, Skeleton } from "../ui/parts";

/** The models of this machine: what they are, bringing new ones, taking them away. */
export default function ModelsPage({ chosen }: { chosen: string | null }): JSX.Element {
  const [search, setSearch] = useState("");
  const list = useGet<{ models: CatalogModel[]; total: number }>(`/api/v1/models?limit=500${search ? `&search=${part(search)}` : ""}`);
  const [dialog, setDialog] = useState<"none" | "download" | "import">("none");
  const { reload } = list;
  useEffect(() => {
    // What happened before we looked is in the list already.
    let waiting = 0;
    const stop = follow("/api/v1/models/events?after=9007199254740", () => {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(reload, 300);
    });
    return () => { window.clearTimeout(waiting); stop(); };
  }, [reload]);
  return (
    <Page title={t("nav.models")} lead={t("models.lead")} actions={
      <>
        <button type="button" onClick={() => setDialog("import")}><Icon name="folder-input" /> {t("models.import")}</button>
        <button type="button" className="primary" onClick={() => setDialog("download")}><Icon name="download" /> {t("models.download")}</button>
      </>
    }>
      <Jobs onDone={reload} />
      <div className="filter">
        <Icon name="search" />
        <input type="search" value={search} placeholder={t("models.search")} aria-label={t("models.search")} onChange={(event) => setSearch(event.target.value)} />
      </div>
      {list.error && <Problem error={list.error} again={reload} />}
      {list.isLoading && !list.value && <Skeleton lines={4} />}
      {list.value && list.value.models.length === 0 && <Empty icon="box" title={t(search ? "models.notFound" : "models.none")} />}
      {list.value && list.value.models.length > 0 && (
        <ul className="model-list">
          {list.value.models.map((model) => (
            <li key={model.name}>
              <Link page="models" id2={model.name} className="model-row">
                <StateDot state={model.state} />
                <span className="model-name"><b dir="auto">{model.name}</b><small>{model.metadata.title && model.metadata.title !== model.name ? model.metadata.title : model.origin.kind}</small></span>
                <span className="facts-row">
                  {model.metadata.parameter_count !== undefined && <span>{short(model.metadata.parameter_count)}</span>}
                  {model.metadata.quantization && <span dir="ltr">{model.metadata.quantization}</span>}
                  <span>{bytes(model.byte_count)}</span>
                  {model.metadata.context_length !== undefined && <span className="wide-only">{t("model.context", { count: number(model.metadata.context_length) })}</span>}
                </span>
                <Badge tone={tone(model.state)}>{model.state}</Badge>
                <Icon name="chevron-right" />
              </Link>
            </li>
          ))}
        </ul>
      )}
      {dialog === "download" && <Download onClose={() => setDialog("none")} />}
      {dialog === "import" && <Import onClose={() => { setDialog("none"); reload(); }} />}
      {chosen && <Details name={chosen} onClose={() => navigate("models")} onGone={() => { reload(); navigate("models"); }} />}
    </Page>
  );
}

function tone(state: string): "good" | "busy" | "bad" | "calm" {
  if (state === "ready" || state === "serving") return "good";
  if (state.endsWith("ing")) return "busy";
  return state === "failed" ? "bad" : "calm";
}

/** Work in the background that is not done, as it goes on. */
function Jobs({ onDone }: { onDone(): void }): JSX.Element | null {
  const first = useGet<{ jobs: Job[] }>("/api/v1/jobs?limit=20");
  const [changed, setChanged] = useState<Record<string, Job>>({});
  useEffect(() => follow("/api/v1/jobs/events", (event) => {
    const job = JSON.parse(event.data) as Job;
    setChanged((before) => ({ ...before, [job.id]: job }));
    if (!isLive(job)) onDone();
  }), [onDone]);
  const all = { ...Object.fromEntries((first.value?.jobs ?? []).map((job) => [job.id, job])), ...changed };
  const recent = Date.now() / 1_000 - 600;
  const shown = Object.values(all).filter((job) => isLive(job) || (job.state === "failed" && job.created_at > recent)).sort((a, b) => b.created_at - a.created_at);
  if (shown.length === 0) return null;
  const order = (job: Job, word: "cancel" | "retry") => { send("POST", `/api/v1/jobs/${job.id}/${word}`).catch(tellProblem); };
  return (
    <Card title={t("jobs.title")}>
      <ul className="jobs">
        {shown.map((job) => (
          <li key={job.id}>
            <div className="job-head">
              <b>{job.kind}</b> <span dir="ltr" className="muted">{String(job.parameters["model"] ?? "")}</span>
              <span className="spread" />
              <span className="small muted">{job.progress.unit === "bytes" && job.progress.total ? ratio(bytes(job.progress.done), bytes(job.progress.total)) : job.progress.stage}</span>
              <Badge tone={job.state === "failed" ? "bad" : "busy"}>{job.state}</Badge>
              {isLive(job)
                ? <button type="button" className="quiet small" onClick={() => order(job, "cancel")}>{t("action.cancel")}</button>
                : <button type="button" className="quiet small" onClick={() => order(job, "retry")}>{t("action.retry")}</button>}
            </div>
            {isLive(job) && <progress value={job.progress.fraction ?? undefined} max={1} aria-label={`${job.kind} ${percent(job.progress.fraction ?? 0)}`} />}
            {job.error && <p className="small problem" dir="auto">{job.error.message} {job.error.hint}</p>}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function isLive(job: Job): boolean {
  return !["succeeded", "done", "failed", "cancelled", "canceled", "completed"].includes(job.state);
}

function Download({ onClose }: { onClose(): void }): JSX.Element {
  const [name, setName] = useState("");
  const [asked, setAsked] = useState<string | null>(null);
  const files = useGet<{ repository: string; chosen: string[] | null; files: { path: string; bytes: number | null }[] }>(
    asked ? `/api/v1/hub/files?model=${part(asked)}` : null);
  const start = async (model: string) => {
    try {
      await send("POST", "/api/v1/models/downloads", { model });
      tell(t("models.started", { name: model }));
      onClose();
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <Dialog title={t("models.download")} onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); setAsked(name.trim()); }}>
        <label className="field"><span>{t("models.reference")}</span>
          <input value={name} dir="ltr" placeholder="owner/name:Q4_K_M" onChange={(event) => setName(event.target.value)} required pattern="[^\s/]+/[^\s/]+" />
        </label>
        <p className="small muted">{t("models.referenceHint")}</p>
        <div className="actions">
          <button type="submit" disabled={!name.includes("/")}>{t("models.look")}</button>
          <button type="button" className="primary" disabled={!name.includes("/")} onClick={() => void start(name.trim())}>{t("models.download")}</button>
        </div>
      </form>
      {files.error && <Problem error={files.error} />}
      {asked && files.isLoading && !files.error && !files.value && <Skeleton />}
      {files.value && (
        <ul className="plain-list">
          {files.value.files.filter((file) => /\.(gguf|safetensors|onnx)$/.test(file.path)).map((file) => (
            <li key={file.path}><span dir="ltr" className={files.value?.chosen?.includes(file.path) ? "strong" : ""}>{file.path}</span> <span className="muted">{bytes(file.bytes)}</span></li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}

interface Imported { added?: unknown[]; models?: { name?: string }[]; refused?: unknown[]; [member: string]: unknown }

function Import({ onClose }: { onClose(): void }): JSX.Element {
  const [path, setPath] = useState("");
  const [error, setError] = useState<Error | null>(null);
  const start = async () => {
    setError(null);
    try {
      const done = await send<Imported>("POST", "/api/v1/models/import", { path });
      tell(t("models.imported", { count: (done.added ?? done.models ?? []).length }));
      onClose();
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    }
  };
  return (
    <Dialog title={t("models.import")} onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void start(); }}>
        <label className="field"><span>{t("models.path")}</span>
          <input value={path} dir="ltr" placeholder="/home/me/models" required onChange={(event) => setPath(event.target.value)} />
        </label>
        <p className="small muted">{t("models.pathHint")}</p>
        {error && <Problem error={error} />}
        <div className="actions"><button type="submit" className="primary" disabled={!path}>{t("models.import")}</button></div>
      </form>
    </Dialog>
  );
}

function Details({ name, onClose, onGone }: { name: string; onClose(): void; onGone(): void }): JSX.Element {
  const found = useGet<CatalogModel>(`/api/v1/models/${part(name)}`);
  const [isSure, setSure] = useState(false);
  const model = found.value;
  const remove = async () => {
    try {
      await send("DELETE", `/api/v1/models/${part(name)}`);
      tell(t("models.removed", { name }));
      onGone();
    } catch (error) {
      tellProblem(error);
    }
  };
  const facts: [string, string | undefined][] = model ? [
    [t("models.architecture"), model.metadata.architecture], [t("models.parameters"), short(model.metadata.parameter_count)],
    [t("models.quantization"), model.metadata.quantization], [t("models.contextLength"), number(model.metadata.context_length)],
    [t("models.size"), bytes(model.byte_count)], [t("models.license"), model.metadata.license], [t("models.origin"), model.origin.repository ?? model.origin.kind],
    [t("models.requests"), number(model.usage.requests)], [t("models.tokens"), number(model.usage.completion_tokens)],
    [t("models.added"), moment(Date.parse(model.added_at))],
  ] : [];
  return (
    <Dialog title={name} onClose={onClose} className="wide">
      {found.error && <Problem error={found.error} again={found.reload} />}
      {found.isLoading && !model && <Skeleton lines={6} />}
      {model && (
        <>
          {model.failure && <Problem error={new Error(`${model.failure.step}: ${model.failure.reason}`)} />}
          <dl className="facts-grid">{facts.filter(([, value]) => value).map(([label, value]) => <div key={label}><dt>{label}</dt><dd dir="auto">{value}</dd></div>)}</dl>
          <h3>{t("models.files")}</h3>
          <ul className="plain-list">{model.files.map((file) => <li key={file.path}><code dir="ltr">{file.path}</code> <span className="muted">{file.role}, {bytes(file.byte_count)}</span></li>)}</ul>
          {model.used_by && model.used_by.length > 0 && <p className="small muted">{t("models.usedBy", { names: model.used_by.join(", ") })}</p>}
          <div className="actions">
            {isSure
              ? <><span>{t("models.sure")}</span><button type="button" onClick={() => setSure(false)}>{t("action.cancel")}</button><button type="button" className="danger" onClick={() => void remove()}>{t("action.remove")}</button></>
              : <button type="button" onClick={() => setSure(true)}><Icon name="trash-2" /> {t("action.remove")}</button>}
            <Link page="deploy" className="button primary"><Icon name="rocket" /> {t("nav.deploy")}</Link>
          </div>
        </>
      )}
    </Dialog>
  );
}
