import { type ReactNode, useEffect, useState } from "react";
import { hasRoute } from "../api/routes";
import { useGet } from "../api/use";
import { t } from "../i18n";
import { Empty, Page, Problem, Skeleton } from "../ui/parts";

interface Properties<Row> {
  title: string;
  lead: string;
  path: string;
  /** What is asked beside the path. */
  query?: string;
  /** The member of the answer that has the rows. */
  member: string;
  icon: string;
  none: string;
  actions?: (reload: () => void) => ReactNode;
  columns: string[];
  /** What stands above the list. */
  before?: ReactNode;
  row(row: Row, reload: () => void): ReactNode;
}

/** A list of the server's as a table; where the server keeps no such list, the page says so. */
export function Listed<Row extends { id: string }>(properties: Properties<Row>): JSX.Element {
  const { title, lead, path, query = "", member, icon, none, actions, columns, before, row } = properties;
  const [isHere, setHere] = useState<boolean | null>(null);
  useEffect(() => { hasRoute(path).then(setHere, () => setHere(true)); }, [path]);
  const list = useGet<Record<string, Row[]>>(isHere ? path + query : null);
  const rows = list.value?.[member] ?? [];
  return (
    <Page title={title} lead={lead} actions={isHere && actions?.(list.reload)}>
      {before}
      {isHere !== false && !list.error && !list.value && <Skeleton lines={4} />}
      {isHere === false && <Empty icon={icon} title={t("records.absent")} />}
      {list.error && <Problem error={list.error} again={list.reload} />}
      {list.value && rows.length === 0 && <Empty icon={icon} title={none} />}
      {rows.length > 0 && (
        <div className="table-frame card" tabIndex={0} role="region" aria-label={title}>
          <table>
            <thead><tr>{columns.map((column) => <th key={column} scope="col">{column}</th>)}<th scope="col"><span className="visually-hidden">{t("records.actions")}</span></th></tr></thead>
            <tbody>{rows.map((one) => <tr key={one.id}>{row(one, list.reload)}</tr>)}</tbody>
          </table>
        </div>
      )}
    </Page>
  );
}
