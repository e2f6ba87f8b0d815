import { number } from "./format";

/** The last values of something, as a line without axes. */
export function Sparkline({ values, label }: { values: number[]; label: string }): JSX.Element {
  const [width, height] = [160, 28];
  const top = Math.max(1, ...values);
  const step = width / Math.max(1, 59);
  const points = values.map((value, index) => `${(width - (values.length - 1 - index) * step).toFixed(1)},${(height - 2 - (value / top) * (height - 4)).toFixed(1)}`);
  return (
    <svg className="sparkline" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${label}: ${number(values[values.length - 1] ?? 0)}`}>
      <polyline points={points.join(" ")} />
    </svg>
  );
}
