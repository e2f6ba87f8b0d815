import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { createStore, useStore } from "./store";

interface Toast {
  id: number;
  kind: "info" | "error";
  text: string;
  /** A way back, such as undoing a removal. */
  action?: { label: string; run(): void } | undefined;
}

const shownMax = 4;
const toasts = createStore<Toast[]>([]);
let count = 0;

/** Tells something at the edge of the page, for some seconds. */
export function tell(text: string, options: { kind?: Toast["kind"]; action?: Toast["action"] } = {}): void {
  count += 1;
  const toast: Toast = { id: count, kind: options.kind ?? "info", text, action: options.action };
  toasts.set((before) => [...before, toast].slice(-shownMax));
  window.setTimeout(() => dismiss(toast.id), toast.kind === "error" ? 10_000 : 6_000);
}

/** Tells what went wrong. */
export function tellProblem(error: unknown): void {
  tell(error instanceof Error ? error.message : String(error), { kind: "error" });
}

function dismiss(id: number): void {
  toasts.set((before) => before.filter((toast) => toast.id !== id));
}

export function Toasts(): JSX.Element {
  const shown = useStore(toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((toast) => (
        <div key={toast.id} className={`toast ${toast.kind}`}>
          <Icon name={toast.kind === "error" ? "triangle-alert" : "info"} />
          <span dir="auto">{toast.text}</span>
          {toast.action && (
            <button type="button" className="quiet small" onClick={() => { toast.action?.run(); dismiss(toast.id); }}>
              {toast.action.label}
            </button>
          )}
          <button type="button" className="quiet icon-only small" aria-label={t("action.close")} onClick={() => dismiss(toast.id)}>
            <Icon name="x" />
          </button>
        </div>
      ))}
    </div>
  );
}
