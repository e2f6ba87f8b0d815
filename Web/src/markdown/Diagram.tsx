import { memo, useEffect, useState } from "react";
import { useTheme } from "../app/theme";
import { t } from "../i18n";
import { drawDiagram } from "./diagramFrame";
import { CodeBlock } from "./CodeBlock";

/** A Mermaid diagram, drawn in a frame without rights and shown as an image, in which nothing can run. */
export const Diagram = memo(function Diagram({ text }: { text: string }) {
  const theme = useTheme();
  const [drawn, setDrawn] = useState<{ address: string; width: number } | { problem: string } | null>(null);
  const [isSource, setSource] = useState(false);
  useEffect(() => {
    let isHere = true;
    drawDiagram(text, theme).then(
      (result) => { if (isHere) setDrawn(result); },
      (error: unknown) => { if (isHere) setDrawn({ problem: error instanceof Error ? error.message : String(error) }); });
    return () => { isHere = false; };
  }, [text, theme]);
  const hasFailed = drawn !== null && "problem" in drawn;
  if (hasFailed || isSource) {
    return (
      <div className="diagram">
        {hasFailed && <p className="problem small">{t("md.diagramFailed")} {drawn.problem}</p>}
        {!hasFailed && <button type="button" className="quiet small" onClick={() => setSource(false)}>{t("md.showDiagram")}</button>}
        <CodeBlock text={text} language="mermaid" open={false} />
      </div>
    );
  }
  return (
    <figure className="diagram">
      {drawn && "address" in drawn
        ? <img src={drawn.address} alt={t("md.diagramOf", { kind: text.trim().split(/\s/, 1)[0] ?? "" })} width={drawn.width} />
        : <div className="skeleton diagram-wait" role="status">{t("md.drawing")}</div>}
      <button type="button" className="quiet small" onClick={() => setSource(true)}>{t("md.showSource")}</button>
    </figure>
  );
});
