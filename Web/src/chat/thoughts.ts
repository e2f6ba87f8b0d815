/** An answer's thinking and its text, where the model writes both in one and the server did not part them. */
export function partThinking(text: string): { thinking: string; text: string; isOpen: boolean } {
  const start = /^\s*<(think|thinking|thought|reasoning)>/i.exec(text);
  if (!start) return { thinking: "", text, isOpen: false };
  const end = new RegExp(`</${start[1]!}>`, "i").exec(text);
  if (!end) return { thinking: text.slice(start[0]!.length), text: "", isOpen: true };
  return { thinking: text.slice(start[0]!.length, end.index).trim(), text: text.slice(end.index + end[0]!.length).trimStart(), isOpen: false };
}

/** The steps of a chain of thought: its numbered points, or its paragraphs. */
export function steps(thinking: string): string[] {
  const numbered = thinking.split(/\n(?=\s*(?:\d{1,2}[.)]|step \d+|[-*] )\s*)/i).map((step) => step.trim()).filter(Boolean);
  if (numbered.length > 1) return numbered;
  return thinking.split(/\n\s*\n/).map((step) => step.trim()).filter(Boolean);
}
