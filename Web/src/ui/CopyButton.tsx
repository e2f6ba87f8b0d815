import { useState } from "react";
import { t } from "../i18n";
import { tellProblem } from "../app/toasts";
import { Icon } from "./Icon";

/** Copies a text, and says for a moment that it did. */
export function CopyButton({ text, label }: { text: string; label?: string }): JSX.Element {
  const [isDone, setDone] = useState(false);
  const copy = () => {
    copyText(text).then(() => {
      setDone(true);
      window.setTimeout(() => setDone(false), 1_500);
    }, tellProblem);
  };
  const name = isDone ? t("action.copied") : label ?? t("action.copy");
  return (
    <button type="button" className="quiet small icon-only" onClick={copy} aria-label={name} title={name}>
      <Icon name={isDone ? "check" : "copy"} />
    </button>
  );
}

/** Pages without TLS have no clipboard; there the old way does. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (!isCopied) throw new Error(t("error.clipboard"));
}
