"""Throughput while another program keeps every core busy."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from contenders import Setup, contenders, in_turn
from load import Stream, loading
from report import Bar, Row, Section
from servers import Server, stop
from words import Words

CLIENTS = 4
PROMPT_TOKENS = 100
ANSWER_TOKENS = 64
CONTEXT_TOKENS = 512
#: Throughput beside the neighbour over that without.
SHARE_MIN = 0.4
QUIET_SECONDS = 4
BUSY_SECONDS = 8
#: A spinning process ends by itself should the script be killed.
SPIN_SECONDS_MAX = 60


def measure(setup: Setup) -> Section:
    words = Words(5)
    cores = len(os.sched_getaffinity(0))
    rates: dict[str, list[tuple[float, float]]] = {}
    with contenders(setup, CLIENTS, CONTEXT_TOKENS) as servers:
        for turn in range(setup.rounds):
            for server in in_turn(servers, turn):
                quiet = throughput(server, 1 if setup.is_quick else QUIET_SECONDS, words)
                with neighbour(cores):
                    busy = throughput(server, 2 if setup.is_quick else BUSY_SECONDS, words)
                rates.setdefault(server.name, []).append((quiet, busy))
    return Section(f"{CLIENTS} answers at once beside a neighbour that keeps {cores} cores busy", rows(rates), [
        setup.remark(),
        f"{cores} spinning processes of the same priority. Tokens are counted over {BUSY_SECONDS} s, and over "
        f"{QUIET_SECONDS} s without the neighbour, whatever answers are complete by then.",
    ])


def rows(rates: dict[str, list[tuple[float, float]]]) -> list[Row]:
    ours, *peers = rates
    peer = peers[0] if peers else ""

    def row(what: str, unit: str, figure: Callable[[float, float], float], bar: Bar | None = None) -> Row:
        figures = {name: statistics.median(figure(*pair) for pair in pairs) for name, pairs in rates.items()}
        return Row(what, unit, figures[ours], peer, figures[peer] if peer else None, bar=bar,
                   judges_ours=bar is not None)

    return [
        row("beside the neighbour over quiet", "times", lambda quiet, busy: busy / quiet,
            Bar(SHARE_MIN, at_least=True)),
        row("quiet", "tokens/s", lambda quiet, busy: quiet),
        row("beside the neighbour", "tokens/s", lambda quiet, busy: busy),
    ]


def throughput(server: Server, seconds: float, words: Words) -> float:
    """Tokens per second of clients who ask again as soon as they have their answer."""
    with loading(server) as load:
        streams: list[Stream] = []
        running: list[Stream] = []
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            running = [stream for stream in running if not stream.is_done]
            while len(running) < CLIENTS:
                running.append(load.complete(words.text(PROMPT_TOKENS), ANSWER_TOKENS))
                streams.append(running[-1])
            load.wait(lambda: any(stream.is_done for stream in running), left)
        return sum(len(stream.times) for stream in streams) / seconds


@contextmanager
def neighbour(cores: int) -> Iterator[None]:
    spin = f"import time\nend = time.monotonic() + {SPIN_SECONDS_MAX}\nwhile time.monotonic() < end: pass"
    processes = [subprocess.Popen([sys.executable, "-c", spin]) for _ in range(cores)]
    try:
        time.sleep(0.3)
        yield
    finally:
        for process in processes:
            stop(process)
