import { useEffect, useLayoutEffect, useRef } from "react";
import { createStore, useStore } from "../app/store";
import { Icon } from "./Icon";

export interface MenuItem {
  icon: string;
  text: string;
  /** For things that are on or off. */
  isChecked?: boolean;
  isDanger?: boolean;
  /** The keys that do the same. */
  keys?: string;
  run(): void;
}

/** A line parts what stands before it from what comes after. */
export type MenuEntry = MenuItem | "line";

interface Opened {
  count: number;
  label: string;
  entries: MenuEntry[];
  /** Where it opens, in CSS pixels of the window. */
  x: number;
  top: number;
  bottom: number;
  back: HTMLElement | null;
}

const opened = createStore<Opened | null>(null);
let count = 0;

/** Opens a menu at an element, or where the pointer is. */
export function openMenu(place: Element | { clientX: number; clientY: number }, label: string, entries: MenuEntry[]): void {
  count += 1;
  const back = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  if (place instanceof Element) {
    const { left, right, top, bottom } = place.getBoundingClientRect();
    opened.set({ count, label, entries, x: document.documentElement.dir === "rtl" ? right : left, top, bottom, back });
  } else {
    opened.set({ count, label, entries, x: place.clientX, top: place.clientY, bottom: place.clientY, back });
  }
}

/** The place of the one menu that can be open. */
export function MenuHost(): JSX.Element | null {
  const menu = useStore(opened);
  return menu && <Menu key={menu.count} menu={menu} />;
}

type Popover = HTMLElement & { showPopover(): void; hidePopover(): void };
const margin = 8;

function Menu({ menu }: { menu: Opened }): JSX.Element {
  const place = useRef<HTMLUListElement>(null);
  useLayoutEffect(() => {
    const element = place.current as Popover | null;
    if (!element) return;
    element.showPopover();
    const { width, height } = element.getBoundingClientRect();
    const isRight = document.documentElement.dir === "rtl";
    const left = Math.min(Math.max(margin, isRight ? menu.x - width : menu.x), window.innerWidth - width - margin);
    const fits = menu.bottom + 4 + height <= window.innerHeight - margin;
    element.style.left = `${left}px`;
    element.style.top = `${fits ? menu.bottom + 4 : Math.max(margin, menu.top - 4 - height)}px`;
    element.querySelector<HTMLElement>("button")?.focus();
  }, [menu]);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const look = (event: Event) => {
      if ((event as Event & { newState?: string }).newState === "closed") close(menu, element.contains(document.activeElement));
    };
    element.addEventListener("toggle", look);
    return () => element.removeEventListener("toggle", look);
  }, [menu]);
  const step = (to: (at: number, all: HTMLElement[]) => number) => {
    const all = Array.from(place.current?.querySelectorAll<HTMLElement>("button") ?? []);
    all[to(all.indexOf(document.activeElement as HTMLElement), all)]?.focus();
  };
  return (
    <ul ref={place} className="popup-menu" role="menu" aria-label={menu.label} {...{ popover: "auto" }}
      onKeyDown={(event) => {
        const moves: Record<string, (at: number, all: HTMLElement[]) => number> = {
          ArrowDown: (at, all) => (at + 1) % all.length, ArrowUp: (at, all) => (at - 1 + all.length) % all.length,
          Home: () => 0, End: (_, all) => all.length - 1,
        };
        const move = moves[event.key];
        if (move) {
          event.preventDefault();
          step(move);
        } else if (event.key === "Tab" || event.key === "Escape") {
          event.preventDefault();
          close(menu, true);
        }
        event.stopPropagation();
      }}>
      {menu.entries.map((entry, index) => entry === "line"
        ? <li key={`line-${index}`} role="separator" />
        : (
          <li key={`${index}-${entry.text}`} role="none">
            <button type="button" tabIndex={-1} role={entry.isChecked === undefined ? "menuitem" : "menuitemcheckbox"} aria-checked={entry.isChecked}
              className={entry.isDanger ? "dangerous" : ""} onClick={() => { close(menu, true); entry.run(); }}>
              <Icon name={entry.isChecked ? "check" : entry.icon} />
              <span dir="auto">{entry.text}</span>
              {entry.keys && <kbd dir="ltr">{entry.keys}</kbd>}
            </button>
          </li>
        ))}
    </ul>
  );
}

function close(menu: Opened, hasFocus: boolean): void {
  if (opened.get() !== menu) return;
  opened.set(null);
  if (hasFocus && menu.back?.isConnected) menu.back.focus();
}
