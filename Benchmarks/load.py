"""Asks a server for many streams at once, in one thread: plain sockets, epoll, one pass over the bytes that come.

The load is made on the machine that is measured, so it must cost little; `Load.busy_seconds` says what it did cost.
"""

import json
import re
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from servers import Server, ServerError

#: A piece of an answer that carries text, in chat completions and in completions.
TEXT = re.compile(rb'"(?:content|text)":"[^"]')
ANSWER_SECONDS_MAX = 120


class Stream:
    """One answer: when it was asked for, and when each piece of text came."""

    def __init__(self, connection: socket.socket, asked: float) -> None:
        self.connection = connection
        self.asked = asked
        self.times: list[float] = []
        self.is_done = False
        self._received = bytearray()
        self._scanned = 0

    @property
    def first_text_seconds(self) -> float:
        return self.times[0] - self.asked

    def take(self, chunk: bytes, now: float) -> None:
        self._received += chunk
        if not self._received.startswith(b"HTTP/1.1 200"):
            raise ServerError(f"answered {bytes(self._received[:400])!r}")
        whole = self._received.rfind(b"\n\n", self._scanned) + 2
        if whole > 1:
            self.times += [now] * len(TEXT.findall(self._received, self._scanned, whole))
            self._scanned = whole
        self.is_done = self._received.endswith(b"\n0\r\n\r\n")

    def events(self) -> Iterator[dict]:
        """The events of the answer, once it is done."""
        for line in unchunked(bytes(self._received)).split(b"\n"):
            if line.startswith(b"data: {"):
                yield json.loads(line[6:])

    def text(self) -> str:
        choices = [choice for event in self.events() for choice in event.get("choices", [])]
        return "".join(c.get("text") or c.get("delta", {}).get("content") or "" for c in choices)

    def last(self, field: str) -> dict:
        """The value of a field in the last event that has it, such as `usage` and `timings`."""
        return next((event[field] for event in reversed(list(self.events())) if event.get(field)), {})


def unchunked(response: bytes) -> bytes:
    """The body of a response in chunked transfer encoding."""
    at = response.index(b"\r\n\r\n") + 4
    body = []
    while at < len(response):
        line = response.index(b"\r\n", at)
        size = int(response[at:line].split(b";")[0], 16)
        body.append(response[line + 2:line + 2 + size])
        at = line + 2 + size + 2
    return b"".join(body)


class Load:
    """Streams from one server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.busy_seconds = 0.0
        self._poller = select.epoll()
        self._open: dict[int, Stream] = {}

    def complete(self, prompt: str, tokens: int, **fields: object) -> Stream:
        return self._ask("/v1/completions", {"prompt": prompt} | request(tokens, fields))

    def chat(self, messages: list[dict[str, str]], tokens: int, **fields: object) -> Stream:
        return self._ask("/v1/chat/completions", {"messages": messages} | request(tokens, fields))

    def _ask(self, path: str, fields: dict[str, object]) -> Stream:
        body = json.dumps(fields).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        asked = time.perf_counter()
        connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=10)
        connection.sendall(head.encode() + body)
        connection.setblocking(False)
        stream = Stream(connection, asked)
        self._open[connection.fileno()] = stream
        self._poller.register(connection.fileno(), select.EPOLLIN)
        return stream

    def wait(self, until: Callable[[], bool], seconds: float, nap: float = 0) -> bool:
        """Receives until a condition holds; false when it does not hold in time.

        A client that naps for so many seconds between two looks takes little from the servers, and its times are coarse.
        """
        deadline = time.perf_counter() + seconds
        while not until():
            if nap:
                time.sleep(nap)
            left = deadline - time.perf_counter()
            if left <= 0:
                return False
            ready = self._poller.poll(left)
            now = time.perf_counter()
            for descriptor, _ in ready:
                self._receive(descriptor, now)
            self.busy_seconds += time.perf_counter() - now
        return True

    def finish(self, nap: float = 0) -> None:
        """Receives until all answers are complete, napping in between."""
        if not self.wait(lambda: not self._open, ANSWER_SECONDS_MAX, nap):
            raise ServerError(f"{self.server.name} left {len(self._open)} answers open for {ANSWER_SECONDS_MAX} s")

    @property
    def open_count(self) -> int:
        """Answers that are not complete."""
        return len(self._open)

    def abandon(self) -> None:
        """Closes the connections of all answers that are not complete."""
        for descriptor in list(self._open):
            self._close(descriptor)

    def close(self) -> None:
        self.abandon()
        self._poller.close()

    def _receive(self, descriptor: int, now: float) -> None:
        stream = self._open[descriptor]
        try:
            chunk = stream.connection.recv(65536)
            if not chunk:
                raise ServerError("closed early")
            stream.take(chunk, now)
        except (OSError, ServerError) as error:
            raise ServerError(f"{self.server.name}: {error}") from None
        if stream.is_done:
            self._close(descriptor)

    def _close(self, descriptor: int) -> None:
        self._poller.unregister(descriptor)
        self._open.pop(descriptor).connection.close()


def request(tokens: int, fields: dict[str, object]) -> dict[str, object]:
    """What all requests have: a fixed number of tokens, and otherwise the server's own defaults."""
    return {"model": "bench", "max_tokens": tokens, "ignore_eos": True, "stream": True,
            "stream_options": {"include_usage": True}} | fields


@contextmanager
def loading(server: Server) -> Iterator[Load]:
    load = Load(server)
    try:
        yield load
    finally:
        load.close()
