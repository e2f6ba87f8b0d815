import { type KeyboardEvent, useMemo, useState } from "react";
import { useGet } from "../../api/use";
import { Empty, Problem, Skeleton } from "../../ui/parts";
import { place } from "./layout";
import { day } from "./moments";
import type { Graph } from "./types";
import { t } from "./words";

const [width, height] = [960, 520];

/** The facts that relate two things, as a picture and as a list. */
export function GraphSection({ path }: { path: string }): JSX.Element {
  const [hasPast, setPast] = useState(false);
  const graph = useGet<Graph>(`${path}/graph?context=all&limit=500&past=${hasPast}`);
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <>
      <div className="filter-row">
        <p className="muted">{t("graphLead")}</p>
        <span className="spread" />
        <label className="check"><input type="checkbox" checked={hasPast} onChange={(event) => setPast(event.target.checked)} /> {t("withPast")}</label>
      </div>
      {graph.error && <Problem error={graph.error} again={graph.reload} />}
      {!graph.value && graph.isLoading && <Skeleton lines={4} />}
      {graph.value && graph.value.edges.length === 0 && <Empty icon="git-branch" title={t("graphNone")} />}
      {graph.value && graph.value.edges.length > 0 && (
        <>
          {graph.value.truncated && <p className="small warning">{t("graphCut")}</p>}
          <Picture graph={graph.value} chosen={chosen} onChoose={setChosen} />
          <Relations graph={graph.value} chosen={chosen} />
        </>
      )}
    </>
  );
}

function Picture({ graph, chosen, onChoose }: { graph: Graph; chosen: string | null; onChoose(id: string | null): void }): JSX.Element {
  const places = useMemo(() => place(graph.nodes.map(({ id }) => id), graph.edges, width, height), [graph]);
  const near = useMemo(() => new Set(graph.edges.filter(({ from, to }) => from === chosen || to === chosen).flatMap(({ from, to }) => [from, to])), [graph, chosen]);
  const at = (id: string) => places.get(id) ?? { x: 0, y: 0 };
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") return onChoose(null);
    if (!step) return;
    event.preventDefault();
    const now = graph.nodes.findIndex(({ id }) => id === chosen);
    onChoose(graph.nodes[(now + step + graph.nodes.length) % graph.nodes.length]?.id ?? null);
  };
  const label = chosen === null ? t("graphHelp") : nodeLabel(graph, chosen);
  return (
    <div className="card graph" role="application" tabIndex={0} aria-label={`${t("graph")}. ${label}`} onKeyDown={move}>
      <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {graph.edges.map((edge) => {
          const [from, to] = [at(edge.from), at(edge.to)];
          const isNear = chosen === null || edge.from === chosen || edge.to === chosen;
          return (
            <g key={edge.memory} className={`edge ${edge.valid ? "" : "past"} ${isNear ? "" : "far"}`}>
              <line x1={from.x} y1={from.y} x2={to.x} y2={to.y} />
              {(isNear && (chosen !== null || graph.edges.length <= 40)) && <text x={(from.x + to.x) / 2} y={(from.y + to.y) / 2 - 4}>{short(edge.label, 26)}</text>}
            </g>
          );
        })}
        {graph.nodes.map((node) => {
          const point = at(node.id);
          const isFar = chosen !== null && chosen !== node.id && !near.has(node.id);
          return (
            <g key={node.id} className={`node ${chosen === node.id ? "chosen" : ""} ${isFar ? "far" : ""}`} onClick={() => onChoose(chosen === node.id ? null : node.id)}>
              <circle cx={point.x} cy={point.y} r={7 + Math.min(11, 2.4 * Math.sqrt(node.memories))} />
              <text x={point.x} y={point.y + 27}>{short(node.label, 22)}</text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

function Relations({ graph, chosen }: { graph: Graph; chosen: string | null }): JSX.Element {
  const names = new Map(graph.nodes.map(({ id, label }) => [id, label]));
  const rows = graph.edges.filter(({ from, to }) => chosen === null || from === chosen || to === chosen);
  return (
    <div className="table-frame card" tabIndex={0} role="region" aria-label={t("relations")}>
      <table>
        <thead><tr><th scope="col">{t("subject")}</th><th scope="col">{t("predicate")}</th><th scope="col">{t("object")}</th><th scope="col">{t("state")}</th></tr></thead>
        <tbody>
          {rows.map((edge) => (
            <tr key={edge.memory}>
              <th scope="row" dir="auto">{names.get(edge.from) ?? edge.from}</th><td dir="auto">{edge.label}</td><td dir="auto">{names.get(edge.to) ?? edge.to}</td>
              <td className="muted">{edge.valid_to ? t("between", { from: day(edge.valid_from), to: day(edge.valid_to) }) : t("since", { from: day(edge.valid_from) })}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function nodeLabel(graph: Graph, id: string): string {
  const name = graph.nodes.find((node) => node.id === id)?.label ?? id;
  return t("graphNodeOf", { name, count: graph.edges.filter(({ from, to }) => from === id || to === id).length });
}

const short = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
