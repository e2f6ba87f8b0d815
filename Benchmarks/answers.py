"""Requests per second of a small JSON answer, against nginx with the same bytes; the load is made by wrk."""

import re
import statistics
import subprocess
import urllib.request
from contextlib import ExitStack

from report import Bar, Row, Section
from servers import Server, ServerError, announcing, nginx

CONNECTIONS = 64
#: The share of nginx's rate that a handler in Swift is to reach.
RATIO_MIN = 0.5
OURS = {
    "/answer": "handler builds and encodes JSON",
    "/pooled": "the same, on the concurrent pool",
    "/static": "handler returns fixed bytes",
}


def measure(bench_server: str, rounds: int, seconds: int) -> Section:
    with ExitStack() as stack:
        ours = stack.enter_context(announcing("bench-server", [bench_server]))
        body = fetch(ours, "/static")
        if fetch(ours, "/answer") != body:
            raise ServerError("bench-server's /answer and /static differ")
        peers = [stack.enter_context(nginx(body, workers)) for workers in (1, 2)]
        targets = [(ours, path) for path in OURS] + [(peer, "/static") for peer in peers]
        rates = interleaved(targets, rounds, seconds)
    rows = [row(path, peer, rates[ours.name, path], rates[peer.name, "/static"]) for peer in peers for path in OURS]
    remarks = [
        f"wrk -t1 -c{CONNECTIONS}, {rounds} interleaved rounds of {seconds} s; medians, and the median of the rounds' "
        f"ratios. The body has {len(body)} bytes.",
        "bench-server has one thread for all sockets; wrk takes a core too, so on two cores nginx's second worker "
        "competes with the load itself.",
    ]
    return Section("Small JSON answers", rows, remarks)


def row(path: str, peer: Server, ours: list[float], theirs: list[float]) -> Row:
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    has_bar = path == "/answer" and peer.name == "nginx, 1 worker"
    return Row(
        OURS[path], "requests/s", statistics.median(ours), peer.name, statistics.median(theirs), paired_ratio=ratio,
        bar=Bar(RATIO_MIN, at_least=True) if has_bar else None,
    )


def interleaved(targets: list[tuple[Server, str]], rounds: int, seconds: int) -> dict[tuple[str, str], list[float]]:
    """Each round asks every target once, beginning with another one each time."""
    rates: dict[tuple[str, str], list[float]] = {(server.name, path): [] for server, path in targets}
    for server, path in targets:
        request_rate(server, path, 1)  # warm
    for turn in range(rounds):
        at = turn % len(targets)
        for server, path in targets[at:] + targets[:at]:
            rates[server.name, path].append(request_rate(server, path, seconds))
    return rates


def request_rate(server: Server, path: str, seconds: int) -> float:
    url = f"http://127.0.0.1:{server.port}{path}"
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", url], capture_output=True, text=True, timeout=seconds + 30
    )
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if not found or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise ServerError(f"wrk against {server.name}{path}:\n{done.stdout}{done.stderr}")
    return float(found[1])


def fetch(server: Server, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=10) as response:
        return bytes(response.read())
