import { memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useLost } from "../app/connection";
import { ErrorBoundary } from "../app/ErrorBoundary";
import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { Heights } from "./heights";
import { useLive } from "./live";
import { MessageView } from "./MessageView";
import { useWanted, want } from "./reveal";
import { children, path } from "./tree";
import type { Conversation, Message } from "./types";

/** Beyond what is seen, in CSS pixels: a turn of the wheel finds its messages drawn. */
const around = 700;
/** So many messages may be there at once, whatever the guesses say. */
const rowsMax = 80;
/** Nearer to the end than this is at the end. */
const endMargin = 40;
const anchors = typeof CSS !== "undefined" && CSS.supports("overflow-anchor: auto");

interface Range { first: number; end: number }
const none: Message[] = [];

/** The messages: only those in view are in the page; the newest stays in view as long as nobody scrolls away from it. */
export function MessageList({ conversation, running, stage }: {
  conversation: Conversation; running: string | undefined; stage: string | null;
}): JSX.Element {
  const messages = useMemo(() => path(conversation), [conversation]);
  const siblings = useMemo(() => children(conversation), [conversation]);
  const heights = useMemo(() => new Heights(), []);
  const sized = useMemo(() => messages.map(({ id, text, thinking }) => ({ id, length: text.length + (thinking ? 80 : 0) })), [messages]);
  heights.setRows(sized);
  const scroller = useRef<HTMLDivElement>(null);
  const isPinned = useRef(true);
  const isLost = useLost();
  const anchor = useRef<Anchor | null>(null);
  const seen = useRef({ top: 0, height: 0 });
  const [isAway, setAway] = useState(false);
  const [range, setRange] = useState<Range>(() => atEnd(heights, window.innerHeight));
  const shown = useShifted(range, messages, setRange);
  if (shown.end > messages.length || (isPinned.current && shown.end < messages.length)) Object.assign(shown, atEnd(heights, window.innerHeight));

  const look = useCallback(() => {
    const place = scroller.current;
    if (!place) return;
    const { scrollTop, clientHeight, scrollHeight } = place;
    const distance = scrollHeight - scrollTop - clientHeight;
    const { top, height } = seen.current;
    seen.current = { top: scrollTop, height: scrollHeight };
    if (distance < endMargin) isPinned.current = true;
    // The bar at the side was drawn up: nothing but a hand does that.
    else if (scrollTop < top - 1 && scrollHeight >= height - 1) isPinned.current = false;
    setAway(distance > 200);
    anchor.current = anchorOf(place);
    const found = heights.range(scrollTop - around, scrollTop + clientHeight + around);
    const end = Math.min(found.end, found.first + rowsMax);
    setRange((before) => (before.first === found.first && before.end === end ? before : { first: found.first, end }));
  }, [heights]);

  const observer = useRows(heights, scroller, isPinned, look);
  useEffect(() => {
    const place = scroller.current;
    if (!place) return;
    const resized = new ResizeObserver(() => {
      if (isPinned.current) place.scrollTop = place.scrollHeight;
      look();
    });
    resized.observe(place);
    return () => resized.disconnect();
  }, [look]);

  const last = messages[messages.length - 1];
  const question = last?.role === "user" ? last.id : last?.parent;
  useLayoutEffect(() => {
    isPinned.current = true;
    setAway(false);
    if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [question]);
  const first = messages[0]?.id;
  useLayoutEffect(() => {
    const place = scroller.current;
    if (!place) return;
    if (isPinned.current) scrollTo(place, place.scrollHeight);
    else hold(place, anchor.current);
    look();
  }, [first, look]);

  const unpin = useCallback(() => { isPinned.current = false; }, []);
  useReveal(conversation.id, messages, heights, scroller, unpin, look);

  return (
    <div className="log-frame">
      {/* The keyboard scrolls it; the events only tell that somebody did. */}
      <div className="log" ref={scroller} role="log" aria-live="off" aria-label={t("chat.log")} aria-busy={running !== undefined} tabIndex={0} onScroll={look}
        onWheel={(event) => { if (event.deltaY < 0) unpin(); }} onTouchMove={unpin}
        onKeyDown={(event) => { if (["ArrowUp", "PageUp", "Home"].includes(event.key)) unpin(); }}>
        <div className="log-inner log-rows">
          {conversation.isPartial && <p className="muted small earlier" role="status">{t("long.loading")}</p>}
          <div className="log-space" style={{ blockSize: `${heights.top(shown.first)}px` }} />
          {messages.slice(shown.first, shown.end).map((message) => (
            <Row key={message.id} conversation={conversation.id} message={message} isWriting={message.id === running}
              stage={message.id === running ? stage : null} siblings={siblings.get(message.parent) ?? none} observer={observer} />
          ))}
          <div className="log-space" style={{ blockSize: `${heights.total - heights.top(shown.end)}px` }} />
        </div>
      </div>
      {isAway && (
        <button type="button" className="jump" aria-label={t("chat.newest")} title={t("chat.newest")}
          onClick={() => {
            isPinned.current = true;
            if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
          }}>
          <Icon name="arrow-down" />
        </button>
      )}
      {running && isLost && <p className="connection" role="alert"><Icon name="wifi-off" /> {t("chat.offline")}</p>}
      <div className="visually-hidden" role="status">{running ? t("chat.writing") : t("chat.complete")}</div>
    </div>
  );
}

function scrollTo(place: HTMLElement, top: number): void {
  place.scrollTop = top;
}

/** The last rows, as many as fill the page. */
function atEnd(heights: Heights, height: number): Range {
  const { first } = heights.range(heights.total - height - around, heights.total);
  return { first: Math.max(first, heights.count - rowsMax), end: heights.count };
}

/** Measures rows when they are drawn and whenever they grow: formulas and diagrams come after their text. */
function useRows(heights: Heights, scroller: { current: HTMLDivElement | null }, isPinned: { current: boolean }, look: () => void): ResizeObserver {
  const observer = useMemo(() => new ResizeObserver((entries) => {
    const place = scroller.current;
    if (!place) return;
    let grownAbove = 0;
    for (const entry of entries) {
      const row = entry.target as HTMLElement;
      const id = row.dataset["message"];
      const height = entry.borderBoxSize[0]?.blockSize ?? row.offsetHeight;
      if (!id || height === 0) continue;
      const before = heights.heightOf(id);
      if (heights.measure(id, height) && row.offsetTop < place.scrollTop) grownAbove += height - before;
    }
    if (isPinned.current) scrollTo(place, place.scrollHeight);
    // Where the browser does not hold what is read in its place.
    else if (!anchors && grownAbove !== 0) scrollTo(place, place.scrollTop + grownAbove);
    look();
  }), [heights, scroller, isPinned, look]);
  useEffect(() => () => observer.disconnect(), [observer]);
  return observer;
}

/** Goes to the message that somebody looks for, as soon as it is here. */
function useReveal(
  conversation: string, messages: Message[], heights: Heights, scroller: { current: HTMLDivElement | null }, unpin: () => void, look: () => void,
): void {
  const wanted = useWanted();
  useEffect(() => {
    const place = scroller.current;
    if (!place || !wanted || wanted.conversation !== conversation) return;
    const at = messages.findIndex((message) => message.id === wanted.message);
    if (at < 0) return;
    unpin();
    scrollTo(place, Math.max(0, heights.top(at) - place.clientHeight / 3));
    look();
    // When it has been drawn it is known how tall it is.
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        const row = Array.from(place.querySelectorAll<HTMLElement>(".log-row")).find((one) => one.dataset["message"] === wanted.message);
        row?.scrollIntoView({ block: "center" });
        row?.querySelector(".message")?.classList.add("found");
        want(null);
      });
    });
    return () => cancelAnimationFrame(frame);
  }, [wanted, messages, conversation, heights, scroller, unpin, look]);
}

/** What is read: a message, and how far above the top of the view it begins. */
interface Anchor { id: string; above: number }

function anchorOf(place: HTMLElement): Anchor | null {
  for (const row of Array.from(place.querySelectorAll<HTMLElement>(".log-row"))) {
    if (row.offsetTop + row.offsetHeight > place.scrollTop) return { id: row.dataset["message"] ?? "", above: place.scrollTop - row.offsetTop };
  }
  return null;
}

/** Puts what was read where it was, when earlier messages have come in before it. */
function hold(place: HTMLElement, anchor: Anchor | null): void {
  const row = anchor && Array.from(place.querySelectorAll<HTMLElement>(".log-row")).find((one) => one.dataset["message"] === anchor.id);
  if (row && anchor) place.scrollTop = row.offsetTop + anchor.above;
}

/** The same messages as before, wherever they stand now that earlier ones have come in before them. */
function useShifted(range: Range, messages: Message[], setRange: (range: Range) => void): Range {
  const base = useRef(messages[0]?.id);
  const shift = base.current === messages[0]?.id ? 0 : Math.max(0, messages.findIndex(({ id }) => id === base.current));
  const shown = { first: range.first + shift, end: range.end + shift };
  useLayoutEffect(() => {
    if (base.current === messages[0]?.id) return;
    base.current = messages[0]?.id;
    setRange(shown);
  });
  return shown;
}

const Row = memo(function Row({ conversation, message, isWriting, stage, siblings, observer }: {
  conversation: string; message: Message; isWriting: boolean; stage: string | null; siblings: Message[]; observer: ResizeObserver;
}) {
  const place = useRef<HTMLDivElement>(null);
  const now = useLive(message);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    observer.observe(element);
    return () => observer.unobserve(element);
  }, [observer]);
  return (
    <div className={`log-row ${message.role}`} ref={place} data-message={message.id}>
      <ErrorBoundary about={now} otherwise={<pre className="raw">{now.text.slice(0, 20_000)}</pre>}>
        <MessageView conversation={conversation} message={now} isWriting={isWriting} stage={stage} siblings={siblings} />
      </ErrorBoundary>
    </div>
  );
});
