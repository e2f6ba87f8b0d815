import { useEffect, useState } from "react";
import { currentRoute, navigate } from "../../app/router";
import { tell } from "../../app/toasts";
import { t } from "../../i18n/late";
import { Dialog } from "../../ui/Dialog";
import { bytes } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Empty } from "../../ui/parts";
import { openConversation } from "../talk/opening";
import { openNow, useOpen, useSummaries } from "../talk/state";
import { asContext, hand } from "../handed";
import { besidesNow, openTab, useLayout } from "../tabs/tabs";

const shownMax = 30;

/** Gives a message or a branch to another conversation, where it is attached to the next message. */
export function ContextDialog({ from, message, onClose }: { from: string; message: string | null; onClose(): void }): JSX.Element {
  const [text, setText] = useState("");
  const layout = useLayout();
  const summaries = useSummaries();
  const source = useOpen()[from];
  useEffect(() => { void openConversation(from); }, [from]);
  const attachment = source ? asContext(source, (message && source.messages[message]) || null) : null;
  const tabs = layout.tabs.map((tab) => tab.id).filter((id) => id !== from);
  const words = text.trim().toLowerCase();
  const titleOf = (id: string) => (openNow(id) ?? summaries.find((one) => one.id === id))?.title || t("chat.untitled");
  const others = summaries.filter(({ id }) => id !== from && !tabs.includes(id)).map(({ id }) => id);
  const found = [...tabs, ...others].filter((id) => titleOf(id).toLowerCase().includes(words)).slice(0, shownMax);
  const give = async (id: string) => {
    if (!attachment) return;
    onClose();
    await openConversation(id);
    hand(id, attachment);
    openTab(id);
    const { page, id: shown } = currentRoute();
    if (page === "chat" && (shown === id || besidesNow() === id)) tell(t("give.given", { title: titleOf(id) }));
    else tell(t("give.given", { title: titleOf(id) }), { action: { label: t("give.go"), run: () => navigate("chat", id) } });
  };
  return (
    <Dialog title={t(message ? "give.useMessage" : "give.use")} onClose={onClose}>
      <p className="muted">{t("give.lead")}</p>
      {attachment && <p><span className="file-chip"><Icon name="file-text" /> <span dir="auto">{attachment.name}</span> <small>{bytes(attachment.size)}</small></span></p>}
      <input type="search" value={text} aria-label={t("give.find")} placeholder={t("give.find")} dir="auto" onChange={(event) => setText(event.target.value)} data-first />
      {found.length === 0
        ? <Empty icon="message-square-off" title={t("give.none")} />
        : (
          <ul className="choice-list compact">
            {found.map((id) => (
              <li key={id}>
                <button type="button" disabled={!attachment} onClick={() => void give(id)}>
                  <Icon name={tabs.includes(id) ? "layers" : "message-square"} /><span dir="auto"><b>{titleOf(id)}</b></span>
                  {tabs.includes(id) && <small>{t("give.open")}</small>}
                </button>
              </li>
            ))}
          </ul>
        )}
    </Dialog>
  );
}
