import { t } from "../i18n";
import { duration, number, percent } from "../ui/format";
import { Bar, Legend } from "../ui/parts";
import type { AnswerFacts } from "./types";

/** "24 tokens · 210 tokens/s · first after 18 ms". */
export function summaryOf(facts: AnswerFacts): string {
  const parts: string[] = [];
  if (facts.usage) parts.push(t("facts.tokens", { count: facts.usage.completion_tokens }));
  const speed = facts.timings?.predicted_per_second;
  if (speed) parts.push(t("facts.speed", { speed: number(speed, speed < 10 ? 1 : 0) }));
  if (facts.firstMs !== undefined) parts.push(t("facts.first", { time: duration(facts.firstMs) }));
  return parts.join(" · ");
}

interface Reason {
  name: string;
  value: number;
  tone: string;
  text: string;
  why: string;
}

/** Where the milliseconds of an answer went. What is left over is the way there and back, and drawing. */
export function reasons(facts: AnswerFacts): Reason[] {
  const { timings = {}, usage } = facts;
  const parts: Reason[] = [];
  const add = (name: string, value: number | undefined, tone: string, why: string) => {
    if (value !== undefined && value > 0) parts.push({ name, value, tone, text: duration(value), why });
  };
  const queue = timings.queue_ms ?? 0;
  const loading = Math.max(0, (facts.waitMs ?? 0) - 1);
  add(t("facts.loading"), loading, "c5", t("facts.loadingWhy"));
  add(t("facts.queue"), queue, "c4", t("facts.queueWhy"));
  add(t("facts.media"), timings.media_ms, "c6", t("facts.mediaWhy"));
  const cached = timings.cache_n ?? usage?.prompt_tokens_details?.cached_tokens ?? 0;
  add(t("facts.prompt"), timings.prompt_ms, "c2", t("facts.promptWhy", { computed: timings.prompt_n ?? 0, cached }));
  const written = timings.predicted_n ?? usage?.completion_tokens ?? 0;
  const drafts = timings.draft_n ? ` ${t("facts.drafts", { accepted: timings.draft_n_accepted ?? 0, tried: timings.draft_n })}` : "";
  const thought = usage?.completion_tokens_details?.reasoning_tokens ?? 0;
  const thinking = thought > 0 ? ` ${t("facts.thought", { count: thought })}` : "";
  add(t("facts.writing"), timings.predicted_ms, "c1", t("facts.writingWhy", { count: written }) + drafts + thinking);
  const known = parts.reduce((sum, part) => sum + part.value, 0);
  if (facts.totalMs !== undefined && timings.predicted_ms !== undefined) {
    add(t("facts.rest"), facts.totalMs - known, "c3", t("facts.restWhy"));
  }
  return parts;
}

/** The reason for each millisecond of an answer. */
export function FactsView({ facts }: { facts: AnswerFacts }): JSX.Element {
  const parts = reasons(facts);
  const prompt = facts.usage?.prompt_tokens ?? 0;
  const cached = facts.timings?.cache_n ?? facts.usage?.prompt_tokens_details?.cached_tokens ?? 0;
  return (
    <section className="facts" aria-label={t("facts.why")}>
      <p className="facts-title">{t("facts.title", { time: duration(facts.totalMs) })}</p>
      <Bar parts={parts} total={0} label={t("facts.why")} />
      <dl className="reasons">
        {parts.map((part) => (
          <div key={part.name}>
            <dt><i className={`tone-${part.tone}`} /> {part.name}<b>{part.text}</b></dt>
            <dd>{part.why}</dd>
          </div>
        ))}
      </dl>
      <Legend parts={[
        { name: t("facts.promptTokens"), tone: "c2", text: number(prompt) },
        { name: t("facts.cached"), tone: "c7", text: `${number(cached)} (${percent(prompt > 0 ? cached / prompt : 0)})` },
        { name: t("facts.written"), tone: "c1", text: number(facts.usage?.completion_tokens) },
      ]} />
      {(facts.fallbackFor || facts.notes) && (
        <ul className="notes small muted">
          {facts.fallbackFor && <li>{t("facts.fallback", { model: facts.fallbackFor })}</li>}
          {Object.entries(facts.notes ?? {}).map(([name, value]) => <li key={name}><code>{name}: {value}</code></li>)}
        </ul>
      )}
      {facts.requestId && <p className="small muted"><code>{facts.requestId}</code></p>}
    </section>
  );
}
