"""The servers that are measured: started here, on free loopback ports, and ended by their own process handles."""

import json
import os
import select
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 10


class ServerError(Exception):
    """A server that did not start, with what it said."""


@dataclass(frozen=True)
class Server:
    name: str
    port: int
    pid: int

    def memory_bytes(self, field: str) -> int:
        """`VmRSS` (resident now) or `VmHWM` (resident at most so far) of /proc/PID/status."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
        raise ServerError(f"{self.name}: no {field} in /proc/{self.pid}/status")


@contextmanager
def announcing(name: str, command: list[str]) -> Iterator[Server]:
    """A server that chooses its port and prints a line of JSON with "event": "ready" and "port"."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        try:
            try:
                port = announced_port(process)
            except ServerError as error:
                log.seek(0)
                said = log.read().decode(errors="replace").strip().splitlines()[-5:]
                raise ServerError("\n".join([f"{name}: {error}", *said])) from None
            yield Server(name, port, process.pid)
        finally:
            stop(process)


def announced_port(process: subprocess.Popen[bytes]) -> int:
    line = select_line(process, lambda line: line.startswith(b'{"event":"ready"') and line.endswith(b"}"))
    return int(json.loads(line)["port"])


def select_line(process: subprocess.Popen[bytes], is_wanted: Callable[[bytes], bool]) -> bytes:
    """The first line on standard output that is wanted."""
    assert process.stdout
    deadline = time.monotonic() + START_SECONDS_MAX
    text = b""
    while time.monotonic() < deadline:
        if not select.select([process.stdout], [], [], 0.2)[0]:
            continue
        chunk = os.read(process.stdout.fileno(), 65536)
        if not chunk:
            raise ServerError("ended before it was ready")
        text += chunk
        for line in text.rpartition(b"\n")[0].splitlines():
            if is_wanted(line):
                return line
    raise ServerError(f"was not ready within {START_SECONDS_MAX} s")


@contextmanager
def nginx(body: bytes, workers: int) -> Iterator[Server]:
    """nginx answering `/static` with `body` out of memory, the fastest it can: no file, no log."""
    name = f"nginx, {workers} worker{'s' if workers > 1 else ''}"
    with tempfile.TemporaryDirectory(prefix="nexus-bench-") as folder:
        port = free_port()
        configuration = Path(folder) / "nginx.conf"
        configuration.write_text(nginx_configuration(folder, port, body.decode(), workers))
        log = Path(folder) / "error.log"
        process = subprocess.Popen(
            ["nginx", "-p", folder, "-e", str(log), "-c", str(configuration)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            wait_until_open(process, port, log)
            yield Server(name, port, process.pid)
        finally:
            stop(process)


def nginx_configuration(folder: str, port: int, body: str, workers: int) -> str:
    if "'" in body or "$" in body or "\\" in body:
        raise ValueError("the body would need quoting in nginx's configuration")
    temporary = "\n".join(
        f"    {kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""daemon off;
worker_processes {workers};
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
{temporary}
    server {{
        listen 127.0.0.1:{port};
        location = /static {{ default_type application/json; return 200 '{body}'; }}
    }}
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_until_open(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise ServerError(f"nginx did not start: {log.read_text() if log.exists() else 'it left no log'}")


def stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout:
        process.stdout.close()
