import { t } from "./words";

/** A share of what is waited for. Empty leaves it to the configuration; without `onChange` it is only told. */
export function WeightField({ value, onChange }: { value: string; onChange?: (value: string) => void }): JSX.Element {
  return (
    <label className="field">
      <span>{t("weight")}</span>
      <input type="number" min="0.1" max="100" step="any" value={value} disabled={!onChange} onChange={(event) => onChange?.(event.target.value)} />
      <small className="muted">{t(onChange ? "weightHint" : "weightOfTenant")}</small>
    </label>
  );
}

/** The member `weight` of a change; nothing where it was left as it is. */
export function weightChange(before: number | null, text: string): { weight?: number | null } {
  const weight = text.trim() ? Number(text) : null;
  return weight === before ? {} : { weight };
}
