// Long texts in pieces that can be drawn one after the other, so that none of them holds the page up.

import type { Block } from "./blocks";

/** A paragraph that is longer is drawn as several; what stands between two marks across the cut is plain. */
const paragraphMax = 4_000;
/** So many characters are drawn at once. */
export const drawnAtOnce = 5_000;

/** Cuts paragraphs that are too long to be drawn at once where a word ends. */
export function cutLong(blocks: Block[]): Block[] {
  return blocks.flatMap((block): Block[] => (block.kind === "paragraph" && block.text.length > paragraphMax ? cut(block.text) : [block]));
}

function cut(text: string): Block[] {
  const pieces: Block[] = [];
  for (let at = 0; at < text.length;) {
    let end = Math.min(text.length, at + paragraphMax);
    if (end < text.length) {
      const space = Math.max(text.lastIndexOf(" ", end), text.lastIndexOf("\n", end));
      if (space > at + paragraphMax / 2) end = space + 1;
      // Never between the halves of a character.
      else if (/[\uD800-\uDBFF]/.test(text[end - 1] ?? "")) end -= 1;
    }
    pieces.push({ kind: "paragraph", text: text.slice(at, end), ...(at > 0 ? { goesOn: true } : {}) });
    at = end;
  }
  return pieces;
}

/** About how much there is to draw in a block. */
export function weight(block: Block): number {
  switch (block.kind) {
    case "code": return block.text.length / 4 + 200;
    case "heading": case "paragraph": case "math": return block.text.length + 60;
    case "quote": return block.blocks.reduce((sum, inner) => sum + weight(inner), 60);
    case "list": return block.items.reduce((sum, item) => item.blocks.reduce((inner, one) => inner + weight(one), sum + 40), 0);
    case "table": return block.rows.length * block.header.length * 40 + 100;
    case "rule": return 20;
  }
}

/** How many blocks to draw after `drawn`, so that they are no more than one portion; at least one. */
export function nextPortion(blocks: readonly Block[], drawn: number, portion = drawnAtOnce): number {
  let sum = 0;
  let count = drawn;
  while (count < blocks.length) {
    sum += weight(blocks[count]!);
    if (sum > portion && count > drawn) break;
    count += 1;
  }
  return count;
}
