// What has not been sent when the page is left: it is begun then, and the browser finishes it without the page.
// A page that goes runs its listeners and nothing after them: work must reach `fetch` without waiting for a promise.

const works = new Set<() => void>();
let isGoing = false;

/** @returns what forgets the work again; it is not done where the page stays long enough to do it itself. */
export function whenLeaving(work: () => void): () => void {
  works.add(work);
  return () => { works.delete(work); };
}

/** Whether requests must outlive the page. Browsers take 64 KiB of such, all together. */
export const isLeaving = (): boolean => isGoing;

window.addEventListener("pagehide", () => {
  isGoing = true;
  const left = Array.from(works);
  works.clear();
  for (const work of left) work();
});
// Back from the browser's cache of pages.
window.addEventListener("pageshow", () => { isGoing = false; });
