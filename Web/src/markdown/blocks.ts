// Markdown's blocks, line by line: one pass, no look back beyond the block that is being read. A block that another one
// follows never changes again, so that a text that grows is read from the beginning of its last block only.

export type Align = "left" | "center" | "right" | null;

export interface Item {
  /** Of a task list: whether it is done. */
  done: boolean | null;
  blocks: Block[];
}

export type Block =
  | { kind: "heading"; level: number; text: string }
  | { kind: "paragraph"; text: string; /** The piece of a long one that is not its first. */ goesOn?: boolean }
  | { kind: "code"; language: string; text: string; closed: boolean }
  | { kind: "math"; text: string; closed: boolean }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "list"; ordered: boolean; start: number; tight: boolean; items: Item[] }
  | { kind: "table"; align: Align[]; header: string[]; rows: string[][] }
  | { kind: "rule" };

/** A block and where in the text it begins. */
export interface Placed {
  start: number;
  block: Block;
}

/** Quotes and lists inside each other are read to this depth; what is deeper is plain text. */
const depthMax = 12;
const columnsMax = 64;

interface Line {
  text: string;
  start: number;
}

const fence = /^( {0,3})(`{3,}|~{3,})[ \t]*([^`\n]*)$/;
const heading = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const rule = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const marker = /^( {0,3})([-*+]|\d{1,9}[.)])([ \t]+|$)/;
const underline = /^ {0,3}(={2,}|-{2,})[ \t]*$/;
const delimiters = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

/** The blocks of a whole text. */
export function parseBlocks(text: string): Block[] {
  return placedBlocks(text).map((placed) => placed.block);
}

/** The blocks of a text with their places, those that begin at `from` or later. */
export function placedBlocks(text: string, from = 0): Placed[] {
  const lines: Line[] = [];
  let start = from;
  while (start <= text.length) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    lines.push({ text: text.slice(start, end).replace(/\r$/, "").replace(/\t/g, "    "), start });
    start = end + 1;
  }
  return new Reader(lines, 0).read();
}

class Reader {
  private at = 0;
  private readonly found: Placed[] = [];

  constructor(private readonly lines: Line[], private readonly depth: number) {}

  read(): Placed[] {
    while (this.at < this.lines.length) {
      const line = this.lines[this.at]!;
      if (isBlank(line.text)) {
        this.at += 1;
        continue;
      }
      const block = this.block(line.text);
      this.found.push({ start: line.start, block });
    }
    return this.found;
  }

  private block(text: string): Block {
    const open = fence.exec(text);
    if (open) return this.code(open[1]!.length, open[2]!, open[3]!.trim());
    const title = heading.exec(text);
    if (title) {
      this.at += 1;
      return { kind: "heading", level: title[1]!.length, text: title[2] ?? "" };
    }
    if (rule.test(text)) {
      this.at += 1;
      return { kind: "rule" };
    }
    const math = mathOpening(text);
    if (math) return this.math(math);
    if (/^ {0,3}>/.test(text) && this.depth < depthMax) return this.quote();
    const point = marker.exec(text);
    if (point && this.depth < depthMax) return this.list(point);
    if (text.startsWith("    ")) return this.indented();
    const next = this.lines[this.at + 1];
    if (text.includes("|") && next && next.text.includes("-") && delimiters.test(next.text)) {
      const table = this.table(text, next.text);
      if (table) return table;
    }
    return this.paragraph();
  }

  private code(indent: number, mark: string, language: string): Block {
    const text: string[] = [];
    const end = new RegExp(`^ {0,3}\\${mark[0]}{${mark.length},}[ \\t]*$`);
    this.at += 1;
    while (this.at < this.lines.length) {
      const line = this.lines[this.at]!.text;
      this.at += 1;
      if (end.test(line)) return { kind: "code", language, text: text.join("\n"), closed: true };
      text.push(indent > 0 ? line.replace(new RegExp(`^ {0,${indent}}`), "") : line);
    }
    return { kind: "code", language, text: text.join("\n"), closed: false };
  }

  private math(close: string): Block {
    const first = this.lines[this.at]!.text.trim();
    const after = first.slice(2);
    this.at += 1;
    if (after.length >= 2 && after.endsWith(close)) {
      return { kind: "math", text: after.slice(0, -2), closed: true };
    }
    const text = after ? [after] : [];
    while (this.at < this.lines.length) {
      const line = this.lines[this.at]!.text;
      // An empty line ends a formula that nobody closed, so that one stray mark does not take the rest of the text.
      if (isBlank(line) && close === "$$") break;
      this.at += 1;
      const trimmed = line.trimEnd();
      if (trimmed.endsWith(close)) {
        text.push(trimmed.slice(0, -2));
        return { kind: "math", text: text.join("\n"), closed: true };
      }
      text.push(line);
    }
    return { kind: "math", text: text.join("\n"), closed: false };
  }

  private indented(): Block {
    const text: string[] = [];
    while (this.at < this.lines.length) {
      const line = this.lines[this.at]!.text;
      if (!line.startsWith("    ") && !isBlank(line)) break;
      text.push(line.slice(4));
      this.at += 1;
    }
    while (text.length > 0 && isBlank(text[text.length - 1]!)) text.pop();
    return { kind: "code", language: "", text: text.join("\n"), closed: true };
  }

  private quote(): Block {
    const inner: Line[] = [];
    let mayGoOn = false;
    while (this.at < this.lines.length) {
      const line = this.lines[this.at]!;
      const mark = /^ {0,3}> ?/.exec(line.text);
      if (mark) inner.push({ text: line.text.slice(mark[0]!.length), start: line.start });
      else if (mayGoOn && !isBlank(line.text) && !begins(line.text)) inner.push(line);
      else break;
      mayGoOn = !isBlank(inner[inner.length - 1]!.text);
      this.at += 1;
    }
    return { kind: "quote", blocks: nested(inner, this.depth) };
  }

  private list(first: RegExpExecArray): Block {
    const ordered = /\d/.test(first[2]!);
    const kind = first[2]!.slice(-1);
    const items: Item[] = [];
    let tight = true;
    while (this.at < this.lines.length) {
      const text = this.lines[this.at]!.text;
      const point = marker.exec(text);
      if (!point || point[2]!.slice(-1) !== kind || /\d/.test(point[2]!) !== ordered || rule.test(text)) break;
      const { item, hasGap } = this.item(point);
      items.push(item);
      if (hasGap && this.at < this.lines.length && marker.test(this.lines[this.at]!.text)) tight = false;
      if (item.blocks.filter((block) => block.kind === "paragraph").length > 1) tight = false;
    }
    return { kind: "list", ordered, start: ordered ? parseInt(first[2]!, 10) : 1, tight, items };
  }

  private item(point: RegExpExecArray): { item: Item; hasGap: boolean } {
    const spaces = point[3]!.length;
    const width = point[1]!.length + point[2]!.length + (spaces >= 1 && spaces <= 4 ? spaces : 1);
    const line = this.lines[this.at]!;
    let text = line.text.slice(Math.min(width, line.text.length));
    let done: boolean | null = null;
    const task = /^\[([ xX])\](?: |$)/.exec(text);
    if (task) {
      done = task[1] !== " ";
      text = text.slice(task[0]!.length);
    }
    const inner: Line[] = [{ text, start: line.start }];
    this.at += 1;
    let hasGap = false;
    while (this.at < this.lines.length) {
      const next = this.lines[this.at]!;
      if (isBlank(next.text)) {
        hasGap = true;
        inner.push({ text: "", start: next.start });
      } else if (indentation(next.text) >= width) {
        hasGap = false;
        inner.push({ text: next.text.slice(width), start: next.start });
      } else if (hasGap || begins(next.text) || marker.test(next.text)) {
        break;
      } else {
        inner.push({ text: next.text.trimStart(), start: next.start });
      }
      this.at += 1;
    }
    return { item: { done, blocks: nested(inner, this.depth) }, hasGap };
  }

  private table(first: string, second: string): Block | null {
    const header = cells(first);
    const marks = cells(second);
    if (header.length !== marks.length || header.length > columnsMax) return null;
    const align = marks.map((mark): Align => {
      const [left, right] = [mark.startsWith(":"), mark.endsWith(":")];
      return left && right ? "center" : right ? "right" : left ? "left" : null;
    });
    const rows: string[][] = [];
    this.at += 2;
    while (this.at < this.lines.length) {
      const text = this.lines[this.at]!.text;
      if (isBlank(text) || (begins(text) && !text.includes("|"))) break;
      const row = cells(text).slice(0, header.length);
      while (row.length < header.length) row.push("");
      rows.push(row);
      this.at += 1;
    }
    return { kind: "table", align, header, rows };
  }

  private paragraph(): Block {
    const text = [this.lines[this.at]!.text.trimStart()];
    this.at += 1;
    while (this.at < this.lines.length) {
      const line = this.lines[this.at]!.text;
      if (isBlank(line)) break;
      const under = underline.exec(line);
      if (under) {
        this.at += 1;
        return { kind: "heading", level: under[1]!.startsWith("=") ? 1 : 2, text: text.join("\n") };
      }
      if (begins(line)) break;
      const next = this.lines[this.at + 1]?.text;
      if (line.includes("|") && next !== undefined && next.includes("|") && delimiters.test(next)) break;
      text.push(line.trimStart());
      this.at += 1;
    }
    return { kind: "paragraph", text: text.join("\n").trimEnd() };
  }
}

function nested(lines: Line[], depth: number): Block[] {
  return new Reader(lines, depth + 1).read().map((placed) => placed.block);
}

function isBlank(text: string): boolean {
  return text.trim() === "";
}

function indentation(text: string): number {
  return text.length - text.trimStart().length;
}

/** Whether a line begins a block of its own, also right after a paragraph's. */
function begins(text: string): boolean {
  if (fence.test(text) || heading.test(text) || rule.test(text) || /^ {0,3}>/.test(text)) return true;
  if (mathOpening(text)) return true;
  const point = marker.exec(text);
  // A number other than 1 in the middle of a sentence is a number; an empty point is a dash.
  return point !== null && point[3] !== "" && (!/\d/.test(point[2]!) || parseInt(point[2]!, 10) === 1);
}

/** How a displayed formula that begins here ends. */
function mathOpening(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed.startsWith("$$") && (trimmed.length === 2 || !trimmed.slice(2, -2).includes("$$"))) return "$$";
  if (trimmed.startsWith("\\[")) return "\\]";
  return null;
}

/** The cells of a table's row: parts between bars that are neither escaped nor code. */
export function cells(line: string): string[] {
  const text = line.trim();
  const found: string[] = [];
  let cell = "";
  let isCode = false;
  for (let at = text.startsWith("|") ? 1 : 0; at < text.length; at += 1) {
    const mark = text[at]!;
    if (mark === "\\" && text[at + 1] === "|") {
      cell += "|";
      at += 1;
    } else if (mark === "|" && !isCode) {
      found.push(cell.trim());
      cell = "";
    } else {
      if (mark === "`") isCode = !isCode && text.indexOf("`", at + 1) > 0;
      cell += mark;
    }
  }
  if (cell.trim() !== "" || !text.endsWith("|")) found.push(cell.trim());
  return found;
}

/**
 * The part of a text that is still being written which can be shown already: without a mark at its end that may become
 * anything, and without the first lines of a table, which are a paragraph until the third has begun.
 */
export function readyPart(text: string): string {
  const lastLine = text.lastIndexOf("\n") + 1;
  const tail = text.slice(lastLine);
  if (/^\s*(?:[-*+]|\d{1,3}[.)]?|#{1,6}|>|`{1,3}|~{1,3}|\$|\\)?\s*$/.test(tail)) return text.slice(0, lastLine);
  if (!/^\s*\|/.test(tail)) return text;
  const previous = text.lastIndexOf("\n", lastLine - 2) + 1;
  const before = lastLine > 0 ? text.slice(previous, lastLine - 1) : "";
  if (!/^\s*\|/.test(before)) return text.slice(0, lastLine);
  const third = previous > 0 ? text.slice(text.lastIndexOf("\n", previous - 2) + 1, previous - 1) : "";
  return /^\s*\|/.test(third) || !/^[\s|:-]*$/.test(tail) ? text : text.slice(0, previous);
}

/** A text that grows: blocks that are done are kept as they are. */
export class GrowingText {
  private text = "";
  private done: Placed[] = [];

  /** The blocks of `text`. Those that were there before and cannot have changed are the same objects. */
  update(text: string): Block[] {
    const isLonger = text.length >= this.text.length && text.startsWith(this.text);
    if (!isLonger) this.done = [];
    this.text = text;
    // From the last but one: what seems a new block may turn out to be one more point of the list before it.
    const again = Math.max(0, this.done.length - 2);
    const kept = this.done.slice(0, again);
    this.done = [...kept, ...placedBlocks(text, this.done[again]?.start ?? 0)];
    return this.done.map((placed) => placed.block);
  }
}
