import { lazy, Suspense } from "react";
import { Skeleton } from "../ui/parts";

const SharedView = lazy(() => import("../pages/SharedView"));
const path = "/app/shared";

/** A link that somebody was given: it opens without a session, and without the frame around the pages. */
export function SharedPage(): JSX.Element {
  return <Suspense fallback={<main className="shared"><Skeleton lines={6} /></main>}><SharedView /></Suspense>;
}

SharedPage.isHere = (): boolean => location.pathname === path;
