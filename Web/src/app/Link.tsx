import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { navigate, type Page, pathOf } from "./router";

interface Properties extends AnchorHTMLAttributes<HTMLAnchorElement> {
  page: Page;
  id2?: string | null;
}

/** A link to a page of the application; opens in a new tab as any link does. */
export function Link({ page, id2 = null, onClick, children, ...others }: Properties): JSX.Element {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(page, id2);
  };
  return <a {...others} href={pathOf(page, id2)} onClick={follow}>{children}</a>;
}
