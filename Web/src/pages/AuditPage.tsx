import { useEffect, useState } from "react";
import { get, part } from "../api/http";
import { hasRoute } from "../api/routes";
import { useGet } from "../api/use";
import { tellProblem } from "../app/toasts";
import { locale, pageWords } from "../i18n";
import { Icon } from "../ui/Icon";
import { Badge, Empty, Page, Problem, Skeleton } from "../ui/parts";

const t = pageWords({
  en: {
    title: "Audit", lead: "Who signed in, what was refused, what was changed. Entries are chained: none can be taken out unseen.", action: "Action", outcome: "Outcome", all: "All", who: "Who", when: "When",
    what: "What", from: "From", details: "Details", verify: "Verify the chain", intact: "{count} entries, unbroken.", broken: "Broken: {message}", download: "Download", more: "Older ones",
    none: "Nothing was written down yet.", absent: "This server writes no such trail.", nobody: "nobody",
  },
  de: {
    title: "Protokoll", lead: "Wer sich angemeldet hat, was verweigert und was geändert wurde. Die Einträge sind verkettet: Keiner verschwindet ungesehen.", action: "Vorgang", outcome: "Ausgang", all: "Alle", who: "Wer", when: "Wann",
    what: "Was", from: "Von wo", details: "Einzelheiten", verify: "Kette prüfen", intact: "{count} Einträge, ungebrochen.", broken: "Gebrochen: {message}", download: "Herunterladen", more: "Ältere",
    none: "Noch ist nichts aufgeschrieben.", absent: "Dieser Server führt kein solches Protokoll.", nobody: "niemand",
  },
  ar: {
    title: "سجل التدقيق", lead: "من سجّل الدخول، وما رُفض، وما تغيّر. القيود متسلسلة: لا يُحذف شيء دون أن يُرى.", action: "الإجراء", outcome: "النتيجة", all: "الكل", who: "من", when: "متى",
    what: "ماذا", from: "من أين", details: "التفاصيل", verify: "تحقق من السلسلة", intact: "{count} قيدًا، دون انقطاع.", broken: "منقطعة: {message}", download: "تنزيل", more: "الأقدم",
    none: "لم يُكتب شيء بعد.", absent: "لا يحفظ هذا الخادم سجلاً كهذا.", nobody: "لا أحد",
  },
});

interface Entry {
  sequence: number;
  time: string;
  action: string;
  outcome: string;
  target?: string;
  address?: string;
  actor?: { name?: string; user?: string; via?: string };
  details: Record<string, unknown>;
}
interface Entries { entries: Entry[]; next?: number }

const path = "/api/v1/audit";
const outcomes = ["succeeded", "refused", "failed"];

/** The trail of sign-ins, refusals and changes, newest first. */
export default function AuditPage(): JSX.Element {
  const [isHere, setHere] = useState<boolean | null>(null);
  useEffect(() => { hasRoute(path).then(setHere, () => setHere(false)); }, []);
  const [outcome, setOutcome] = useState("");
  const [typed, setTyped] = useState("");
  const [action, setAction] = useState("");
  const [older, setOlder] = useState<Entries | null>(null);
  useEffect(() => {
    const timer = window.setTimeout(() => setAction(typed.trim()), 300);
    return () => window.clearTimeout(timer);
  }, [typed]);
  const question = `limit=100${outcome ? `&outcome=${part(outcome)}` : ""}${action ? `&action=${part(action)}` : ""}`;
  useEffect(() => setOlder(null), [question]);
  const list = useGet<Entries>(isHere ? `${path}?${question}` : null);
  const entries = [...(list.value?.entries ?? []), ...(older?.entries ?? [])];
  const next = older ? older.next : list.value?.next;
  const more = () => {
    get<Entries>(`${path}?${question}&before=${next ?? ""}`).then(
      (found) => setOlder((before) => ({ ...found, entries: [...(before?.entries ?? []), ...found.entries] })), tellProblem);
  };
  return (
    <Page title={t("title")} lead={t("lead")} actions={isHere && <Chain />}>
      {isHere === false && <Empty icon="scroll-text" title={t("absent")} />}
      {isHere && (
        <div className="filter-row">
          <label className="filter"><Icon name="search" /><input type="search" value={typed} placeholder={t("action")} aria-label={t("action")} maxLength={100} dir="ltr" onChange={(event) => setTyped(event.target.value)} /></label>
          <div className="segments wrap" role="group" aria-label={t("outcome")}>
            {["", ...outcomes].map((name) => <button key={name} type="button" aria-pressed={outcome === name} onClick={() => setOutcome(name)}>{name || t("all")}</button>)}
          </div>
        </div>
      )}
      {list.error && <Problem error={list.error} again={list.reload} />}
      {isHere !== false && !list.error && !list.value && <Skeleton lines={5} />}
      {list.value && entries.length === 0 && <Empty icon="scroll-text" title={t("none")} />}
      {entries.length > 0 && (
        <div className="table-frame card" tabIndex={0} role="region" aria-label={t("title")}>
          <table className="dense">
            <thead><tr><th scope="col">{t("when")}</th><th scope="col">{t("who")}</th><th scope="col">{t("what")}</th><th scope="col">{t("outcome")}</th><th scope="col">{t("from")}</th><th scope="col">{t("details")}</th></tr></thead>
            <tbody>{entries.map((entry) => <Line key={entry.sequence} entry={entry} />)}</tbody>
          </table>
        </div>
      )}
      {next !== undefined && <div className="actions"><button type="button" onClick={more}>{t("more")}</button></div>}
    </Page>
  );
}

function Line({ entry }: { entry: Entry }): JSX.Element {
  const told = Object.entries(entry.details).map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return (
    <tr>
      <td className="no-break">{new Intl.DateTimeFormat(locale(), { dateStyle: "short", timeStyle: "medium" }).format(Date.parse(entry.time))}</td>
      <th scope="row" dir="auto">{entry.actor?.name ?? t("nobody")}{entry.actor?.via && <small className="muted"> {entry.actor.via}</small>}</th>
      <td dir="ltr"><code>{entry.action}</code></td>
      <td><Badge tone={entry.outcome === "succeeded" ? "good" : "bad"}>{entry.outcome}</Badge></td>
      <td dir="ltr" className="muted">{entry.address ?? "–"}</td>
      <td className="audit-details muted" dir="auto">{[entry.target, ...told].filter(Boolean).join(" · ") || "–"}</td>
    </tr>
  );
}

/** Whether the trail is as it was written. */
function Chain(): JSX.Element {
  const [told, setTold] = useState<{ isIntact: boolean; text: string } | null>(null);
  const verify = () => {
    get<{ intact: boolean; entries: number; fault?: { message: string } }>(`${path}/verify`).then(
      ({ intact, entries, fault }) => setTold({ isIntact: intact, text: intact ? t("intact", { count: entries }) : t("broken", { message: fault?.message ?? "" }) }), tellProblem);
  };
  return (
    <>
      {told && <span role="status"><Badge tone={told.isIntact ? "good" : "bad"}>{told.text}</Badge></span>}
      <button type="button" onClick={verify}><Icon name="shield" /> {t("verify")}</button>
      <a className="button" href={`${path}/export`} download="nexus-audit.jsonl"><Icon name="download" /> {t("download")}</a>
    </>
  );
}
