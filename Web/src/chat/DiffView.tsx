import { useEffect, useState } from "react";
import { heavy } from "../heavy";
import type { DiffLine } from "../heavy/diff";
import { pageWords } from "../i18n";
import { Skeleton } from "../ui/parts";

const t = pageWords({
  en: { label: "Differences", left: "only in the first", right: "only in the second", none: "Both say the same." },
  de: { label: "Unterschiede", left: "nur im ersten", right: "nur im zweiten", none: "Beide sagen dasselbe." },
  ar: { label: "الاختلافات", left: "في الأول فقط", right: "في الثاني فقط", none: "النصان متطابقان." },
});

/** Two texts as one, with what only one of them has. */
export function DiffView({ left, right }: { left: string; right: string }): JSX.Element {
  const [lines, setLines] = useState<DiffLine[] | null>(null);
  useEffect(() => {
    let isHere = true;
    heavy("diff", { left, right }).then((found) => { if (isHere) setLines(found); }, () => undefined);
    return () => { isHere = false; };
  }, [left, right]);
  if (!lines) return <Skeleton lines={3} />;
  if (lines.every((line) => line.kind === "same")) return <p className="muted">{t("none")}</p>;
  return (
    <div className="diff" role="region" aria-label={t("label")} tabIndex={0} dir="auto">
      {lines.map((line, index) => {
        if (line.kind === "same") return <span key={index}>{line.text || " "}</span>;
        return line.kind === "left"
          ? <del key={index} data-mark="−"><span className="visually-hidden">{t("left")}: </span>{line.text || " "}</del>
          : <ins key={index} data-mark="+"><span className="visually-hidden">{t("right")}: </span>{line.text || " "}</ins>;
      })}
    </div>
  );
}
