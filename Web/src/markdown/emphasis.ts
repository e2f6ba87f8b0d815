// Emphasis: marks become pairs, and pairs a tree.

export type Inline =
  | string
  | { kind: "strong" | "em" | "del"; children: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "math"; text: string; display: boolean }
  | { kind: "link"; href: string; children: Inline[] }
  | { kind: "image"; src: string; alt: string }
  | { kind: "break" };

/** Emphasis inside emphasis is shown to this depth; what is deeper is shown without. */
const depthMax = 16;
export interface Mark {
  kind: "mark";
  character: string;
  count: number;
  canOpen: boolean;
  canClose: boolean;
}
interface Pair {
  kind: "open" | "close";
  tag: "strong" | "em" | "del";
}
/** What the scanner makes of a text; marks and pairs are gone at the end. */
export type Piece = Exclude<Inline, string> | { kind: "text"; text: string } | Mark | Pair;

/**
 * Turns marks into pairs of opening and closing ones. Source: "An algorithm for parsing nested emphasis and links" in the
 * CommonMark specification; remembering for each kind how far down nothing was found keeps it linear.
 */
export function pair(pieces: Piece[], from: number, open: boolean): void {
  interface Opener { place: number; character: string; count: number; canClose: boolean; original: number }
  const openers: Opener[] = [];
  const bottoms = new Map<string, number>();
  const after: Piece[][] = pieces.map(() => []);
  const before: Piece[][] = pieces.map(() => []);
  for (let place = from; place < pieces.length; place += 1) {
    const piece = pieces[place]!;
    if (piece.kind !== "mark") continue;
    let left = piece.count;
    if (piece.canClose) {
      const key = `${piece.character}${piece.canOpen}${piece.count % 3}`;
      while (left > 0) {
        const bottom = bottoms.get(key) ?? 0;
        let found = openers.length - 1;
        while (found >= bottom && !matches(openers[found]!, piece)) found -= 1;
        if (found < bottom) {
          bottoms.set(key, openers.length);
          break;
        }
        const opener = openers[found]!;
        openers.length = found + 1;
        for (const [known, value] of bottoms) if (value > openers.length) bottoms.set(known, openers.length);
        const taken = piece.character === "~" ? left : opener.count >= 2 && left >= 2 ? 2 : 1;
        const tag = piece.character === "~" ? "del" : taken === 2 ? "strong" : "em";
        after[opener.place]!.unshift({ kind: "open", tag });
        before[place]!.push({ kind: "close", tag });
        opener.count -= taken;
        (pieces[opener.place] as Mark).count = opener.count;
        left -= taken;
        if (opener.count === 0) openers.pop();
      }
    }
    if (left > 0 && piece.canOpen) {
      openers.push({ place, character: piece.character, count: left, canClose: piece.canClose, original: piece.count });
      piece.count = left;
    } else {
      piece.count = left;
    }
  }
  const ending: Piece[] = [];
  for (const opener of openers) (pieces[opener.place] as Mark).count = opener.count;
  if (open) {
    const last = openers[openers.length - 1];
    for (const opener of openers.slice(-4).reverse()) {
      if (opener.character === "~" && opener.count < 2) continue;
      const tag = opener.character === "~" ? "del" : opener.count >= 2 ? "strong" : "em";
      after[opener.place]!.push({ kind: "open", tag });
      ending.push({ kind: "close", tag });
      (pieces[opener.place] as Mark).count = 0;
    }
    // Marks at the very end belong to what has not come yet.
    const final = pieces[pieces.length - 1];
    if (final?.kind === "mark" && last?.place !== pieces.length - 1) final.count = final.canOpen || !final.canClose ? 0 : final.count;
  }
  const joined: Piece[] = pieces.slice(0, from);
  for (let place = from; place < pieces.length; place += 1) {
    const piece = pieces[place]!;
    joined.push(...before[place]!);
    if (piece.kind !== "mark") joined.push(piece);
    else if (piece.count > 0) joined.push({ kind: "text", text: piece.character.repeat(piece.count) });
    joined.push(...after[place]!);
  }
  joined.push(...ending);
  pieces.length = 0;
  for (const piece of joined) pieces.push(piece);
}

function matches(
  opener: { character: string; count: number; canClose: boolean; original: number }, closer: Mark
): boolean {
  if (opener.character !== closer.character) return false;
  if (closer.character === "~") return opener.count === closer.count;
  const isEither = opener.canClose || closer.canOpen;
  return !(isEither && (opener.original + closer.count) % 3 === 0 && (opener.original % 3 !== 0 || closer.count % 3 !== 0));
}

/** Pieces with pairs, as a tree. */
export function tree(pieces: Piece[]): Inline[] {
  const stack: { tag: "strong" | "em" | "del" | null; children: Inline[] }[] = [{ tag: null, children: [] }];
  let tooDeep = 0;
  const top = () => stack[stack.length - 1]!;
  const add = (node: Inline) => {
    const children = top().children;
    const last = children.length - 1;
    if (typeof node === "string" && typeof children[last] === "string") children[last] = children[last] + node;
    else children.push(node);
  };
  for (const piece of pieces) {
    switch (piece.kind) {
      case "text": add(piece.text); break;
      case "mark": add(piece.character.repeat(piece.count)); break;
      case "open":
        if (stack.length > depthMax) tooDeep += 1;
        else stack.push({ tag: piece.tag, children: [] });
        break;
      case "close": {
        if (tooDeep > 0) {
          tooDeep -= 1;
          break;
        }
        if (stack.length < 2) break;
        const { tag, children } = stack.pop()!;
        if (tag) top().children.push({ kind: tag, children });
        break;
      }
      default: top().children.push(piece);
    }
  }
  while (stack.length > 1) {
    const { tag, children } = stack.pop()!;
    if (tag) top().children.push({ kind: tag, children });
  }
  return stack[0]!.children;
}

