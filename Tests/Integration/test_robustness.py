"""Clients that misbehave, over raw sockets. The engine must get free again, and others must be served."""

import json
import random
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from support.polling import until
from support.program import memory_bytes
from support.servers import NAME, Engine, Nexus
from support.talk import SUM, ask


@pytest.fixture(autouse=True)
def recovers(engine: Engine) -> Iterator[None]:
    """After each test the engine is idle and answers."""
    yield
    until(lambda: engine.live() == 0, "the engine is idle", 10)
    answer = httpx.post(f"{engine.url}/v1/chat/completions", json={"messages": SUM, "temperature": 0}, timeout=20)
    assert answer.json()["choices"][0]["message"]["content"] == "7"


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def request(prompt: str = "Tell me a story about Anna.", **options: object) -> bytes:
    """A request for an answer of hundreds of tokens."""
    fields = {"model": NAME, "messages": [{"role": "user", "content": prompt}], "stream": True, "temperature": 10,
              "top_k": 0, "min_p": 0, "top_p": 1, "seed": 5} | options
    body = json.dumps(fields).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def test_a_client_that_vanishes_in_mid_stream_frees_the_engine(engine: Engine) -> None:
    with connect(engine.port) as client:
        client.sendall(request())
        assert b"data:" in client.recv(65_536) + client.recv(65_536)
        assert engine.live() >= 1
    until(lambda: engine.live() == 0, "the engine is idle", 1.5)


def test_clients_that_vanish_while_their_prompt_is_read(engine: Engine) -> None:
    for _ in range(8):
        with connect(engine.port) as client:
            client.sendall(request("word " * 150))
    until(lambda: engine.live() == 0, "the engine is idle", 2)


def test_many_clients_that_vanish_at_random(engine: Engine) -> None:
    chance = random.Random(1)
    delays = [chance.random() * 0.2 for _ in range(200)]

    def visit(delay: float) -> None:
        with connect(engine.port) as client:
            data = request()
            client.sendall(data[: len(data) if delay < 0.15 else int(len(data) * delay)])
            client.settimeout(delay)
            try:
                client.recv(1024)
            except TimeoutError:
                pass

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(visit, delays))
    until(lambda: engine.live() == 0, "the engine is idle", 5)


def test_clients_that_stop_reading_hold_up_nobody(engine: Engine, nexus: Nexus) -> None:
    lazy = []
    for _ in range(3):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        client.connect(("127.0.0.1", nexus.port))
        client.sendall(request())
        lazy.append(client)
    with nexus.client() as client:
        began = time.monotonic()
        assert ask(client, SUM) == "7"
        assert time.monotonic() - began < 10
    for one in lazy:
        one.close()
    with nexus.client() as client:
        assert ask(client, SUM) == "7"


def test_endless_headers_are_ended_and_cost_no_memory(nexus: Nexus) -> None:
    before = memory_bytes(nexus.pid)
    line = b"X-Filler: " + b"x" * 8_000 + b"\r\n"
    sent = 0
    answer = b""
    with connect(nexus.port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        try:
            while sent < 100_000_000:
                sent += client.send(line)
        except OSError:
            pass
        try:
            answer = client.recv(1_000)
        except OSError:
            pass
    assert sent < 10_000_000, "it was ended early"
    assert answer == b"" or b" 431 " in answer or b" 400 " in answer
    assert memory_bytes(nexus.pid) - before < 30_000_000
    assert nexus.http.get("/health").status_code == 200


def test_slow_senders_are_ended(start: Callable[..., Nexus]) -> None:
    server = start("--server.timeouts.request", "1s")
    for beginning in (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b""):
        with connect(server.port) as client:
            client.sendall(beginning)
            answer = client.recv(1_000)
            assert answer == b"" or b" 408 " in answer
    with connect(server.port) as client:
        client.sendall(request()[:-20])
        client.settimeout(10)
        answer = client.recv(1_000)
        assert answer == b"" or b" 408 " in answer
    assert server.http.get("/health").status_code == 200


def test_requests_in_a_pipeline_are_answered_in_order(nexus: Nexus) -> None:
    paths = ["/health", "/v1/models", "/nowhere", "/ready"]
    with connect(nexus.port) as client:
        client.sendall(b"".join(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for path in paths[:-1]))
        client.sendall(b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        data = b"".join(iter(lambda: client.recv(65_536), b""))
    statuses = [int(part[:3]) for part in data.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 200, 404, 200]


def test_many_idle_connections_leave_room_for_others(nexus: Nexus) -> None:
    idle = [connect(nexus.port) for _ in range(300)]
    try:
        assert nexus.http.get("/v1/models").status_code == 200
    finally:
        for one in idle:
            one.close()


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00\x01\x00", b"\x00" * 5_000, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=range(8),
)
def test_noise_is_refused(nexus: Nexus, noise: bytes) -> None:
    with connect(nexus.port) as client:
        client.sendall(noise)
        client.shutdown(socket.SHUT_WR)
        try:
            answer = client.recv(65_536)
        except ConnectionResetError:
            answer = b""
    assert b" 200 " not in answer[:20] and b" 500 " not in answer[:20]
    assert nexus.http.get("/health").status_code == 200
