import { useEffect, useState } from "react";
import { t } from "../i18n";
import { Markdown } from "../markdown/Markdown";
import { duration } from "../ui/format";
import { Icon } from "../ui/Icon";
import { steps } from "./thoughts";

/** What a model thought before it answered: open while it thinks, one line afterwards. */
export function Thinking({ text, isOpen, milliseconds }: {
  text: string; isOpen: boolean; milliseconds: number | undefined;
}): JSX.Element {
  const [isShown, setShown] = useState(isOpen);
  const [isTouched, setTouched] = useState(false);
  useEffect(() => { if (!isTouched) setShown(isOpen); }, [isOpen, isTouched]);
  const count = steps(text).length;
  return (
    <section className={`thinking ${isOpen ? "live" : ""}`}>
      <button type="button" className="quiet small" aria-expanded={isShown} onClick={() => { setTouched(true); setShown(!isShown); }}>
        <Icon name="brain" />
        {isOpen ? t("thinking.now") : milliseconds === undefined ? t("thinking.done") : t("thinking.for", { time: duration(milliseconds) })}
        {!isOpen && count > 1 && <span className="muted">· {t("thinking.steps", { count })}</span>}
        <Icon name={isShown ? "chevron-down" : "chevron-right"} />
      </button>
      {isShown && <div className="thinking-text"><Markdown text={text} open={isOpen} /></div>}
    </section>
  );
}
