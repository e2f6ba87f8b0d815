import { useEffect, useMemo, useState } from "react";
import type { ServedModel } from "../api/types";
import { tell, tellProblem } from "../app/toasts";
import { t as common } from "../i18n";
import { number, percent } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Badge, Bar, Legend, Problem, Skeleton } from "../ui/parts";
import { VirtualList } from "../ui/VirtualList";
import { setImportance } from "./talk/saying";
import { canPlan, type Decision, estimate, forgetCuts, type Mode, type Plan, type PlannedMessage, type Policy, preview, saveImportance, savePolicy } from "./contextPlan";
import { type ContextWord, t } from "./contextWords";
import type { Conversation, Importance } from "./types";

const modes: Mode[] = ["off", "truncate", "summarise"];
const importances: Importance[] = ["low", "normal", "high", "pinned"];
const restMs = 150;

/** What of the conversation the next prompt would hold: tokens of each message, what is kept and what would have to go. */
export default function ContextPanel({ conversation, model, isRunning, onClose }: {
  conversation: Conversation; model: ServedModel | undefined; isRunning: boolean; onClose(): void;
}): JSX.Element {
  const [isPlanned, setPlanned] = useState<boolean | null>(null);
  const [policy, setPolicy] = useState<Partial<Policy> | null>(null);
  const [round, setRound] = useState(0);
  const [state, setState] = useState<{ plan: Plan | null; error: Error | null }>({ plan: null, error: null });
  useEffect(() => { void canPlan().then(setPlanned); }, []);
  useEffect(() => {
    if (isPlanned === null || isRunning || conversation.count === 0) return;
    let isHere = true;
    const timer = window.setTimeout(() => {
      (isPlanned ? preview(conversation, policy, {}) : estimate(conversation, model?.meta?.n_ctx ?? null)).then(
        (plan) => { if (isHere) setState({ plan, error: null }); },
        (error: unknown) => { if (isHere) setState((before) => ({ ...before, error: error instanceof Error ? error : new Error(String(error)) })); });
    }, restMs);
    return () => { isHere = false; window.clearTimeout(timer); };
  }, [isPlanned, isRunning, conversation, policy, round, model]);
  const { plan, error } = state;
  const mark = (message: PlannedMessage, importance: Importance) => {
    setImportance(conversation.id, message.id, importance);
    (isPlanned ? saveImportance(conversation.id, message.id, importance) : Promise.resolve()).catch(tellProblem).finally(() => setRound((before) => before + 1));
  };
  const save = (members: Partial<Policy>) => {
    savePolicy(conversation.id, members).then(() => { setPolicy(null); setRound((before) => before + 1); tell(t("saved")); }, tellProblem);
  };
  return (
    <aside className="side context-panel" aria-label={t("title")}>
      <header className="side-head">
        <h2>{t("title")}</h2>
        <button type="button" className="quiet icon-only" aria-label={common("action.close")} onClick={onClose}><Icon name="x" /></button>
      </header>
      <div className="side-body">
        <p className="small muted">{t(isPlanned === false ? "cannot" : "lead")}</p>
        {error && <Problem error={error} again={() => setRound((before) => before + 1)} />}
        {conversation.count === 0 && <p className="muted">{t("empty")}</p>}
        {conversation.count > 0 && !plan && !error && <Skeleton lines={4} />}
        {plan && <Fill plan={plan} />}
        {plan && isPlanned && <PolicyForm plan={plan} changed={policy} onChange={setPolicy} onSave={save} />}
        {plan?.summary && (
          <details className="plan-summary"><summary>{t("summaryTitle", { count: plan.summary.messages })} <span className="muted">{t("tokens", { count: plan.summary.tokens })}</span></summary>
            <p dir="auto" className="small">{plan.summary.text}</p>
            <button type="button" className="small" onClick={() => { forgetCuts(conversation.id).then(() => { tell(t("forgotten")); setRound((before) => before + 1); }, tellProblem); }}>{t("forget")}</button>
          </details>
        )}
        {plan && <Messages plan={plan} onMark={mark} />}
      </div>
    </aside>
  );
}

function Fill({ plan }: { plan: Plan }): JSX.Element {
  const sum = (decision: Decision) => plan.messages.filter((one) => one.decision === decision).reduce((total, one) => total + one.tokens_kept, 0);
  const shortened = sum("shorten");
  const summary = plan.summary?.tokens ?? 0;
  const kept = Math.max(0, plan.total - plan.system.tokens - plan.overhead - shortened - summary);
  const part = (name: ContextWord, value: number, tone: string) => ({ name: t(name), value, tone, text: number(value) });
  const parts = [part("system", plan.system.tokens, "c4"), part("summary", summary, "c6"), part("kept", kept, "c1"), part("shortened", shortened, "c2"), part("overhead", plan.overhead, "c3")].filter(({ value }) => value > 0);
  const limit = plan.limit ?? plan.window;
  const gone = plan.messages.filter((one) => one.decision === "drop" || one.decision === "summarise").length;
  return (
    <section className="plan-fill" aria-live="polite">
      <p className="plan-total"><b>{limit ? t("fill", { used: plan.total, limit }) : t("unlimited", { used: plan.total })}</b> <span className="muted small">{t(plan.exact ? "exact" : "estimated")}{plan.fill !== null && ` · ${percent(plan.fill)}`}</span></p>
      <Bar parts={parts} total={limit ?? 0} label={t("title")} />
      <Legend parts={limit ? [...parts, { name: t("free"), tone: "none", text: number(Math.max(0, limit - plan.total)) }] : parts} />
      {plan.will_cut && gone > 0 && <p className="small warning"><Icon name="triangle-alert" /> {t("cutNow", { count: gone })}</p>}
      {!plan.will_cut && plan.next_cut && <p className="small muted">{t("cutLater", { at: plan.next_cut.at_total, to: plan.next_cut.to_total })}</p>}
      {!plan.fits && <p className="small problem" role="alert">{t("tooLarge")}</p>}
      {plan.system.over && <p className="small warning">{t("over")}</p>}
    </section>
  );
}

function PolicyForm({ plan, changed, onChange, onSave }: { plan: Plan; changed: Partial<Policy> | null; onChange(policy: Partial<Policy> | null): void; onSave(policy: Partial<Policy>): void }): JSX.Element {
  const now = { ...plan.policy, ...changed };
  const most = plan.window ?? 32_768;
  const set = (members: Partial<Policy>) => onChange({ ...own(plan.policy), ...changed, ...members });
  const slider = (name: "budget_tokens" | "answer_tokens" | "system_tokens", label: ContextWord) => (
    <label className="plan-slider"><span>{t(label)}</span><output>{now[name] === null ? t("none") : number(now[name])}</output>
      <input type="range" min={0} max={most} step={Math.max(1, Math.round(most / 128))} value={now[name] ?? 0} aria-valuetext={now[name] === null ? t("none") : t("tokens", { count: now[name] ?? 0 })}
        onChange={(event) => set({ [name]: Number(event.target.value) || null })} />
    </label>
  );
  return (
    <section className="stack">
      <div className="field"><span id="plan-mode">{t("mode")}</span>
        <div className="segments wrap" role="group" aria-labelledby="plan-mode">
          {modes.map((mode) => <button key={mode} type="button" aria-pressed={now.mode === mode} onClick={() => set({ mode })}>{t(mode)}</button>)}
        </div>
        <p className="small muted">{t(`${now.mode ?? "off"}Hint`)}</p>
      </div>
      {slider("budget_tokens", "budget")}
      {slider("answer_tokens", "answerTokens")}
      {slider("system_tokens", "systemTokens")}
      <label className="plan-slider"><span>{t("cutTo")}</span><output>{percent(now.cut_to ?? 0.6)}</output>
        <input type="range" min={0.2} max={0.95} step={0.05} value={now.cut_to ?? 0.6} aria-valuetext={percent(now.cut_to ?? 0.6)} onChange={(event) => set({ cut_to: Number(event.target.value) })} />
      </label>
      <div className="actions">
        {changed && <span className="small muted">{t("preview")}</span>}
        <button type="button" className="small" disabled={!changed && plan.policy.source !== "conversation"} onClick={() => onSave({ mode: null, budget_tokens: null, answer_tokens: null, system_tokens: null, message_tokens: null, cut_to: null })}>{t("reset")}</button>
        <button type="button" className="small primary" disabled={!changed} onClick={() => onSave(own(now))}>{t("save")}</button>
      </div>
    </section>
  );
}

const own = ({ source: _source, ...members }: Policy): Partial<Policy> => members;

const tones: Record<Decision, "good" | "busy" | "bad" | "calm"> = { keep: "good", shorten: "busy", summarise: "busy", drop: "bad" };
const decisionWords: Record<Decision, ContextWord> = { keep: "keep", shorten: "shorten", summarise: "summarised", drop: "drop" };

function Messages({ plan, onMark }: { plan: Plan; onMark(message: PlannedMessage, importance: Importance): void }): JSX.Element {
  const rows = useMemo(() => [...plan.messages].reverse(), [plan]);
  const most = Math.max(1, ...plan.messages.map(({ tokens }) => tokens));
  return (
    <>
      <h3 className="plan-heading">{t("messages")}</h3>
      {plan.has_more && <p className="small muted">{t("more")}</p>}
      <div className="plan-messages">
        <VirtualList label={t("messages")} rows={rows} rowHeight={76} keyOf={({ id }) => id} render={(message) => (
          <div className={`plan-message ${message.decision}`}>
            <p className="plan-text" dir="auto"><Icon name={message.role === "user" ? "user" : message.role === "system" ? "settings" : "sparkle"} /> <span>{message.text || "…"}</span></p>
            <div className="plan-facts">
              <span className="plan-tokens"><i style={{ inlineSize: `${(100 * message.tokens) / most}%` }} /></span>
              <span className="small">{message.tokens_kept < message.tokens && message.decision === "shorten" ? `${number(message.tokens_kept)} / ${number(message.tokens)}` : number(message.tokens)}</span>
              <Badge tone={tones[message.decision]}>{t(decisionWords[message.decision])}</Badge>
              <span className="small muted plan-reason">{reason(message.reason)}</span>
              <span className="spread" />
              <select value={message.importance} aria-label={t("importance", { text: message.text.slice(0, 40) })} onChange={(event) => onMark(message, event.target.value as Importance)}>
                {importances.map((name) => <option key={name} value={name}>{t(name)}</option>)}
              </select>
            </div>
          </div>
        )} />
      </div>
    </>
  );
}

const reasons = new Set(["fits", "system", "pinned", "important", "recent", "last_turn", "old", "unimportant", "too_large", "with_its_call"]);
const reason = (name: string): string => (reasons.has(name) ? t(`r.${name}` as ContextWord) : name);
