// The words of dialogs and pages about conversations: they are loaded with these, in all languages.

import type { Key } from "./en";
import { pageWords, t as first } from "./index";
import { lateArabic } from "./late.ar";
import { lateGerman } from "./late.de";
import { lateEnglish } from "./late.en";

type LateKey = keyof typeof lateEnglish;
const late = pageWords({ en: lateEnglish, de: lateGerman, ar: lateArabic });

/** A text of these, or one that is always there. */
export function t(key: LateKey | Key, values: Record<string, string | number> = {}): string {
  return key in lateEnglish ? late(key as LateKey, values) : first(key as Key, values);
}
