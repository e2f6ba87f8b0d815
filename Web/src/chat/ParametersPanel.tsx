import { useId } from "react";
import type { ServedModel } from "../api/types";
import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { change } from "./talk/state";
import { ConstraintEditor } from "./ConstraintEditor";
import { documentation, isPreset, type ParameterRow, presets, rows, warnings } from "./parameters";
import { Profiles } from "./Profiles";
import type { Conversation, Parameters } from "./types";

/** How answers of this conversation are chosen, and what they must look like. */
export default function ParametersPanel({ conversation, id, onClose }: {
  conversation: Conversation; id: string | null; model: ServedModel | undefined; onClose(): void;
}): JSX.Element {
  const { parameters } = conversation;
  const system = useId();
  const set = (next: Parameters) => change(id, { parameters: next });
  const told = warnings(parameters);
  return (
    <aside className="side" aria-label={t("chat.parameters")}>
      <header className="side-head">
        <h2>{t("chat.parameters")}</h2>
        <button type="button" className="quiet icon-only" aria-label={t("action.close")} onClick={onClose}><Icon name="x" /></button>
      </header>
      <div className="side-body">
        <Profiles conversation={conversation} id={id} />
        <label className="field" htmlFor={system}>
          <span>{t("chat.system")}</span>
          <textarea id={system} rows={3} dir="auto" value={conversation.system} placeholder={t("chat.systemHint")} maxLength={200_000}
            onChange={(event) => change(id, { system: event.target.value })} />
        </label>
        <div className="presets" role="group" aria-label={t("preset.title")}>
          {presets.map((preset) => (
            <button key={preset.key} type="button" aria-pressed={isPreset(parameters, preset.parameters)}
              onClick={() => set(preset.parameters)}>
              {t(preset.key)}
            </button>
          ))}
        </div>
        {told.length > 0 && (
          <ul className="warnings" role="status">
            {told.map((key) => <li key={key}><Icon name="triangle-alert" /> {t(key)}</li>)}
          </ul>
        )}
        {rows.map((row) => <Row key={row.name} row={row} parameters={parameters} onChange={set} />)}
        <fieldset className="field">
          <legend>{t("p.thinking")} <Source argument="--reasoning-budget" /></legend>
          <div className="segments">
            {([undefined, "on", "off"] as const).map((value) => (
              <button key={value ?? "model"} type="button" aria-pressed={parameters.thinking === value}
                onClick={() => { const { thinking: _, ...others } = parameters; set(value ? { ...others, thinking: value } : others); }}>
                {t(value === undefined ? "p.thinking.model" : value === "on" ? "p.thinking.on" : "p.thinking.off")}
              </button>
            ))}
          </div>
        </fieldset>
        <ConstraintEditor constraint={conversation.constraint} model={conversation.model}
          onChange={(constraint) => change(id, { constraint })} />
        <button type="button" className="small" disabled={Object.keys(parameters).length === 0} onClick={() => set({})}>
          {t("p.reset")}
        </button>
      </div>
    </aside>
  );
}

function Source({ argument }: { argument: string }): JSX.Element {
  return (
    <a className="argument" href={documentation} target="_blank" rel="noreferrer" dir="ltr" title={t("p.source")}>{argument}</a>
  );
}

function Row({ row, parameters, onChange }: {
  row: ParameterRow; parameters: Parameters; onChange(next: Parameters): void;
}): JSX.Element {
  const input = useId();
  const help = useId();
  const value = parameters[row.name];
  const isSet = value !== undefined;
  const set = (text: string) => {
    const { [row.name]: _, ...others } = parameters;
    const number = Number(text);
    if (text === "" || !Number.isFinite(number)) onChange(others);
    else onChange({ ...others, [row.name]: Math.min(row.max, Math.max(row.min, row.step >= 1 ? Math.round(number) : number)) });
  };
  return (
    <div className={`parameter ${isSet ? "set" : ""}`}>
      <div className="parameter-head">
        <label htmlFor={input}>{t(row.label)}</label>
        <Source argument={row.argument} />
        <span className="spread" />
        <input id={input} type="number" min={row.min} max={row.max} step={row.step} value={value ?? ""} placeholder={t("p.server")}
          aria-describedby={help} onChange={(event) => set(event.target.value)} />
      </div>
      {row.max <= 10_000 && (
        <input type="range" min={row.min} max={row.max} step={row.step} value={value ?? row.usual} aria-label={t(row.label)}
          onChange={(event) => set(event.target.value)} />
      )}
      <p id={help} className="small muted">{t(row.help)}</p>
    </div>
  );
}
