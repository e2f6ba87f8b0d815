// Runs in the frame that draws diagrams: it gets texts and answers with SVG.

import { mermaid } from "#mermaid";

interface Order {
  id: number;
  text: string;
  theme: "light" | "dark";
}

const colours = {
  light: {
    background: "#ffffff", primaryColor: "#ecebfb", primaryTextColor: "#1c1b22", primaryBorderColor: "#5b4bdb",
    lineColor: "#5d5b68", secondaryColor: "#f1f0f4", tertiaryColor: "#f7f6fa", noteBkgColor: "#fff4d6", noteTextColor: "#1c1b22",
  },
  dark: {
    background: "#1d1c22", primaryColor: "#2e2a55", primaryTextColor: "#f0eff5", primaryBorderColor: "#a195ff",
    lineColor: "#a9a6b5", secondaryColor: "#2a2931", tertiaryColor: "#232229", noteBkgColor: "#473d1c", noteTextColor: "#f0eff5",
  },
};

async function draw({ id, text, theme }: Order): Promise<void> {
  try {
    mermaid.initialize({
      startOnLoad: false, securityLevel: "strict", theme: "base", darkMode: theme === "dark",
      themeVariables: { ...colours[theme], fontFamily: "system-ui, sans-serif", fontSize: "14px" },
      fontFamily: "system-ui, sans-serif", htmlLabels: false, flowchart: { htmlLabels: false, useMaxWidth: false },
      maxTextSize: 20_000, maxEdges: 500, suppressErrorRendering: true, logLevel: 5,
    });
    const { svg } = await mermaid.render(`d${id}`, text);
    const parsed = new DOMParser().parseFromString(svg, "text/html").querySelector("svg");
    if (!parsed) throw new Error("nothing was drawn");
    const box = (parsed.getAttribute("viewBox") ?? "").split(/\s+/).map(Number);
    const width = box[2] || 400;
    const height = box[3] || 300;
    parsed.setAttribute("width", String(width));
    parsed.setAttribute("height", String(height));
    parsed.style.removeProperty("max-width");
    parent.postMessage({ id, svg: new XMLSerializer().serializeToString(parsed), width }, "*");
  } catch (error) {
    parent.postMessage({ id, problem: error instanceof Error ? error.message : String(error) }, "*");
  }
}

window.addEventListener("message", (event: MessageEvent<Order>) => {
  if (event.source === parent) void draw(event.data);
});
parent.postMessage({ ready: true }, "*");
