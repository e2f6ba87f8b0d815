import { useState } from "react";
import { part, send } from "../../api/http";
import { Problem } from "../../ui/parts";
import { t as common } from "../../i18n";
import type { Kind, Memory, Space } from "./types";
import { t } from "./words";

/** A new memory, or other words for one: the old one is kept as what held before. */
export function MemoryForm({ path, memory, spaces, onDone }: { path: string; memory?: Memory; spaces: Space[]; onDone(): void }): JSX.Element {
  const [text, setText] = useState(memory?.text ?? "");
  const [kind, setKind] = useState<Kind>(memory?.kind ?? "fact");
  const [space, setSpace] = useState(memory?.context ?? "");
  const [triple, setTriple] = useState([memory?.subject ?? "", memory?.predicate ?? "", memory?.object ?? ""]);
  const [error, setError] = useState<Error | null>(null);
  const isHalf = triple.some((word) => word.trim()) && triple.some((word) => !word.trim());
  const save = async () => {
    const [subject, predicate, object] = triple.map((word) => word.trim() || null);
    const changed = { text: text.trim(), subject, predicate, object };
    try {
      if (!memory) {
        const relation = subject && predicate && object ? { subject, predicate, object } : {};
        await send("POST", path, { text: changed.text, kind, ...relation, ...(space ? { context: space } : {}) });
      } else {
        const body = Object.fromEntries(Object.entries({ ...changed, kind, context: space || null }).filter(([name, value]) => memory[name as keyof Memory] !== value));
        if (Object.keys(body).length > 0) await send("PATCH", `${path}/${part(memory.id)}`, { ...body, revision: memory.revision });
      }
      onDone();
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)));
    }
  };
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      <label className="field"><span>{t("text")}</span><textarea rows={3} required maxLength={1_000} value={text} dir="auto" onChange={(event) => setText(event.target.value)} /></label>
      <div className="field-pair">
        <label className="field"><span>{t("kind")}</span>
          <select value={kind} onChange={(event) => setKind(event.target.value as Kind)}>{(["fact", "preference", "profile"] as const).map((name) => <option key={name} value={name}>{t(name)}</option>)}</select>
        </label>
        <label className="field"><span>{t("context")}</span>
          <select value={space} onChange={(event) => setSpace(event.target.value)}><option value="">{t("noContext")}</option>{spaces.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}</select>
        </label>
      </div>
      <fieldset className="field"><legend>{t("triple")}</legend>
        <div className="field-triple">
          {(["subject", "predicate", "object"] as const).map((name, index) => (
            <input key={name} value={triple[index]} placeholder={t(name)} aria-label={t(name)} maxLength={100} dir="auto"
              onChange={(event) => setTriple((before) => before.map((word, place) => (place === index ? event.target.value : word)))} />
          ))}
        </div>
      </fieldset>
      {error && <Problem error={error} />}
      <div className="actions"><button type="submit" className="primary" disabled={!text.trim() || isHalf}>{common("action.save")}</button></div>
    </form>
  );
}
