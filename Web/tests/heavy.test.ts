import { diffLines } from "../src/heavy/diff";
import { estimateTokens } from "../src/heavy/tokens";
import { Heights } from "../src/chat/heights";
import { parseBlocks } from "../src/markdown/blocks";
import { cutLong, nextPortion } from "../src/markdown/pieces";
import { equal, ok, random, test } from "./check";

test("a difference has both texts in it, and is the shortest", () => {
  const next = random(7);
  for (let round = 0; round < 300; round += 1) {
    const text = () => Array.from({ length: Math.floor(next() * 9) }, () => "abc"[Math.floor(next() * 3)]).join("\n");
    const [left, right] = [text(), text()];
    const lines = diffLines(left, right);
    equal(lines.filter((line) => line.kind !== "right").map((line) => line.text).join("\n"), left, `${left}|${right}`);
    equal(lines.filter((line) => line.kind !== "left").map((line) => line.text).join("\n"), right, `${left}|${right}`);
    equal(lines.filter((line) => line.kind === "same").length, common(left.split("\n"), right.split("\n")), `${left}|${right}`);
  }
});

/** The length of the longest common subsequence, by the book. */
function common(one: string[], other: string[]): number {
  const rows = Array.from({ length: one.length + 1 }, () => Array.from({ length: other.length + 1 }, () => 0));
  one.forEach((text, x) => other.forEach((second, y) => {
    rows[x + 1]![y + 1] = text === second ? rows[x]![y]! + 1 : Math.max(rows[x]![y + 1]!, rows[x + 1]![y]!);
  }));
  return rows[one.length]![other.length]!;
}

test("texts that have nothing in common are told whole, and soon", () => {
  const left = Array.from({ length: 6_000 }, (_, index) => `a${index}`).join("\n");
  const right = left.replace(/a/g, "b");
  equal(diffLines(left, right).length, 12_000);
});

test("tokens are estimated between a character and a word each", () => {
  const next = random(11);
  for (let round = 0; round < 200; round += 1) {
    const text = Array.from({ length: 1 + Math.floor(next() * 40) }, () => "lorem,".slice(0, 1 + Math.floor(next() * 6))).join(" ");
    const found = estimateTokens(text);
    ok(found >= text.split(" ").length && found <= text.length, `${text}: ${found}`);
  }
  equal(estimateTokens(""), 0);
  equal(estimateTokens("你好世界"), 4);
  equal(estimateTokens("12345"), 2);
});

test("rows stand where their heights say, measured or guessed", () => {
  const heights = new Heights();
  const rows = Array.from({ length: 1_000 }, (_, index) => ({ id: `${index}`, length: index % 7 * 90 }));
  heights.setRows(rows);
  const next = random(3);
  for (let round = 0; round < 400; round += 1) heights.measure(`${Math.floor(next() * 1_000)}`, 20 + next() * 500);
  for (let round = 0; round < 200; round += 1) {
    const offset = next() * heights.total;
    const index = heights.at(offset);
    ok(heights.top(index) <= offset && offset <= heights.top(index + 1), `${offset} is in row ${index}`);
  }
  const { first, end } = heights.range(heights.total - 600, heights.total);
  equal(end, 1_000);
  ok(heights.top(first) <= heights.total - 600 && heights.top(first + 1) > heights.total - 600, "the range begins where it should");
  heights.setRows([]);
  equal(heights.range(0, 500), { first: 0, end: 0 });
});

test("long paragraphs are cut without losing a character, and drawn in portions", () => {
  const text = `${"word ".repeat(5_000)}\n\n# Title\n\n${"x".repeat(30_000)}😀${"y".repeat(9_000)}`;
  const blocks = cutLong(parseBlocks(text));
  const paragraphs = blocks.flatMap((block) => (block.kind === "paragraph" ? [block] : []));
  equal(paragraphs.map((block) => block.text).join("").replace(/\s/g, ""), text.replace("# Title", "").replace(/\s/g, ""));
  ok(paragraphs.every((block) => block.text.length <= 4_000 && !/[\uD800-\uDBFF]$/.test(block.text)), "pieces are whole characters");
  let drawn = 0;
  for (let rounds = 0; drawn < blocks.length; rounds += 1) {
    const next = nextPortion(blocks, drawn);
    ok(next > drawn && rounds < 100, "each portion is something");
    drawn = next;
  }
});
