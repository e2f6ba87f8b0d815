import { useEffect, useState } from "react";
import { part } from "../api/http";
import { hasRoute } from "../api/routes";
import { useGet } from "../api/use";
import { useSession } from "../app/session";
import { t } from "../i18n";
import { number } from "../ui/format";
import { Card, Empty, Figure, Page, Problem, Skeleton } from "../ui/parts";

import { LimitCards } from "./access/LimitCards";

interface Amounts {
  requests: number;
  failures: number;
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
  cost: number;
}
type Row = Amounts & { start?: string } & Partial<Record<Group, string>>;
interface Sums { usage: Row[]; total: Amounts }
interface Limit { id: string; resource: string; amount: number; per: string; remaining: number; model: string | null }
interface PlainUsage { usage: { model: string; requests: number; prompt_tokens: number; completion_tokens: number; failures?: number }[] }

const groups = ["model", "user", "key", "tenant", "endpoint"] as const;
type Group = (typeof groups)[number];

/** What was asked and written: out of the ledger where the server keeps one, by model otherwise. */
export default function UsagePage(): JSX.Element {
  const [hasLedger, setLedger] = useState<boolean | null>(null);
  useEffect(() => { hasRoute("/api/v1/usage").then(setLedger, () => setLedger(false)); }, []);
  return (
    <Page title={t("nav.usage")} lead={t("usage.lead")}>
      {hasLedger === null && <Skeleton lines={4} />}
      {hasLedger === true && <Ledger />}
      {hasLedger === false && <ByModel />}
    </Page>
  );
}

function Ledger(): JSX.Element {
  const [group, setGroup] = useState<Group>("model");
  const sums = useGet<Sums>(`/api/v1/usage?group=${group}`, 5_000);
  const days = useGet<Sums>("/api/v1/usage?by=day", 30_000);
  const limits = useGet<{ limits: Limit[] }>("/api/v1/limits/mine", 5_000);
  const session = useSession();
  // On a server that asks nobody who they are, everybody may.
  const maySet = session.mode === "open" || (session.user?.permissions.includes("limits.write") ?? false);
  const rows = (sums.value?.usage ?? []).map((row) => ({ ...row, name: row[group] || "–" }));
  return (
    <>
      {sums.error && <Problem error={sums.error} again={sums.reload} />}
      {sums.value && <Totals total={sums.value.total} />}
      {days.value && days.value.usage.length > 0 && <Days rows={days.value.usage} />}
      <div className="filter-row">
        <span id="usage-by">{t("usage.by")}</span>
        <div className="segments wrap" role="group" aria-labelledby="usage-by">
          {groups.map((name) => <button key={name} type="button" aria-pressed={group === name} onClick={() => setGroup(name)}>{t(`usage.group.${name}`)}</button>)}
        </div>
        <span className="spread" />
        <a className="button small" href={`/api/v1/usage?by=day&group=${part(group)}&format=csv`} download="usage.csv">{t("usage.csv")}</a>
      </div>
      {sums.value && rows.length === 0 ? <Empty icon="chart-column" title={t("usage.none")} /> : <Rows rows={rows} label={t(`usage.group.${group}`)} />}
      <Card title={t("usage.limits")}>
        {(limits.value?.limits ?? []).length === 0 && <p className="muted">{t("usage.noLimits")}</p>}
        <ul className="plain-list">
          {(limits.value?.limits ?? []).map((limit) => (
            <li key={limit.id}>
              <p className="small">{t("usage.per", { remaining: limit.remaining, amount: limit.amount, resource: limit.resource, per: limit.per })}</p>
              <progress value={limit.remaining} max={limit.amount} aria-label={limit.id} />
            </li>
          ))}
        </ul>
      </Card>
      {maySet && <LimitCards />}
    </>
  );
}

function Totals({ total }: { total: Amounts }): JSX.Element {
  return (
    <dl className="figures">
      <Figure label={t("models.requests")} value={number(total.requests)} />
      <Figure label={t("usage.read")} value={number(total.input_tokens)} detail={total.cached_tokens ? `${t("facts.cached")}: ${number(total.cached_tokens)}` : t("usage.tokens")} />
      <Figure label={t("usage.written")} value={number(total.output_tokens)} detail={t("usage.tokens")} />
      {total.cost > 0 ? <Figure label={t("usage.cost")} value={number(total.cost, 4)} /> : <Figure label={t("usage.failures")} value={number(total.failures)} />}
    </dl>
  );
}

function Days({ rows }: { rows: Row[] }): JSX.Element {
  const sorted = [...rows].sort((a, b) => (a.start ?? "").localeCompare(b.start ?? "")).slice(-31);
  const most = Math.max(1, ...sorted.map((row) => row.input_tokens + row.output_tokens));
  return (
    <Card title={t("usage.days")}>
      <div className="columns" role="img" aria-label={`${t("usage.days")}: ${sorted.map((row) => `${row.start?.slice(0, 10)} ${number(row.input_tokens + row.output_tokens)}`).join(", ")}`}>
        {sorted.map((row) => (
          <span key={row.start} title={`${row.start?.slice(0, 10)}: ${number(row.input_tokens)} + ${number(row.output_tokens)}`}>
            <i className="tone-c1" style={{ blockSize: `${(100 * row.output_tokens) / most}%` }} /><i className="tone-c2" style={{ blockSize: `${(100 * row.input_tokens) / most}%` }} />
          </span>
        ))}
      </div>
    </Card>
  );
}

function Rows({ rows, label }: { rows: (Amounts & { name: string })[]; label: string }): JSX.Element | null {
  const most = Math.max(1, ...rows.map((row) => row.input_tokens + row.output_tokens));
  if (rows.length === 0) return null;
  return (
    <div className="table-frame card" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead><tr><th scope="col">{label}</th><th scope="col">{t("models.requests")}</th><th scope="col">{t("usage.read")}</th><th scope="col">{t("usage.written")}</th><th scope="col" className="wide-only">{t("usage.share")}</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row" dir="auto">{row.name}</th><td>{number(row.requests)}</td><td>{number(row.input_tokens)}</td><td>{number(row.output_tokens)}</td>
              <td className="wide-only share"><span style={{ inlineSize: `${(100 * (row.input_tokens + row.output_tokens)) / most}%` }} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ByModel(): JSX.Element {
  const usage = useGet<PlainUsage>("/api/v1/models/usage", 5_000);
  const rows = (usage.value?.usage ?? []).map((row) => ({
    name: row.model, requests: row.requests, failures: row.failures ?? 0, input_tokens: row.prompt_tokens, cached_tokens: 0, output_tokens: row.completion_tokens, cost: 0,
  }));
  const sum = (of: (row: Amounts) => number) => rows.reduce((total, row) => total + of(row), 0);
  if (usage.error) return <Problem error={usage.error} again={usage.reload} />;
  if (!usage.value) return <Skeleton lines={4} />;
  return (
    <>
      <Totals total={{ requests: sum((row) => row.requests), failures: sum((row) => row.failures), input_tokens: sum((row) => row.input_tokens), cached_tokens: 0, output_tokens: sum((row) => row.output_tokens), cost: 0 }} />
      {rows.length === 0 ? <Empty icon="chart-column" title={t("usage.none")} /> : <Rows rows={rows} label={t("usage.group.model")} />}
    </>
  );
}
