import { useEffect, useMemo } from "react";
import { t } from "../../i18n";
import { useOpen, useSummaries } from "../talk/state";
import type { ConversationSummary } from "../types";
import { learn, useLearned } from "./tabs";

/** What is known of conversations by their ids; what no list has is asked for. */
export function useKnown(ids: string[]): Map<string, ConversationSummary | undefined> {
  const summaries = useSummaries();
  const open = useOpen();
  const listed = useMemo(() => new Map(summaries.map((one) => [one.id, one])), [summaries]);
  const known = new Map(ids.map((id): [string, ConversationSummary | undefined] => [id, open[id] ?? listed.get(id)]));
  const unknown = ids.filter((id) => !known.get(id)).join(" ");
  useEffect(() => {
    // The list comes in a moment, and knows most of them.
    if (!unknown) return;
    const timer = window.setTimeout(() => { for (const id of unknown.split(" ")) void learn(id); }, 1_500);
    return () => window.clearTimeout(timer);
  }, [unknown]);
  return known;
}

export function useTitles(ids: string[]): (id: string) => string {
  const known = useKnown(ids);
  const learned = useLearned();
  return (id) => {
    const one = known.get(id);
    const title = one ? one.title : learned[id];
    return title === undefined ? "…" : title || t("chat.untitled");
  };
}
