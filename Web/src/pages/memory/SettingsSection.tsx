import { useState } from "react";
import { send } from "../../api/http";
import { useGet } from "../../api/use";
import { tell, tellProblem } from "../../app/toasts";
import { canChat, useModels } from "../../chat/models";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { Card, Problem, Skeleton } from "../../ui/parts";
import type { MemorySettings } from "./types";
import { t } from "./words";

/** Whether memory is used and made, by what, and how long. */
export function SettingsSection({ path }: { path: string }): JSX.Element {
  const settings = useGet<MemorySettings>(`${path}/settings`);
  const { models } = useModels();
  const [isSure, setSure] = useState(false);
  if (settings.error) return <Problem error={settings.error} again={settings.reload} />;
  const now = settings.value;
  if (!now) return <Skeleton lines={5} />;
  const put = (members: Partial<MemorySettings>) => {
    send("PUT", `${path}/settings`, members).then(() => tell(t("changed")), tellProblem).finally(settings.reload);
  };
  const flag = (name: "use" | "learn" | "use_conversations", label: "use" | "learn" | "useConversations", hint: "useHint" | "learnHint" | "useConversationsHint") => (
    <div className="switch-row">
      <span><b>{t(label)}</b><small className="muted">{t(hint)}</small></span>
      <input type="checkbox" aria-label={t(label)} checked={now[name]} onChange={(event) => put({ [name]: event.target.checked })} />
    </div>
  );
  return (
    <>
      <Card>
        {flag("use", "use", "useHint")}
        {flag("use_conversations", "useConversations", "useConversationsHint")}
        {flag("learn", "learn", "learnHint")}
      </Card>
      <Card>
        <label className="setting"><span>{t("learnModel")}</span>
          <select className="short" value={now.model ?? ""} onChange={(event) => put({ model: event.target.value || null })}>
            <option value="">{t("asAlways")}</option>{models.filter(canChat).map(({ id }) => <option key={id}>{id}</option>)}
          </select>
        </label>
        <label className="setting"><span>{t("budget")}</span><NumberBox value={now.budget_tokens} min={50} max={4_000} onChange={(value) => { if (value !== null) put({ budget_tokens: value }); }} /></label>
        <label className="setting"><span>{t("keepDays")}</span><NumberBox value={now.keep_unused_days} min={1} max={3_650} onChange={(value) => put({ keep_unused_days: value })} /></label>
        <p className="setting"><span>{t("meaning")}</span><span className="muted small">{now.meaning.available ? t("meaningOn", { model: now.meaning.model ?? "", pending: now.meaning.pending }) : t("meaningOff")}</span></p>
      </Card>
      <Card>
        <div className="setting"><span>{t("exportHint")}</span><a className="button" href={`${path}/export`} download="memory.json"><Icon name="download" /> {t("export")}</a></div>
        <div className="setting"><span className="muted small">{t("forgetAllSure")}</span><button type="button" onClick={() => setSure(true)}><Icon name="trash-2" /> {t("forgetAll")}</button></div>
      </Card>
      {isSure && (
        <Dialog title={t("forgetAll")} onClose={() => setSure(false)}>
          <p>{t("forgetAllSure")}</p>
          <div className="actions">
            <button type="button" className="danger" onClick={() => { send("DELETE", `${path}?all=true`).then(() => { tell(t("forgotten")); setSure(false); }, tellProblem); }}>{t("forgetAll")}</button>
          </div>
        </Dialog>
      )}
    </>
  );
}

/** Tells a number when it is left, not with each key. */
function NumberBox({ value, min, max, onChange }: { value: number | null; min: number; max: number; onChange(value: number | null): void }): JSX.Element {
  const [text, setText] = useState(value === null ? "" : String(value));
  const done = () => {
    const next = text === "" ? null : Number(text);
    if (next !== null && (!Number.isInteger(next) || next < min || next > max)) return setText(value === null ? "" : String(value));
    if (next !== value) onChange(next);
  };
  return <input className="short" type="number" min={min} max={max} value={text} onChange={(event) => setText(event.target.value)} onBlur={done} onKeyDown={(event) => { if (event.key === "Enter") done(); }} />;
}
