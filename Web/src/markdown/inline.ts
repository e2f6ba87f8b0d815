// What stands inside a paragraph: emphasis, code, formulas, links. One pass over the characters and one over the marks of
// emphasis, each linear in the length of the text whatever stands in it. Raw HTML stays text.

import { type Inline, pair, type Piece, tree } from "./emphasis";

export type { Inline } from "./emphasis";

const addressMax = 2_000;
const parenthesesMax = 32;

/**
 * @param text what stands in the block.
 * @param open whether it is still being written: what is begun at its end is then shown as if it were closed.
 */
export function parseInline(text: string, open = false): Inline[] {
  return new Scanner(text, open).read();
}

class Scanner {
  private at = 0;
  private pieces: Piece[] = [];
  private brackets: { piece: number; isImage: boolean; start: number }[] = [];
  /** Lengths of runs of backticks that do not come again. */
  private readonly absent = new Set<number>();
  private hasNoDollar = false;
  private hasNoParenthesis = false;

  constructor(private readonly text: string, private readonly open: boolean) {}

  read(): Inline[] {
    const special = /[\\`*_~$![\]<\nhw]/g;
    while (this.at < this.text.length) {
      special.lastIndex = this.at;
      const next = special.exec(this.text);
      const end = next ? next.index : this.text.length;
      if (end > this.at) this.add(this.text.slice(this.at, end));
      this.at = end;
      if (next) this.special(next[0]!);
    }
    if (this.open) this.healBrackets();
    pair(this.pieces, 0, this.open);
    return tree(this.pieces);
  }

  private add(text: string): void {
    const last = this.pieces[this.pieces.length - 1];
    if (last?.kind === "text") last.text += text;
    else this.pieces.push({ kind: "text", text });
  }

  private special(character: string): void {
    switch (character) {
      case "\\": return this.escape();
      case "`": return this.code();
      case "*": case "_": case "~": return this.mark(character);
      case "$": return this.dollar();
      case "!":
        if (this.text[this.at + 1] !== "[") return this.plain(1);
        this.brackets.push({ piece: this.pieces.length, isImage: true, start: this.at });
        this.pieces.push({ kind: "text", text: "![" });
        this.at += 2;
        return;
      case "[":
        this.brackets.push({ piece: this.pieces.length, isImage: false, start: this.at });
        this.pieces.push({ kind: "text", text: "[" });
        this.at += 1;
        return;
      case "]": return this.bracket();
      case "<": return this.angle();
      case "\n": return this.newline();
      default: return this.bareAddress();
    }
  }

  private plain(length: number): void {
    this.add(this.text.slice(this.at, this.at + length));
    this.at += length;
  }

  private escape(): void {
    const next = this.text[this.at + 1];
    if (next === "(") {
      const end = this.text.indexOf("\\)", this.at + 2);
      if (end > 0 && end - this.at < 4_096) {
        this.pieces.push({ kind: "math", text: this.text.slice(this.at + 2, end), display: false });
        this.at = end + 2;
        return;
      }
    }
    if (next === "\n") {
      this.pieces.push({ kind: "break" });
      this.at += 2;
    } else if (next !== undefined && /[!-/:-@[-`{-~]/.test(next)) {
      this.add(next);
      this.at += 2;
    } else {
      this.plain(1);
    }
  }

  private code(): void {
    let count = 1;
    while (this.text[this.at + count] === "`") count += 1;
    const start = this.at + count;
    const end = this.absent.has(count) ? -1 : this.closing(start, count);
    if (end >= 0 || (this.open && start < this.text.length && count < 3)) {
      let text = this.text.slice(start, end >= 0 ? end : undefined).replace(/\n/g, " ");
      if (text.length > 2 && text.startsWith(" ") && text.endsWith(" ") && text.trim() !== "") text = text.slice(1, -1);
      this.pieces.push({ kind: "code", text });
      this.at = end >= 0 ? end + count : this.text.length;
      return;
    }
    if (end < 0) this.absent.add(count);
    if (this.open && start >= this.text.length) this.at = start;
    else this.plain(count);
  }

  /** Where the next run of exactly so many backticks begins. */
  private closing(from: number, count: number): number {
    let at = this.text.indexOf("`", from);
    while (at >= 0) {
      let length = 1;
      while (this.text[at + length] === "`") length += 1;
      if (length === count) return at;
      at = this.text.indexOf("`", at + length);
    }
    return -1;
  }

  private mark(character: string): void {
    let count = 1;
    while (this.text[this.at + count] === character) count += 1;
    if (character === "~" && count > 2) return this.plain(count);
    const before = this.text[this.at - 1] ?? " ";
    const after = this.text[this.at + count] ?? " ";
    const [spaceBefore, spaceAfter] = [/\s/.test(before), /\s/.test(after)];
    const [signBefore, signAfter] = [/[\p{P}\p{S}]/u.test(before), /[\p{P}\p{S}]/u.test(after)];
    const left = !spaceAfter && (!signAfter || spaceBefore || signBefore);
    const right = !spaceBefore && (!signBefore || spaceAfter || signAfter);
    const isWord = character === "_";
    this.pieces.push({
      kind: "mark", character, count, canOpen: left && (!isWord || !right || signBefore),
      canClose: right && (!isWord || !left || signAfter),
    });
    this.at += count;
  }

  private dollar(): void {
    const isDouble = this.text[this.at + 1] === "$";
    const start = this.at + (isDouble ? 2 : 1);
    const first = this.text[start];
    if (!this.hasNoDollar && first !== undefined && (isDouble || !/[\s\d.,$]/.test(first) || this.isFormula(start))) {
      const end = this.text.indexOf(isDouble ? "$$" : "$", start);
      if (end < 0) this.hasNoDollar = true;
      const last = this.text[end - 1];
      const next = this.text[end + 1];
      const isFit = end > start && end - start < 4_096 && !this.text.slice(start, end).includes("\n\n");
      if (isFit && (isDouble || (last !== " " && last !== "\\" && !(next && /\d/.test(next))))) {
        this.pieces.push({ kind: "math", text: this.text.slice(start, end), display: isDouble });
        this.at = end + (isDouble ? 2 : 1);
        return;
      }
    }
    this.plain(isDouble ? 2 : 1);
  }

  /** "$5 and $6" are prices; "$2x + 1$" is a formula. */
  private isFormula(start: number): boolean {
    const end = this.text.indexOf("$", start);
    if (end < 0 || end - start > 200) return false;
    const inner = this.text.slice(start, end);
    return /^\d/.test(inner) && (/[\\^_=+{}]/.test(inner) || /^\d+[a-z]?$/i.test(inner)) && !/\s$/.test(inner);
  }

  private bracket(): void {
    const opening = this.brackets.pop();
    if (!opening) return this.plain(1);
    const address = this.text[this.at + 1] === "(" ? this.address(this.at + 2) : null;
    if (!address && this.isHalfLink()) {
      const inside = this.inside(opening);
      if (!opening.isImage) for (const piece of inside) this.pieces.push(piece);
      this.at = this.text.length;
      return;
    }
    if (!address) {
      if (this.open && this.at + 1 >= this.text.length - 1) this.brackets.push(opening);
      return this.plain(1);
    }
    const inside = this.inside(opening);
    pair(inside, 0, false);
    const children = tree(inside);
    if (opening.isImage) this.pieces.push({ kind: "image", src: address.href, alt: plainText(children) });
    else this.pieces.push({ kind: "link", href: address.href, children: withoutLinks(children) });
    if (!opening.isImage) this.brackets = this.brackets.filter((other) => other.isImage);
    this.at = address.end;
  }

  /** Takes out what stands since a bracket, without the bracket. */
  private inside(opening: { piece: number; isImage: boolean }): Piece[] {
    const inside = this.pieces.splice(opening.piece);
    const first = inside.shift();
    const length = opening.isImage ? 2 : 1;
    if (first?.kind === "text" && first.text.length > length) inside.unshift({ kind: "text", text: first.text.slice(length) });
    return inside;
  }

  /** Whether a link's address is just being written here. */
  private isHalfLink(): boolean {
    if (!this.open || this.text[this.at + 1] !== "(" || this.text.length - this.at > addressMax) return false;
    return /^\]\([^\s)]*$/.test(this.text.slice(this.at));
  }

  /** `address "title")`, as short as it must be. */
  private address(from: number): { href: string; end: number } | null {
    if (this.hasNoParenthesis) return null;
    const limit = Math.min(this.text.length, from + addressMax);
    let at = from;
    let depth = 0;
    let href = "";
    const isWrapped = this.text[at] === "<";
    if (isWrapped) at += 1;
    for (; at < limit; at += 1) {
      const character = this.text[at]!;
      if (isWrapped ? character === ">" : character === ")" && depth === 0) break;
      if (character === "\n" || character === "<" || (!isWrapped && character === " ")) break;
      if (!isWrapped && character === "(" && ++depth > parenthesesMax) return null;
      if (!isWrapped && character === ")") depth -= 1;
      if (character === "\\" && at + 1 < limit) at += 1;
      href += this.text[at]!;
    }
    if (isWrapped) {
      if (this.text[at] !== ">") return null;
      at += 1;
    }
    if (this.text[at] === " ") {
      const title = /^ +(?:"[^"\n]{0,500}"|'[^'\n]{0,500}')? *\)/.exec(this.text.slice(at, at + 520));
      return title ? { href, end: at + title[0]!.length } : null;
    }
    if (this.text[at] === ")") return { href, end: at + 1 };
    if (at >= this.text.length && this.text.indexOf(")", from) < 0) this.hasNoParenthesis = true;
    return null;
  }

  private angle(): void {
    const rest = this.text.slice(this.at, this.at + 512);
    const address = /^<(https?:\/\/[^\s<>]{1,500}|mailto:[^\s<>]{1,250})>/.exec(rest);
    if (address) {
      this.pieces.push({ kind: "link", href: address[1]!, children: [address[1]!.replace(/^mailto:/, "")] });
      this.at += address[0]!.length;
      return;
    }
    const lineBreak = /^<br *\/?>/i.exec(rest);
    if (lineBreak) {
      this.pieces.push({ kind: "break" });
      this.at += lineBreak[0]!.length;
      return;
    }
    this.plain(1);
  }

  private newline(): void {
    const last = this.pieces[this.pieces.length - 1];
    const isHard = last?.kind === "text" && last.text.endsWith("  ");
    if (last?.kind === "text") last.text = last.text.trimEnd();
    if (isHard) this.pieces.push({ kind: "break" });
    else this.add("\n");
    this.at += 1;
  }

  private bareAddress(): void {
    const before = this.text[this.at - 1];
    const rest = this.text.slice(this.at, this.at + 12);
    if ((before === undefined || /[\s(*_~]/.test(before)) && /^(https?:\/\/|www\.)/.test(rest)) {
      let address = /^[^\s<>"]{1,2000}/.exec(this.text.slice(this.at, this.at + addressMax))?.[0] ?? "";
      address = address.replace(/[.,;:!?*_~'"\]]+$/, "");
      while (address.endsWith(")") && occurrences(address, ")") > occurrences(address, "(")) address = address.slice(0, -1);
      if (address.length > 10) {
        const href = address.startsWith("www.") ? `https://${address}` : address;
        this.pieces.push({ kind: "link", href, children: [address] });
        this.at += address.length;
        return;
      }
    }
    // To the end of the word: letters in words are never the beginning of an address.
    const word = /^[\p{L}\p{N}]+/u.exec(this.text.slice(this.at, this.at + 64));
    this.plain(word ? word[0]!.length : 1);
  }

  /** Half a link at the end of a text that is being written: its words, without the marks. */
  private healBrackets(): void {
    const opening = this.brackets[this.brackets.length - 1];
    if (!opening || this.text.length - opening.start > 300) return;
    const piece = this.pieces[opening.piece];
    if (piece?.kind !== "text") return;
    if (opening.isImage) this.pieces.length = opening.piece;
    else {
      piece.text = piece.text.replace(/^\[/, "").replace(/\](?:\([^)]*)?$/, "");
      const last = this.pieces[this.pieces.length - 1];
      if (last && last !== piece && last.kind === "text") last.text = last.text.replace(/\](?:\([^)]*)?$/, "");
    }
  }
}

function occurrences(text: string, character: string): number {
  return text.split(character).length - 1;
}

/** What is left of inline parts when all marks are gone. */
export function plainText(parts: Inline[]): string {
  return parts.map((part) => {
    if (typeof part === "string") return part;
    switch (part.kind) {
      case "code": case "math": return part.text;
      case "image": return part.alt;
      case "break": return "\n";
      default: return plainText(part.children);
    }
  }).join("");
}

function withoutLinks(parts: Inline[]): Inline[] {
  return parts.flatMap((part): Inline[] => {
    if (typeof part === "string") return [part];
    if (part.kind === "link") return part.children;
    if ("children" in part) return [{ ...part, children: withoutLinks(part.children) }];
    return [part];
  });
}

/** Addresses that a link may lead to: the web, mail, and places on this page. Everything else is no link. */
export function safeAddress(address: string): string | null {
  // Control characters and spaces, which browsers leave out before they look at the scheme.
  const cleaned = Array.from(address).filter((character) => character.charCodeAt(0) > 0x20).join("");
  if (/^(https?:\/\/|mailto:|#)/i.test(cleaned)) return cleaned;
  return null;
}
