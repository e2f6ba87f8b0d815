// Loaded when the first code block comes. Prism's own way to the page stays off: only its tokens are used.

import "./prismSettings";
import * as Prism from "prismjs";
import "prismjs/components/prism-bash";
import "prismjs/components/prism-c";
import "prismjs/components/prism-cpp";
import "prismjs/components/prism-csharp";
import "prismjs/components/prism-diff";
import "prismjs/components/prism-docker";
import "prismjs/components/prism-go";
import "prismjs/components/prism-ini";
import "prismjs/components/prism-java";
import "prismjs/components/prism-json";
import "prismjs/components/prism-typescript";
import "prismjs/components/prism-jsx";
import "prismjs/components/prism-tsx";
import "prismjs/components/prism-kotlin";
import "prismjs/components/prism-latex";
import "prismjs/components/prism-lua";
import "prismjs/components/prism-makefile";
import "prismjs/components/prism-markdown";
import "prismjs/components/prism-python";
import "prismjs/components/prism-r";
import "prismjs/components/prism-ruby";
import "prismjs/components/prism-rust";
import "prismjs/components/prism-scss";
import "prismjs/components/prism-sql";
import "prismjs/components/prism-swift";
import "prismjs/components/prism-toml";
import "prismjs/components/prism-yaml";

const others: Record<string, string> = {
  sh: "bash", shell: "bash", zsh: "bash", console: "bash", "c++": "cpp", cc: "cpp", "c#": "csharp", cs: "csharp", dockerfile: "docker",
  golang: "go", js: "javascript", mjs: "javascript", node: "javascript", kt: "kotlin", tex: "latex", md: "markdown", py: "python",
  python3: "python", rb: "ruby", rs: "rust", ts: "typescript", yml: "yaml", html: "markup", xml: "markup", svg: "markup", patch: "diff",
  make: "makefile", conf: "ini", jsonc: "json", json5: "json", jsonl: "json", postgresql: "sql", sqlite: "sql",
};

export type Token = string | { type: string; content: Token | Token[] };

/** The tokens of a code; the code alone where the language is unknown. */
export function tokens(code: string, language: string): Token[] {
  const name = language.toLowerCase();
  const grammar = Prism.languages[others[name] ?? name];
  return grammar ? (Prism.tokenize(code, grammar) as Token[]) : [code];
}
