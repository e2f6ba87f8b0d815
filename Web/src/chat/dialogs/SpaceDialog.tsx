import { useGet } from "../../api/use";
import { navigate } from "../../app/router";
import { tell, tellProblem } from "../../app/toasts";
import { t } from "../../i18n/late";
import type { Space } from "../../pages/memory/types";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { Problem, Skeleton } from "../../ui/parts";
import { organise } from "../talk/order";
import { summariesNow, useOpen } from "../talk/state";

/** Chooses the context that a conversation belongs to, or none. */
export function SpaceDialog({ id, onClose }: { id: string; onClose(): void }): JSX.Element | null {
  const opened = useOpen()[id];
  const list = useGet<{ contexts: Space[] }>("/api/v1/contexts");
  const conversation = opened ?? summariesNow().find((one) => one.id === id);
  if (!conversation) return null;
  const now = conversation.context ?? null;
  const go = (space: Space | null) => {
    const title = conversation.title || t("chat.untitled");
    organise([conversation], () => ({ context: space?.id ?? null }))
      .then(() => tell(space ? t("space.put", { title, name: space.name }) : t("space.out", { title })), tellProblem);
    onClose();
  };
  return (
    <Dialog title={t("space.choose")} onClose={onClose}>
      <p className="muted">{t("space.lead")}</p>
      {list.error && <Problem error={list.error} again={list.reload} />}
      {!list.value && list.isLoading && <Skeleton lines={3} />}
      {list.value?.contexts.length === 0 && <p className="muted small">{t("space.noneYet")}</p>}
      {list.value && (
        <ul className="choice-list compact">
          <li><button type="button" aria-pressed={now === null} disabled={now === null} onClick={() => go(null)}><Icon name={now === null ? "check" : "x"} /><span><b>{t("space.none")}</b></span></button></li>
          {list.value.contexts.map((space) => (
            <li key={space.id}>
              <button type="button" aria-pressed={now === space.id} disabled={now === space.id} onClick={() => go(space)}>
                <Icon name={now === space.id ? "check" : "box"} /><span dir="auto"><b>{space.name}</b></span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="actions"><button type="button" onClick={() => { onClose(); navigate("memory", "spaces"); }}>{t("space.manage")}</button></div>
    </Dialog>
  );
}
