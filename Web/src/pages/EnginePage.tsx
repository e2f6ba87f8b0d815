import { useEffect, useRef, useState } from "react";
import { part, send } from "../api/http";
import type { Cache, CacheNode, Deployment, EngineState, MemoryPlan, Slot } from "../api/types";
import { useGet } from "../api/use";
import { tell, tellProblem } from "../app/toasts";
import { t } from "../i18n";
import { bytes, duration, number, percent, ratio } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Badge, Bar, Card, Empty, Figure, Legend, Page, Problem, Skeleton } from "../ui/parts";
import { Sparkline } from "../ui/Sparkline";

const interval = 1_000;

/** What the engine does right now: slots, who waits, what the cache saved, who has the memory. */
export default function EnginePage(): JSX.Element {
  const deployments = useGet<{ deployments: Deployment[] }>("/api/v1/deployments", 5_000);
  const engines = (deployments.value?.deployments ?? []).filter((deployment) => deployment.configuration.kind === "engine");
  const [chosen, setChosen] = useState<string | null>(null);
  const name = engines.find((deployment) => deployment.name === chosen)?.name ?? engines[0]?.name ?? null;
  const state = useGet<EngineState>(name ? `/api/v1/deployments/${part(name)}/engine` : null, interval);
  const memory = useGet<MemoryPlan>("/api/v1/memory", 3_000);
  return (
    <Page title={t("nav.engine")} lead={t("engine.lead")} actions={engines.length > 1 && (
      <label className="inline-field"><span className="visually-hidden">{t("chat.model")}</span>
        <select value={name ?? ""} onChange={(event) => setChosen(event.target.value)}>
          {engines.map((deployment) => <option key={deployment.name}>{deployment.name}</option>)}
        </select>
      </label>
    )}>
      {deployments.error && <Problem error={deployments.error} again={deployments.reload} />}
      {deployments.value && engines.length === 0 && <Empty icon="activity" title={t("engine.none")} />}
      {state.error && <Problem error={state.error} again={state.reload} />}
      {name && !state.value && !state.error && <Skeleton lines={6} />}
      {state.value && state.value.replicas.length === 0 && <Empty icon="moon" title={t("engine.asleep")} />}
      {state.value?.replicas.map((replica) => (
        <div key={replica.id} className="replica">
          {state.value && state.value.replicas.length > 1 && <h2>{t("engine.replica", { number: replica.id })}</h2>}
          {replica.slots && <Slots slots={replica.slots} cache={replica.cache} />}
          {replica.cache && <CacheView deployment={name ?? ""} cache={replica.cache} onChange={state.reload} />}
        </div>
      ))}
      {memory.value && <Memory plan={memory.value} />}
    </Page>
  );
}

function Slots({ slots, cache }: { slots: Slot[]; cache: Cache | null }): JSX.Element {
  const busy = slots.filter((slot) => slot.state !== "idle");
  const speed = useSpeed(slots);
  const tenants = new Map<string, { running: number; tokens: number }>();
  for (const slot of busy) {
    const tenant = slot.tenant || t("engine.everybody");
    const known = tenants.get(tenant) ?? { running: 0, tokens: 0 };
    tenants.set(tenant, { running: known.running + 1, tokens: known.tokens + slot.written_tokens + slot.computed_tokens });
  }
  const totals = cache?.totals;
  const asked = totals ? totals.tokens_reused + totals.tokens_computed : 0;
  return (
    <>
      <dl className="figures">
        <Figure label={t("engine.busy")} value={ratio(number(busy.length), number(slots.length))} />
        <Figure label={t("engine.speed")} value={number(speed.now)} detail={t("engine.perSecond")} />
        <Figure label={t("engine.reuse")} value={asked > 0 && totals ? percent(totals.tokens_reused / asked) : "–"} detail={totals && t("engine.reused", { count: totals.tokens_reused })} />
        <Figure label={t("engine.cells")} value={cache ? percent(cache.cells_used / Math.max(1, cache.cells)) : "–"} detail={cache && ratio(number(cache.cells_used), number(cache.cells))} />
      </dl>
      <Card title={t("engine.slots")} actions={<Sparkline values={speed.past} label={t("engine.speedOver")} />}>
        <ul className="slots">
          {slots.map((slot) => <SlotView key={slot.id} slot={slot} />)}
        </ul>
      </Card>
      {tenants.size > 0 && (
        <Card title={t("engine.tenants")}>
          <ul className="plain-list">
            {Array.from(tenants, ([tenant, { running, tokens }]) => (
              <li key={tenant}><b dir="auto">{tenant}</b> <span className="muted">{t("engine.tenantRuns", { count: running })} · {t("facts.tokens", { count: tokens })}</span></li>
            ))}
          </ul>
        </Card>
      )}
    </>
  );
}

/** Tokens in a second, of all slots: what was written since the last look. */
function useSpeed(slots: Slot[]): { now: number; past: number[] } {
  const before = useRef<{ at: number; written: Map<string, number> } | null>(null);
  const [speed, setSpeed] = useState<{ now: number; past: number[] }>({ now: 0, past: [] });
  useEffect(() => {
    const now = performance.now();
    const written = new Map(slots.filter((slot) => slot.request_id).map((slot) => [slot.request_id ?? "", slot.written_tokens]));
    const last = before.current;
    before.current = { at: now, written };
    if (!last || now - last.at < 200) return;
    let count = 0;
    for (const [id, tokens] of Array.from(written)) count += Math.max(0, tokens - (last.written.get(id) ?? 0));
    const fresh = (count * 1_000) / (now - last.at);
    setSpeed((old) => ({ now: fresh, past: [...old.past, fresh].slice(-60) }));
  }, [slots]);
  return speed;
}

function SlotView({ slot }: { slot: Slot }): JSX.Element {
  const isIdle = slot.state === "idle";
  const fresh = Math.max(0, slot.computed_tokens - slot.cached_tokens);
  const missing = Math.max(0, slot.prompt_tokens - slot.computed_tokens);
  const limit = slot.n_ctx;
  return (
    <li className={isIdle ? "idle" : "busy"}>
      <div className="slot-head">
        <b>{number(slot.id)}</b>
        <Badge tone={isIdle ? "calm" : "busy"}>{slot.state}</Badge>
        {slot.tenant && <span className="small muted" dir="auto">{slot.tenant}</span>}
        <span className="spread" />
        {!isIdle && <span className="small">{t("engine.written", { count: slot.written_tokens })}</span>}
      </div>
      <Bar label={t("engine.slotFill", { number: slot.id })} total={limit} parts={[
        { name: t("facts.cached"), value: Math.min(slot.cached_tokens, slot.prompt_tokens), tone: "c7" },
        { name: t("facts.prompt"), value: Math.min(fresh, slot.prompt_tokens), tone: "c2" },
        { name: t("engine.waitingTokens"), value: missing, tone: "c0" },
        { name: t("facts.written"), value: slot.written_tokens, tone: "c1" },
      ]} />
    </li>
  );
}

function CacheView({ deployment, cache, onChange }: { deployment: string; cache: Cache; onChange(): void }): JSX.Element {
  const { totals } = cache;
  const drop = async (node: CacheNode) => {
    try {
      await send("DELETE", `/api/v1/deployments/${part(deployment)}/cache/${part(node.id)}`);
      tell(t("cache.dropped"));
      onChange();
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <Card title={t("cache.title")}>
      <p className="small muted">{t("cache.lead", { lookups: totals.lookups, hits: totals.hits, evictions: totals.evictions })}</p>
      <Bar label={t("cache.title")} total={0} parts={[
        { name: t("facts.cached"), value: totals.tokens_reused, tone: "c7" }, { name: t("cache.computed"), value: totals.tokens_computed, tone: "c2" },
      ]} />
      <Legend parts={[
        { name: t("facts.cached"), tone: "c7", text: number(totals.tokens_reused) }, { name: t("cache.computed"), tone: "c2", text: number(totals.tokens_computed) },
        ...cache.tiers.filter((tier) => tier.bytes_max > 0).map((tier) => ({ name: t("cache.tier", { tier: tier.tier }), tone: "c0", text: ratio(bytes(tier.bytes), bytes(tier.bytes_max)) })),
      ]} />
      <CacheTree nodes={cache.nodes} onDrop={(node) => void drop(node)} />
    </Card>
  );
}

const nodesMax = 200;

/** Prompts that are kept, as the tree that they share: what stands below another one begins with it. */
function CacheTree({ nodes, onDrop }: { nodes: CacheNode[]; onDrop(node: CacheNode): void }): JSX.Element {
  const below = new Map<string | null, CacheNode[]>();
  for (const node of nodes) below.set(node.parent, [...(below.get(node.parent) ?? []), node]);
  const rows: { node: CacheNode; depth: number }[] = [];
  const waiting = (below.get(null) ?? []).map((node) => ({ node, depth: 0 })).reverse();
  for (let next = waiting.pop(); next && rows.length < nodesMax; next = waiting.pop()) {
    rows.push(next);
    for (const child of below.get(next.node.id) ?? []) waiting.push({ node: child, depth: next.depth + 1 });
  }
  if (rows.length === 0) return <p className="muted">{t("cache.empty")}</p>;
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label={t("cache.nodes")}>
      <table className="dense">
        <thead><tr><th scope="col">{t("cache.text")}</th><th scope="col">{t("cache.tokens")}</th><th scope="col">{t("cache.hits")}</th><th scope="col">{t("cache.where")}</th><th scope="col">{t("cache.idle")}</th><th scope="col"><span className="visually-hidden">{t("action.remove")}</span></th></tr></thead>
        <tbody>
          {rows.map(({ node, depth }) => (
            <tr key={node.id}>
              <td style={{ paddingInlineStart: `${8 + Math.min(depth, 10) * 14}px` }}><code dir="auto" className="clip" title={node.text}>{node.text || "…"}</code></td>
              <td>{number(node.tokens)}</td><td>{number(node.hits)}</td><td>{node.tier}</td><td>{duration(node.seconds_since_use * 1_000)}</td>
              <td><button type="button" className="quiet small icon-only" disabled={node.users > 0} aria-label={`${t("cache.drop")} ${node.id}`} title={t("cache.drop")} onClick={() => onDrop(node)}><Icon name="trash-2" /></button></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Memory({ plan }: { plan: MemoryPlan }): JSX.Element {
  const tones = ["c1", "c2", "c4", "c5", "c6", "c3"];
  const parts = plan.models.map((model, index) => ({
    name: model.model, value: model.reserved.host_bytes, tone: tones[index % tones.length] ?? "c1", text: bytes(model.reserved.host_bytes),
  }));
  const others = Math.max(0, plan.machine.total_bytes - plan.machine.free_bytes - plan.reserved.host_bytes);
  return (
    <Card title={t("memory.title")}>
      <p className="small muted">{t("memory.lead", { budget: bytes(plan.budget.host_bytes), free: bytes(plan.free.host_bytes) })}</p>
      <Bar label={t("memory.title")} total={plan.machine.total_bytes} parts={[...parts, { name: t("memory.others"), value: others, tone: "c0", text: bytes(others) }]} />
      <Legend parts={[...parts, { name: t("memory.others"), tone: "c0", text: bytes(others) }, { name: t("memory.free"), tone: "none", text: bytes(plan.machine.free_bytes) }]} />
      {plan.models.map((model) => (
        <details key={model.model}>
          <summary>{model.model} <span className="muted">{t("memory.line", { predicted: bytes(model.predicted.host_bytes), measured: bytes(model.measured?.host_bytes), reload: duration(model.reload_seconds * 1_000) })}</span></summary>
          <ul className="plain-list small">
            {(model.parts ?? []).map((item, index) => <li key={index}><b>{item.kind}</b> {bytes(item.bytes)} <span className="muted" dir="ltr">{item.reason}</span></li>)}
          </ul>
        </details>
      ))}
    </Card>
  );
}
