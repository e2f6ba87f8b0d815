import { useGet } from "../api/use";
import { openOverlay } from "../app/overlays";
import { t } from "../i18n";
import type { Space } from "../pages/memory/types";
import { Icon } from "../ui/Icon";

/** The context that a conversation belongs to, in its head. A new conversation keeps the one that it was begun in. */
export default function SpaceChip({ space, conversation }: { space: string; conversation: string | null }): JSX.Element | null {
  const list = useGet<{ contexts: Space[] }>("/api/v1/contexts");
  const name = list.value?.contexts.find(({ id }) => id === space)?.name;
  if (!name) return null;
  const words = <><Icon name="box" /> <span dir="auto">{name}</span></>;
  const label = `${t("space.choose").replace("…", "")}: ${name}`;
  return conversation === null
    ? <span className="badge calm space-chip" title={label}>{words}</span>
    : <button type="button" className="quiet small space-chip" aria-label={label} title={label} onClick={() => openOverlay({ kind: "space", conversation })}>{words}</button>;
}
