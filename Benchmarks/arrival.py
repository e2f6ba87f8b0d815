"""Time between the tokens of running answers while a long prompt arrives."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from contenders import Setup, contenders, in_turn
from events import quantile
from load import Load, Stream, loading
from report import Bar, Row, Section
from servers import Server, ServerError
from words import Words

RUNNING = 4
PROMPT_TOKENS = 100
#: More than anybody waits for: the answers are broken off in the end.
ANSWER_TOKENS = 3000
ARRIVING_TOKENS = 4000
QUIET_TOKENS = 150
CONTEXT_TOKENS = 4608
PARALLEL = 8
#: While the prompt arrives, over the time before.
GROWTH_MAX = 2.0
SECONDS_MAX = 60


@dataclass(frozen=True)
class Gaps:
    """Milliseconds. 99 of 100 gaps between two tokens of an answer are shorter than the p99."""

    quiet_p99: float
    arrival_p99: float
    arrival_worst: float
    #: From the long prompt's request to its first token.
    long_prompt: float

    @property
    def growth(self) -> float:
        return self.arrival_p99 / self.quiet_p99


def measure(setup: Setup) -> Section:
    words = Words(4)
    found: dict[str, list[Gaps]] = {}
    with contenders(setup, PARALLEL, CONTEXT_TOKENS, both_caches=True) as servers:
        for turn in range(setup.rounds):
            for server in in_turn(servers, turn):
                found.setdefault(server.name, []).append(run(server, words, setup.is_quick))
    return Section(f"{RUNNING} running answers while a prompt of {ARRIVING_TOKENS:,} tokens arrives", rows(found), [
        setup.remark(),
        f"Gaps of all {RUNNING} answers: over {QUIET_TOKENS} tokens each before the prompt is sent, and from then to "
        "its first token. A gap that is open at either time belongs to the arrival.",
    ])


def rows(found: dict[str, list[Gaps]]) -> list[Row]:
    def middle(name: str, field: str) -> float:
        return statistics.median(getattr(gaps, field) for gaps in found[name])

    ours, *peers = found
    peer = min(peers, key=lambda name: middle(name, "growth"), default="")

    def row(what: str, unit: str, field: str, bar: Bar | None = None) -> Row:
        return Row(what, unit, middle(ours, field), peer, middle(peer, field) if peer else None, less_is_better=True,
                   bar=bar, judges_ours=bar is not None)

    return [
        row("p99 gap during the arrival over the quiet one", "times", "growth", Bar(GROWTH_MAX, at_least=False)),
        row("p99 gap, quiet", "ms", "quiet_p99"),
        row("p99 gap, during the arrival", "ms", "arrival_p99"),
        row("worst gap, during the arrival", "ms", "arrival_worst"),
        row("the long prompt's own first token after", "ms", "long_prompt"),
    ]


def run(server: Server, words: Words, is_quick: bool) -> Gaps:
    with loading(server) as load:
        running = [load.complete(words.text(PROMPT_TOKENS), ANSWER_TOKENS) for _ in range(RUNNING)]
        until(load, lambda: all(stream.times for stream in running))
        began = max(stream.times[0] for stream in running)
        goals = [len(stream.times) + (30 if is_quick else QUIET_TOKENS) for stream in running]
        until(load, lambda: all(len(s.times) >= goal for s, goal in zip(running, goals, strict=True)))
        arriving = load.complete(words.text(ARRIVING_TOKENS), 4)
        until(load, lambda: bool(arriving.times) and all(s.times[-1] > arriving.times[0] for s in running))
        if any(stream.is_done for stream in running):
            raise ServerError(f"{server.name}: an answer ended before the long prompt had its first token")
    sent, answered = arriving.asked, arriving.times[0]
    quiet = gaps(running, lambda before, after: began <= before and after <= sent)
    during = gaps(running, lambda before, after: after > sent and before < answered)
    return Gaps(quantile(quiet, 0.99), quantile(during, 0.99), during[-1], 1000 * arriving.first_text_seconds)


def until(load: Load, condition: Callable[[], bool]) -> None:
    if not load.wait(condition, SECONDS_MAX):
        raise ServerError(f"{load.server.name} sent too little within {SECONDS_MAX} s")


def gaps(streams: list[Stream], belongs: Callable[[float, float], bool]) -> list[float]:
    """The milliseconds between two tokens of an answer, in order of size, of those pairs of times that belong."""
    pairs = [pair for stream in streams for pair in pairwise(stream.times)]
    return sorted(1000 * (after - before) for before, after in pairs if belongs(before, after))
