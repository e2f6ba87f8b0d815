import { useState } from "react";
import { part } from "../api/http";
import { useGet } from "../api/use";
import { Link } from "../app/Link";
import { pageWords } from "../i18n";
import { Icon } from "../ui/Icon";
import type { Message, UsedMemory } from "./types";

const t = pageWords({
  en: {
    used: "{count} memories used", "used.one": "One memory used", title: "What this answer was told from memory", all: "All memories", message: "From a conversation", document: "From a file", gone: "The text is in the file.",
  },
  de: {
    used: "{count} Erinnerungen verwendet", "used.one": "Eine Erinnerung verwendet", title: "Was dieser Antwort aus dem Gedächtnis mitgegeben wurde", all: "Alle Erinnerungen", message: "Aus einem Gespräch", document: "Aus einer Datei",
    gone: "Der Text steht in der Datei.",
  },
  ar: {
    used: "الذكريات المستخدمة: {count}", "used.one": "استُخدمت ذكرى واحدة", title: "ما قُدّم لهذه الإجابة من الذاكرة", all: "كل الذكريات",
    message: "من محادثة", document: "من ملف", gone: "النص في الملف.",
  },
});
const icons: Record<string, string> = { memory: "brain", message: "message-square", document: "file-text" };

/** A quiet line under an answer: how much of memory it was told, and what. */
export default function MemoriesUsed({ conversation, message }: { conversation: string; message: Message }): JSX.Element | null {
  const [isOpen, setOpen] = useState(false);
  // What was forgotten since is told no more: where the page has no texts yet, the server says which there are.
  const asked = useGet<{ memories_used?: UsedMemory[] }>(message.memories ? null : `/api/v1/conversations/${part(conversation)}/messages/${part(message.id)}`);
  const used = message.memories ?? asked.value?.memories_used ?? [];
  if (used.length === 0) return null;
  return (
    <div className="memories-used">
      <button type="button" className="quiet small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}><Icon name="brain" /> {t("used", { count: used.length })}</button>
      {isOpen && (
        <section aria-label={t("title")}>
          <p className="facts-title">{t("title")}</p>
          <ul>
            {used.map((one) => (
              <li key={`${one.type}-${one.id}`}>
                <Icon name={icons[one.type] ?? "brain"} />
                <span>
                  {one.type !== "memory" && <small className="muted">{t(one.type === "message" ? "message" : "document")}{(one.title ?? one.name) && <>: <bdi>{one.title ?? one.name}</bdi></>}</small>}
                  <span dir="auto">{one.text ?? t("gone")}</span>
                </span>
              </li>
            ))}
          </ul>
          <Link page="memory">{t("all")}</Link>
        </section>
      )}
    </div>
  );
}
