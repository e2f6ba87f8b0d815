import { useEffect, useState } from "react";
import { get, part, send } from "../../api/http";
import { useGet } from "../../api/use";
import { Link } from "../../app/Link";
import { tell, tellProblem } from "../../app/toasts";
import { Dialog } from "../../ui/Dialog";
import { percent } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Badge, Empty, Problem, Skeleton } from "../../ui/parts";
import { MemoryForm } from "./MemoryForm";
import { day } from "./moments";
import type { Kind, Memory, Space } from "./types";
import { t } from "./words";

const kinds: (Kind | "all")[] = ["all", "preference", "fact", "profile"];
const states = ["valid", "past", "all"] as const;

/** All memories: searched, told apart by kind and by whether they still hold. */
export function MemoriesSection({ path }: { path: string }): JSX.Element {
  const [kind, setKind] = useState<Kind | "all">("all");
  const [state, setState] = useState<(typeof states)[number]>("valid");
  const [typed, setTyped] = useState("");
  const [words, setWords] = useState("");
  const [isMaking, setMaking] = useState(false);
  const [older, setOlder] = useState<Memory[]>([]);
  const [hasOlder, setHasOlder] = useState(true);
  useEffect(() => {
    const timer = window.setTimeout(() => setWords(typed.trim()), 200);
    return () => window.clearTimeout(timer);
  }, [typed]);
  const question = `state=${state}${kind === "all" ? "" : `&kind=${kind}`}${words ? `&q=${part(words)}` : ""}&limit=100`;
  useEffect(() => { setOlder([]); setHasOlder(true); }, [question]);
  const list = useGet<{ memories: Memory[]; has_more: boolean }>(`${path}?${question}`);
  const spaces = useGet<{ contexts: Space[] }>("/api/v1/contexts");
  const names = new Map((spaces.value?.contexts ?? []).map((space) => [space.id, space.name]));
  const all = [...(list.value?.memories ?? []), ...older];
  const last = all[all.length - 1];
  const more = async () => {
    try {
      const next = await get<{ memories: Memory[]; has_more: boolean }>(`${path}?${question}&before_us=${last?.created_us ?? 0}`);
      setOlder((before) => [...before, ...next.memories]);
      setHasOlder(next.has_more);
    } catch (error) {
      tellProblem(error);
    }
  };
  const reload = () => { setOlder([]); setHasOlder(true); list.reload(); };
  return (
    <>
      <div className="filter-row">
        <label className="filter memory-search"><Icon name="search" /><input type="search" value={typed} placeholder={t("search")} aria-label={t("search")} maxLength={500} onChange={(event) => setTyped(event.target.value)} /></label>
        <div className="segments wrap" role="group" aria-label={t("kind")}>
          {kinds.map((name) => <button key={name} type="button" aria-pressed={kind === name} onClick={() => setKind(name)}>{t(name)}</button>)}
        </div>
        <select className="state-choice" aria-label={t("state")} value={state} onChange={(event) => setState(event.target.value as typeof state)}>
          {states.map((name) => <option key={name} value={name}>{t(name)}</option>)}
        </select>
        <span className="spread" />
        <button type="button" className="primary" onClick={() => setMaking(true)}><Icon name="plus" /> {t("add")}</button>
      </div>
      {list.error && <Problem error={list.error} again={list.reload} />}
      {!list.value && list.isLoading && <Skeleton lines={4} />}
      {list.value && all.length === 0 && <Empty icon="brain" title={t(words || kind !== "all" || state !== "valid" ? "noneFound" : "none")} />}
      {all.length > 0 && <ul className="memories">{all.map((memory) => <MemoryRow key={memory.id} path={path} memory={memory} spaces={spaces.value?.contexts ?? []} names={names} onChange={reload} />)}</ul>}
      {list.value?.has_more && hasOlder && !words && <div className="actions"><button type="button" onClick={() => void more()}>{t("more")}</button></div>}
      {isMaking && <Dialog title={t("add")} onClose={() => setMaking(false)}><MemoryForm path={path} spaces={spaces.value?.contexts ?? []} onDone={() => { setMaking(false); reload(); }} /></Dialog>}
    </>
  );
}

function MemoryRow({ path, memory, spaces, names, onChange }: { path: string; memory: Memory; spaces: Space[]; names: Map<string, string>; onChange(): void }): JSX.Element {
  const [open, setOpen] = useState<"none" | "edit" | "history">("none");
  const one = `${path}/${part(memory.id)}`;
  const run = (work: Promise<unknown>, told?: string) => {
    work.then(() => { if (told) tell(told); onChange(); }, (error: unknown) => { tellProblem(error); onChange(); });
  };
  const patch = (body: Partial<Memory> & { ended?: boolean }) => send("PATCH", one, { ...body, revision: memory.revision });
  const isPast = memory.valid_to !== null;
  const isUnsure = memory.origin === "model" && memory.confidence < 1;
  return (
    <li className={`memory ${isPast ? "past" : ""}`}>
      <div className="memory-words">
        <p dir="auto">{memory.text}</p>
        <p className="memory-facts small muted">
          <Badge tone={memory.kind === "preference" ? "good" : memory.kind === "profile" ? "busy" : "calm"}>{t(memory.kind)}</Badge>
          {memory.pinned && <Badge tone="calm"><Icon name="pin" /> {t("pinned")}</Badge>}
          {memory.context && <span dir="auto">{names.get(memory.context) ?? memory.context}</span>}
          <span>{isPast ? t("between", { from: day(memory.valid_from), to: day(memory.valid_to ?? "") }) : t("since", { from: day(memory.valid_from) })}</span>
          <span>{t(memory.origin === "model" ? "byModel" : "byUser")}{isUnsure && `, ${t("unsure", { share: percent(memory.confidence) })}`}</span>
          <span>{memory.uses > 0 ? t("used", { count: memory.uses }) : t("unused")}</span>
          {memory.source.conversation && <Link page="chat" id2={memory.source.conversation}>{t("source")}</Link>}
        </p>
      </div>
      <div className="memory-actions">
        {isUnsure && !isPast && <button type="button" className="small" onClick={() => run(patch({ confidence: 1 }), t("confirmed"))}><Icon name="check" /> {t("confirm")}</button>}
        {!isPast && <button type="button" className="quiet small icon-only" aria-label={`${t(memory.pinned ? "unpin" : "pin")}: ${memory.text.slice(0, 60)}`} title={t(memory.pinned ? "unpin" : "pin")} onClick={() => run(patch({ pinned: !memory.pinned }))}><Icon name={memory.pinned ? "pin-off" : "pin"} /></button>}
        {!isPast && <button type="button" className="quiet small icon-only" aria-label={`${t("edit")}: ${memory.text.slice(0, 60)}`} title={t("edit")} onClick={() => setOpen("edit")}><Icon name="pencil" /></button>}
        {!isPast && <button type="button" className="quiet small icon-only" aria-label={`${t("end")}: ${memory.text.slice(0, 60)}`} title={t("end")} onClick={() => run(patch({ ended: true }), t("ended"))}><Icon name="calendar-x" /></button>}
        {(memory.replaces ?? memory.replaced_by) && <button type="button" className="quiet small icon-only" aria-label={`${t("history")}: ${memory.text.slice(0, 60)}`} title={t("history")} onClick={() => setOpen("history")}><Icon name="history" /></button>}
        <button type="button" className="quiet small icon-only" aria-label={`${t("forget")}: ${memory.text.slice(0, 60)}`} title={t("forget")} onClick={() => run(send("DELETE", one), t("forgotten"))}><Icon name="trash-2" /></button>
      </div>
      {open === "edit" && <Dialog title={t("edit")} onClose={() => setOpen("none")}><MemoryForm path={path} memory={memory} spaces={spaces} onDone={() => { setOpen("none"); onChange(); }} /></Dialog>}
      {open === "history" && <Dialog title={t("history")} onClose={() => setOpen("none")}><History path={`${one}/history`} /></Dialog>}
    </li>
  );
}

function History({ path: from }: { path: string }): JSX.Element {
  const list = useGet<{ memories: Memory[] }>(from);
  if (list.error) return <Problem error={list.error} />;
  if (!list.value) return <Skeleton />;
  return (
    <ol className="memory-history">
      {list.value.memories.map((memory) => (
        <li key={memory.id}>
          <p dir="auto">{memory.text}</p>
          <p className="small muted">{memory.valid_to ? t("between", { from: day(memory.valid_from), to: day(memory.valid_to) }) : t("since", { from: day(memory.valid_from) })}</p>
        </li>
      ))}
    </ol>
  );
}
