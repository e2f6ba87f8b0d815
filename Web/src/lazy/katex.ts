// Loaded when the first formula comes.
import katex from "#katex";

/** KaTeX' style sheet; the page says where the build put it. */
function loadStyle(): Promise<void> {
  const address = document.querySelector<HTMLMetaElement>('meta[name="formula-style"]')?.content;
  if (!address) return Promise.resolve();
  return new Promise((done) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = address;
    link.onload = link.onerror = () => done();
    document.head.append(link);
  });
}

/** Ready to draw formulas. */
export async function prepare(): Promise<typeof katex> {
  await loadStyle();
  return katex;
}
