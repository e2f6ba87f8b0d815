import { EventCutter } from "../src/api/events";
import { sampling, constrained } from "../src/chat/request";
import { partThinking, steps } from "../src/chat/thoughts";
import { children, leafBelow, path, treeRows } from "../src/chat/tree";
import type { Conversation, Message } from "../src/chat/types";
import { equal, ok, random, test } from "./check";

test("events come out the same however the stream is cut", () => {
  const stream = ': comment\n\ndata: {"a":1}\n\nevent: job\ndata: x\ndata: y\r\n\r\ndata:[DONE]\n\n';
  const wanted = new EventCutter().add(stream);
  equal(wanted.map((event) => event.data), ['{"a":1}', "x\ny", "[DONE]"]);
  for (let seed = 1; seed < 60; seed += 1) {
    const chance = random(seed);
    const cutter = new EventCutter();
    const found = [];
    for (let at = 0; at < stream.length;) {
      const end = at + 1 + Math.floor(chance() * 8);
      found.push(...cutter.add(stream.slice(at, end)));
      at = end;
    }
    equal(found, wanted, `seed ${seed}`);
  }
});

test("thinking is taken out of an answer, also while it is written", () => {
  equal(partThinking("<think>a"), { thinking: "a", text: "", isOpen: true });
  equal(partThinking("<think>a</think>\n\nb"), { thinking: "a", text: "b", isOpen: false });
  equal(partThinking("no <think> here"), { thinking: "", text: "no <think> here", isOpen: false });
  equal(steps("1. a\n2. b\n3. c").length, 3);
  equal(steps("a\n\nb").length, 2);
});

test("parameters that are not set are not sent", () => {
  equal(sampling({ temperature: 0, thinking: "off" }), { temperature: 0, chat_template_kwargs: { enable_thinking: false } });
  equal(constrained({ kind: "none", text: "x" }), {});
  equal(constrained({ kind: "regex", text: "a+" }), { regex: "a+" });
});

function message(id: string, parent: string | null, at: number): Message {
  return { id, parent, role: "user", text: id, createdAt: at };
}

function conversation(messages: Message[], leaf: string): Conversation {
  return {
    id: "c", title: "", createdAt: 0, updatedAt: 0, isPinned: false, model: null, count: messages.length, system: "", parameters: {},
    constraint: { kind: "none", text: "" }, leaf, messages: Object.fromEntries(messages.map((one) => [one.id, one])),
  };
}

test("a tree has one way to each leaf", () => {
  const tree = conversation([message("a", null, 1), message("b", "a", 2), message("c", "a", 3), message("d", "c", 4), message("e", "b", 5)], "d");
  equal(path(tree).map((one) => one.id), ["a", "c", "d"]);
  equal(leafBelow(tree, "b"), "e");
  equal((children(tree).get("a") ?? []).map((one) => one.id), ["b", "c"]);
  equal(treeRows(tree).map((row) => `${row.message.id}${row.depth}${row.isShown ? "!" : ""}`), ["a0!", "b1", "e1", "c1!", "d1!"]);
});

test("a tree that bites its tail does not hang the page", () => {
  const broken = conversation([message("a", "b", 1), message("b", "a", 2)], "a");
  equal(path(broken).length, 2);
  ok(leafBelow(broken, "a") !== "", "there is no leaf");
  equal(treeRows(broken), []);
});

test("ten thousand messages are a path in a moment", () => {
  const messages = Array.from({ length: 10_000 }, (_, index) => message(`m${index}`, index ? `m${index - 1}` : null, index));
  equal(path(conversation(messages, "m9999")).length, 10_000);
  equal(treeRows(conversation(messages, "m9999")).length, 10_000);
});
