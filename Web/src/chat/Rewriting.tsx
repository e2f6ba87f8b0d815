import { useEffect, useRef, useState } from "react";
import { ApiError } from "../api/http";
import { tell, tellProblem } from "../app/toasts";
import { pageWords } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { openNow, replaceMessage } from "./talk/state";
import { conversationStore } from "./conversationStore";
import { DiffView } from "./DiffView";
import type { Message } from "./types";

const t = pageWords({
  en: {
    saved: "Changed.", title: "Changed elsewhere in the meantime", lead: "Somebody changed this message after you had opened it. Nothing is lost: choose what is to stay.",
    theirs: "As it is now", mine: "As you wrote it", keepTheirs: "Keep what is there", keepMine: "Put mine in its place", both: "Keep both: mine as a branch", differences: "What differs",
  },
  de: {
    saved: "Geändert.", title: "Inzwischen anderswo geändert", lead: "Jemand hat diese Nachricht geändert, nachdem du sie geöffnet hattest. Nichts ist verloren: Wähle, was bleibt.",
    theirs: "Wie sie jetzt ist", mine: "Wie du sie geschrieben hast", keepTheirs: "Behalten, was da ist", keepMine: "Meine an ihre Stelle setzen", both: "Beide behalten: meine als Zweig", differences: "Was verschieden ist",
  },
  ar: {
    saved: "تم التغيير.", title: "تغيّرت في مكان آخر", lead: "غيّر أحدهم هذه الرسالة بعد أن فتحتها. لم يضع شيء: اختر ما يبقى.",
    theirs: "كما هي الآن", mine: "كما كتبتها", keepTheirs: "إبقاء الموجود", keepMine: "وضع نصي مكانه", both: "إبقاء الاثنين: نصي كفرع", differences: "ما يختلف",
  },
});

/** Puts other words in a message's place; where it was changed elsewhere since it was read, shows both and lets choose. */
export default function Rewriting({ conversation, message, text, onEnd, onDone, onBranch }: {
  conversation: string; message: Message; text: string;
  /** Nothing was changed. */
  onEnd(): void;
  onDone(): void;
  /** The words are to be a version beside the message. */
  onBranch(): void;
}): JSX.Element | null {
  const [theirs, setTheirs] = useState<Message | null>(null);
  const hasBegun = useRef(false);
  const write = async (over: Message) => {
    const now = openNow(conversation);
    const store = await conversationStore();
    if (!now || !store.rewrite || !store.readMessage) return onEnd();
    try {
      replaceMessage(conversation, await store.rewrite(now, over, text));
      tell(t("saved"));
      onDone();
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) {
        tellProblem(error);
        return onEnd();
      }
      try {
        setTheirs(await store.readMessage(now, message));
      } catch (problem) {
        tellProblem(problem);
        onEnd();
      }
    }
  };
  useEffect(() => {
    if (hasBegun.current) return;
    hasBegun.current = true;
    void write(message);
  });
  if (!theirs) return null;
  const keep = () => {
    replaceMessage(conversation, theirs);
    onDone();
  };
  return (
    <Dialog title={t("title")} className="wide" onClose={onEnd}>
      <p>{t("lead")}</p>
      <div className="conflict">
        <section><h3>{t("theirs")}</h3><pre dir="auto" tabIndex={0}>{theirs.text}</pre></section>
        <section><h3>{t("mine")}</h3><pre dir="auto" tabIndex={0}>{text}</pre></section>
      </div>
      <details><summary>{t("differences")}</summary><DiffView left={theirs.text} right={text} /></details>
      <div className="actions">
        <button type="button" onClick={keep}>{t("keepTheirs")}</button>
        <button type="button" onClick={() => { replaceMessage(conversation, theirs); onBranch(); }}>{t("both")}</button>
        <button type="button" className="primary" onClick={() => { setTheirs(null); void write(theirs); }}>{t("keepMine")}</button>
      </div>
    </Dialog>
  );
}
