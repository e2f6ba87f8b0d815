"""What workers take of memory after a full context, beside what was predicted from their files' headers."""

import json
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gguf

from contenders import Setup
from random_models import WORDS_START, Family, made
from report import Band, Bar, Row, Section
from servers import Server, ServerError, announcing, stop

ROOT = Path(__file__).resolve().parent.parent
STARTER = ROOT / "Models/tiny-chat.gguf"
MEBIBYTE = 1 << 20
#: Predicted by measured.
BAND = Band(0.9, 1.1)
#: Of an answer to a question that was asked before with another setting.
ESTIMATE_MILLISECONDS_MAX = 5
QUESTIONS = 50
#: Different words in a prompt.
WORDS = 500
TYPE = gguf.GGMLQuantizationType

LLAMA = Family(
    "memory-llama", layers=6, width=1024, heads=8, kv_heads=8, head=128, feed_forward=2816, vocabulary=32_000)
WIDE = Family(
    "memory-wide", layers=12, width=512, heads=16, kv_heads=8, head=128, feed_forward=512, vocabulary=1_000)
QUANTIZED = Family(
    "memory-q4", layers=8, width=1024, heads=16, kv_heads=4, head=64, feed_forward=4096, vocabulary=32_000,
    type=TYPE.Q4_K)
QWEN = Family(
    "memory-qwen3", "qwen3", layers=6, width=768, heads=12, kv_heads=4, head=128, feed_forward=2048,
    vocabulary=64_000, type=TYPE.Q8_0, is_tied=True)
GEMMA = Family(
    "memory-gemma3", "gemma3", layers=12, width=640, heads=4, kv_heads=2, head=256, feed_forward=2048,
    vocabulary=100_000, type=TYPE.Q8_0, window=512, is_tied=True)
EXPERTS = Family(
    "memory-moe", "qwen3moe", layers=6, width=512, heads=8, kv_heads=2, head=128, feed_forward=512, vocabulary=16_000,
    type=TYPE.Q8_0, experts=48, used=4)
MAMBA = Family("memory-mamba", "mamba", layers=12, width=768, feed_forward=0, vocabulary=32_000)
ENCODER = Family(
    "memory-bert", "bert", layers=6, width=384, heads=12, feed_forward=1536, vocabulary=30_000, context=512)
READER = Family(
    "memory-embedder", "qwen3", layers=6, width=512, heads=8, kv_heads=2, head=64, feed_forward=1536,
    vocabulary=32_000, type=TYPE.Q8_0, is_tied=True)
DRAFT = Family("memory-draft", layers=2, width=256, heads=4, kv_heads=4, head=64, feed_forward=512, vocabulary=32_000)


@dataclass(frozen=True)
class Case:
    """A worker. `tokens` is the length of the prompts, of which there are so many that they fill the cache."""

    what: str
    model: Family | None
    options: list[str] = field(default_factory=list)
    tokens: int = 0
    prompts: int = 1
    at_once: int = 4
    draft: Family | None = None
    embeds: bool = False

    def command(self, folder: Path) -> list[str]:
        """Options of the engine without the model."""
        draft = ["--model-draft", str(made(self.draft, folder))] if self.draft else []
        ram = [] if "--cache-ram" in self.options or self.embeds else ["--cache-ram", "0"]
        return [*self.options, *draft, *ram]


CASES = [
    Case("starter model, 1,024 cells", None, ["-c", "1024"], 1000),
    Case("starter model, 32,768 cells, 32 sequences", None, ["-c", "32768", "-np", "32"], 1000, 32, at_once=32),
    Case("llama f16, 1,024 cells", LLAMA, ["-c", "1024"], 1000),
    Case("llama f16, 8,192 cells", LLAMA, ["-c", "8192", "--ctx-seq", "2048"], 2000, 4),
    Case("llama f16, read, not mapped", LLAMA, ["-c", "1024", "--no-mmap"], 1000),
    Case("wide cache f16, 8,192 cells", WIDE, ["-c", "8192", "--ctx-seq", "2048"], 2000, 4),
    Case("wide cache q8_0, 8,192 cells", WIDE,
         ["-c", "8192", "--ctx-seq", "2048", "-ctk", "q8_0", "-ctv", "q8_0"], 2000, 4),
    Case("wide cache f16/q4_0, 8,192 cells", WIDE, ["-c", "8192", "--ctx-seq", "2048", "-ctv", "q4_0"], 2000, 4),
    Case("wide, 4,096 cells, no flash attention, batch 2,048", WIDE,
         ["-c", "4096", "-fa", "off", "-b", "2048", "-ub", "2048"], 4000),
    Case("wide, 4,096 cells, no flash attention, batch 512", WIDE, ["-c", "4096", "-fa", "off"], 4000),
    Case("llama f16, 4,096 cells, batch 4,096", LLAMA, ["-c", "4096", "-b", "4096", "-ub", "4096"], 4000),
    Case("q4_k, repacked, 2,048 cells", QUANTIZED, ["-c", "2048"], 2000),
    Case("q4_k, not repacked, 2,048 cells", QUANTIZED, ["-c", "2048", "--no-repack"], 2000),
    Case("qwen3 q8_0, 4,096 cells, 16 sequences", QWEN, ["-c", "4096", "--ctx-seq", "1024", "-np", "16"], 1000, 4),
    Case("gemma3 q8_0, window 512, 16,384 cells", GEMMA, ["-c", "16384", "--ctx-seq", "2048", "-np", "2"], 2000, 2),
    Case("gemma3 q8_0, whole window, 16,384 cells", GEMMA,
         ["-c", "16384", "--ctx-seq", "2048", "-np", "2", "--swa-full"], 2000, 2),
    Case("48 experts q8_0, 4,096 cells", EXPERTS, ["-c", "4096"], 2000),
    Case("mamba f16, 4 sequences", MAMBA, ["-c", "4096", "-np", "4"], 1000, 2),
    Case("llama f16 with a draft", LLAMA, ["-c", "2048"], 2000, draft=DRAFT),
    Case("wide, prefixes in 256 MiB", WIDE, ["-c", "2048", "-np", "1", "--cache-ram", "256"], 1800, 6, at_once=1),
    Case("bert f16, texts of 512 tokens", ENCODER, ["--embeddings"], 500, 4, embeds=True),
    Case("qwen3 embeddings q8_0, texts of 2,048 tokens", READER,
         ["--embeddings", "--pooling", "mean", "--ctx-seq", "2048"], 2000, 2, embeds=True),
]


def measure(setup: Setup) -> Section:
    folder = setup.build.parent / "memory-models"
    rows, worst = [], 0.0
    with platform(setup) as ask:
        for case in CASES[:2] if setup.is_quick else CASES:
            model = made(case.model, folder) if case.model else STARTER
            options = case.command(folder)
            answer = ask(model, options)
            predicted = answer["predicted"]["host_bytes"]
            measured = resident(setup, case, model, options)
            worst = max(worst, abs(predicted / measured - 1))
            rows.append(Row(
                case.what, "MiB", predicted / MEBIBYTE, "measured", measured / MEBIBYTE, less_is_better=True, bar=BAND))
        rows.append(Row(
            "answer of POST /api/v1/memory/estimate", "ms", answering(ask, STARTER),
            bar=Bar(ESTIMATE_MILLISECONDS_MAX, at_least=False)))
    return Section("Memory of workers", rows, [
        f"Predicted from the file's header and the settings; measured: resident memory of nexus-engine after "
        f"prompts that fill its context. The largest error is {worst * 100:.1f} %.",
    ])


def resident(setup: Setup, case: Case, model: Path, options: list[str]) -> int:
    """What a worker has in memory after it has served as much as fits, mapped files included."""
    command = [
        setup.engine, "--model", str(model), "--alias", "bench", "--port", "0", "--threads", str(setup.threads),
        *options]
    with announcing(case.what, command) as server:
        serve(server, case)
        return memory(server)


def serve(server: Server, case: Case) -> None:
    """Asks for as much as fills the context."""
    def ask(number: int) -> None:
        # A beginning of its own for each, so that no prompt takes another's cells. Tokens, so that the length is known.
        tokens = [WORDS_START + (number * 31 + place * 7) % WORDS for place in range(case.tokens - 8)]
        if case.embeds:
            post(server.port, "/v1/embeddings", {"model": "bench", "input": tokens})
        else:
            post(server.port, "/completion", {"prompt": tokens, "n_predict": 8, "ignore_eos": True})

    with ThreadPoolExecutor(min(case.prompts, case.at_once)) as pool:
        list(pool.map(ask, range(case.prompts)))


def memory(server: Server) -> int:
    """Resident and swapped bytes of /proc/PID/smaps_rollup."""
    found = {}
    for line in Path(f"/proc/{server.pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, count = line.split()[:2]
        found[name] = int(count) * 1024
    return found["Rss:"] + found["Swap:"]


def post(port: int, path: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise ServerError(f"{path}: {error.read().decode(errors='replace')}") from None


@contextmanager
def platform(setup: Setup) -> Iterator[Any]:
    """A platform without models of its own, and how it is asked."""
    with tempfile.TemporaryDirectory(prefix="nexus-bench-") as folder:
        process = subprocess.Popen(
            [setup.build / "nexus", "serve", "--port", "0", "--data-dir", folder, "--model", STARTER],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            port = banner_port(process)
            yield lambda model, options: post(
                port, "/api/v1/memory/estimate", {"model": str(model), "arguments": options})
        finally:
            stop(process)


def banner_port(process: subprocess.Popen[str]) -> int:
    assert process.stdout
    for line in process.stdout:
        if "/v1" in line and "127.0.0.1:" in line:
            return int(line.split("127.0.0.1:")[1].split("/")[0])
    raise ServerError("nexus serve did not say where it listens")


def answering(ask: Any, model: Path) -> float:
    """Milliseconds of an answer, the middle one of many with different settings."""
    times = []
    for number in range(QUESTIONS):
        began = time.perf_counter()
        ask(model, ["-c", str(256 * (number + 1))])
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)
