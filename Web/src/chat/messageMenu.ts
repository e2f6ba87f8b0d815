// What can be done with a message and the branch that ends with it.

import { openOverlay } from "../app/overlays";
import { t } from "../i18n";
import type { MenuEntry } from "../ui/Menu";
import { removeBranch } from "./talk/removing";
import type { Message } from "./types";

export function messageMenu(conversation: string, message: Message): MenuEntry[] {
  return [
    { icon: "message-square-quote", text: t("give.useMessage"), run: () => openOverlay({ kind: "context", conversation, message: message.id }) },
    { icon: "share-2", text: t("share.toHere"), run: () => openOverlay({ kind: "share", conversation, leaf: message.id }) },
    { icon: "download", text: t("export.toHere"), run: () => openOverlay({ kind: "export", conversation, leaf: message.id }) },
    "line",
    { icon: "trash-2", text: t("talk.removeFromHere"), isDanger: true, run: () => removeBranch(conversation, message) },
  ];
}
