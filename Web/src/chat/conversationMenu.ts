// What can be done with a conversation, for its row, its tab and its head.

import { openOverlay } from "../app/overlays";
import { navigate } from "../app/router";
import { t } from "../i18n";
import type { MenuEntry } from "../ui/Menu";
import { remove } from "./talk/removing";
import { archive, keepForGood, moveTo, pin } from "./library/organising";
import { besides, openTab } from "./tabs/tabs";
import type { ConversationSummary } from "./types";

/** Two conversations side by side need so much room. */
export const splitQuery = "(min-width: 900px)";

export function conversationMenu(one: ConversationSummary, rename: (() => void) | null, current: string | null): MenuEntry[] {
  const { id } = one;
  const canSplit = window.matchMedia(splitQuery).matches && current !== null && current !== id;
  return [
    ...(current === id ? [] : [{ icon: "plus", text: t("tabs.openNew"), run: () => { openTab(id); navigate("chat", id); } }]),
    ...(canSplit ? [{ icon: "columns-2", text: t("tabs.beside"), run: () => besides(id) }] : []),
    ...(current === id ? [] : ["line" as const]),
    ...(rename ? [{ icon: "pencil", text: t("chat.rename"), run: rename }] : []),
    ...(one.isTemporary
      ? [{ icon: "save", text: t("talk.keepForGood"), run: () => keepForGood(one) }]
      : [
        { icon: one.isPinned ? "pin-off" : "pin", text: t(one.isPinned ? "chat.unpin" : "chat.pin"), run: () => pin(one) },
        { icon: "folder-input", text: t("talk.move"), run: () => openOverlay({ kind: "move", conversations: [id] }) },
        ...(one.folder ? [{ icon: "folder-x", text: t("talk.moveOut"), run: () => moveTo([one], "") }] : []),
        { icon: "tag", text: t("talk.tags"), run: () => openOverlay({ kind: "tags", conversation: id }) },
      ]),
    ...(one.context === undefined ? [] : [{ icon: "box", text: t("space.choose"), run: () => openOverlay({ kind: "space", conversation: id }) }]),
    "line",
    { icon: "share-2", text: t("share.title"), run: () => openOverlay({ kind: "share", conversation: id }) },
    { icon: "download", text: t("export.title"), run: () => openOverlay({ kind: "export", conversation: id }) },
    { icon: "message-square-quote", text: t("give.use"), run: () => openOverlay({ kind: "context", conversation: id, message: null }) },
    "line",
    ...(one.isTemporary ? [] : [{
      icon: one.isArchived ? "archive-restore" : "archive", text: t(one.isArchived ? "talk.unarchive" : "talk.archive"), run: () => archive([one], !one.isArchived),
    }]),
    { icon: "trash-2", text: t("action.remove"), isDanger: true, run: () => remove([one]) },
  ];
}
