import { locale } from "../../i18n";

/** A day, as it is written in the language. */
export function day(moment: string): string {
  const time = Date.parse(moment);
  return Number.isNaN(time) ? "–" : new Intl.DateTimeFormat(locale(), { dateStyle: "medium" }).format(time);
}
