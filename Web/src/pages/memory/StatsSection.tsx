import { useGet } from "../../api/use";
import { duration, number } from "../../ui/format";
import { Bar, Card, Figure, Legend, Problem, Skeleton } from "../../ui/parts";
import type { Stats } from "./types";
import { t } from "./words";

/** How much is remembered and said, and in which mood. */
export function StatsSection({ path }: { path: string }): JSX.Element {
  const stats = useGet<Stats>(`${path}/stats`);
  if (stats.error) return <Problem error={stats.error} again={stats.reload} />;
  if (!stats.value) return <Skeleton lines={5} />;
  const { memories, conversations, tokens, sentiment, thinking } = stats.value;
  const part = (name: string, value: number | undefined, tone: string) => ({ name, value: value ?? 0, tone, text: number(value ?? 0) });
  const kinds = [part(t("preference"), memories.by_kind.preference, "c3"), part(t("fact"), memories.by_kind.fact, "c1"), part(t("profile"), memories.by_kind.profile, "c4")];
  const moods = [part(t("positive"), sentiment.positive, "c3"), part(t("neutral"), sentiment.neutral, "c2"), part(t("negative"), sentiment.negative, "c5"), part(t("unknown"), sentiment.unknown, "c0")];
  return (
    <>
      <dl className="figures">
        <Figure label={t("total")} value={number(memories.valid)} detail={t("ofMax", { max: memories.max })} />
        <Figure label={t("memories") + " · " + t("pinned")} value={number(memories.pinned)} />
        <Figure label={t("messages")} value={number(conversations.messages)} detail={t("conversations", { count: conversations.total })} />
        <Figure label={t("duration")} value={conversations.average_duration_seconds === null ? "–" : duration(conversations.average_duration_seconds * 1_000)} />
        <Figure label={t("estimated")} value={number(tokens.estimated)} detail={t("method", { method: tokens.method })} />
      </dl>
      <Card title={t("kind")}><Bar parts={kinds} total={0} label={t("kind")} /><Legend parts={kinds} /></Card>
      <Card title={t("sentiment")}>
        <Bar parts={moods} total={0} label={t("sentiment")} /><Legend parts={moods} />
        <p className="small muted" dir="auto">{t("method", { method: sentiment.method })}</p>
      </Card>
      {thinking.answers > 0 && <Thinking thinking={thinking} />}
      {conversations.by_context.length > 0 && (
        <div className="table-frame card" tabIndex={0} role="region" aria-label={t("byContext")}>
          <table>
            <thead><tr><th scope="col">{t("context")}</th><th scope="col">{t("conversation.of")}</th><th scope="col">{t("messages")}</th></tr></thead>
            <tbody>{conversations.by_context.map((row) => <tr key={row.context ?? ""}><th scope="row" dir="auto">{row.name ?? t("noContext")}</th><td>{number(row.conversations)}</td><td>{number(row.messages)}</td></tr>)}</tbody>
          </table>
        </div>
      )}
    </>
  );
}

const moves = ["plan", "check", "correct", "alternative", "conclude"] as const;

/** What models do while they think, over all conversations. */
function Thinking({ thinking }: { thinking: Stats["thinking"] }): JSX.Element {
  const percent = (part: number | null) => Math.round(100 * (part ?? 0));
  return (
    <Card title={t("thinking")}>
      <dl className="figures">
        <Figure label={t("thoughtAnswers")} value={number(thinking.answers)} />
        <Figure label={t("steps")} value={number(Math.round(10 * (thinking.average_steps ?? 0)) / 10)} />
        <Figure label={t("share")} value={`${percent(thinking.share)} %`} />
      </dl>
      {moves.map((move) => {
        const share = percent(thinking.moves[move] / thinking.answers);
        return (
          <div key={move} className="move">
            <span>{t(move)}</span> <span className="muted">{t("moveOf", { percent: share })}</span>
            <Bar parts={[{ name: t(move), value: share, tone: "c1", text: `${share} %` }]} total={100} label={t(move)} />
          </div>
        );
      })}
      <p className="small muted" dir="auto">{t("method", { method: thinking.method })}</p>
    </Card>
  );
}
