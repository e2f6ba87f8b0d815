import type { ServedModel } from "../api/types";
import { t } from "../i18n";
import { number, percent, ratio } from "../ui/format";
import type { Conversation, Message } from "./types";

/** How full the model's context is after the last answer, and how much of its prompt came out of the cache. */
export function ContextMeter({ messages, model, isRunning }: {
  conversation: Conversation; messages: Message[]; model: ServedModel | undefined; isRunning: boolean;
}): JSX.Element | null {
  const last = [...messages].reverse().find((message) => message.facts?.usage);
  const usage = last?.facts?.usage;
  const limit = model?.meta?.n_ctx;
  if (!usage || !limit) return null;
  const used = usage.total_tokens;
  const share = Math.min(1, used / limit);
  const cached = usage.prompt_tokens_details?.cached_tokens ?? 0;
  const label = t("context.label", { used, limit, cached: percent(usage.prompt_tokens > 0 ? cached / usage.prompt_tokens : 0) });
  return (
    <div className={`context-meter ${share > 0.85 ? "full" : ""} ${isRunning ? "live" : ""}`} title={label} role="img" aria-label={label}>
      <svg viewBox="0 0 36 36" aria-hidden="true">
        <circle cx="18" cy="18" r="15" className="ring" />
        <circle cx="18" cy="18" r="15" className="fill" pathLength="100" strokeDasharray={`${(share * 100).toFixed(1)} 100`} />
      </svg>
      <span className="wide-only">{ratio(number(used), number(limit))}</span>
    </div>
  );
}
