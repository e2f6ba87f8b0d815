import { useEffect, useRef, useState } from "react";
import { follow } from "../api/events";
import { t } from "../i18n";

interface Line { number: number; time: string; stream: string; text: string }

const linesMax = 1_000;

/** What a deployment's processes write, as they write it. */
export function DeployLog({ path }: { path: string }): JSX.Element {
  const [lines, setLines] = useState<Line[]>([]);
  const place = useRef<HTMLPreElement>(null);
  useEffect(() => {
    const waiting: Line[] = [];
    let frame = 0;
    const stop = follow(`${path}/logs?follow=true&tail=200`, (event) => {
      waiting.push(JSON.parse(event.data) as Line);
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        const fresh = waiting.splice(0);
        setLines((before) => {
          const last = before[before.length - 1]?.number ?? -1;
          return [...before, ...fresh.filter((line) => line.number > last)].slice(-linesMax);
        });
      });
    });
    return () => { cancelAnimationFrame(frame); stop(); };
  }, [path]);
  useEffect(() => {
    const element = place.current;
    if (element && element.scrollHeight - element.scrollTop - element.clientHeight < 120) element.scrollTop = element.scrollHeight;
  }, [lines]);
  return (
    <pre className="log-lines" ref={place} tabIndex={0} dir="ltr" aria-label={t("deploy.log")}>
      {lines.length === 0 ? t("deploy.noLines") : lines.map((line) => <span key={line.number} className={line.stream}>{line.text}{"\n"}</span>)}
    </pre>
  );
}
