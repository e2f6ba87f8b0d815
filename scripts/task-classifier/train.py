#!/usr/bin/env python3
"""Trains the classifier of tasks and writes Sources/Domain/Gateway/Routing/Tasks/TaskWeights.swift.

    scripts/task-classifier/train.py [--data FOLDER] [--check FILE.tsv]

Multinomial logistic regression over words and pairs of neighbouring words (Swift's `TaskFeatures` cuts texts in the same
way). It learns from prompts.tsv beside this file, which was written for it. With --data it also reads the public sets of
that folder: WikiSQL's training questions as code, and the instructions of self-instruct as general where no word of
another task stands in them. Vicuna's questions and WikiSQL's test questions are never learnt from; they are measured.
"""

import argparse
import json
import re
from pathlib import Path

import numpy as np

TASKS = ["code", "math", "creative", "general"]
HERE = Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "Sources/Domain/Gateway/Routing/Tasks/TaskWeights.swift"
FEATURES_MAX = 720
PROMPT_BYTES_MAX = 2_048
OTHER_TASKS = re.compile(
    r"\b(code|python|sql|function|program|algorithm|poem|story|haiku|song|lyrics|joke|solve|equation|calculate|sum|"
    r"number|numbers|math|regex|html|script|novel|write|compose|creative)\b")


def words(text: str) -> list[str]:
    """Runs of letters in lower case, `<n>` for a run of digits, and marks that tell code and formulas."""
    data = text.encode()[:PROMPT_BYTES_MAX]
    found, start = [], None
    for place in range(len(data) + 1):
        byte = data[place] if place < len(data) else 0x20
        lower = byte | 0x20
        if 0x61 <= lower <= 0x7A or byte >= 0x80:
            if start is None:
                start = place
            continue
        if start is not None:
            run = data[start:place]
            found.append(bytes(b | 0x20 if 0x41 <= b <= 0x5A else b for b in run).decode("utf-8", "replace"))
            start = None
        if 0x30 <= byte <= 0x39:
            if not found or found[-1] != "<n>" or not 0x30 <= data[place - 1] <= 0x39:
                found.append("<n>")
        elif place < len(data) and chr(byte) in "=+*/^%<>{}()[];_`$#":
            found.append("<" + chr(byte) + ">")
    return found


def features(text: str) -> set[str]:
    found = words(text)
    return set(found) | {f"{a} {b}" for a, b in zip(found, found[1:], strict=False)}


def rows(path: Path) -> list[tuple[str, str]]:
    pairs = [line.split("\t", 1) for line in path.read_text().splitlines() if line]
    return [(text, task) for task, text in pairs]


def wikisql(path: Path) -> list[str]:
    texts = [json.loads(line)["text"] for line in path.read_text().splitlines()]
    return ["table " + text.split("\ncolumns: ")[1].split("\nA:")[0].replace("\nQ:", "\n") for text in texts]


def public(folder: Path) -> list[tuple[str, str]]:
    more = [(text, "code") for text in wikisql(folder / "instruct/wikisql/train.jsonl")[::20]]
    lines = (folder / "instruct/self-instruct/seed_tasks.jsonl").read_text().splitlines()
    for line in lines:
        text = json.loads(line)["instruction"]
        if not OTHER_TASKS.search(text.lower()):
            more.append((text, "general"))
    return more


def fit(samples: list[tuple[str, str]]) -> tuple[list[str], np.ndarray, np.ndarray]:
    counts: dict[str, int] = {}
    sets = [features(text) for text, _ in samples]
    for one in sets:
        for name in one:
            counts[name] = counts.get(name, 0) + 1
    names = sorted(name for name, count in counts.items() if count >= 2)
    target = np.array([TASKS.index(task) for _, task in samples])
    weights, bias, names = train(names, sets, target, steps=600)
    keep = np.argsort(-np.abs(weights).max(axis=1))[:FEATURES_MAX]
    names = sorted(names[index] for index in keep)
    weights, bias, names = train(names, sets, target, steps=1200)
    return names, weights, bias


def train(names, sets, target, steps):
    index = {name: place for place, name in enumerate(names)}
    table = np.zeros((len(sets), len(names)))
    for row, one in enumerate(sets):
        known = [index[name] for name in one if name in index]
        table[row, known] = 1 / np.sqrt(max(1, len(known)))
    weights, bias = np.zeros((len(names), len(TASKS))), np.zeros(len(TASKS))
    wanted = np.eye(len(TASKS))[target]
    share = np.array([1 / max(1, (target == task).sum()) for task in range(len(TASKS))])[target][:, None]
    for _ in range(steps):
        logits = table @ weights + bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        slope = (odds / odds.sum(axis=1, keepdims=True) - wanted) * share
        weights -= 8 * (table.T @ slope + 2e-4 * weights)
        bias -= 2 * slope.sum(axis=0)
    return weights, bias, names


def quantised(names, weights, bias):
    scale = 127 / np.abs(weights).max()
    return names, np.round(weights * scale).astype(int), bias, scale


def classify(model, text: str) -> str:
    names, weights, bias, scale = model
    index = {name: place for place, name in enumerate(names)}
    known = [index[name] for name in features(text) if name in index]
    logits = weights[known].sum(axis=0) / scale / np.sqrt(max(1, len(known))) + bias
    return TASKS[int(np.argmax(logits))]


def told(name: str, model, samples: list[tuple[str, str]]) -> None:
    right = [classify(model, text) == task for text, task in samples]
    print(f"{name}: {sum(right)} of {len(right)} right ({sum(right) / len(right):.3f})")
    for task in TASKS:
        own = [flag for flag, (_, want) in zip(right, samples, strict=True) if want == task]
        if own:
            print(f"  {task}: {sum(own)} of {len(own)}")


def write(model) -> None:
    names, weights, bias, scale = model
    lines, line = [], ""
    for name, row in zip(names, weights, strict=True):
        entry = f"{name.replace(' ', '~')} {' '.join(map(str, row))}".replace("\\", "\\\\")
        if len(line) + len(entry) + 3 > 108:
            lines.append(line)
            line = ""
        line += ("| " if line else "") + entry + " "
    lines.append(line)
    body = "\n".join("        " + text.rstrip() for text in lines)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(
        "/// What the classifier of tasks learnt. Written by `scripts/task-classifier/train.py`; do not edit.\n"
        "enum TaskWeights {\n"
        f"    /// Of {', '.join(TASKS)}.\n"
        f"    static let bias: [Float] = [{', '.join(f'{value:.4f}' for value in bias)}]\n"
        "    /// A weight of 1 in the table below.\n"
        f"    static let unit: Float = {1 / scale:.6f}\n"
        "    /// A word, or two with `~` between them, and its weights; separated by `|`.\n"
        '    static let table = """\n' + body + '\n        """\n}\n')


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--check", type=Path, action="append", default=[])
    options = parser.parse_args()
    samples = rows(HERE / "prompts.tsv")
    if options.data:
        samples += public(options.data)
    model = quantised(*fit(samples))
    told("learnt", model, samples)
    for path in options.check:
        told(path.name, model, rows(path))
    if options.data:
        names = {"coding": "code", "math": "math", "writing": "creative", "roleplay": "creative"}
        lines = (options.data / "eval/vicuna_bench/question.jsonl").read_text().splitlines()
        asked = [json.loads(line) for line in lines]
        told("vicuna", model, [(one["turns"][0], names.get(one["category"], "general")) for one in asked])
        told("WikiSQL test", model, [(t, "code") for t in wikisql(options.data / "instruct/wikisql/test.jsonl")])
    write(model)


if __name__ == "__main__":
    main()
