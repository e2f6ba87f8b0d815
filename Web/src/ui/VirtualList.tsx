import { type ReactNode, useEffect, useRef, useState } from "react";

interface Properties<Row> {
  label: string;
  rows: Row[];
  /** In CSS pixels; the same for all. */
  rowHeight: number;
  keyOf(row: Row): string;
  render(row: Row): ReactNode;
}

/** A list of which only what is in view is in the page, and a few rows around it. */
export function VirtualList<Row>({ label, rows, rowHeight, keyOf, render }: Properties<Row>): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  const first = Math.max(0, Math.floor(view.top / rowHeight) - 6);
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / rowHeight) + 6);
  return (
    <div className="rows" ref={place} role="list" aria-label={label}>
      <div className="rows-space" style={{ height: `${rows.length * rowHeight}px` }}>
        {rows.slice(first, last).map((row, index) => (
          <div key={keyOf(row)} role="listitem" className="rows-row" aria-setsize={rows.length} aria-posinset={first + index + 1}
            style={{ transform: `translateY(${(first + index) * rowHeight}px)`, height: `${rowHeight}px` }}>
            {render(row)}
          </div>
        ))}
      </div>
    </div>
  );
}
