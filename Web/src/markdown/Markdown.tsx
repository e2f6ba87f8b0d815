// Markdown as React elements: nothing of a model's text is ever parsed as HTML.

import { memo, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { heavy } from "../heavy";
import { t } from "../i18n";
import { type Align, type Block, GrowingText, parseBlocks, readyPart } from "./blocks";
import { CodeBlock } from "./CodeBlock";
import { Diagram } from "./Diagram";
import { Formula } from "./Formula";
import { type Inline, parseInline, plainText, safeAddress } from "./inline";
import { cutLong, drawnAtOnce, nextPortion } from "./pieces";
import { RemoteImage } from "./RemoteImage";

interface Properties {
  text: string;
  /** Whether it is still being written. */
  open?: boolean;
}

/** Texts that are longer are read by the worker. */
const longText = 40_000;
/** How long drawing a portion may take, and how large portions may get by that, in characters. */
const drawMs = 20;
const [portionMin, portionMax] = [1_500, 60_000];
/** Of a text that is being read, so much is shown at once. */
const shownFirst = 2_000;

/** A message's text. */
export const Markdown = memo(function Markdown({ text, open = false }: Properties) {
  // What was seen being written stays as it is when it is complete.
  const wasOpen = useRef(open);
  wasOpen.current ||= open;
  if (wasOpen.current) return <Growing text={text} open={open} />;
  return text.length > longText ? <Long text={text} /> : <Whole text={text} />;
});

function Growing({ text, open }: { text: string; open: boolean }): JSX.Element {
  const growing = useRef<GrowingText>();
  growing.current ??= new GrowingText();
  const blocks = growing.current.update(open ? readyPart(text) : text);
  return (
    <div className="md">
      {blocks.map((block, index) => (
        <BlockView key={index} block={block} open={open && index === blocks.length - 1} />
      ))}
    </div>
  );
}

function Whole({ text }: { text: string }): JSX.Element {
  const blocks = useMemo(() => cutLong(parseBlocks(text)), [text]);
  return <Portions blocks={blocks} />;
}

function Long({ text }: { text: string }): JSX.Element {
  const [read, setRead] = useState<{ text: string; blocks: Block[] } | null>(null);
  useEffect(() => {
    let isHere = true;
    heavy("markdown", text).then(
      (blocks) => { if (isHere) setRead({ text, blocks }); },
      () => { if (isHere) setRead({ text, blocks: cutLong([{ kind: "paragraph", text }]) }); });
    return () => { isHere = false; };
  }, [text]);
  if (read?.text !== text) return <div className="md"><p dir="auto">{text.slice(0, shownFirst)}</p></div>;
  return <Portions blocks={read.blocks} />;
}

/** Draws a long text over several frames: what is read first is there first, and the page answers in between. */
function Portions({ blocks }: { blocks: Block[] }): JSX.Element {
  const [drawn, setDrawn] = useState(() => nextPortion(blocks, 0));
  const pace = useRef({ portion: drawnAtOnce, began: 0 });
  useEffect(() => {
    if (drawn >= blocks.length) return;
    const { began, portion } = pace.current;
    // As much at once as this machine draws in the time of a frame or two.
    if (began > 0) pace.current.portion = Math.min(portionMax, Math.max(portionMin, portion * Math.min(2, drawMs / Math.max(1, performance.now() - began))));
    // After the frame, not in it: what was asked of the page in the meantime goes first.
    let timer = 0;
    const frame = requestAnimationFrame(() => {
      timer = window.setTimeout(() => {
        pace.current.began = performance.now();
        setDrawn(nextPortion(blocks, drawn, pace.current.portion));
      });
    });
    return () => { cancelAnimationFrame(frame); window.clearTimeout(timer); };
  }, [blocks, drawn]);
  return <div className="md">{blocks.slice(0, drawn).map((block, index) => <BlockView key={index} block={block} open={false} />)}</div>;
}

const BlockView = memo(function BlockView({ block, open }: { block: Block; open: boolean }): JSX.Element {
  switch (block.kind) {
    case "heading": {
      // The page has its own first and second headings.
      const Tag = `h${Math.min(6, block.level + 2)}` as "h3";
      return <Tag data-level={block.level}><Text text={block.text} open={open} /></Tag>;
    }
    case "paragraph": return <p dir="auto" className={block.goesOn ? "goes-on" : undefined}><Text text={block.text} open={open} /></p>;
    case "code":
      if (block.language.toLowerCase() === "mermaid" && block.closed && !open) return <Diagram text={block.text} />;
      return <CodeBlock text={block.text} language={block.language} open={open && !block.closed} />;
    case "math": return <Formula text={block.text} display open={open && !block.closed} />;
    case "quote": return <blockquote><Blocks blocks={block.blocks} open={open} /></blockquote>;
    case "rule": return <hr />;
    case "list": {
      const items = block.items.map((item, index) => {
        const isLast = open && index === block.items.length - 1;
        return (
          <li key={index} dir="auto" className={item.done === null ? undefined : "task"}>
            {item.done !== null && (
              <input type="checkbox" checked={item.done} disabled aria-label={t(item.done ? "md.done" : "md.notDone")} />
            )}
            {item.blocks.map((inner, place) =>
              block.tight && inner.kind === "paragraph"
                ? <Text key={place} text={inner.text} open={isLast && place === item.blocks.length - 1} />
                : <BlockView key={place} block={inner} open={isLast && place === item.blocks.length - 1} />)}
          </li>
        );
      });
      return block.ordered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case "table": return <Table block={block} open={open} />;
  }
});

function Blocks({ blocks, open }: { blocks: Block[]; open: boolean }): JSX.Element {
  return <>{blocks.map((block, index) => <BlockView key={index} block={block} open={open && index === blocks.length - 1} />)}</>;
}

const alignment = (align: Align | undefined) => (align ? { textAlign: align } as const : undefined);

function Table({ block, open }: { block: Extract<Block, { kind: "table" }>; open: boolean }): JSX.Element {
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label={t("md.table")}>
      <table>
        <thead>
          <tr>
            {block.header.map((cell, column) => (
              <th key={column} scope="col" style={alignment(block.align[column])} dir="auto"><Text text={cell} /></th>
            ))}
          </tr>
        </thead>
        <tbody>
          {block.rows.map((row, index) => (
            <Row key={index} row={row.join("\u0000")} align={block.align} open={open && index === block.rows.length - 1} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Row = memo(function Row({ row, align, open }: { row: string; align: Align[]; open: boolean }) {
  return (
    <tr>
      {row.split("\u0000").map((cell, column) => (
        <td key={column} style={alignment(align[column])} dir="auto"><Text text={cell} open={open} /></td>
      ))}
    </tr>
  );
}, (before, after) => before.row === after.row && before.open === after.open && before.align.length === after.align.length);

const Text = memo(function Text({ text, open = false }: Properties) {
  const parts = useMemo(() => parseInline(text, open), [text, open]);
  return <>{render(parts)}</>;
});

function render(parts: Inline[]): ReactNode[] {
  return parts.map((part, index) => {
    if (typeof part === "string") return part;
    switch (part.kind) {
      case "strong": return <strong key={index}>{render(part.children)}</strong>;
      case "em": return <em key={index}>{render(part.children)}</em>;
      case "del": return <del key={index}>{render(part.children)}</del>;
      case "code": return <code key={index} dir="ltr">{part.text}</code>;
      case "math": return <Formula key={index} text={part.text} display={part.display} open={false} />;
      case "break": return <br key={index} />;
      case "image": return <RemoteImage key={index} address={part.src} title={part.alt} />;
      case "link": {
        const address = safeAddress(part.href);
        if (!address) return <span key={index} title={t("md.badLink")}>{render(part.children)}</span>;
        return (
          <a key={index} href={address} target="_blank" rel="noopener noreferrer nofollow" title={address}>
            {part.children.length > 0 && plainText(part.children).trim() ? render(part.children) : address}
          </a>
        );
      }
    }
  });
}
