"""Thousands of server-sent event streams at one event a second: memory, completeness, lateness."""

import re
import resource
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from report import Bar, Row, Section
from servers import Server, announcing

STREAMS = 5_000
INTERVAL_MS = 1_000
RESIDENT_BYTES_MAX = 400e6
CONNECTS_PER_SECOND = 1_000
#: After the end of the measured time, late events are waited for so long.
GRACE_SECONDS = 3.0
DESCRIPTORS_SPARE = 200
EVENT = re.compile(rb'"n":(\d+),"due_ns":(\d+)\}\n\n')


@dataclass
class Reader:
    """One stream as its client saw it."""

    connection: socket.socket
    first_due_ns: int = 0
    received: int = 0
    out_of_order: int = 0
    is_closed: bool = False
    tail: bytes = b""

    def missing(self, until_ns: int) -> int:
        """How many events that were due before `until_ns` did not arrive."""
        if not self.received:
            return 1
        expected = (until_ns - self.first_due_ns) // (INTERVAL_MS * 1_000_000) + 1
        return max(0, expected - self.received)


@dataclass
class Load:
    """Holds the streams open and notes every event."""

    poller: select.epoll
    readers: dict[int, Reader] = field(default_factory=dict)
    #: (due, arrived) of every event, in nanoseconds of CLOCK_MONOTONIC.
    arrivals: list[tuple[int, int]] = field(default_factory=list)

    def connect(self, port: int) -> None:
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        request = f"GET /events?interval_ms={INTERVAL_MS} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n"
        connection.sendall(request.encode())
        connection.setblocking(False)
        self.readers[connection.fileno()] = Reader(connection)
        self.poller.register(connection.fileno(), select.EPOLLIN)

    def run_until(self, deadline: float) -> None:
        while (left := deadline - time.monotonic()) > 0:
            for descriptor, _ in self.poller.poll(left, 1024):
                self.receive(self.readers[descriptor])

    def receive(self, reader: Reader) -> None:
        try:
            chunk = reader.connection.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        arrived = time.monotonic_ns()
        if not chunk:
            reader.is_closed = True
            self.poller.unregister(reader.connection.fileno())
            return
        text = reader.tail + chunk
        end = 0
        for match in EVENT.finditer(text):
            self.note(reader, int(match[1]), int(match[2]), arrived)
            end = match.end()
        reader.tail = text[end:]

    def note(self, reader: Reader, event: int, due_ns: int, arrived_ns: int) -> None:
        if event != reader.received:
            reader.out_of_order += 1
        if event == 0:
            reader.first_due_ns = due_ns
        reader.received += 1
        self.arrivals.append((due_ns, arrived_ns))

    def close(self) -> None:
        for reader in self.readers.values():
            reader.connection.close()
        self.poller.close()


@contextmanager
def opened() -> Iterator[Load]:
    load = Load(select.epoll())
    try:
        yield load
    finally:
        load.close()


def raised_stream_limit() -> int:
    """Lets this process and its children hold as many files as allowed; returns how many streams that permits."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(STREAMS, hard - DESCRIPTORS_SPARE) if hard != resource.RLIM_INFINITY else STREAMS


def measure(bench_server: str, seconds: int) -> Section:
    streams = raised_stream_limit()
    with announcing("bench-server", [bench_server]) as server, opened() as load:
        idle_bytes = server.memory_bytes("VmRSS")
        ramp(load, server, streams)
        began_ns = time.monotonic_ns()
        load.run_until(time.monotonic() + seconds)
        ended_ns = time.monotonic_ns()
        resident, peak = server.memory_bytes("VmRSS"), server.memory_bytes("VmHWM")
        load.run_until(time.monotonic() + GRACE_SECONDS)
    late_ms = sorted((arrived - due) / 1e6 for due, arrived in load.arrivals if began_ns <= due < ended_ns)
    return Section(
        f"{streams:,} streams of server-sent events, one event a second each, for {seconds} s",
        rows(load, ended_ns, resident, peak, late_ms),
        remarks(streams, idle_bytes, resident, len(late_ms)),
    )


def ramp(load: Load, server: Server, streams: int) -> None:
    for count in range(1, streams + 1):
        load.connect(server.port)
        load.run_until(time.monotonic() + 1 / CONNECTS_PER_SECOND)


def rows(load: Load, ended_ns: int, resident: int, peak: int, late_ms: list[float]) -> list[Row]:
    readers = load.readers.values()
    none = Bar(0, at_least=False)
    memory = Bar(RESIDENT_BYTES_MAX / 1e6, at_least=False)
    return [
        Row("resident memory of the server", "MB", resident / 1e6, bar=memory),
        Row("the same, at its highest", "MB", peak / 1e6, bar=memory),
        Row("events dropped", "events", sum(reader.missing(ended_ns) for reader in readers), bar=none),
        Row("events out of order", "events", sum(reader.out_of_order for reader in readers), bar=none),
        Row("streams closed by the server", "streams", sum(reader.is_closed for reader in readers), bar=none),
        Row("lateness, median", "ms", quantile(late_ms, 0.5)),
        Row("lateness, 99 of 100 below", "ms", quantile(late_ms, 0.99)),
        Row("lateness, worst", "ms", quantile(late_ms, 1)),
    ]


def remarks(streams: int, idle_bytes: int, resident: int, events: int) -> list[str]:
    each = (resident - idle_bytes) / streams / 1000
    lines = [
        f"{events:,} events; {each:.1f} kB of resident memory a stream over the {idle_bytes / 1e6:.1f} MB of an idle "
        "server.",
        "Each stream is a handler that sleeps and writes. Lateness is from the time an event was due to its arrival "
        "in this single-threaded client, whose own delay is part of it.",
    ]
    if streams < STREAMS:
        lines.append(f"The limit of open files (ulimit -Hn) allowed {streams:,} streams, not {STREAMS:,}.")
    return lines


def quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")
