import { type DragEvent, type KeyboardEvent, type MouseEvent, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { Link } from "../../app/Link";
import { openOverlay } from "../../app/overlays";
import { t } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { type MenuEntry, openMenu } from "../../ui/Menu";
import { startNew } from "../talk/saying";
import { useRunning } from "../talk/state";
import { splitQuery } from "../conversationMenu";
import type { ConversationSummary } from "../types";
import { drag, type Dragged, draggedNow, dropped } from "./dragging";
import { type Group, grouped, groupOf, type Layout, moved, movedGroup, opened, pinned, stepped, type Tab, ungrouped } from "./layout";
import {
  besides, canReopen, changeLayout, closeGroup, closeOthers, closeTabs, dissolveGroup, foldGroup, makeGroup, openTab, reopenTab, toggleSplit, useLayout,
} from "./tabs";
import { useKnown, useTitles } from "./titles";

type Place = { before: string | null; group?: string | null } | null;

/** The open conversations in a row. The arrow keys go along it, Delete closes, and the menu key shows what else there is. */
export default function TabStrip({ active, side, onFocusSide }: { active: string | null; side: string | null; onFocusSide(): void }): JSX.Element {
  const layout = useLayout();
  const titles = useTitles(layout.tabs.map((tab) => tab.id));
  const known = useKnown(layout.tabs.map((tab) => tab.id));
  const running = useRunning();
  const row = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<Place>(null);
  useEffect(() => {
    row.current?.querySelector("[aria-current=page]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [active]);

  const drop = (event: DragEvent) => {
    const what = draggedNow();
    if (!what || what.kind === "folder" || !place) return;
    event.preventDefault();
    event.stopPropagation();
    put(what, place);
    setPlace(null);
    dropped();
  };
  const over = (event: DragEvent, next: Place) => {
    const what = draggedNow();
    if (!what || what.kind === "folder") return;
    event.preventDefault();
    event.stopPropagation();
    if (next?.before !== place?.before || next?.group !== place?.group || !place) setPlace(next);
  };
  const overTab = (event: DragEvent<HTMLElement>, tab: Tab) => over(event, besideOf(event, tab, layout));
  const view = (tab: Tab) => (
    <TabView key={tab.id} tab={tab} title={titles(tab.id)} chat={known.get(tab.id)} isActive={tab.id === active} isSide={tab.id === side}
      isFirst={active === null && tab === layout.tabs[0]} isPreview={layout.preview === tab.id} isWriting={running[tab.id] !== undefined} isMarked={place !== null && place.before === tab.id}
      onOver={(event) => overTab(event, tab)} onMenu={(event) => menu(event, tab, titles(tab.id), layout, active)} onFocusSide={onFocusSide} />
  );
  return (
    <div className="tab-strip">
      <div ref={row} role="toolbar" tabIndex={-1} aria-label={t("tabs.title")} className={`tabs ${place !== null && place.before === null ? "at-end" : ""}`} onKeyDown={walk} onDrop={drop}
        onDragOver={(event) => over(event, { before: null })} onDragLeave={(event) => { if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setPlace(null); }}
        onWheel={(event) => { if (row.current && Math.abs(event.deltaY) > Math.abs(event.deltaX)) row.current.scrollLeft += event.deltaY; }}>
        {segments(layout).map((segment) => segment.kind === "tab" ? view(segment.tab) : (
          <div key={segment.group.id} role="group" aria-label={segment.group.name || t("tabs.group")} className={`tab-group colour-${segment.group.colour}`}>
            <button type="button" className="tab-group-name" aria-expanded={!segment.group.isFolded} tabIndex={-1} data-stop draggable
              aria-label={t("tabs.groupOf", { name: segment.group.name || t("tabs.group"), count: segment.tabs.length })}
              onClick={() => foldGroup(segment.group.id, !segment.group.isFolded)}
              onContextMenu={(event) => groupMenu(event, segment.group)}
              onDragStart={(event) => drag(event, { kind: "group", id: segment.group.id }, segment.group.name)} onDragEnd={dropped}
              onDragOver={(event) => over(event, { before: segment.tabs[0]?.id ?? null, group: segment.group.id })}>
              <span dir="auto">{segment.group.name || t("tabs.group")}</span>
              {segment.group.isFolded && <small>{segment.tabs.length}</small>}
            </button>
            {!segment.group.isFolded && segment.tabs.map(view)}
          </div>
        ))}
        {active === null && layout.tabs.length > 0 && <span className="tab active fresh"><span className="tab-link"><Icon name="square-pen" /> {t("chat.new")}</span></span>}
      </div>
      <button type="button" className="quiet icon-only small" aria-label={t("tabs.new")} title={t("tabs.new")} onClick={startNew}><Icon name="plus" /></button>
      {active !== null && layout.tabs.length > 1 && (
        <button type="button" className="quiet icon-only small wide-only" aria-pressed={side !== null} aria-label={t("tabs.split")} title={`${t("tabs.split")} (Alt Shift S)`}
          onClick={() => toggleSplit(active)}><Icon name="columns-2" /></button>
      )}
      <button type="button" className="quiet icon-only small" aria-label={t("tabs.all")} title={t("tabs.all")} onClick={(event) => listAll(event.currentTarget, layout, titles, active)}><Icon name="chevron-down" /></button>
    </div>
  );
}

type Segment = { kind: "tab"; tab: Tab } | { kind: "group"; group: Group; tabs: Tab[] };

function segments(layout: Layout): Segment[] {
  const found: Segment[] = [];
  for (const tab of layout.tabs) {
    const group = tab.group === null ? undefined : groupOf(layout, tab.group);
    const last = found[found.length - 1];
    if (!group) found.push({ kind: "tab", tab });
    else if (last?.kind === "group" && last.group.id === group.id) last.tabs.push(tab);
    else found.push({ kind: "group", group, tabs: [tab] });
  }
  return found;
}

function TabView({ tab, title, chat, isActive, isSide, isFirst, isPreview, isWriting, isMarked, onOver, onMenu, onFocusSide }: {
  tab: Tab; title: string; chat: ConversationSummary | undefined; isActive: boolean; isSide: boolean; isFirst: boolean; isPreview: boolean; isWriting: boolean; isMarked: boolean;
  onOver(event: DragEvent<HTMLElement>): void; onMenu(event: MouseEvent): void; onFocusSide(): void;
}): JSX.Element {
  const close = () => closeTabs([tab.id]);
  const classes = ["tab", isActive && "active", isSide && "side-shown", tab.isPinned && "pinned", isPreview && "preview", isMarked && "marked"].filter(Boolean).join(" ");
  return (
    // The pointer's ways; the keyboard's are those of the row.
    <span role="presentation" className={classes} draggable onDragStart={(event) => drag(event, { kind: "tab", id: tab.id }, title)} onDragEnd={dropped} onDragOver={onOver}
      onAuxClick={(event) => { if (event.button === 1) { event.preventDefault(); close(); } }} onMouseDown={(event) => { if (event.button === 1) event.preventDefault(); }}
      onContextMenu={(event) => { event.preventDefault(); onMenu(event); }} onDoubleClick={() => openTab(tab.id)}>
      <Link page="chat" id2={tab.id} className="tab-link" data-stop data-tab={tab.id} draggable={false} tabIndex={isActive || isFirst ? 0 : -1} title={title}
        aria-current={isActive ? "page" : undefined} aria-label={labelOf(title, tab, isSide)}
        onClick={(event) => { if (isSide) { event.preventDefault(); onFocusSide(); } }}>
        {isWriting ? <span className="dot busy" /> : tab.isPinned ? <Icon name="pin" /> : chat?.isTemporary ? <Icon name="message-square-dashed" /> : isSide ? <Icon name="columns-2" /> : null}
        <span dir="auto">{title}</span>
      </Link>
      {!tab.isPinned && (
        <button type="button" className="quiet tab-close" tabIndex={-1} aria-label={t("tabs.close", { title })} title={`${t("action.close")} (Alt W)`} onClick={close}><Icon name="x" /></button>
      )}
    </span>
  );
}

function labelOf(title: string, tab: Tab, isSide: boolean): string {
  return [title, tab.isPinned ? t("nav.pinned") : "", isSide ? t("tabs.atSide") : ""].filter(Boolean).join(", ");
}

/** Before or after the tab that the pointer is over, whichever edge is nearer. */
function besideOf(event: DragEvent<HTMLElement>, tab: Tab, layout: Layout): Place {
  const { left, width } = event.currentTarget.getBoundingClientRect();
  const isFirstHalf = (event.clientX < left + width / 2) !== (document.documentElement.dir === "rtl");
  if (isFirstHalf) return { before: tab.id, group: tab.group };
  const at = layout.tabs.findIndex((other) => other.id === tab.id);
  return { before: layout.tabs[at + 1]?.id ?? null, group: tab.group };
}

function put(what: Exclude<Dragged, { kind: "folder" }>, place: NonNullable<Place>): void {
  changeLayout((layout) => {
    if (what.kind === "group") return movedGroup(layout, what.id, place.before);
    return moved(opened(layout, what.id), what.id, place.before, place.group);
  });
}

function walk(event: KeyboardEvent<HTMLDivElement>): void {
  const all = Array.from(event.currentTarget.querySelectorAll<HTMLElement>("[data-stop]"));
  const at = all.indexOf(document.activeElement as HTMLElement);
  const here = all[at];
  if (!here) return;
  const isRight = document.documentElement.dir === "rtl";
  const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  const id = here.dataset["tab"];
  if (step !== 0) {
    event.preventDefault();
    const way = isRight ? -step : step;
    if (id && event.ctrlKey && event.shiftKey) {
      flushSync(() => changeLayout((layout) => stepped(layout, id, way > 0 ? 1 : -1)));
      focusTab(id);
    } else {
      all[(at + way + all.length) % all.length]?.focus();
    }
  } else if (event.key === "Home" || event.key === "End") {
    event.preventDefault();
    all[event.key === "Home" ? 0 : all.length - 1]?.focus();
  } else if (event.key === "Delete" && id) {
    event.preventDefault();
    const next = all[at + 1]?.dataset["tab"] ?? all[at - 1]?.dataset["tab"];
    // Before the tab is gone and the focus with it.
    if (next) focusTab(next);
    closeTabs([id]);
  }
}

function focusTab(id: string): void {
  document.querySelector<HTMLElement>(`[data-tab="${CSS.escape(id)}"]`)?.focus();
}

function menu(event: MouseEvent, tab: Tab, title: string, layout: Layout, active: string | null): void {
  const change = (work: (before: Layout) => Layout) => () => changeLayout(work);
  const canSplit = window.matchMedia(splitQuery).matches && active !== null && active !== tab.id;
  const isRight = document.documentElement.dir === "rtl";
  const entries: MenuEntry[] = [
    { icon: tab.isPinned ? "pin-off" : "pin", text: t(tab.isPinned ? "tabs.unpin" : "tabs.pin"), run: change((before) => pinned(before, tab.id, !tab.isPinned)) },
    ...(canSplit ? [{ icon: "columns-2", text: t("tabs.beside"), run: () => besides(tab.id) }] : []),
    { icon: "message-square-quote", text: t("give.use"), run: () => openOverlay({ kind: "context", conversation: tab.id, message: null }) },
    "line",
    { icon: "layers", text: t("tabs.newGroup"), run: () => openOverlay({ kind: "group", group: makeGroup(tab.id, "") }) },
    ...layout.groups.filter((group) => group.id !== tab.group).map((group): MenuEntry => ({
      icon: "layers-plus", text: t("tabs.toGroup", { name: group.name || t("tabs.group") }), run: change((before) => grouped(before, tab.id, group.id)),
    })),
    ...(tab.group === null ? [] : [{ icon: "layers-minus", text: t("tabs.outOfGroup"), run: change((before) => ungrouped(before, tab.id)) }]),
    "line",
    { icon: "chevron-left", text: t("tabs.before"), keys: isRight ? "Ctrl ⇧ →" : "Ctrl ⇧ ←", run: change((before) => stepped(before, tab.id, -1)) },
    { icon: "chevron-right", text: t("tabs.after"), keys: isRight ? "Ctrl ⇧ ←" : "Ctrl ⇧ →", run: change((before) => stepped(before, tab.id, 1)) },
    "line",
    { icon: "x", text: t("action.close"), keys: "Alt W", run: () => closeTabs([tab.id]) },
    { icon: "x", text: t("tabs.closeOthers"), run: () => closeOthers(tab.id) },
    ...(canReopen() ? [{ icon: "undo-2", text: t("tabs.reopen"), keys: "Alt Z", run: reopenTab }] : []),
  ];
  openMenu(event.clientX || event.clientY ? event : event.currentTarget, title, entries);
}

function groupMenu(event: MouseEvent<HTMLElement>, group: Group): void {
  event.preventDefault();
  openMenu(event.clientX || event.clientY ? event : event.currentTarget, group.name || t("tabs.group"), [
    { icon: "pencil", text: t("tabs.editGroup"), run: () => openOverlay({ kind: "group", group: group.id }) },
    { icon: group.isFolded ? "chevron-down" : "chevron-right", text: t(group.isFolded ? "tabs.unfold" : "tabs.fold"), run: () => foldGroup(group.id, !group.isFolded) },
    { icon: "layers-minus", text: t("tabs.dissolve"), run: () => dissolveGroup(group.id) },
    "line",
    { icon: "x", text: t("tabs.closeGroup"), run: () => closeGroup(group.id) },
  ]);
}

/** All tabs by name, also those that do not fit into the row. */
function listAll(anchor: HTMLElement, layout: Layout, titles: (id: string) => string, active: string | null): void {
  openMenu(anchor, t("tabs.all"), [
    ...layout.tabs.map((tab): MenuEntry => ({
      icon: tab.isPinned ? "pin" : "message-square", text: titles(tab.id), isChecked: tab.id === active, run: () => { document.querySelector<HTMLElement>(`[data-tab="${CSS.escape(tab.id)}"]`)?.click(); },
    })),
    ...(layout.tabs.length > 0 ? ["line" as const] : []),
    ...layout.groups.map((group): MenuEntry => ({
      icon: "layers", text: t("tabs.editGroupNamed", { name: group.name || t("tabs.group") }), run: () => openOverlay({ kind: "group", group: group.id }),
    })),
    ...(active ? [{ icon: "x", text: t("tabs.closeOthers"), run: () => closeOthers(active) }] : []),
    { icon: "square-pen", text: t("chat.new"), keys: "Ctrl ⇧ O", run: startNew },
    ...(canReopen() ? [{ icon: "undo-2", text: t("tabs.reopen"), keys: "Alt Z", run: reopenTab }] : []),
  ]);
}
