import { locale } from "../i18n";

/** 1.5 GiB, in the language's digits and separators. */
export function bytes(count: number | null | undefined): string {
  if (count === null || count === undefined || !Number.isFinite(count)) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = Math.abs(count);
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return together(`${number(Math.sign(count) * value, value < 10 && unit > 0 ? 1 : 0)} ${units[unit]!}`);
}

/** Keeps digits and units together and in their order among words that are written from the right. */
function together(text: string): string {
  return locale().startsWith("ar") ? `\u2066${text}\u2069` : text;
}

/** "3 / 4". */
export function ratio(part: string, whole: string): string {
  return together(`${part} / ${whole}`);
}

export function number(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
}

/** 950 ms, 1.3 s, 2 min 5 s. */
export function duration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined || !Number.isFinite(milliseconds)) return "–";
  if (milliseconds < 10) return together(`${number(milliseconds, 1)} ms`);
  if (milliseconds < 1_000) return together(`${number(milliseconds)} ms`);
  if (milliseconds < 60_000) return together(`${number(milliseconds / 1_000, 1)} s`);
  return together(`${number(Math.floor(milliseconds / 60_000))} min ${number((milliseconds % 60_000) / 1_000)} s`);
}

/** 1.8 M, 7.2 B: how many parameters. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return new Intl.NumberFormat(locale(), { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

export function percent(share: number): string {
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 0 }).format(share);
}

/** "14:05" today, "3 May" this year, "3 May 2025" before. */
export function moment(milliseconds: number): string {
  const date = new Date(milliseconds);
  const now = new Date();
  if (date.toDateString() === now.toDateString()) {
    return new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit" }).format(date);
  }
  const year = date.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short", year }).format(date);
}
