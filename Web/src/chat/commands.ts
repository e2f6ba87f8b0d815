// What the palette offers about conversations.

import { openOverlay } from "../app/overlays";
import type { Command } from "../app/Palette";
import { currentRoute, navigate } from "../app/router";
import { t } from "../i18n/late";
import { startWith } from "./talk/saying";
import { openNow, summariesNow } from "./talk/state";
import { conversationMenu } from "./conversationMenu";
import { canReopen, closeTabs, makeGroup, reopenTab, toggleSplit } from "./tabs/tabs";

export function talkCommands(): Command[] {
  const { page, id } = currentRoute();
  const one = page === "chat" && id !== null ? openNow(id) ?? summariesNow().find((other) => other.id === id) : undefined;
  const own = one ? conversationMenu(one, null, one.id).flatMap((entry): Command[] => entry === "line" ? [] : [{
    id: `talk-${entry.text}`, icon: entry.icon, text: entry.text, run: entry.run,
  }]) : [];
  return [
    { id: "temporary", icon: "message-square-dashed", text: t("talk.newTemporary"), run: () => startWith({ isTemporary: true }) },
    { id: "new-folder", icon: "folder-plus", text: t("talk.newFolder"), run: () => openOverlay({ kind: "folder", path: null }) },
    { id: "import", icon: "upload", text: t("import.title"), run: () => openOverlay({ kind: "import" }) },
    { id: "export-all", icon: "download", text: t("export.all"), run: () => openOverlay({ kind: "exportAll" }) },
    { id: "archived", icon: "archive", text: t("library.archived"), run: () => { navigate("library"); location.hash = "archived"; } },
    ...(one ? [
      { id: "tab-split", icon: "columns-2", text: t("tabs.split"), run: () => toggleSplit(one.id) },
      { id: "tab-group", icon: "layers", text: t("tabs.newGroup"), run: () => openOverlay({ kind: "group", group: makeGroup(one.id, "") }) },
      { id: "tab-close", icon: "x", text: t("tabs.closeThis"), run: () => closeTabs([one.id]) },
    ] : []),
    ...(canReopen() ? [{ id: "tab-reopen", icon: "undo-2", text: t("tabs.reopen"), run: reopenTab }] : []),
    ...own,
  ];
}
