import { useEffect, useState } from "react";
import { hasRoute } from "../api/routes";
import { Link } from "../app/Link";
import { Empty, Page, Skeleton } from "../ui/parts";
import { GraphSection } from "./memory/GraphSection";
import { MemoriesSection } from "./memory/MemoriesSection";
import { SettingsSection } from "./memory/SettingsSection";
import { SpacesSection } from "./memory/SpacesSection";
import { StatsSection } from "./memory/StatsSection";
import { t } from "./memory/words";

const sections = ["memories", "spaces", "graph", "stats", "settings"] as const;
type Section = (typeof sections)[number];

/** Where the server keeps what it remembers; another route of the first name tells of the machine's memory. */
async function findPlace(): Promise<string | null> {
  if (!(await hasRoute("/api/v1/contexts"))) return null;
  return (await hasRoute("/api/v1/memories")) ? "/api/v1/memories" : "/api/v1/memory";
}

/** What is remembered, and where: to be seen, changed and forgotten. */
export default function MemoryPage({ chosen }: { chosen: string | null }): JSX.Element {
  const [place, setPlace] = useState<string | null | undefined>(undefined);
  useEffect(() => { findPlace().then(setPlace, () => setPlace(null)); }, []);
  const section: Section = sections.find((name) => name === chosen) ?? "memories";
  return (
    <Page title={t("title")} lead={t("lead")}>
      {place === undefined && <Skeleton lines={4} />}
      {place === null && <Empty icon="brain" title={t("absent")} />}
      {place && (
        <>
          <nav className="section-tabs" aria-label={t("sections")}>
            {sections.map((name) => (
              <Link key={name} page="memory" id2={name === "memories" ? null : name} aria-current={section === name ? "page" : undefined}>{t(name)}</Link>
            ))}
          </nav>
          {section === "memories" && <MemoriesSection path={place} />}
          {section === "spaces" && <SpacesSection />}
          {section === "graph" && <GraphSection path={place} />}
          {section === "stats" && <StatsSection path={place} />}
          {section === "settings" && <SettingsSection path={place} />}
        </>
      )}
    </Page>
  );
}
