"""Streaming chat completions of nexus-engine against llama-server, on the same model file with as many threads."""

import json
import re
import select
import socket
import statistics
import subprocess
import sys
import time
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from report import Row, Section
from servers import Server, ServerError, announcing

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
FIRST_TEXT = re.compile(rb'"content":"[^"]')
USAGE = re.compile(rb'"completion_tokens":\s*(\d+)')


@dataclass
class Answer:
    connection: socket.socket
    asked: float
    first_text: float | None = None
    received: bytes = b""


@dataclass(frozen=True)
class Figures:
    tokens_per_second: float
    #: Of the middle request.
    first_text_ms: float


def measure(engine: str, model: Path, rounds: int) -> Section:
    peer_problem = missing_peer()
    found: list[Row] = []
    for threads in THREADS:
        found += compare(engine, model, threads, rounds, with_peer=peer_problem is None)
    remarks = [
        f"{model.name}, greedy, at most {TOKENS_MAX} tokens, {SEQUENCES} sequences of {CONTEXT_TOKENS} tokens, default "
        f"prompt caching, the same {len(QUESTIONS)} questions in turn; medians of {rounds} interleaved rounds.",
    ]
    if model.stat().st_size < 50e6:
        remarks.append(
            "This model is a toy of a few million parameters or fewer (tiny-chat: 1.8 million). The figures show what "
            "the server adds to each token, not how fast a useful model is computed.")
    remarks.append(
        f"llama-server was left out: {peer_problem}" if peer_problem else
        "llama-server is the one inside PyPI's xllamacpp, compiled for any processor of its kind; nexus-engine's "
        "kernels are compiled for this one. Part of any difference is that.")
    return Section("Streaming chat", found, remarks)


def compare(engine: str, model: Path, threads: int, rounds: int, with_peer: bool) -> list[Row]:
    with ExitStack() as stack:
        servers = [stack.enter_context(nexus_engine(engine, model, threads))]
        if with_peer:
            servers.append(stack.enter_context(llama_server(model, threads)))
        figures = interleaved(servers, rounds)
    return [row for clients in CONCURRENCIES for row in rows(servers, figures, clients, threads)]


def interleaved(servers: list[Server], rounds: int) -> dict[tuple[str, int], list[Figures]]:
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
    rates = [statistics.median(f.tokens_per_second for f in figures[s.name, clients]) for s in servers]
    waits = [statistics.median(f.first_text_ms for f in figures[s.name, clients]) for s in servers]
    peer = servers[1].name if len(servers) > 1 else ""
    setting = f"{clients} client{'s' if clients > 1 else ''}, {threads} thread{'s' if threads > 1 else ''}"
    return [
        Row(f"{setting}: speed", "tokens/s", rates[0], peer, rates[1] if peer else None),
        Row(f"{setting}: first text after", "ms", waits[0], peer, waits[1] if peer else None, less_is_better=True),
    ]


def run(server: Server, clients: int, requests: int) -> Figures:
    """Keeps `clients` answers in flight until `requests` are done."""
    waits: list[float] = []
    tokens = 0
    began = time.perf_counter()
    with select.epoll() as poller:
        open_answers: dict[int, Answer] = {}
        asked = 0
        done = 0
        while done < requests:
            while asked < requests and len(open_answers) < clients:
                answer = ask(server, asked)
                open_answers[answer.connection.fileno()] = answer
                poller.register(answer.connection.fileno(), select.EPOLLIN)
                asked += 1
            for descriptor, _ in poller.poll(60) or refuse(server, "sent nothing for 60 s"):
                answer = open_answers[descriptor]
                if receive(server, answer):
                    done += 1
                    tokens += completion_tokens(server, answer)
                    waits.append((answer.first_text or time.perf_counter()) - answer.asked)
                    poller.unregister(descriptor)
                    del open_answers[descriptor]
                    answer.connection.close()
    return Figures(tokens / (time.perf_counter() - began), statistics.median(waits) * 1000)


def ask(server: Server, number: int) -> Answer:
    body = json.dumps({
        "model": "bench", "messages": [{"role": "user", "content": QUESTIONS[number % len(QUESTIONS)]}],
        "max_tokens": TOKENS_MAX, "temperature": 0, "stream": True, "stream_options": {"include_usage": True},
    }).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    asked = time.perf_counter()
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(head.encode() + body)
    connection.setblocking(False)
    return Answer(connection, asked)


def receive(server: Server, answer: Answer) -> bool:
    """Takes what has come; true when the answer is complete."""
    chunk = answer.connection.recv(65536)
    if not chunk:
        refuse(server, f"closed early: {answer.received[:400]!r}")
    answer.received += chunk
    if not answer.received.startswith(b"HTTP/1.1 200"):
        refuse(server, f"answered {answer.received[:400]!r}")
    if answer.first_text is None and FIRST_TEXT.search(answer.received):
        answer.first_text = time.perf_counter()
    return answer.received.endswith(b"\n0\r\n\r\n")


def completion_tokens(server: Server, answer: Answer) -> int:
    found = USAGE.findall(answer.received)
    return int(found[-1]) if found else refuse(server, "reported no usage")


def refuse(server: Server, what: str) -> NoReturn:
    raise ServerError(f"{server.name} {what}")


def nexus_engine(program: str, model: Path, threads: int) -> AbstractContextManager[Server]:
    return announcing("nexus-engine", [
        program, "--model", str(model), "--alias", "bench", "--port", "0", "--threads", str(threads),
        "--parallel", str(SEQUENCES), "--ctx-size", str(CONTEXT_TOKENS), "--log-level", "error",
    ])


def llama_server(model: Path, threads: int) -> AbstractContextManager[Server]:
    peer = Path(__file__).with_name("llama_server.py")
    return announcing("llama-server", [
        sys.executable, str(peer), str(model), str(threads), str(SEQUENCES), str(CONTEXT_TOKENS)])


def missing_peer() -> str | None:
    """Why llama-server cannot be had, or nothing."""
    done = subprocess.run([sys.executable, "-c", "import xllamacpp"], capture_output=True, text=True)
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["xllamacpp does not load"])[-1]
