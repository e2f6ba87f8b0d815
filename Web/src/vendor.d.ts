// What the build puts behind these names: scripts/web.py.
declare module "#katex" {
  interface Options {
    displayMode?: boolean; throwOnError?: boolean; trust?: boolean; maxExpand?: number; maxSize?: number;
    strict?: boolean | string; output?: "html" | "mathml" | "htmlAndMathml";
  }
  const katex: { render(text: string, element: HTMLElement, options: Options): void };
  export default katex;
}
declare module "#mermaid" {
  const mermaid: {
    initialize(options: Record<string, unknown>): void;
    render(id: string, text: string): Promise<{ svg: string }>;
  };
  export { mermaid };
}
declare module "#icons" {
  /** Name → the elements of a drawing of 24 × 24: tag and attributes. */
  export const icons: Record<string, [string, Record<string, string>][]>;
}
