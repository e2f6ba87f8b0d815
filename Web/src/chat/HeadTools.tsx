import { lazy, Suspense } from "react";
import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { openMenu } from "../ui/Menu";
import { openOverlay } from "../app/overlays";
import { startWith } from "./talk/saying";
import { conversationMenu } from "./conversationMenu";
import { keepForGood } from "./library/organising";
import type { Conversation } from "./types";

const SpaceChip = lazy(() => import("./SpaceChip"));

/** Of a conversation that stands beside another. */
export interface Side {
  onSwap(): void;
  onClose(): void;
}

/** The end of a conversation's head: what is said about it, and what can be done with it. */
export function HeadTools({ conversation, id, side }: { conversation: Conversation; id: string | null; side: Side | undefined }): JSX.Element {
  const isKept = id !== null;
  return (
    <>
      {conversation.context && <Suspense fallback={null}><SpaceChip space={conversation.context} conversation={id} /></Suspense>}
      {!isKept && (
        <button type="button" className="quiet icon-only" aria-pressed={conversation.isTemporary ?? false} aria-label={t("talk.temporary")} title={t("talk.temporaryHint")}
          onClick={() => startWith({ isTemporary: !conversation.isTemporary })}>
          <Icon name="message-square-dashed" />
        </button>
      )}
      {isKept && conversation.isTemporary && (
        <button type="button" className="small temporary" title={t("talk.temporaryHint")} onClick={() => keepForGood(conversation)}><Icon name="message-square-dashed" /> {t("talk.keepForGood")}</button>
      )}
      {isKept && !side && (
        <button type="button" className="quiet icon-only wide-only" aria-label={t("share.title")} title={t("share.title")} onClick={() => openOverlay({ kind: "share", conversation: id })}><Icon name="share-2" /></button>
      )}
      {isKept && (
        <button type="button" className="quiet icon-only" aria-label={t("talk.conversationMenu")} title={t("talk.conversationMenu")} aria-haspopup="menu"
          onClick={(event) => openMenu(event.currentTarget, conversation.title || t("chat.untitled"), conversationMenu(conversation, null, id))}>
          <Icon name="ellipsis" />
        </button>
      )}
      {side && (
        <>
          <button type="button" className="quiet icon-only" aria-label={t("tabs.swap")} title={t("tabs.swap")} onClick={side.onSwap}><Icon name="arrow-left-right" /></button>
          <button type="button" className="quiet icon-only" aria-label={t("tabs.closeSide")} title={t("tabs.closeSide")} onClick={side.onClose}><Icon name="x" /></button>
        </>
      )}
    </>
  );
}
