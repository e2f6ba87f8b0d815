"""What the engine adds to a step of bare llama_decode: sampling, text, events, HTTP.

A client on the same cores adds its own work to each step, which is not the engine's. So the engine is timed by its own clock
with a client that sleeps until the answers are written, and once more with one that takes each token as it comes.
"""

import json
import os
import statistics
import subprocess
from collections.abc import Callable
from functools import partial

from contenders import Setup, nexus_engine, warm
from load import Stream, loading
from report import Bar, Row, Section
from servers import Server, ServerError
from words import Words

CONCURRENCIES = (1, 4)
PARALLEL = 4
PROMPT_TOKENS = 100
CONTEXT_TOKENS = 512
BATCH_TOKENS = 512
#: The engine's step over the bare one.
RATIO_MAX = 1.05
PEER = "llama_decode"
#: How long nexus-engine's threads wait awake between steps (EngineWorker/ComputeThreadWaiting); OpenMP's own is 50 times as long.
SPINS = "6000"
#: How often all is timed while an engine runs.
TURNS = 3
#: How long the client sleeps, in times that bare steps would take.
SLEEP = 1.5


def measure(setup: Setup) -> Section:
    tokens = 32 if setup.is_quick else 257
    words = Words(6)
    by_itself: dict[int, list[float]] = {count: [] for count in CONCURRENCIES}
    over_http: dict[int, list[float]] = {count: [] for count in CONCURRENCIES}
    bare: dict[int, list[float]] = {count: [] for count in CONCURRENCIES}
    bare_alike: dict[int, list[float]] = {count: [] for count in CONCURRENCIES}
    # The engine is started as often as there are rounds: where a process happens to lie in memory makes a step some percent
    # faster or slower, for as long as it lives.
    for begun in range(setup.rounds):
        with nexus_engine(setup.engine, setup.model, setup.threads, PARALLEL, CONTEXT_TOKENS) as engine:
            warm(engine)
            asleep = {count: SLEEP * tokens * bare_step(setup, count, tokens) / 1000 for count in CONCURRENCIES}
            for turn in range(1 if setup.is_quick else TURNS):
                for count in CONCURRENCIES:
                    ways = [
                        (bare, partial(bare_step, setup, count, tokens)),
                        (by_itself, partial(engine_step, engine, count, tokens, words, timings_step, asleep[count])),
                        (bare_alike, partial(bare_step, setup, count, tokens, {"GOMP_SPINCOUNT": SPINS})),
                        (over_http, partial(engine_step, engine, count, tokens, words, arrivals_step)),
                    ]
                    # Each turn begins with another one: whatever comes after a rest is faster on some machines.
                    first = (begun * TURNS + turn) % len(ways)
                    for into, way in ways[first:] + ways[:first]:
                        into[count].append(way())
    return Section("The engine over bare llama_decode", [
        row
        for count in CONCURRENCIES
        for row in (
            step(f"{count} at once: a step of the engine", by_itself[count], bare[count], has_bar=True),
            step(f"{count} at once: the same, bare threads waiting as the engine's", by_itself[count],
                 bare_alike[count], has_bar=False),
            step(f"{count} at once: a step, as a busy client beside it sees it", over_http[count], bare[count],
                 has_bar=False),
        )
    ], [
        setup.remark(),
        f"Milliseconds of a step that gives each of the answers a token. `{PEER}` is Benchmarks/BenchDecode: "
        f"{tokens - 1} calls for as many sequences at the same positions (from {PROMPT_TOKENS}), with the same cells, "
        "batch size and threads; logits are computed and not used. The engine's step has its default sampling in it, "
        "and the sending of each token; its client sleeps meanwhile. The busy client takes each token on the same cores.",
    ])


def step(what: str, ours: list[float], bare: list[float], has_bar: bool) -> Row:
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    return Row(what, "ms", statistics.median(ours), PEER, statistics.median(bare), less_is_better=True,
               paired_ratio=ratio, bar=Bar(RATIO_MAX, at_least=False) if has_bar else None)


def engine_step(engine: Server, count: int, tokens: int, words: Words, clock: Callable[[Stream], float],
                asleep: float = 0) -> float:
    """Milliseconds of a step by a clock, with a client that sleeps for so many seconds between two looks.

    The time between the first and the last token of an answer has one step less than the answer has tokens. It is that of the
    answer that began last, whose time is the shortest: between the first tokens of the others, prompts are read.
    """
    with loading(engine) as load:
        streams = [load.complete(words.text(PROMPT_TOKENS), tokens) for _ in range(count)]
        load.finish(asleep)
    return min(map(clock, streams))


def arrivals_step(stream: Stream) -> float:
    return 1000 * (stream.times[-1] - stream.times[0]) / (len(stream.times) - 1)


def timings_step(stream: Stream) -> float:
    timings = stream.last("timings")
    return float(timings["predicted_ms"]) / (int(timings["predicted_n"]) - 1)


def bare_step(setup: Setup, count: int, tokens: int, waiting: dict[str, str] | None = None) -> float:
    command = [
        str(setup.build / "bench-decode"), "--model", str(setup.model), "--threads", str(setup.threads),
        "--cells", str(PARALLEL * CONTEXT_TOKENS), "--sequences-max", str(PARALLEL), "--batch", str(BATCH_TOKENS),
        "--sequences", str(count), "--prompt", str(PROMPT_TOKENS), "--steps", str(tokens - 1),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=os.environ | (waiting or {}))
    if done.returncode != 0:
        raise ServerError(f"bench-decode: {done.stderr.strip()}")
    return float(json.loads(done.stdout)["step_ms"])
