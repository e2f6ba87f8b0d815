import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { once } from "../app/once";

/** Longer formulas are shown as they are written. */
const lengthMax = 4_096;
type Katex = typeof import("#katex").default;
const load = once(async () => (await import("../lazy/katex")).prepare());
let loaded: Katex | undefined;

interface Properties {
  text: string;
  display: boolean;
  open: boolean;
}

/** A formula in TeX. While it is being written, and where KaTeX cannot read it, its text. */
export function Formula({ text, display, open }: Properties): JSX.Element {
  const place = useRef<HTMLSpanElement>(null);
  const [isReady, setReady] = useState(loaded !== undefined);
  const isShown = !open && text.length <= lengthMax;
  useEffect(() => {
    if (isReady || !isShown) return;
    let isHere = true;
    load().then((katex) => {
      loaded = katex;
      if (isHere) setReady(true);
    }, () => undefined);
    return () => { isHere = false; };
  }, [isReady, isShown]);
  useLayoutEffect(() => {
    const element = place.current;
    if (!element || !isReady || !isShown || !loaded) return;
    try {
      loaded.render(text, element, {
        displayMode: display, throwOnError: false, trust: false, maxExpand: 300, maxSize: 20, strict: "ignore",
      });
    } catch {
      element.textContent = text;
    }
  }, [text, display, isReady, isShown]);
  const label = display ? "formula display" : "formula";
  if (isReady && isShown) return <span key="drawn" ref={place} className={label} tabIndex={display ? 0 : undefined} />;
  return <span key="raw" className={`${label} raw`}><code dir="ltr">{text}</code></span>;
}
