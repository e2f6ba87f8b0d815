import { Link } from "../../app/Link";
import { t } from "./words";

const sections = ["users", "teams", "tenants", "roles"] as const;
export type AccessSection = (typeof sections)[number];

export const sectionOf = (name: string | null): AccessSection => sections.find((one) => one === name) ?? "users";

export function AccessTabs({ section }: { section: AccessSection }): JSX.Element {
  return (
    <nav className="section-tabs" aria-label={t("sections")}>
      {sections.map((name) => <Link key={name} page="users" id2={name === "users" ? null : name} aria-current={name === section ? "page" : undefined}>{t(name)}</Link>)}
    </nav>
  );
}
