import { useState } from "react";
import { part, send } from "../../api/http";
import { useGet } from "../../api/use";
import { tell, tellProblem } from "../../app/toasts";
import { t as common } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { moment, number } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Badge, Card, Problem } from "../../ui/parts";
import { t } from "./words";

interface Rule { id: string; scope: string; subject: string | null; model: string | null; resource: string; amount: number; per: string; burst?: number; adaptive?: boolean }
interface Budget {
  id: string; scope: string; subject: string | null; unit: string; amount: number; period: string; hard: boolean; resets_at: string | null;
  accounts: { subject: string; spent: number; reserved: number; left: number }[];
}

const scopes = ["user", "key", "team", "tenant", "ip", "model", "everyone"];
const budgetScopes = ["user", "key", "team", "tenant", "everyone"];
const resources = ["requests", "input_tokens", "output_tokens"];
const failure = (problem: unknown): Error => (problem instanceof Error ? problem : new Error(String(problem)));

/** The limits and budgets of all, for who may set them. */
export function LimitCards(): JSX.Element {
  return <><Limits /><Budgets /></>;
}

function Limits(): JSX.Element {
  const list = useGet<{ limits: Rule[]; defaults: Rule[] }>("/api/v1/limits");
  const [isMaking, setMaking] = useState(false);
  const rules = list.value?.limits ?? [];
  const put = (next: Rule[]) => send("PUT", "/api/v1/limits", { limits: next });
  const told = (rule: Rule) => `${number(rule.amount)} ${rule.resource} / ${rule.per}`;
  return (
    <Card title={t("limits")} actions={<button type="button" className="small" onClick={() => setMaking(true)}><Icon name="plus" /> {t("newLimit")}</button>}>
      <p className="small muted">{t("limitsHint")}</p>
      {list.error && <Problem error={list.error} again={list.reload} />}
      {list.value && rules.length === 0 && <p className="muted">{t("noLimits")}</p>}
      <ul className="plain-list">
        {rules.map((rule) => (
          <li key={rule.id} className="setting">
            <span><b dir="ltr">{rule.id}</b> <span className="muted" dir="ltr">{told(rule)} · {rule.scope}{rule.subject && ` ${rule.subject}`}{rule.model && ` · ${rule.model}`}</span></span>
            <button type="button" className="quiet small icon-only" aria-label={`${common("action.remove")}: ${rule.id}`} onClick={() => { put(rules.filter((other) => other.id !== rule.id)).catch(tellProblem).finally(list.reload); }}><Icon name="trash-2" /></button>
          </li>
        ))}
        {(list.value?.defaults ?? []).map((rule) => <li key={`default-${rule.id}`}><b dir="ltr">{rule.id}</b> <span className="muted" dir="ltr">{told(rule)} · {rule.scope}</span> <Badge tone="calm">{t("defaults")}</Badge></li>)}
      </ul>
      {isMaking && <Dialog title={t("newLimit")} onClose={() => setMaking(false)}><LimitForm onSave={(rule) => put([...rules.filter((other) => other.id !== rule.id), rule])} onDone={(name) => { setMaking(false); tell(t("saved", { name })); list.reload(); }} /></Dialog>}
    </Card>
  );
}

function LimitForm({ onSave, onDone }: { onSave(rule: Rule): Promise<unknown>; onDone(name: string): void }): JSX.Element {
  const [rule, setRule] = useState<Rule>({ id: "", scope: "user", subject: null, model: null, resource: "requests", amount: 60, per: "minute" });
  const [error, setError] = useState<Error | null>(null);
  const set = (members: Partial<Rule>) => setRule((before) => ({ ...before, ...members }));
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); onSave(rule).then(() => onDone(rule.id), (problem: unknown) => setError(failure(problem))); }}>
      <label className="field"><span>{t("id")}</span><input value={rule.id} required pattern="[A-Za-z0-9_.\-]+" maxLength={64} dir="ltr" onChange={(event) => set({ id: event.target.value })} /></label>
      <div className="field-pair">
        <Choice label={t("scope")} value={rule.scope} all={scopes} onChange={(scope) => set({ scope })} />
        <label className="field"><span>{t("subject")}</span><input value={rule.subject ?? ""} maxLength={200} dir="ltr" onChange={(event) => set({ subject: event.target.value || null })} /></label>
      </div>
      <div className="field-triple">
        <label className="field"><span>{t("amount")}</span><input type="number" min="1" value={rule.amount} required onChange={(event) => set({ amount: Number(event.target.value) })} /></label>
        <Choice label={t("resource")} value={rule.resource} all={resources} onChange={(resource) => set({ resource })} />
        <Choice label={t("per")} value={rule.per} all={["second", "minute", "hour", "day"]} onChange={(per) => set({ per })} />
      </div>
      {error && <Problem error={error} />}
      <div className="actions"><button type="submit" className="primary" disabled={!rule.id || rule.amount < 1}>{t("save")}</button></div>
    </form>
  );
}

function Budgets(): JSX.Element {
  const list = useGet<{ budgets: Budget[] }>("/api/v1/budgets", 10_000);
  const [isMaking, setMaking] = useState(false);
  const budgets = list.value?.budgets ?? [];
  return (
    <Card title={t("budgets")} actions={<button type="button" className="small" onClick={() => setMaking(true)}><Icon name="plus" /> {t("newBudget")}</button>}>
      <p className="small muted">{t("budgetsHint")}</p>
      {list.error && <Problem error={list.error} again={list.reload} />}
      {list.value && budgets.length === 0 && <p className="muted">{t("noBudgets")}</p>}
      <ul className="budget-list">
        {budgets.map((budget) => (
          <li key={budget.id}>
            <div className="setting">
              <span><b dir="ltr">{budget.id}</b> <span className="muted"><span dir="ltr">{number(budget.amount, 2)} {budget.unit} / {budget.period} · {budget.scope}{budget.subject && ` ${budget.subject}`}</span>{budget.resets_at && ` · ${t("resets", { time: moment(Date.parse(budget.resets_at)) })}`}</span></span>
              <button type="button" className="quiet small icon-only" aria-label={`${common("action.remove")}: ${budget.id}`} onClick={() => { send("DELETE", `/api/v1/budgets/${part(budget.id)}`).catch(tellProblem).finally(list.reload); }}><Icon name="trash-2" /></button>
            </div>
            {budget.accounts.slice(0, 5).map((account) => (
              <div key={account.subject} className="small">
                <span dir="auto">{account.subject}</span> <span className="muted">{t("spent", { spent: number(account.spent, 4), amount: number(budget.amount, 2) })}</span>
                <progress value={account.spent} max={Math.max(budget.amount, 1e-9)} aria-label={`${budget.id}: ${account.subject}`} />
              </div>
            ))}
          </li>
        ))}
      </ul>
      {isMaking && <Dialog title={t("newBudget")} onClose={() => setMaking(false)}><BudgetForm onDone={(name) => { setMaking(false); tell(t("saved", { name })); list.reload(); }} /></Dialog>}
    </Card>
  );
}

function BudgetForm({ onDone }: { onDone(name: string): void }): JSX.Element {
  const [id, setId] = useState("");
  const [scope, setScope] = useState("user");
  const [subject, setSubject] = useState("");
  const [unit, setUnit] = useState("tokens");
  const [amount, setAmount] = useState("100000");
  const [period, setPeriod] = useState("month");
  const [isHard, setHard] = useState(true);
  const [error, setError] = useState<Error | null>(null);
  const save = () => {
    send("PUT", `/api/v1/budgets/${part(id)}`, { scope, unit, amount: Number(amount), period, hard: isHard, ...(subject ? { subject } : {}) }).then(
      () => onDone(id), (problem: unknown) => setError(failure(problem)));
  };
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); save(); }}>
      <label className="field"><span>{t("id")}</span><input value={id} required pattern="[A-Za-z0-9_.\-]+" maxLength={64} dir="ltr" onChange={(event) => setId(event.target.value)} /></label>
      <div className="field-pair">
        <Choice label={t("scope")} value={scope} all={budgetScopes} onChange={setScope} />
        <label className="field"><span>{t("subject")}</span><input value={subject} maxLength={200} dir="ltr" onChange={(event) => setSubject(event.target.value)} /></label>
      </div>
      <div className="field-triple">
        <label className="field"><span>{t("amount")}</span><input type="number" min="0" step="any" value={amount} required onChange={(event) => setAmount(event.target.value)} /></label>
        <Choice label={t("unit")} value={unit} all={["tokens", "cost"]} onChange={setUnit} />
        <Choice label={t("period")} value={period} all={["day", "week", "month", "total"]} onChange={setPeriod} />
      </div>
      <label className="check"><input type="checkbox" checked={isHard} onChange={(event) => setHard(event.target.checked)} /> {t("hard")}</label>
      {error && <Problem error={error} />}
      <div className="actions"><button type="submit" className="primary" disabled={!id || amount === ""}>{t("save")}</button></div>
    </form>
  );
}

function Choice({ label, value, all, onChange }: { label: string; value: string; all: string[]; onChange(value: string): void }): JSX.Element {
  return <label className="field"><span>{label}</span><select value={value} onChange={(event) => onChange(event.target.value)}>{all.map((one) => <option key={one}>{one}</option>)}</select></label>;
}
