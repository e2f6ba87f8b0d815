import { type ReactNode, useEffect, useId, useRef } from "react";
import { t } from "../i18n";
import { Icon } from "./Icon";

interface Properties {
  title: string;
  onClose(): void;
  children: ReactNode;
  className?: string;
}

/** A dialog above the page: the browser's own, which keeps the keyboard inside and closes with Escape. */
export function Dialog({ title, onClose, children, className = "" }: Properties): JSX.Element {
  const place = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = place.current;
    if (dialog && !dialog.open) dialog.showModal();
    // The browser would begin with the button that closes.
    dialog?.querySelector<HTMLElement>("[data-first]")?.focus();
    return () => dialog?.close();
  }, []);
  return (
    // A click on the backdrop is a click on the dialog itself.
    <dialog ref={place} className={className} aria-labelledby={heading} onCancel={(event) => { event.preventDefault(); onClose(); }}
      onClick={(event) => { if (event.target === place.current) onClose(); }}>
      <div className="dialog-body">
        <header>
          {/* What is asked for with three dots is here now. */}
          <h2 id={heading}>{title.replace(/…$/, "")}</h2>
          <button type="button" className="quiet icon-only" aria-label={t("action.close")} onClick={onClose}><Icon name="x" /></button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
