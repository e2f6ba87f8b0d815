// What two texts have in common, line by line. Source: E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986).

export interface DiffLine {
  kind: "same" | "left" | "right";
  text: string;
}

/** Texts that differ in more lines than this are told as one whole after the other. */
const differencesMax = 2_000;

export function diffLines(left: string, right: string): DiffLine[] {
  const [one, other] = [left.split("\n"), right.split("\n")];
  let start = 0;
  while (start < one.length && start < other.length && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < one.length - start && end < other.length - start && one[one.length - 1 - end] === other[other.length - 1 - end]) end += 1;
  const same = (text: string): DiffLine => ({ kind: "same", text });
  return [
    ...one.slice(0, start).map(same),
    ...middle(one.slice(start, one.length - end), other.slice(start, other.length - end)),
    ...one.slice(one.length - end).map(same),
  ];
}

function middle(one: string[], other: string[]): DiffLine[] {
  const steps = shortest(one, other);
  if (!steps) return [...one.map((text): DiffLine => ({ kind: "left", text })), ...other.map((text): DiffLine => ({ kind: "right", text }))];
  const lines: DiffLine[] = [];
  let [x, y] = [one.length, other.length];
  for (let depth = steps.length - 1; depth >= 0; depth -= 1) {
    const furthest = steps[depth]!;
    const at = x - y;
    const isDown = at === -depth || (at !== depth && reach(furthest, at - 1) < reach(furthest, at + 1));
    const from = isDown ? at + 1 : at - 1;
    const [fromX, fromY] = depth === 0 ? [0, 0] : [reach(furthest, from), reach(furthest, from) - from];
    // Where the diagonal begins, after the step that led to it.
    const [startX, startY] = depth === 0 ? [0, 0] : isDown ? [fromX, fromY + 1] : [fromX + 1, fromY];
    while (x > startX && y > startY) {
      lines.push({ kind: "same", text: one[x - 1]! });
      x -= 1;
      y -= 1;
    }
    if (depth > 0) {
      if (isDown) lines.push({ kind: "right", text: other[y - 1]! });
      else lines.push({ kind: "left", text: one[x - 1]! });
      [x, y] = [fromX, fromY];
    }
  }
  return lines.reverse();
}

const reach = (furthest: Map<number, number>, diagonal: number): number => furthest.get(diagonal) ?? -1;

/** Of each number of differences, how far each diagonal reached before it; `null` where there are too many. */
function shortest(one: string[], other: string[]): Map<number, number>[] | null {
  const steps: Map<number, number>[] = [];
  const furthest = new Map<number, number>([[1, 0]]);
  for (let depth = 0; depth <= Math.min(differencesMax, one.length + other.length); depth += 1) {
    steps.push(new Map(furthest));
    for (let at = -depth; at <= depth; at += 2) {
      let x = at === -depth || (at !== depth && reach(furthest, at - 1) < reach(furthest, at + 1)) ? reach(furthest, at + 1) : reach(furthest, at - 1) + 1;
      while (x < one.length && x - at < other.length && x - at >= 0 && one[x] === other[x - at]) x += 1;
      furthest.set(at, x);
      if (x >= one.length && x - at >= other.length) return steps;
    }
  }
  return null;
}
