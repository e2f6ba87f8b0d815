// Where the things of a graph stand. Source: Fruchterman and Reingold, "Graph Drawing by Force-directed Placement" (1991).

export interface Point { x: number; y: number }

const rounds = 220;
/** More things than this stand on a circle: forces between all of them would take too long. */
const forcedMax = 160;

/** The same graph gives the same picture: the first places are on a spiral, not chosen by chance. */
export function place(nodes: readonly string[], edges: readonly { from: string; to: string }[], width: number, height: number): Map<string, Point> {
  const count = nodes.length;
  const middle = { x: width / 2, y: height / 2 };
  const points = nodes.map((_, index): Point => {
    const angle = count > forcedMax ? (2 * Math.PI * index) / count : index * 2.399963;
    const radius = count > forcedMax ? Math.min(width, height) * 0.42 : 14 * Math.sqrt(index + 0.5);
    return { x: middle.x + radius * Math.cos(angle), y: middle.y + radius * Math.sin(angle) };
  });
  const index = new Map(nodes.map((id, at) => [id, at]));
  const links = edges.flatMap(({ from, to }) => {
    const [one, other] = [index.get(from), index.get(to)];
    return one === undefined || other === undefined || one === other ? [] : [[one, other] as const];
  });
  const ideal = 0.75 * Math.sqrt((width * height) / Math.max(1, count));
  const roundsHere = count <= forcedMax ? rounds : 0;
  for (let round = 0; round < roundsHere; round += 1) {
    const moves = points.map((): Point => ({ x: 0, y: 0 }));
    const push = (one: number, other: number, force: (distance: number) => number) => {
      const [a, b] = [points[one]!, points[other]!];
      const [dx, dy] = [a.x - b.x || 0.01, a.y - b.y || 0.01];
      const distance = Math.max(1, Math.hypot(dx, dy));
      const strength = force(distance) / distance;
      moves[one]!.x += dx * strength;
      moves[one]!.y += dy * strength;
      moves[other]!.x -= dx * strength;
      moves[other]!.y -= dy * strength;
    };
    for (let one = 0; one < count; one += 1) for (let other = one + 1; other < count; other += 1) push(one, other, (distance) => (ideal * ideal) / distance);
    for (const [one, other] of links) push(one, other, (distance) => -(distance * distance) / ideal);
    const heat = (Math.min(width, height) / 8) * (1 - round / rounds);
    points.forEach((point, at) => {
      const move = moves[at]!;
      // To the middle a little, so that parts without relations do not leave the picture.
      move.x += (middle.x - point.x) * 0.05;
      move.y += (middle.y - point.y) * 0.05;
      const length = Math.max(0.01, Math.hypot(move.x, move.y));
      point.x += (move.x / length) * Math.min(length, heat);
      point.y += (move.y / length) * Math.min(length, heat);
    });
  }
  return fitted(nodes, points, width, height);
}

function fitted(nodes: readonly string[], points: Point[], width: number, height: number): Map<string, Point> {
  const margin = { x: 70, y: 34 };
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = (value: number, low: number, high: number, size: number, edge: number) =>
    high - low < 1 ? size / 2 : edge + ((value - low) / (high - low)) * (size - 2 * edge);
  return new Map(nodes.map((id, at) => [id, {
    x: scale(points[at]!.x, left, right, width, margin.x), y: scale(points[at]!.y, top, bottom, height, margin.y),
  }]));
}
