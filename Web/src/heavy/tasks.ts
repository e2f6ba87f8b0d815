// What takes long enough to be felt: pure functions, run in a worker where there is one and in the page where there is none.

import { type Token, tokens } from "../lazy/highlight";
import { type Block, parseBlocks } from "../markdown/blocks";
import { cutLong } from "../markdown/pieces";
import { type DiffLine, diffLines } from "./diff";
import { estimateTokens } from "./tokens";

/** Of each task, what it is given and what comes out. */
export interface Tasks {
  markdown: { given: string; made: Block[] };
  highlight: { given: { code: string; language: string }; made: Token[] };
  diff: { given: { left: string; right: string }; made: DiffLine[] };
  tokens: { given: string[]; made: number[] };
}
export type TaskName = keyof Tasks;

const work: { [Name in TaskName]: (given: Tasks[Name]["given"]) => Tasks[Name]["made"] } = {
  markdown: (text) => cutLong(parseBlocks(text)),
  highlight: ({ code, language }) => tokens(code, language),
  diff: ({ left, right }) => diffLines(left, right),
  tokens: (texts) => texts.map(estimateTokens),
};

export function run<Name extends TaskName>(name: Name, given: Tasks[Name]["given"]): Tasks[Name]["made"] {
  return work[name](given);
}
