"""Search over the messages of one user, on SQLite."""

import json
import os
import random
import re
import statistics
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from report import Bar, Row, Section
from servers import ServerError, select_line, stop

MESSAGES = 100_000
QUICK_MESSAGES = 2_000
CONVERSATION_MESSAGES = 1_000
ASKED = 40
#: Of the slowest kind of query, its 95th percentile.
SEARCH_MS_MAX = 50

#: What is looked for: the name of a kind of query, and its words.
QUERIES = {
    "a word of every second message": "garden",
    "two common words": "garden roses",
    "a common word and a beginning of one letter": "garden r",
    "a word of one message in a thousand": "rarity",
    "a common word and a rare one": "garden rarity",
    "a word of no message": "nowhereatall",
    "Chinese, of one message in ten": "绿茶",
    "one Chinese character": "茶",
}


def measure(build: Path, is_quick: bool) -> Section:
    count = QUICK_MESSAGES if is_quick else MESSAGES
    with tempfile.TemporaryDirectory(prefix="nexus-bench-", dir=build) as name, platform(build, Path(name)) as base:
        began = time.monotonic()
        fill(base, count)
        filled = time.monotonic() - began
        waits = {kind: asked(base, words) for kind, words in QUERIES.items()}
    rows = [Row(f"search for {kind}, median", "ms", statistics.median(times), less_is_better=True)
            for kind, times in waits.items()]
    slowest = max(waits, key=lambda kind: percentile(waits[kind], 95))
    rows.append(Row(f"the slowest, p95: {slowest}", "ms", percentile(waits[slowest], 95), less_is_better=True,
                    bar=Bar(SEARCH_MS_MAX, at_least=False)))
    return Section(f"Search over {count:,} messages of one user, on SQLite", rows, [
        f"{ASKED} questions of each kind over HTTP, 50 hits each, after one that is not counted. The messages have 40 "
        f"words, came by import in {filled:.0f} s, and lie in conversations of {CONVERSATION_MESSAGES:,}.",
    ])


def percentile(times: list[float], part: int) -> float:
    return sorted(times)[min(len(times) - 1, len(times) * part // 100)]


def asked(base: str, words: str) -> list[float]:
    """Milliseconds of each question."""
    times = []
    address = f"{base}/api/v1/conversations/search?{urllib.parse.urlencode({'q': words})}"
    for _ in range(ASKED + 1):
        began = time.monotonic()
        with urllib.request.urlopen(address, timeout=60) as answer:
            json.load(answer)
        times.append(1000 * (time.monotonic() - began))
    return times[1:]


def fill(base: str, count: int) -> None:
    source = random.Random(7)
    # As uneven as a language: few words that are everywhere, many that are seldom.
    words = ["garden", "roses", "trees", *(f"word{number}" for number in range(20_000))]
    weights = [1 / (place + 2) for place in range(len(words))]
    for start in range(0, count, CONVERSATION_MESSAGES):
        messages = []
        for number in range(start, min(count, start + CONVERSATION_MESSAGES)):
            text = " ".join(source.choices(words, weights, k=40))
            if number % 1_000 == 0:
                text += " rarity"
            if number % 10 == 0:
                text += " 我喜欢喝绿茶"
            messages.append({
                "id": str(number), "parent": str(number - 1) if number > start else None,
                "role": "user" if number % 2 == 0 else "assistant", "content": text})
        archive = {"format": "llama-nexus.conversation", "version": 1, "title": f"Talk {start}", "messages": messages}
        request = urllib.request.Request(
            f"{base}/api/v1/conversations/import", json.dumps(archive).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            json.load(answer)


@contextmanager
def platform(build: Path, folder: Path) -> Iterator[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    if "LD_LIBRARY_PATH" in os.environ:
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    process = subprocess.Popen(
        [build / "nexus", "serve", "--port", "0", "--data-dir", folder / "data", "--log-level", "error"],
        stdout=subprocess.PIPE, env=environment)
    try:
        banner = select_line(process, lambda line: b"OpenAI API" in line).decode()
        found = re.search(r":(\d+)/v1", banner)
        if not found:
            raise ServerError(f"nexus serve says no port: {banner}")
        yield f"http://127.0.0.1:{found[1]}"
    finally:
        stop(process)
