"""What it costs that a request has another LoRA adapter than the one before it."""

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from adapter_file import write_adapter
from contenders import Setup, contenders, in_turn
from load import loading
from report import Bar, Row, Section
from servers import Server
from words import Words

REQUESTS = 24
PROMPT_TOKENS = 40
ANSWER_TOKENS = 4
CONTEXT_TOKENS = 1024
PARALLEL = 4
RANK = 16
#: What attention and the feed-forward part compute with, as adapters usually have it.
MATRICES = ("attn_q.weight", "attn_v.weight", "ffn_up.weight", "ffn_down.weight")
SWITCH_MS_MAX = 5.0


def measure(setup: Setup) -> Section:
    requests = 4 if setup.is_quick else REQUESTS
    words = Words(7)
    waits: dict[str, dict[str, list[float]]] = {key: {} for key in ("none", "same", "switched")}
    with tempfile.TemporaryDirectory(prefix="nexus-bench-") as folder:
        files = [Path(folder) / f"{seed}.gguf" for seed in range(2)]
        for seed, file in enumerate(files):
            write_adapter(file, setup.model, MATRICES, RANK, seed)
        with contenders(setup, PARALLEL, CONTEXT_TOKENS, adapters=files) as servers:
            for turn in range(setup.rounds):
                for server in in_turn(servers, turn):
                    for key, adapter in ADAPTERS.items():
                        middle = statistics.median(series(server, requests, adapter, words))
                        waits[key].setdefault(server.name, []).append(middle)
    costs = {name: [after - before for before, after in zip(waits["same"][name], waits["switched"][name])]
             for name in waits["same"]}
    rows = [
        row("another adapter each time: first token later by", costs, Bar(SWITCH_MS_MAX, at_least=False)),
        row("first token after, no adapter", waits["none"]), row("first token after, one adapter", waits["same"]),
        row("first token after, another adapter each time", waits["switched"]),
    ]
    return Section("Changing the adapter between two requests", rows, [
        setup.remark(),
        f"{requests} requests one after the other in each series, each with a new prompt of {PROMPT_TOKENS} tokens; "
        f"two adapters of rank {RANK} on {len(MATRICES)} matrices of each layer. Medians of a series, then of the rounds.",
    ])


#: Which adapter the request with a number has.
ADAPTERS: dict[str, Callable[[int], list[dict[str, float]]]] = {
    "none": lambda _: [{"id": 0, "scale": 0.0}],
    "same": lambda _: [{"id": 0, "scale": 1.0}],
    "switched": lambda number: [{"id": number % 2, "scale": 1.0}],
}


def series(
    server: Server, requests: int, adapter: Callable[[int], list[dict[str, float]]], words: Words
) -> list[float]:
    """Milliseconds to the first token of each request; the first two only warm up."""
    waits = []
    for number in range(requests + 2):
        with loading(server) as load:
            stream = load.complete(words.text(PROMPT_TOKENS), ANSWER_TOKENS, lora=adapter(number))
            load.finish()
        waits.append(1000 * stream.first_text_seconds)
    return waits[2:]


def row(what: str, figures: dict[str, list[float]], bar: Bar | None = None) -> Row:
    medians = [(name, statistics.median(rounds)) for name, rounds in figures.items()]
    peer, theirs = medians[1] if len(medians) > 1 else ("", None)
    return Row(what, "ms", medians[0][1], peer, theirs, less_is_better=True, bar=bar, judges_ours=bar is not None)
