import { lazy, Suspense } from "react";
import { closeOverlay, useOverlay } from "./overlays";

const Shown = lazy(() => import("../chat/dialogs/Shown"));

/** The place of the dialog that is open. */
export function Overlays(): JSX.Element | null {
  const overlay = useOverlay();
  return overlay && <Suspense fallback={null}><Shown overlay={overlay} onClose={closeOverlay} /></Suspense>;
}
