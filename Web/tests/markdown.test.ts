import { type Block, cells, GrowingText, parseBlocks, readyPart } from "../src/markdown/blocks";
import { type Inline, parseInline, plainText, safeAddress } from "../src/markdown/inline";
import { equal, ok, random, test } from "./check";

function kinds(text: string): string {
  return parseBlocks(text).map((block) => block.kind).join(" ");
}

/** Inline parts in short: *em*, **strong** as tags, code as `…`. */
function short(parts: Inline[]): string {
  return parts.map((part) => {
    if (typeof part === "string") return part;
    switch (part.kind) {
      case "strong": return `<b>${short(part.children)}</b>`;
      case "em": return `<i>${short(part.children)}</i>`;
      case "del": return `<s>${short(part.children)}</s>`;
      case "code": return `‹${part.text}›`;
      case "math": return `$${part.text}$`;
      case "link": return `[${short(part.children)}→${part.href}]`;
      case "image": return `!${part.alt}→${part.src}`;
      case "break": return "⏎";
    }
  }).join("");
}

const inline = (text: string, open = false) => short(parseInline(text, open));

const sample = `# Title

Some **bold** text with \`code\` and $x^2$.
Second line.

1. one
   - nested
   - more

     paragraph
2. two

3. three

- [x] done
- [ ] open

| a | b |
|---|--:|
| 1 | x\\|y |
| 2 | \`p|q\` |

$$
a + b
$$

\`\`\`python
def f():

    return "\`\`"
\`\`\`

> quote
> - list
lazy

Setext
======

***
    indented code

\\[ x = 1 \\]
End with [a link](https://example.org/a_(b)) and https://example.com/x.
`;

test("blocks of every kind", () => {
  equal(kinds(sample), "heading paragraph list list table math code quote heading rule code math paragraph");
});

test("a list keeps its numbers, its nesting and its tasks", () => {
  const list = parseBlocks("3. a\n4. b\n   - c\n     1. d")[0] as Extract<Block, { kind: "list" }>;
  equal([list.ordered, list.start, list.items.length, list.tight], [true, 3, 2, true]);
  const inner = list.items[1]?.blocks[1] as Extract<Block, { kind: "list" }>;
  equal([inner.kind, inner.ordered, inner.items[0]?.blocks[1]?.kind], ["list", false, "list"]);
  const tasks = parseBlocks("- [x] a\n- [ ] b\n- c")[0] as Extract<Block, { kind: "list" }>;
  equal(tasks.items.map((item) => item.done), [true, false, null]);
});

test("an open fence is code to the end, blank lines and all", () => {
  const [block] = parseBlocks("```js\na\n\n\nb");
  equal(block, { kind: "code", language: "js", text: "a\n\n\nb", closed: false });
});

test("cells are parted by bars that are neither escaped nor code", () => {
  equal(cells("| a | b\\|c | `d|e` |"), ["a", "b|c", "`d|e`"]);
  equal(cells("a|b"), ["a", "b"]);
});

test("emphasis as CommonMark has it", () => {
  const cases: [string, string][] = [
    ["*a*", "<i>a</i>"], ["**a**", "<b>a</b>"], ["***a***", "<i><b>a</b></i>"], ["a * b * c", "a * b * c"], ["snake_case_name", "snake_case_name"],
    ["*a **b** c*", "<i>a <b>b</b> c</i>"], ["**a*", "*<i>a</i>"], ["~~x~~", "<s>x</s>"], ["`a*b*`", "‹a*b*›"], ["``a`b``", "‹a`b›"], ["\\*a\\*", "*a*"],
    ["5*3*2", "5<i>3</i>2"], ["__init__ x", "<b>init</b> x"], ["2 < 3 && a > b", "2 < 3 && a > b"], ["**a `b** c` d**", "<b>a ‹b** c› d</b>"],
  ];
  for (const [text, wanted] of cases) equal(inline(text), wanted, text);
});

test("links, images and addresses", () => {
  equal(inline("[a](https://x.org \"t\") b"), "[a→https://x.org] b");
  equal(inline("[a **b**](<u v>)"), "[a <b>b</b>→u v]");
  equal(inline("![alt](p.png)"), "!alt→p.png");
  equal(inline("[[a](b)](c)"), "[[a→b]](c)");
  equal(inline("see https://x.org/a_(b)."), "see [https://x.org/a_(b)→https://x.org/a_(b)].");
  equal(inline("<https://x.org> <b>"), "[https://x.org→https://x.org] <b>");
  equal(inline("a[0] and b[1](c"), "a[0] and b[1](c");
});

test("formulas and prices", () => {
  equal(inline("$x_1$ and \\(y\\)"), "$x_1$ and $y$");
  equal(inline("costs $5 or $6 today"), "costs $5 or $6 today");
  equal(inline("$2x + 1$ is"), "$2x + 1$ is");
});

test("HTML stays text, and only safe addresses are links", () => {
  equal(inline("<img src=x onerror=alert(1)><script>1</script>"), "<img src=x onerror=alert(1)><script>1</script>");
  for (const address of ["javascript:alert(1)", "JaVaScRiPt:1", "java\nscript:1", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "\u0001javascript:x", "//evil.example"]) {
    equal(safeAddress(address), null, address);
  }
  equal(safeAddress("https://x.org/a"), "https://x.org/a");
});

test("what is begun at the end of a text that is written looks as if it were closed", () => {
  equal(inline("a **b", true), "a <b>b</b>");
  equal(inline("a `b", true), "a ‹b›");
  equal(inline("see [the li", true), "see the li");
  equal(inline("see [the link](https://exa", true), "see the link");
  equal(inline("a **", true), "a ");
  equal(readyPart("text\n| a |"), "text\n");
  equal(readyPart("text\n-"), "text\n");
  equal(readyPart("| a |\n|--"), "");
  equal(readyPart("| a |\n|---|\n| b"), "| a |\n|---|\n| b");
});

test("a text that grows has the blocks of the whole text, however it is cut", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const chance = random(seed);
    const lines = sample.split("\n");
    let text = "";
    while (text.length < 600) text += `${lines[Math.floor(chance() * lines.length)] ?? ""}\n`;
    const growing = new GrowingText();
    let at = 0;
    let blocks: Block[] = [];
    while (at < text.length) {
      at = Math.min(text.length, at + 1 + Math.floor(chance() * 9));
      blocks = growing.update(text.slice(0, at));
    }
    equal(blocks, parseBlocks(text), `seed ${seed}`);
  }
});

test("blocks that are done stay the same objects", () => {
  const growing = new GrowingText();
  const before = growing.update("a\n\nb\n\nc\n\nd");
  const after = growing.update("a\n\nb\n\nc\n\nd e");
  ok(before[0] === after[0] && before[1] === after[1], "the first blocks were made anew");
});

test("no words are lost", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const chance = random(seed);
    const marks = ["*", "**", "_", "`", "~~", "[", "](", ")", "!", " ", "\\", "$", "<", ">", "\n"];
    let text = "";
    for (let count = 0; count < 40; count += 1) text += chance() < 0.5 ? `w${count}w` : marks[Math.floor(chance() * marks.length)] ?? "";
    const shown = (parts: Inline[]): string => parts.map((part) => {
      if (typeof part === "string") return part;
      if (part.kind === "link") return shown(part.children) + part.href;
      if (part.kind === "image") return part.alt + part.src;
      return "children" in part ? shown(part.children) : "text" in part ? part.text : "";
    }).join("");
    const found = shown(parseInline(text));
    for (const word of text.match(/w\d+w/g) ?? []) ok(found.includes(word), `${word} of ${JSON.stringify(text)} is not in ${JSON.stringify(found)}`);
  }
});

test("hostile texts take time in proportion to their length", () => {
  const patterns = ["**a *b ", "[", "![", "](", "[a](", "`", "``a`", "*a_", "_a*", "> ", "- ", "$a", "$$", "\\(", "|", "<", "~~a~", "a\n", "1. ", "#", "((((", "[a](b(", "https://", "www.", "*_*_", "***a", "a***"];
  for (const pattern of patterns) {
    const text = pattern.repeat(Math.ceil(21_000 / pattern.length));
    for (const open of [false, true]) {
      const began = performance.now();
      parseInline(text, open);
      parseBlocks(text);
      const took = performance.now() - began;
      // Superlinear ones take seconds here; this is no stop-watch.
      ok(took < 1_000, `${JSON.stringify(pattern)} took ${took.toFixed(0)} ms`);
    }
  }
});

test("depth is bounded", () => {
  const depth = (parts: Inline[]): number => 1 + Math.max(0, ...parts.map((part) => (typeof part === "object" && "children" in part ? depth(part.children) : 0)));
  const text = "*a **b ".repeat(500) + "c** d* ".repeat(500);
  ok(depth(parseInline(text)) < 40, "emphasis nests without a bound");
  ok(plainText(parseInline(text)).includes("c"), "the text is gone");
  parseBlocks("> ".repeat(5_000) + "x");
});
