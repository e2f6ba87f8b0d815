import { useEffect, useId, useMemo, useState } from "react";
import { part, send } from "../api/http";
import type { CatalogModel, Deployment, MemoryEstimate } from "../api/types";
import { useGet } from "../api/use";
import { tell } from "../app/toasts";
import { documentation, presets } from "../chat/parameters";
import { t } from "../i18n";
import { bytes, number } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Badge, Bar, Legend, Problem } from "../ui/parts";
import { check, type Field, fields, groups, type Values } from "./deployFields";

/** A deployment's settings in six groups, with what they would take of the memory while sliders move. */
export function DeployForm({ deployment, onDone }: { deployment?: Deployment; onDone(name: string): void }): JSX.Element {
  const [name, setName] = useState(deployment?.name ?? "");
  const [values, setValues] = useState<Values>(() => ({ ...deployment?.configuration }));
  const [error, setError] = useState<Error | null>(null);
  const [isBusy, setBusy] = useState(false);
  const catalog = useGet<{ models: CatalogModel[] }>("/api/v1/models?limit=500");
  const estimate = useEstimate(values);
  const told = check(values, estimate.value?.trained_context ?? null);
  const set = (field: string, value: unknown) => setValues((before) => {
    const { [field]: _, ...others } = before;
    return value === undefined || value === "" ? others : { ...others, [field]: value };
  });
  const changed = useMemo(() => difference(deployment?.configuration ?? {}, values), [deployment, values]);
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      if (deployment) await send("PATCH", `/api/v1/deployments/${part(deployment.name)}`, { ...changed, if_version: deployment.version });
      else await send("POST", "/api/v1/deployments", { name, start: true, ...values });
      tell(t("deploy.saved", { name }));
      onDone(name);
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    }
    setBusy(false);
  };
  const isEngine = (values["kind"] ?? "engine") === "engine";
  return (
    <form className="stack deploy-form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      {!deployment && <label className="field"><span>{t("deploy.name")}</span><input value={name} required dir="ltr" pattern="[A-Za-z0-9][A-Za-z0-9._:\/-]*" maxLength={200} onChange={(event) => setName(event.target.value)} /></label>}
      {isEngine && <Estimate estimate={estimate.value} error={estimate.error} />}
      {groups.map((group) => (
        <details key={group} open={group === "model" || group === "prompt"}>
          <summary>{t(`fgroup.${group}`)}</summary>
          {group === "sampling" && (
            <div className="presets" role="group" aria-label={t("preset.title")}>
              {presets.map((preset) => <button key={preset.key} type="button" onClick={() => { for (const [field, value] of Object.entries(preset.parameters)) if (fields.some((known) => known.name === field)) set(field, value); }}>{t(preset.key)}</button>)}
            </div>
          )}
          <div className="field-grid">
            {fields.filter((field) => field.group === group).map((field) => (
              <FieldView key={field.name} field={field} value={values[field.name]} models={catalog.value?.models ?? []}
                warnings={told.filter((one) => one.field === field.name)} onChange={(value) => set(field.name, value)} />
            ))}
          </div>
        </details>
      ))}
      {error && <Problem error={error} />}
      <div className="actions">
        {deployment && <span className="small muted">{t("deploy.changed", { count: Object.keys(changed).length })}</span>}
        <button type="submit" className="primary" disabled={isBusy || (isEngine && told.some((one) => one.isWrong)) || !name || (deployment !== undefined && Object.keys(changed).length === 0)}>
          {t(deployment ? "deploy.apply" : "deploy.create")}
        </button>
      </div>
    </form>
  );
}

/** What differs, as a merge patch: `null` takes a member away. */
function difference(before: Values, after: Values): Values {
  const found: Values = {};
  for (const field of fields) {
    const [old, now] = [before[field.name], after[field.name]];
    if (JSON.stringify(old) !== JSON.stringify(now)) found[field.name] = now ?? null;
  }
  return found;
}

function useEstimate(values: Values): { value: MemoryEstimate | null; error: Error | null } {
  const [state, setState] = useState<{ value: MemoryEstimate | null; error: Error | null }>({ value: null, error: null });
  const question = JSON.stringify(Object.fromEntries(fields.flatMap((field) => {
    const value = values[field.name];
    return field.estimate && value !== undefined && value !== "" ? [[field.estimate, value]] : [];
  })));
  useEffect(() => {
    const asked = JSON.parse(question) as Values;
    if (!asked["model"]) return setState({ value: null, error: null });
    let isHere = true;
    const timer = window.setTimeout(() => {
      send<MemoryEstimate>("POST", "/api/v1/memory/estimate", asked).then(
        (value) => { if (isHere) setState({ value, error: null }); },
        (error: unknown) => { if (isHere) setState({ value: null, error: error instanceof Error ? error : new Error(String(error)) }); });
    }, 120);
    return () => { isHere = false; window.clearTimeout(timer); };
  }, [question]);
  return state;
}

const tones: Record<string, string> = {
  weights_bytes: "c1", kv_cache_bytes: "c2", compute_bytes: "c4", companions_bytes: "c5", prefix_cache_bytes: "c7", overhead_bytes: "c0",
};

function Estimate({ estimate, error }: { estimate: MemoryEstimate | null; error: Error | null }): JSX.Element | null {
  if (error) return <Problem error={error} />;
  if (!estimate) return null;
  const parts = Object.entries(estimate.summary).filter(([, value]) => value > 0).map(([name, value]) => ({
    name: t(`estimate.${name.replace("_bytes", "") as "weights"}`), value, tone: tones[name] ?? "c3", text: bytes(value),
  }));
  return (
    <section className="estimate" aria-live="polite">
      <p className="estimate-head">
        <Icon name="memory-stick" /> <b>{t("estimate.needs", { size: bytes(estimate.needed.host_bytes) })}</b>
        <Badge tone={estimate.fits ? "good" : estimate.fits_alone ? "busy" : "bad"}>{t(estimate.fits ? "estimate.fits" : estimate.fits_alone ? "estimate.alone" : "estimate.too")}</Badge>
        <span className="small muted">{t("estimate.free", { free: bytes(estimate.free.host_bytes), budget: bytes(estimate.budget.host_bytes) })}</span>
      </p>
      <Bar parts={parts} total={0} label={t("memory.title")} />
      <Legend parts={parts} />
      {estimate.notes.map((note) => <p key={note} className="small muted" dir="auto">{note}</p>)}
      <details><summary className="small">{t("estimate.formula")}</summary>
        <ul className="plain-list small">{estimate.parts.map((item, index) => <li key={index}><b>{item.kind}</b> {bytes(item.bytes)} <span className="muted" dir="ltr">{item.reason}</span></li>)}</ul>
      </details>
    </section>
  );
}

function FieldView({ field, value, models, warnings, onChange }: {
  field: Field; value: unknown; models: CatalogModel[]; warnings: ReturnType<typeof check>; onChange(value: unknown): void;
}): JSX.Element {
  const input = useId();
  const help = useId();
  const lines = Array.isArray(value) ? value.join("\n") : typeof value === "string" ? value : "";
  const text = value === undefined || value === null ? "" : String(value);
  return (
    <div className="parameter">
      <div className="parameter-head">
        <label htmlFor={input}>{t(field.label)}</label>
        <a className="argument" href={documentation} target="_blank" rel="noreferrer" dir="ltr" title={t("p.source")}>{field.argument}</a>
        <span className="spread" />
        {field.kind === "flag" && <input id={input} type="checkbox" checked={value === true} aria-describedby={help} onChange={(event) => onChange(event.target.checked)} />}
        {field.kind === "number" && (
          <input id={input} type="number" min={field.min} max={field.max} step="any" value={text} placeholder={t("p.server")} aria-describedby={help}
            onChange={(event) => onChange(event.target.value === "" ? undefined : Number(event.target.value))} />
        )}
        {field.kind === "choice" && (
          <select id={input} value={text} aria-describedby={help} onChange={(event) => onChange(event.target.value || undefined)}>
            <option value="">{t("p.server")}</option>
            {(field.choices ?? []).map((choice) => <option key={choice}>{choice}</option>)}
          </select>
        )}
      </div>
      {field.kind === "number" && (field.max ?? 0) <= 200_000 && (
        <input type="range" min={field.min} max={field.max} step={field.step} value={typeof value === "number" ? value : field.min} aria-label={t(field.label)} aria-valuetext={typeof value === "number" ? number(value, 2) : t("p.server")}
          onChange={(event) => onChange(Number(event.target.value))} />
      )}
      {field.kind === "text" && (
        <input id={input} value={text} dir="ltr" aria-describedby={help} list={field.name === "model" ? `${input}-models` : undefined} onChange={(event) => onChange(event.target.value)} />
      )}
      {field.name === "model" && <datalist id={`${input}-models`}>{models.map((model) => <option key={model.name} value={model.name} />)}</datalist>}
      {field.kind === "lines" && (
        <textarea id={input} className="mono" rows={2} dir="ltr" value={lines} aria-describedby={help}
          onChange={(event) => onChange(event.target.value.trim() === "" ? undefined : event.target.value.split("\n"))} />
      )}
      <p id={help} className="small muted">{t(field.help)}</p>
      {warnings.map((one) => <p key={one.key} className={`small ${one.isWrong ? "problem" : "warning"}`} role="status"><Icon name="triangle-alert" /> {t(one.key)}</p>)}
    </div>
  );
}
