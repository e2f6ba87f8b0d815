import { useId, useState } from "react";
import { request } from "../api/http";
import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { constrained } from "./request";
import { SchemaBuilder } from "./SchemaBuilder";
import type { Constraint } from "./types";

const kinds: Constraint["kind"][] = ["none", "json", "schema", "regex", "grammar"];
const examples: Record<Constraint["kind"], string> = {
  none: "", json: "",
  schema: JSON.stringify({
    type: "object", properties: { name: { type: "string" }, age: { type: "integer" } }, required: ["name", "age"], additionalProperties: false,
  }, null, 2),
  regex: "[A-Z][a-z]+, \\d{4}", grammar: 'root ::= "yes" | "no"',
};

/** What an answer must look like: a JSON Schema, an expression or a grammar, and an example that the model writes. */
export function ConstraintEditor({ constraint, model, onChange }: {
  constraint: Constraint; model: string | null; onChange(next: Constraint): void;
}): JSX.Element {
  const area = useId();
  const [preview, setPreview] = useState<{ text: string; isProblem: boolean; isCut?: boolean } | null>(null);
  const [isAsking, setAsking] = useState(false);
  const problem = check(constraint);
  const tryIt = async () => {
    setAsking(true);
    setPreview(null);
    try {
      const body = {
        model, messages: [{ role: "user", content: "Give one example." }], max_tokens: 200, ...constrained(constraint),
      };
      const answer = (await (await request("POST", "/v1/chat/completions", body)).json()) as {
        choices: { message: { content: string }; finish_reason: string }[];
      };
      const [choice] = answer.choices;
      setPreview({ text: choice?.message.content ?? "", isProblem: false, isCut: choice?.finish_reason === "length" });
    } catch (error) {
      setPreview({ text: error instanceof Error ? error.message : String(error), isProblem: true });
    }
    setAsking(false);
  };
  return (
    <fieldset className="field constraint">
      <legend>{t("constraint.title")}</legend>
      <div className="segments wrap">
        {kinds.map((kind) => (
          <button key={kind} type="button" aria-pressed={constraint.kind === kind}
            onClick={() => onChange({ kind, text: constraint.kind === kind ? constraint.text : examples[kind] })}>
            {t(`constraint.${kind}`)}
          </button>
        ))}
      </div>
      {constraint.kind === "schema" && <SchemaBuilder text={constraint.text} onChange={(text) => onChange({ ...constraint, text })} />}
      {["schema", "regex", "grammar"].includes(constraint.kind) && (
        <>
          <label className="visually-hidden" htmlFor={area}>{t(`constraint.${constraint.kind}`)}</label>
          <textarea id={area} className="mono" dir="ltr" spellCheck={false} rows={constraint.kind === "regex" ? 2 : 8} value={constraint.text}
            maxLength={100_000} aria-invalid={problem !== null} onChange={(event) => onChange({ ...constraint, text: event.target.value })} />
        </>
      )}
      {problem && <p className="small problem" role="alert">{problem}</p>}
      {constraint.kind !== "none" && (
        <>
          <button type="button" className="small" disabled={isAsking || problem !== null || !model} onClick={() => void tryIt()}>
            <Icon name="play" /> {t("constraint.try")}
          </button>
          {preview && <pre className={`preview ${preview.isProblem ? "problem" : ""}`} dir="ltr" tabIndex={0}>{preview.text}</pre>}
          {preview?.isCut && <p className="small warning">{t("chat.cut")}</p>}
        </>
      )}
    </fieldset>
  );
}

function check(constraint: Constraint): string | null {
  if (constraint.kind !== "schema" || !constraint.text.trim()) return null;
  try {
    JSON.parse(constraint.text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
