// Words in three languages. English is always here; the others are loaded when they are chosen.

import { createStore, kept, useStore } from "../app/store";
import { type Dictionary, english, type Key } from "./en";

export type Language = "en" | "de" | "ar";
export const languages: { code: Language; name: string }[] = [
  { code: "en", name: "English" }, { code: "de", name: "Deutsch" }, { code: "ar", name: "العربية" },
];

let words: Dictionary = english;
const current = createStore<Language>("en");

/** A text; `{name}` in it is replaced by the value of that name. A value `count` chooses between `key` and `key.one`. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return fill(words, key, values);
}

function fill(from: Record<string, string>, key: string, values: Record<string, string | number>): string {
  let text = from[key] ?? key;
  if (typeof values["count"] === "number") {
    const form = `${key}.${new Intl.PluralRules(current.get()).select(values["count"])}`;
    text = from[form] ?? text;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(locale()).format(value) : value;
  });
}

/** The words of a page that is loaded later, which bring all languages along: the first page stays small. */
export function pageWords<Known extends string>(
  all: { en: Record<Known, string>; de: Record<Known, string>; ar: Record<Known, string> & Record<string, string> },
): (key: Known, values?: Record<string, string | number>) => string {
  return (key, values = {}) => fill(all[current.get()], key, values);
}

export function locale(): string {
  // Arabic with the digits that stand beside code and numbers of the API.
  return current.get() === "ar" ? "ar-u-nu-latn" : current.get();
}

export function onLanguage(listener: (language: Language) => void): void {
  current.subscribe(() => listener(current.get()));
}

export const useLanguage = (): Language => useStore(current);

export async function chooseLanguage(language: Language): Promise<void> {
  if (language === "de") words = (await import("./de")).german;
  else if (language === "ar") words = (await import("./ar")).arabic;
  else words = english;
  kept.write("language", language);
  document.documentElement.lang = language;
  document.documentElement.dir = language === "ar" ? "rtl" : "ltr";
  current.set(language);
}

/** The language that was chosen, or the browser's. */
export function preferredLanguage(): Language {
  const wanted = kept.read<string | null>("language", null) ?? navigator.language.slice(0, 2);
  return languages.find(({ code }) => code === wanted)?.code ?? "en";
}
