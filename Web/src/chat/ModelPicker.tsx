import { useEffect, useRef, useState } from "react";
import type { ServedModel } from "../api/types";
import { Link } from "../app/Link";
import { t } from "../i18n";
import { number } from "../ui/format";
import { Icon } from "../ui/Icon";
import { loadModels } from "./models";

interface Properties {
  models: ServedModel[];
  chosen: string | null;
  isLoaded: boolean;
  error: Error | null;
  onChoose(name: string): void;
}

/** The active model with its state, and the others that can be asked. */
export function ModelPicker({ models, chosen, isLoaded, error, onChoose }: Properties): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const [search, setSearch] = useState("");
  const place = useRef<HTMLDivElement>(null);
  const model = models.find((other) => other.id === chosen);
  useEffect(() => {
    if (!isOpen) return;
    void loadModels();
    const close = (event: Event) => {
      if (event instanceof KeyboardEvent ? event.key === "Escape" : !place.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", close);
    document.addEventListener("keydown", close);
    return () => {
      document.removeEventListener("pointerdown", close);
      document.removeEventListener("keydown", close);
    };
  }, [isOpen]);
  const found = models.filter((other) => other.id.toLowerCase().includes(search.toLowerCase()));
  const label = model?.id ?? (error ? t("model.unreachable") : isLoaded ? chosen ?? t("model.none") : t("state.loading"));
  return (
    <div className="picker" ref={place}>
      <button type="button" className="picker-button" aria-expanded={isOpen} aria-haspopup="true" onClick={() => setOpen(!isOpen)}>
        <StateDot state={error ? "failed" : model?.status?.value ?? (model ? "external" : "unknown")} />
        <span className="picker-name" data-testid="model">{label}</span>
        <Icon name="chevron-down" />
      </button>
      {isOpen && (
        <div className="menu" role="group" aria-label={t("model.choose")}>
          {models.length > 7 && (
            <input type="search" value={search} placeholder={t("action.search")} aria-label={t("action.search")}
              onChange={(event) => setSearch(event.target.value)} />
          )}
          <ul>
            {found.map((other) => (
              <li key={other.id}>
                <button type="button" aria-pressed={other.id === chosen} onClick={() => { onChoose(other.id); setOpen(false); }}>
                  <StateDot state={other.status?.value ?? "external"} />
                  <span>
                    <b>{other.id}</b>
                    <small>{facts(other)}</small>
                  </span>
                  {other.id === chosen && <Icon name="check" />}
                </button>
              </li>
            ))}
          </ul>
          <footer><Link page="models" onClick={() => setOpen(false)}>{t("nav.models")}</Link><Link page="deploy" onClick={() => setOpen(false)}>{t("nav.deploy")}</Link></footer>
        </div>
      )}
    </div>
  );
}

function facts(model: ServedModel): string {
  const parts = [t(model.status?.value === "loaded" ? "model.loaded" : "model.notLoaded")];
  if (model.meta?.n_ctx) parts.push(t("model.context", { count: number(model.meta.n_ctx) }));
  for (const kind of model.architecture?.input_modalities ?? []) if (kind !== "text") parts.push(kind);
  return parts.join(" · ");
}

export function StateDot({ state }: { state: string }): JSX.Element {
  const tone = ["loaded", "ready", "running"].includes(state) ? "good"
    : ["loading", "starting", "stopping", "downloading"].includes(state) ? "busy"
    : ["failed", "unhealthy", "crashed"].includes(state) ? "bad" : "calm";
  return <span className={`dot ${tone}`} title={state} />;
}
