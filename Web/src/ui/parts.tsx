// Small parts that pages are made of.

import type { ReactNode } from "react";
import { ApiError } from "../api/http";
import { t } from "../i18n";
import { Icon } from "./Icon";

/** A page's frame: its title, what it is for, and what can be done on it. */
export function Page({ title, lead, actions, children }: {
  title: string; lead?: string | undefined; actions?: ReactNode; children: ReactNode;
}): JSX.Element {
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>{title}</h1>
          {lead && <p className="lead">{lead}</p>}
        </div>
        {actions && <div className="actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Card({ title, children, className = "", actions }: {
  title?: string | undefined; children: ReactNode; className?: string; actions?: ReactNode;
}): JSX.Element {
  return (
    <section className={`card ${className}`}>
      {title && <header className="card-head"><h2>{title}</h2>{actions}</header>}
      {children}
    </section>
  );
}

/** A number that matters, and what it is. */
export function Figure({ label, value, detail }: { label: string; value: ReactNode; detail?: ReactNode }): JSX.Element {
  return (
    <div className="figure">
      <dt>{label}</dt>
      <dd>{value}{detail && <small>{detail}</small>}</dd>
    </div>
  );
}

/** Parts of a whole, side by side. */
export function Bar({ parts, total, label }: {
  parts: { name: string; value: number; tone: string; text?: string }[]; total: number; label: string;
}): JSX.Element {
  const whole = Math.max(total, parts.reduce((sum, part) => sum + part.value, 0), 1e-9);
  return (
    <div className="bar" role="img" aria-label={`${label}: ${parts.map((part) => `${part.name} ${part.text ?? part.value}`).join(", ")}`}>
      {parts.map((part) => part.value > 0 && (
        <span key={part.name} className={`tone-${part.tone}`} style={{ flexBasis: `${(100 * part.value) / whole}%` }}
          title={`${part.name}: ${part.text ?? part.value}`} />
      ))}
    </div>
  );
}

export function Legend({ parts }: { parts: { name: string; tone: string; text: string }[] }): JSX.Element {
  return (
    <ul className="legend">
      {parts.map((part) => (
        <li key={part.name}><i className={`tone-${part.tone}`} /><span>{part.name}</span><b>{part.text}</b></li>
      ))}
    </ul>
  );
}

/** A state in one word. */
export function Badge({ tone, children }: { tone: "good" | "busy" | "bad" | "calm"; children: ReactNode }): JSX.Element {
  return <span className={`badge ${tone}`}>{children}</span>;
}

export function Empty({ icon, title, children }: { icon: string; title: string; children?: ReactNode }): JSX.Element {
  return (
    <div className="empty">
      <Icon name={icon} />
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}

export function Problem({ error, again }: { error: Error; again?: (() => void) | undefined }): JSX.Element {
  const hint = error instanceof ApiError ? error.hint : null;
  return (
    <div className="problem-box" role="alert">
      <Icon name="triangle-alert" />
      <div>
        <p dir="auto">{error.message}</p>
        {hint && <p className="small muted" dir="auto">{hint}</p>}
      </div>
      {again && <button type="button" className="small" onClick={again}>{t("action.retry")}</button>}
    </div>
  );
}

export function Skeleton({ lines = 3 }: { lines?: number }): JSX.Element {
  return (
    <div className="skeletons" role="status" aria-label={t("state.loading")}>
      {Array.from({ length: lines }, (_, index) => <div key={index} className="skeleton" />)}
    </div>
  );
}
