"""Vectors of 1,000 short texts: all in one request, and one by one over several connections."""

import base64
import http.client
import json
import math
import random
import statistics
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from contenders import Setup, in_turn
from report import Bar, Row, Section
from servers import Server, ServerError, announcing

TEXTS = 1_000
WORDS_PER_TEXT = (3, 24)
CONNECTIONS = 16
#: Sequences that llama-server computes at once: its default and more, the best of which is the peer.
PEER_PARALLEL = (4, 16, 64)
RATIO_MIN = 1.0
#: Of each vector to that of the same text alone.
COSINE_MIN = 0.9999
SINGLES = 100
ROOT = Path(__file__).resolve().parent.parent


def measure(setup: Setup) -> Section:
    model = encoder()
    texts = sample(vocabulary(model), TEXTS // (10 if setup.is_quick else 1))
    lists: dict[str, list[float]] = {}
    singles: dict[str, list[float]] = {}
    with servers(setup, model) as contestants:
        for server in contestants:
            embed(server, texts[:64])
        for turn in range(setup.rounds):
            for server in in_turn(contestants, turn):
                lists.setdefault(server.name, []).append(len(texts) / timed(lambda: embed(server, texts)))
                few = texts[:len(texts) // 2]
                singles.setdefault(server.name, []).append(len(few) / timed(lambda: one_by_one(server, few)))
        ours = contestants[0]
        together = embed(ours, texts)
        worst = min(cosine(embed(ours, [text])[0], vector)
                    for text, vector in list(zip(texts, together, strict=True))[:SINGLES])
    return Section("Embeddings", [
        row(f"{len(texts)} texts in one request", ours.name, lists, Bar(RATIO_MIN, at_least=True)),
        row(f"one text each, {CONNECTIONS} at once", ours.name, singles, None),
        Row("a text among others to the same alone, least cosine", "", worst,
            bar=Bar(COSINE_MIN, at_least=True)),
    ], [
        replace(setup, model=model).remark(),
        f"Texts of {WORDS_PER_TEXT[0]} to {WORDS_PER_TEXT[1]} words, vectors in base 64, as the client `openai` asks for "
        f"them. llama-server has {', '.join(map(str, PEER_PARALLEL))} sequences; the best in each row is the peer.",
    ])


def row(what: str, ours: str, rates: dict[str, list[float]], bar: Bar | None) -> Row:
    medians = {name: statistics.median(values) for name, values in rates.items()}
    peers = {name: median for name, median in medians.items() if name != ours}
    if not peers:
        return Row(what, "texts/s", medians[ours])
    best = max(peers, key=peers.__getitem__)
    ratio = statistics.median(a / b for a, b in zip(rates[ours], rates[best], strict=True))
    return Row(what, "texts/s", medians[ours], best, peers[best], paired_ratio=ratio, bar=bar)


@contextmanager
def servers(setup: Setup, model: Path) -> Iterator[list[Server]]:
    """Ours first, then llama-server."""
    with ExitStack() as stack:
        found = [stack.enter_context(announcing("nexus-engine", [
            setup.engine, "--model", str(model), "--port", "0", "--threads", str(setup.threads), "--embeddings",
            "--log-level", "error"]))]
        for parallel in PEER_PARALLEL if setup.peer_problem is None else ():
            found.append(stack.enter_context(announcing(f"llama-server, {parallel} sequences", [
                sys.executable, str(Path(__file__).with_name("llama_server.py")), str(model), "--threads",
                str(setup.threads), "--parallel", str(parallel), "--ctx-size", str(512 * parallel), "--embeddings"])))
        yield found


def encoder() -> Path:
    """A real model of 22 million parameters, made into a GGUF file when it is not there."""
    done = subprocess.run([sys.executable, str(ROOT / "scripts/minilm.py")], capture_output=True, text=True, timeout=400)
    if done.returncode != 0:
        raise ServerError(f"scripts/minilm.py: {done.stderr.strip()}")
    return Path(done.stdout.strip())


def vocabulary(model: Path) -> list[str]:
    """The words of the model's vocabulary that stand for themselves."""
    lines = (model.parent / "all-minilm-l6-v2/vocab.txt").read_text(encoding="utf-8").splitlines()
    return [word for word in lines if word.isascii() and word.isalpha() and len(word) > 1]


def sample(words: list[str], count: int) -> list[str]:
    chance = random.Random(7)
    return [" ".join(chance.choices(words, k=chance.randint(*WORDS_PER_TEXT))) for _ in range(count)]


def timed(work) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def post(connection: http.client.HTTPConnection, inputs: list[str]) -> bytes:
    body = json.dumps({"model": "m", "input": inputs, "encoding_format": "base64"})
    connection.request("POST", "/v1/embeddings", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    data = answer.read()
    if answer.status != 200:
        raise ServerError(f"answered {answer.status}: {data[:400]!r}")
    return data


def embed(server: Server, inputs: list[str]) -> list[tuple[float, ...]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    try:
        data = json.loads(post(connection, inputs))["data"]
    finally:
        connection.close()
    vectors = [base64.b64decode(entry["embedding"]) for entry in data]
    return [struct.unpack(f"<{len(vector) // 4}f", vector) for vector in vectors]


def one_by_one(server: Server, texts: list[str]) -> None:
    rest = iter(texts)
    lock = threading.Lock()
    failures: list[BaseException] = []

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
        try:
            while True:
                with lock:
                    text = next(rest, None)
                if text is None:
                    return
                post(connection, [text])
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise ServerError(f"{server.name}: {failures[0]}")


def cosine(left: tuple[float, ...], right: tuple[float, ...]) -> float:
    product = sum(a * b for a, b in zip(left, right, strict=True))
    return product / math.sqrt(sum(a * a for a in left) * sum(b * b for b in right))
