import { createStore, kept, useStore } from "./store";

export type Theme = "light" | "dark";
export type ThemeChoice = Theme | "system";

const query = window.matchMedia("(prefers-color-scheme: dark)");
const choice = createStore<ThemeChoice>(kept.read<ThemeChoice>("theme", "system"));
const actual = createStore<Theme>(resolve());

function resolve(): Theme {
  const chosen = choice.get();
  return chosen === "system" ? (query.matches ? "dark" : "light") : chosen;
}

function apply(): void {
  actual.set(resolve());
  document.documentElement.dataset["theme"] = actual.get();
}

query.addEventListener("change", apply);
choice.subscribe(apply);
apply();

export function chooseTheme(value: ThemeChoice): void {
  kept.write("theme", value);
  choice.set(value);
}

export function onTheme(listener: (choice: ThemeChoice) => void): void {
  choice.subscribe(() => listener(choice.get()));
}

export const useTheme = (): Theme => useStore(actual);
export const useThemeChoice = (): ThemeChoice => useStore(choice);
