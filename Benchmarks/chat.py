"""Streaming chat with the starter model, against llama-server: what a server adds to a token."""

import statistics
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from contenders import Setup, llama_server, nexus_engine
from load import ANSWER_SECONDS_MAX, Stream, loading
from report import Row, Section, versus
from servers import Server, ServerError

CONCURRENCIES = (1, 4, 16)
THREADS = (1, 2)
TOKENS_MAX = 64
SEQUENCES = max(CONCURRENCIES)
CONTEXT_TOKENS = 512
#: Requests of one measurement: enough that its two ends weigh little.
REQUESTS_MIN = 24
QUESTIONS = (
    "Tell me a long story about a dog and a cat.",
    "Write a poem about the sea.",
    "List ten animals and say something about each.",
    "Tell me a story.",
)


@dataclass(frozen=True)
class Figures:
    tokens_per_second: float
    #: Of the middle request.
    first_text_ms: float


def measure(setup: Setup, model: Path) -> Section:
    rows = [row for threads in THREADS for row in compare(setup, model, threads)]
    return Section("Streaming chat with a toy model", rows, [
        f"{model.name}, greedy, at most {TOKENS_MAX} tokens, {SEQUENCES} sequences of {CONTEXT_TOKENS} tokens, default "
        f"prompt caching, the same {len(QUESTIONS)} questions in turn; medians of {setup.rounds} alternating rounds.",
        "tiny-chat has 1.8 million parameters: the figures show what the server adds to each token, not how fast a "
        "useful model is computed.",
    ])


def compare(setup: Setup, model: Path, threads: int) -> list[Row]:
    with ExitStack() as stack:
        servers = [stack.enter_context(nexus_engine(setup.engine, model, threads, SEQUENCES, CONTEXT_TOKENS))]
        if setup.peer_problem is None:
            servers.append(stack.enter_context(llama_server(model, threads, SEQUENCES, CONTEXT_TOKENS)))
        figures = alternating(servers, setup.rounds)
    return [row for clients in CONCURRENCIES for row in rows(servers, figures, clients, threads)]


def alternating(servers: list[Server], rounds: int) -> dict[tuple[str, int], list[Figures]]:
    figures: dict[tuple[str, int], list[Figures]] = {}
    for server in servers:
        run(server, 1, requests=len(QUESTIONS))  # warm
    for turn in range(rounds):
        for clients in CONCURRENCIES:
            for server in servers if turn % 2 == 0 else reversed(servers):
                measured = run(server, clients, requests=max(REQUESTS_MIN, 3 * clients))
                figures.setdefault((server.name, clients), []).append(measured)
    return figures


def rows(
    servers: list[Server], figures: dict[tuple[str, int], list[Figures]], clients: int, threads: int
) -> list[Row]:
    setting = f"{clients} client{'s' if clients > 1 else ''}, {threads} thread{'s' if threads > 1 else ''}"
    rates = {s.name: [f.tokens_per_second for f in figures[s.name, clients]] for s in servers}
    waits = {s.name: [f.first_text_ms for f in figures[s.name, clients]] for s in servers}
    return [
        versus(f"{setting}: speed", "tokens/s", rates),
        versus(f"{setting}: first text after", "ms", waits, less_is_better=True),
    ]


def run(server: Server, clients: int, requests: int) -> Figures:
    """Keeps `clients` answers in flight until `requests` are done."""
    with loading(server) as load:
        streams: list[Stream] = []
        while len(streams) < requests:
            question = QUESTIONS[len(streams) % len(QUESTIONS)]
            streams.append(load.chat(
                [{"role": "user", "content": question}], TOKENS_MAX, temperature=0, ignore_eos=False))
            if not load.wait(lambda: load.open_count < clients, ANSWER_SECONDS_MAX):
                raise ServerError(f"{server.name} finished nothing for {ANSWER_SECONDS_MAX} s")
        load.finish()
    tokens = sum(stream.last("usage")["completion_tokens"] for stream in streams)
    seconds = max(stream.times[-1] for stream in streams) - streams[0].asked
    return Figures(tokens / seconds, 1000 * statistics.median(s.first_text_seconds for s in streams))
