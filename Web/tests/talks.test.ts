import { canMove, cleanPath, folderTree, rebased, rowsOf } from "../src/chat/library/folders";
import {
  around, changedGroup, closed, dissolved, grouped, type Layout, merged, moved, movedGroup, neighbour, newGroup, noTabs, opened, pinned, read, shown,
  stepped, tabsMax, ungrouped, visibleTabs,
} from "../src/chat/tabs/layout";
import { parting, subtree } from "../src/chat/tree";
import type { Conversation, ConversationSummary, Message } from "../src/chat/types";
import { fileInZip, isZip } from "../src/chat/zip";
import { equal, ok, random, test } from "./check";

const row = (...ids: string[]): Layout => ids.reduce(opened, noTabs);
const group = (id: string, name = id) => ({ id, name, colour: "blue" as const, isFolded: false });

/** `a* b [g c d] e`: pinned tabs have a star, groups brackets, the preview a question mark. */
function said(layout: Layout): string {
  const words: string[] = [];
  let inside: string | null = null;
  for (const tab of layout.tabs) {
    if (tab.group !== inside) {
      if (inside !== null) words.push("]");
      if (tab.group !== null) words.push(`[${tab.group}`);
      inside = tab.group;
    }
    words.push(`${tab.id}${tab.isPinned ? "*" : ""}${layout.preview === tab.id ? "?" : ""}`);
  }
  if (inside !== null) words.push("]");
  return words.join(" ");
}

test("what is only looked at takes one tab", () => {
  let layout = shown(shown(row("a"), "b"), "c");
  equal(said(layout), "a c?");
  layout = shown(opened(layout, "c"), "d");
  equal(said(layout), "a c d?");
  equal(said(shown(layout, "a")), "a c d?");
});

test("pinned tabs stay in front, wherever something is dropped", () => {
  let layout = pinned(row("a", "b", "c"), "c", true);
  equal(said(layout), "c* a b");
  equal(said(moved(layout, "b", "c")), "c* b a");
  equal(said(moved(layout, "c", null)), "c* a b");
  layout = pinned(layout, "b", true);
  equal(said(layout), "c* b* a");
  equal(said(pinned(layout, "c", false)), "b* c a");
});

test("a dropped tab joins the group that it is dropped into", () => {
  let layout = grouped(newGroup(row("a", "b", "c", "d"), "b", group("g")), "d", "g");
  equal(said(layout), "a [g b d ] c");
  equal(said(moved(layout, "c", "d")), "a [g b c d ]");
  equal(said(moved(layout, "a", "b", "g")), "[g a b d ] c");
  equal(said(moved(layout, "d", "a")), "d a [g b ] c");
  equal(said(moved(layout, "d", "b")), "a [g d b ] c");
  equal(said(ungrouped(layout, "b")), "a [g d ] b c");
  equal(said(movedGroup(layout, "g", null)), "a c [g b d ]");
  equal(said(dissolved(layout, "g")), "a b d c");
  layout = closed(layout, ["b", "d"]);
  equal([said(layout), layout.groups.length], ["a c", 0]);
});

test("a group does not fall into the middle of another", () => {
  let layout = newGroup(newGroup(row("a", "b", "c", "d"), "a", group("g")), "c", group("h"));
  layout = grouped(layout, "d", "h");
  equal(said(layout), "[g a ] b [h c d ]");
  equal(said(movedGroup(layout, "g", "d")), "b [g a ] [h c d ]");
});

test("a step of the keyboard and the step back lead to where it was", () => {
  const base = grouped(newGroup(pinned(row("p", "a", "b", "c", "d"), "p", true), "b", group("g")), "c", "g");
  equal(said(base), "p* a [g b c ] d");
  equal(said(stepped(base, "a", 1)), "p* [g a b c ] d");
  equal(said(stepped(base, "c", 1)), "p* a [g b ] c d");
  for (const id of ["a", "b", "c"]) {
    for (const step of [1, -1] as const) {
      const there = stepped(base, id, step);
      if (said(there) !== said(base)) equal(said(stepped(there, id, step === 1 ? -1 : 1)), said(base), `${id} ${step}`);
    }
  }
  equal(said(stepped(base, "p", 1)), said(base));
});

test("whatever is done, the order keeps its rules", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const chance = random(seed);
    const pick = (from: string[]) => from[Math.floor(chance() * from.length)] ?? "a";
    const ids = ["a", "b", "c", "d", "e", "f"];
    let layout = row("a", "b", "c");
    for (let step = 0; step < 40; step += 1) {
      const [one, other] = [pick(ids), pick(ids)];
      const work = Math.floor(chance() * 10);
      if (work === 0) layout = shown(layout, one);
      else if (work === 1) layout = opened(layout, one);
      else if (work === 2) layout = closed(layout, [one]);
      else if (work === 3) layout = pinned(layout, one, chance() < 0.5);
      else if (work === 4) layout = moved(layout, one, chance() < 0.2 ? null : other);
      else if (work === 5) layout = stepped(layout, one, chance() < 0.5 ? 1 : -1);
      else if (work === 6) layout = newGroup(layout, one, group(`g${step}`));
      else if (work === 7) layout = grouped(layout, one, layout.groups[0]?.id ?? "");
      else if (work === 8) layout = movedGroup(layout, layout.groups[0]?.id ?? "", chance() < 0.3 ? null : other);
      else layout = ungrouped(layout, one);
      const about = `seed ${seed}, step ${step}, work ${work}: ${said(layout)}`;
      equal(new Set(layout.tabs.map((tab) => tab.id)).size, layout.tabs.length, about);
      const firstLoose = layout.tabs.findIndex((tab) => !tab.isPinned);
      ok(firstLoose < 0 || layout.tabs.slice(firstLoose).every((tab) => !tab.isPinned), `pinned behind others: ${about}`);
      const runs = layout.tabs.map((tab) => tab.group).filter((name, index, all) => name !== null && name !== all[index - 1]);
      equal(runs.length, new Set(runs).size, `a group stands in two places: ${about}`);
      equal(layout.groups.map(({ id }) => id).sort(), Array.from(new Set(runs)).sort(), about);
      equal(read(JSON.parse(JSON.stringify(layout))), layout, `kept and read again: ${about}`);
    }
  }
});

test("closing shows the next one, and folded groups are passed over", () => {
  let layout = newGroup(row("a", "b", "c"), "b", group("g"));
  equal([neighbour(layout, "a"), neighbour(layout, "c"), neighbour(row("a"), "a")], ["b", "b", null]);
  layout = changedGroup(layout, "g", { isFolded: true });
  equal(visibleTabs(layout).map((tab) => tab.id), ["a", "c"]);
  equal([neighbour(layout, "a"), around(layout, "c", 1), around(layout, "a", -1), around(layout, null, 1)], ["c", "a", "c", "a"]);
  ok(!shown(layout, "b").groups[0]?.isFolded, "the group of the tab that is shown stays folded");
});

test("a full row loses what nobody has pinned", () => {
  let layout = noTabs;
  for (let count = 0; count < tabsMax + 5; count += 1) layout = opened(layout, `t${count}`);
  equal([layout.tabs.length, layout.tabs[0]?.id], [tabsMax, "t5"]);
});

test("what a browser kept is read with doubt", () => {
  for (const broken of [null, 7, "x", [], { tabs: 3 }, { tabs: [null, 1, { id: 5 }, { id: "../x" }, { id: "" }] }]) equal(read(broken), noTabs);
  equal(said(read({ tabs: [{ id: "a" }, { id: "a" }, { id: "b", group: "nowhere" }, { id: "c", isPinned: true }], groups: [{ id: "g", colour: "<b>" }] })), "c* a b");
});

test("another window's row has what this one shows", () => {
  equal(said(merged(row("a", "b"), ["b"])), "a b");
  equal(said(merged(row("a"), ["b"])), "a b?");
});

test("folders are a tree of names", () => {
  equal(folderTree(["work/b", "work/a", "work/b", "home"], ["work/a/deep", "new"], (a, b) => (a < b ? -1 : 1)).map(({ path, depth, count }) => `${path} ${depth} ${count}`),
    ["home 0 1", "new 0 0", "work 0 3", "work/a 1 1", "work/a/deep 2 0", "work/b 1 2"]);
  equal([cleanPath(" a // b /"), cleanPath("///"), rebased("a/b/c", "a/b", "x"), rebased("a/bc", "a/b", "x"), rebased("a/b", "a/b", "")], ["a/b", "", "x/c", "a/bc", ""]);
  equal([canMove("a", "a/b"), canMove("a", "a"), canMove("a/b", "a"), canMove("a/b", ""), canMove("a", "b")], [false, false, false, true, true]);
});

test("rows: pinned, folders that are open, days", () => {
  const chat = (id: string, updatedAt: number, more: Partial<ConversationSummary> = {}): ConversationSummary => ({ id, title: id, createdAt: 0, updatedAt, isPinned: false, model: null, count: 1, ...more });
  const chats = [chat("a", 9), chat("b", 5), chat("c", 8, { folder: "f/g" }), chat("d", 7, { isPinned: true, folder: "f" }), chat("e", 6, { folder: "f" })];
  const folders = folderTree(["f/g", "f"], [], (a, b) => (a < b ? -1 : 1));
  const days: [string, number][] = [["today", 8], ["older", -Infinity]];
  const shownRows = (open: string[]) => rowsOf(chats, folders, new Set(open), { pinned: "P", folders: "F", days }).map((one) => (one.kind === "chat" ? `${one.id}${one.depth}` : one.kind === "folder" ? `/${one.folder.path}` : one.text)).join(" ");
  equal(shownRows([]), "P d0 F /f today a0 older b0");
  equal(shownRows(["f"]), "P d0 F /f e1 /f/g today a0 older b0");
  equal(shownRows(["f/g"]), "P d0 F /f today a0 older b0");
  equal(shownRows(["f", "f/g"]), "P d0 F /f e1 /f/g c2 today a0 older b0");
});

test("branches part where they part", () => {
  const message = (id: string, parent: string | null): Message => ({ id, parent, role: "user", text: id, createdAt: 0 });
  const all = [message("a", null), message("b", "a"), message("c", "b"), message("d", "a"), message("e", "d")];
  const talk = { messages: Object.fromEntries(all.map((one) => [one.id, one])), leaf: "c" } as unknown as Conversation;
  const ids = (list: Message[]) => list.map((one) => one.id).join("");
  const { common, left, right } = parting(talk, "c", "e");
  equal([ids(common), ids(left), ids(right)], ["a", "bc", "de"]);
  equal(subtree(talk, "a").sort().join(""), "abcde");
  equal(subtree(talk, "d").sort().join(""), "de");
});

/** A ZIP file with one entry, stored or packed. */
async function zip(name: string, text: string, isPacked: boolean): Promise<Uint8Array> {
  const plain = new TextEncoder().encode(text);
  const Stream = (globalThis as unknown as { CompressionStream: new (format: string) => GenericTransformStream }).CompressionStream;
  const data = isPacked
    ? new Uint8Array(await new Response(new Blob([plain]).stream().pipeThrough(new Stream("deflate-raw") as ReadableWritablePair<Uint8Array, Uint8Array>)).arrayBuffer())
    : plain;
  const label = new TextEncoder().encode(name);
  const bytes = new Uint8Array(30 + label.length + data.length + 46 + label.length + 22);
  const view = new DataView(bytes.buffer);
  const method = isPacked ? 8 : 0;
  view.setUint32(0, 0x04034b50, true);
  view.setUint16(8, method, true);
  view.setUint16(26, label.length, true);
  bytes.set(label, 30);
  bytes.set(data, 30 + label.length);
  const entry = 30 + label.length + data.length;
  view.setUint32(entry, 0x02014b50, true);
  view.setUint16(entry + 10, method, true);
  view.setUint32(entry + 20, data.length, true);
  view.setUint32(entry + 24, plain.length, true);
  view.setUint16(entry + 28, label.length, true);
  bytes.set(label, entry + 46);
  const end = entry + 46 + label.length;
  view.setUint32(end, 0x06054b50, true);
  view.setUint16(end + 10, 1, true);
  view.setUint32(end + 16, entry, true);
  return bytes;
}

test("one file comes out of a ZIP, and what is damaged is told", async () => {
  const text = JSON.stringify([{ title: "x".repeat(5_000) }]);
  for (const isPacked of [false, true]) {
    const bytes = await zip("export/conversations.json", text, isPacked);
    ok(isZip(bytes), "it is none");
    equal(new TextDecoder().decode(await fileInZip(bytes, ["conversations.json"])), text);
    for (const [broken, wanted] of [[bytes.slice(0, 60), "cut off"], [await zip("user.json", "{}", isPacked), "user.json"]] as const) {
      let told = "";
      await fileInZip(broken, ["conversations.json"]).catch((error: Error) => { told = error.message; });
      ok(told.includes(wanted), `"${told}" does not say "${wanted}"`);
    }
  }
  for (let seed = 1; seed <= 200; seed += 1) {
    const chance = random(seed);
    const bytes = await zip("conversations.json", text, true);
    for (let count = 0; count < 6; count += 1) bytes[Math.floor(chance() * bytes.length)] = Math.floor(chance() * 256);
    // It ends, with a text or an error of ours: nothing hangs and nothing else is thrown.
    await fileInZip(bytes, ["conversations.json"]).catch((error: Error) => ok(error.constructor.name.includes("ZipError"), `seed ${seed}: ${error.constructor.name} ${error.message}`));
  }
});
