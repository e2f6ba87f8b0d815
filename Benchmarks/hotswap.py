"""A deployment of a 100 MB model that gets new versions while requests come in: what fails, what waits, how long a load takes."""

import http.client
import json
import os
import queue
import re
import select
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contenders import Setup
from report import Bar, Row, Section
from servers import START_SECONDS_MAX, ServerError, stop

RATE = 50
#: More than are in flight at the rate, so that a stall shows as waiting and not as a lower rate.
CONNECTIONS = 64
SWAPS = 4
#: Between two swaps, and before the first one.
QUIET_SECONDS = 3.0
RELOADS = 5
RELOAD_SECONDS_MAX = 1.0
NAME = "busy"


def measure(setup: Setup) -> Section:
    swaps = 1 if setup.is_quick else SWAPS
    quiet = 1.0 if setup.is_quick else QUIET_SECONDS
    with nexus(setup) as port:
        call(port, "POST", "/api/v1/deployments", {
            "name": NAME, "model": str(setup.model), "context_tokens": 512, "threads": setup.threads, "start": True})
        load = Load(port)
        durations, windows = [], []
        time.sleep(quiet)
        calm = load.times(load.began, time.monotonic())
        for number in range(swaps):
            begin = time.monotonic()
            if number == swaps - 1 and number > 0:
                call(port, "POST", f"/api/v1/deployments/{NAME}/rollback", {})
            else:
                call(port, "PATCH", f"/api/v1/deployments/{NAME}", {"context_tokens": 640 + 128 * number})
            windows.append((begin, time.monotonic()))
            durations.append(windows[-1][1] - begin)
            time.sleep(quiet)
        load.stop()
        swapping = [time for begin, end in windows for time in load.times(begin, end + 0.2)]
        reloads = []
        for _ in range(1 if setup.is_quick else RELOADS):
            call(port, "POST", f"/api/v1/deployments/{NAME}/stop", {})
            begin = time.monotonic()
            call(port, "POST", f"/api/v1/deployments/{NAME}/start", {})
            reloads.append(time.monotonic() - begin)
    size = setup.model.stat().st_size / 1e6
    return Section("Swapping versions under load", [
        Row(f"failed requests of {load.sent}, {swaps} swaps at {RATE}/s", "", len(load.failures),
            less_is_better=True, bar=Bar(0, at_least=False)),
        Row("p99 of a request while a swap goes on", "ms", 1e3 * percentile(swapping, 99),
            "the same without one", 1e3 * percentile(calm, 99), less_is_better=True),
        Row("a swap, until all new requests go to the new version", "s", statistics.median(durations),
            less_is_better=True),
        Row("a load of a model that was loaded before, slowest", "s", max(reloads), less_is_better=True,
            bar=Bar(RELOAD_SECONDS_MAX, at_least=False)),
    ], [
        setup.remark(),
        f"A model of {size:.0f} MB behind `nexus serve`; each request is a chat with one token as answer, over connections "
        f"that stay open; the last swap is a rollback. {load.failures[0] if load.failures else ''}".strip(),
    ])


class Load:
    """Requests at a fixed rate, whether or not answers come."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.sent = 0
        self.failures: list[str] = []
        self.finished: list[tuple[float, float]] = []
        self.began = time.monotonic()
        self._due: queue.Queue[float | None] = queue.Queue()
        self._over = threading.Event()
        self._workers = [threading.Thread(target=self._work) for _ in range(CONNECTIONS)]
        self._clock = threading.Thread(target=self._tick)
        for thread in [*self._workers, self._clock]:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        self._clock.join()
        for _ in self._workers:
            self._due.put(None)
        for worker in self._workers:
            worker.join()

    def times(self, begin: float, end: float) -> list[float]:
        """Seconds from when a request was due until its answer, of those that were due in a span."""
        return [took for due, took in list(self.finished) if begin <= due <= end]

    def _tick(self) -> None:
        due = time.monotonic()
        while not self._over.is_set():
            due += 1 / RATE
            self._over.wait(max(0.0, due - time.monotonic()))
            self.sent += 1
            self._due.put(due)

    def _work(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = json.dumps({
            "model": NAME, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1, "temperature": 0})
        while (due := self._due.get()) is not None:
            try:
                connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                text = answer.read()
                if answer.status != 200:
                    raise ServerError(f"{answer.status}: {text[:200].decode(errors='replace')}")
                self.finished.append((due, time.monotonic() - due))
            except (OSError, http.client.HTTPException, ServerError) as error:
                self.failures.append(str(error) or repr(error))
                connection.close()


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else sum(values)


def call(port: int, method: str, path: str, body: dict[str, Any]) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    if answer.status >= 300:
        raise ServerError(f"{method} {path}: {answer.status}: {text}")
    return json.loads(text) if text else None


@contextmanager
def nexus(setup: Setup) -> Iterator[int]:
    """The platform with the starter model, on a port that it chooses."""
    with tempfile.TemporaryDirectory(prefix="nexus-bench-") as folder, tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [setup.build / "nexus", "serve", "--port", "0", "--data-dir", Path(folder) / "data", "--log-level", "error",
             "--cache.enabled", "false"],
            stdout=subprocess.PIPE, stderr=log)
        try:
            yield announced(process)
        finally:
            stop(process)


def announced(process: subprocess.Popen[bytes]) -> int:
    """The port in the URL that the platform prints for clients."""
    assert process.stdout
    deadline = time.monotonic() + START_SECONDS_MAX
    text = b""
    while time.monotonic() < deadline:
        if not select.select([process.stdout], [], [], 0.2)[0]:
            continue
        chunk = os.read(process.stdout.fileno(), 65536)
        if not chunk:
            raise ServerError(f"nexus ended before it was ready:\n{text.decode(errors='replace')}")
        text += chunk
        if found := re.search(rb"https?://[^/\s]+:(\d+)/v1", text):
            return int(found[1])
    raise ServerError(f"nexus was not ready within {START_SECONDS_MAX} s")
