import { t } from "../i18n";
import { Icon } from "../ui/Icon";

const types = ["string", "integer", "number", "boolean", "array"] as const;
type PropertyType = (typeof types)[number];
interface Property { type: PropertyType; items?: { type: string } }
interface Schema { type: "object"; properties: Record<string, Property>; required: string[]; additionalProperties: boolean }

/** The fields of a flat JSON Schema as rows; what is deeper is written below as text. */
export function SchemaBuilder({ text, onChange }: { text: string; onChange(text: string): void }): JSX.Element | null {
  const schema = read(text);
  if (!schema) return <p className="small muted">{t("constraint.textOnly")}</p>;
  const write = (next: Schema) => onChange(JSON.stringify(next, null, 2));
  const entries = Object.entries(schema.properties);
  const replace = (at: number, name: string, property: Property | null, isRequired: boolean) => {
    const changed = entries.map((entry, index): [string, Property | null, boolean] =>
      index === at ? [name, property, isRequired] : [entry[0], entry[1], schema.required.includes(entry[0])]);
    const left = changed.filter((entry): entry is [string, Property, boolean] => entry[1] !== null);
    write({
      ...schema, properties: Object.fromEntries(left.map(([key, value]) => [key, value])),
      required: left.filter(([, , required]) => required).map(([key]) => key),
    });
  };
  return (
    <div className="schema-rows">
      {entries.map(([name, property], index) => {
        const isRequired = schema.required.includes(name);
        return (
          <div key={index} className="schema-row">
            <input value={name} aria-label={t("constraint.field")} dir="ltr"
              onChange={(event) => { if (!(event.target.value in schema.properties)) replace(index, event.target.value, property, isRequired); }} />
            <select value={property.type} aria-label={t("constraint.type")}
              onChange={(event) => {
                const type = event.target.value as PropertyType;
                replace(index, name, type === "array" ? { type, items: { type: "string" } } : { type }, isRequired);
              }}>
              {types.map((type) => <option key={type}>{type}</option>)}
            </select>
            <label className="check"><input type="checkbox" checked={isRequired} onChange={(event) => replace(index, name, property, event.target.checked)} /> {t("constraint.required")}</label>
            <button type="button" className="quiet small icon-only" aria-label={t("action.remove")} onClick={() => replace(index, name, null, false)}><Icon name="x" /></button>
          </div>
        );
      })}
      <button type="button" className="small" onClick={() => {
        let name = "field";
        for (let count = 2; name in schema.properties; count += 1) name = `field${count}`;
        write({ ...schema, properties: { ...schema.properties, [name]: { type: "string" } }, required: [...schema.required, name] });
      }}>
        <Icon name="plus" /> {t("constraint.add")}
      </button>
    </div>
  );
}

/** A schema whose fields rows can show; `null` for everything else. */
function read(text: string): Schema | null {
  try {
    const value = JSON.parse(text || '{"type":"object","properties":{}}') as Partial<Schema> & Record<string, unknown>;
    if (value.type !== "object" || typeof value.properties !== "object" || !value.properties) return null;
    const known = ["type", "properties", "required", "additionalProperties"];
    if (Object.keys(value).some((key) => !known.includes(key))) return null;
    for (const property of Object.values(value.properties)) {
      const isArray = property.type === "array" && property.items !== undefined && Object.keys(property.items).length === 1;
      if (!types.includes(property.type) || (Object.keys(property).length > 1 && !isArray)) return null;
    }
    return {
      type: "object", properties: value.properties, required: Array.isArray(value.required) ? value.required : [],
      additionalProperties: value.additionalProperties === true,
    };
  } catch {
    return null;
  }
}
