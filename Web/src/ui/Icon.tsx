import { createElement, memo } from "react";
import { icons } from "#icons";

/** A drawing of 24 × 24 in the colour of the text; the words beside it say what it means. */
export const Icon = memo(function Icon({ name }: { name: string }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.9" strokeLinecap="round"
      strokeLinejoin="round" aria-hidden="true" data-icon={name}>
      {(icons[name] ?? []).map(([tag, attributes], index) => createElement(tag, { key: index, ...attributes }))}
    </svg>
  );
});
