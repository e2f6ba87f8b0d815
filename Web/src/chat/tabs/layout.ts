// Which conversations are open, in which order and groups: decisions only, nothing of the page.
//
// Pinned tabs come first and are in no group; the tabs of a group stand side by side; a group without tabs is gone.

export interface Tab {
  id: string;
  isPinned: boolean;
  group: string | null;
}

export const colours = ["violet", "blue", "green", "amber", "rose", "grey"] as const;
export type Colour = (typeof colours)[number];

export interface Group {
  id: string;
  name: string;
  colour: Colour;
  isFolded: boolean;
}

export interface Layout {
  tabs: Tab[];
  groups: Group[];
  /** The tab that the next conversation that is only looked at takes the place of. */
  preview: string | null;
}

export const tabsMax = 60;
export const groupsMax = 20;
export const groupNameMax = 40;

export const noTabs: Layout = { tabs: [], groups: [], preview: null };

/** Brings the rules of the order back after a change, without moving more than it has to. */
function tidy(layout: Layout): Layout {
  const known = new Map(layout.groups.map((group) => [group.id, group]));
  const tabs = layout.tabs.map((tab) => (tab.group !== null && (tab.isPinned || !known.has(tab.group)) ? { ...tab, group: null } : tab));
  const sorted: Tab[] = tabs.filter((tab) => tab.isPinned);
  const placed = new Set<string>();
  for (const tab of tabs) {
    if (tab.isPinned) continue;
    if (tab.group === null) sorted.push(tab);
    else if (!placed.has(tab.group)) {
      placed.add(tab.group);
      sorted.push(...tabs.filter((other) => other.group === tab.group));
    }
  }
  const preview = sorted.find((tab) => tab.id === layout.preview && !tab.isPinned && tab.group === null)?.id ?? null;
  return { tabs: sorted, groups: layout.groups.filter((group) => placed.has(group.id)), preview };
}

export function tabOf(layout: Layout, id: string): Tab | undefined {
  return layout.tabs.find((tab) => tab.id === id);
}

export function groupOf(layout: Layout, id: string): Group | undefined {
  return layout.groups.find((group) => group.id === id);
}

/** Tabs that can be gone to: those of folded groups cannot. */
export function visibleTabs(layout: Layout): Tab[] {
  const folded = new Set(layout.groups.filter((group) => group.isFolded).map((group) => group.id));
  return layout.tabs.filter((tab) => tab.group === null || !folded.has(tab.group));
}

/** A full row loses the first tab that nobody has pinned or put into a group. */
function roomFor(layout: Layout): Tab[] {
  if (layout.tabs.length < tabsMax) return layout.tabs;
  const first = layout.tabs.find((tab) => !tab.isPinned && tab.group === null) ?? layout.tabs[layout.tabs.length - 1];
  return layout.tabs.filter((tab) => tab !== first);
}

function unfolded(layout: Layout, group: string | null): Layout {
  if (group === null || !groupOf(layout, group)?.isFolded) return layout;
  return { ...layout, groups: layout.groups.map((other) => (other.id === group ? { ...other, isFolded: false } : other)) };
}

/** A conversation is looked at: its tab, or in place of the one that was only looked at before. */
export function shown(layout: Layout, id: string): Layout {
  const known = tabOf(layout, id);
  if (known) return unfolded(layout, known.group);
  const fresh: Tab = { id, isPinned: false, group: null };
  const place = layout.tabs.findIndex((tab) => tab.id === layout.preview);
  const tabs = place >= 0 ? layout.tabs.map((tab, index) => (index === place ? fresh : tab)) : [...roomFor(layout), fresh];
  return { ...layout, tabs, preview: id };
}

/** A conversation gets a tab that stays, at the end or where it is. */
export function opened(layout: Layout, id: string): Layout {
  if (tabOf(layout, id)) return layout.preview === id ? { ...layout, preview: null } : layout;
  return { ...layout, tabs: [...roomFor(layout), { id, isPinned: false, group: null }] };
}

export function closed(layout: Layout, ids: string[]): Layout {
  const gone = new Set(ids);
  if (!layout.tabs.some((tab) => gone.has(tab.id))) return layout;
  return tidy({ ...layout, tabs: layout.tabs.filter((tab) => !gone.has(tab.id)) });
}

/** What is shown when a tab closes: the next one, else the one before; none when it was the last. */
export function neighbour(layout: Layout, id: string): string | null {
  const row = visibleTabs(layout);
  const at = row.findIndex((tab) => tab.id === id);
  return (row[at + 1] ?? row[at - 1])?.id ?? null;
}

/** The tab so many steps further, round about. */
export function around(layout: Layout, id: string | null, step: number): string | null {
  const row = visibleTabs(layout);
  if (row.length === 0) return null;
  const at = row.findIndex((tab) => tab.id === id);
  if (at < 0) return row[step > 0 ? 0 : row.length - 1]?.id ?? null;
  return row[(at + step + row.length) % row.length]?.id ?? null;
}

function changed(layout: Layout, id: string, members: Partial<Tab>): Layout {
  const preview = layout.preview === id ? null : layout.preview;
  return { ...layout, preview, tabs: layout.tabs.map((tab) => (tab.id === id ? { ...tab, ...members } : tab)) };
}

/** A pinned tab goes behind the pinned ones; one that is loosened becomes the first of the others. */
export function pinned(layout: Layout, id: string, isPinned: boolean): Layout {
  const tab = tabOf(layout, id);
  if (!tab || tab.isPinned === isPinned) return layout;
  const others = changed(layout, id, {}).tabs.filter((other) => other.id !== id);
  const end = others.filter((other) => other.isPinned).length;
  const tabs = [...others.slice(0, end), { id, isPinned, group: null }, ...others.slice(end)];
  return tidy({ ...layout, preview: layout.preview === id ? null : layout.preview, tabs });
}

/**
 * Puts a tab before another, or to the end where that is `null`.
 *
 * @param group the group that it is dropped in; left out, it is that of the two neighbours where both are of the same.
 */
export function moved(layout: Layout, id: string, before: string | null, group?: string | null): Layout {
  const tab = tabOf(layout, id);
  if (!tab || id === before) return layout;
  const others = layout.tabs.filter((other) => other.id !== id);
  const end = others.filter((other) => other.isPinned).length;
  const wanted = before === null ? others.length : Math.max(0, others.findIndex((other) => other.id === before));
  const at = tab.isPinned ? Math.min(wanted, end) : Math.max(wanted, end);
  const [left, right] = [others[at - 1]?.group ?? null, others[at]?.group ?? null];
  const between = left === right ? left : tab.group !== null && (tab.group === left || tab.group === right) ? tab.group : null;
  const next = changed(layout, id, {});
  const chosen = tab.isPinned ? null : group === undefined ? between : group;
  return tidy({ ...next, tabs: [...others.slice(0, at), { ...tab, group: chosen }, ...others.slice(at)] });
}

/** One step with the keyboard: past a neighbour of the same kind, into the group beside, or out of its own. */
export function stepped(layout: Layout, id: string, step: 1 | -1): Layout {
  const at = layout.tabs.findIndex((tab) => tab.id === id);
  const tab = layout.tabs[at];
  if (!tab) return layout;
  const other = layout.tabs[at + step];
  if (tab.group === null && other && other.isPinned !== tab.isPinned) return layout;
  if ((other?.group ?? null) !== tab.group) return tidy(changed(layout, id, { group: tab.group === null ? other?.group ?? null : null }));
  if (!other) return layout;
  const tabs = [...changed(layout, id, {}).tabs];
  [tabs[at], tabs[at + step]] = [other, tab];
  return tidy({ ...layout, preview: layout.preview === id ? null : layout.preview, tabs });
}

/** A new group around a tab, where the tab is. */
export function newGroup(layout: Layout, id: string, group: Group): Layout {
  const tab = tabOf(layout, id);
  if (!tab || layout.groups.length >= groupsMax) return layout;
  const loose = tab.group === null ? layout : ungrouped(layout, id);
  return tidy(changed({ ...loose, groups: [...loose.groups, { ...group, name: group.name.slice(0, groupNameMax) }] }, id, { group: group.id, isPinned: false }));
}

/** Behind the last tab of a group. */
export function grouped(layout: Layout, id: string, group: string): Layout {
  const tab = tabOf(layout, id);
  if (!tab || tab.group === group || !groupOf(layout, group)) return layout;
  const others = changed(layout, id, {}).tabs.filter((other) => other.id !== id);
  const last = others.map((other) => other.group).lastIndexOf(group);
  const tabs = [...others.slice(0, last + 1), { id, isPinned: false, group }, ...others.slice(last + 1)];
  return tidy({ ...layout, preview: layout.preview === id ? null : layout.preview, tabs });
}

/** Out of its group, to the place behind it. */
export function ungrouped(layout: Layout, id: string): Layout {
  const tab = tabOf(layout, id);
  if (!tab || tab.group === null) return layout;
  const others = layout.tabs.filter((other) => other.id !== id);
  const last = others.map((other) => other.group).lastIndexOf(tab.group);
  const at = last < 0 ? layout.tabs.findIndex((other) => other.id === id) : last + 1;
  return tidy({ ...layout, tabs: [...others.slice(0, at), { ...tab, group: null }, ...others.slice(at)] });
}

export function changedGroup(layout: Layout, id: string, members: Partial<Omit<Group, "id">>): Layout {
  return {
    ...layout,
    groups: layout.groups.map((group) =>
      group.id === id ? { ...group, ...members, name: (members.name ?? group.name).slice(0, groupNameMax) } : group),
  };
}

/** The group goes, its tabs stay. */
export function dissolved(layout: Layout, id: string): Layout {
  return tidy({ ...layout, groups: layout.groups.filter((group) => group.id !== id) });
}

/** A whole group before a tab, or to the end. */
export function movedGroup(layout: Layout, id: string, before: string | null): Layout {
  const own = layout.tabs.filter((tab) => tab.group === id);
  if (own.length === 0 || own.some((tab) => tab.id === before)) return layout;
  const others = layout.tabs.filter((tab) => tab.group !== id);
  let at = before === null ? others.length : others.findIndex((tab) => tab.id === before);
  if (at < 0) return layout;
  // Not into the middle of another group: before it.
  while (at > 0 && others[at]?.group && others[at]?.group === others[at - 1]?.group) at -= 1;
  at = Math.max(at, others.filter((tab) => tab.isPinned).length);
  return tidy({ ...layout, tabs: [...others.slice(0, at), ...own, ...others.slice(at)] });
}

/** What another window has, and what this one shows. */
export function merged(theirs: Layout, held: string[]): Layout {
  return held.reduce((layout, id) => (tabOf(layout, id) ? layout : shown({ ...layout, preview: null }, id)), theirs);
}

const idPattern = /^[\w-]{1,64}$/;

/** What a browser kept, as far as it is what it should be. */
export function read(value: unknown): Layout {
  const kept = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const records = (list: unknown) =>
    (Array.isArray(list) ? list : []).filter((one): one is Record<string, unknown> => typeof one === "object" && one !== null);
  const id = (one: Record<string, unknown>) => (typeof one["id"] === "string" && idPattern.test(one["id"]) ? one["id"] : null);
  const seen = new Set<string>();
  const fresh = (name: string | null): name is string => {
    if (name === null || seen.has(name)) return false;
    seen.add(name);
    return true;
  };
  const groups: Group[] = [];
  for (const one of records(kept["groups"]).slice(0, groupsMax)) {
    const name = id(one);
    if (!fresh(name)) continue;
    groups.push({
      id: name, name: typeof one["name"] === "string" ? one["name"].slice(0, groupNameMax) : "",
      colour: colours.find((colour) => colour === one["colour"]) ?? "grey", isFolded: one["isFolded"] === true,
    });
  }
  const tabs: Tab[] = [];
  for (const one of records(kept["tabs"]).slice(0, tabsMax)) {
    const name = id(one);
    if (fresh(name)) tabs.push({ id: name, isPinned: one["isPinned"] === true, group: typeof one["group"] === "string" ? one["group"] : null });
  }
  return tidy({ tabs, groups, preview: typeof kept["preview"] === "string" ? kept["preview"] : null });
}
