"""A file of 1 GB from a hub on this machine: the platform's download beside curl's."""

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from report import Bar, Row, Section, versus
from servers import Server, ServerError, select_line, stop

ROOT = Path(__file__).resolve().parent.parent
BYTES = 1_000_000_000
QUICK_BYTES = 20_000_000
#: Ours over curl's.
RATE_MIN = 0.8
MEMORY_MB_MAX = 50
MODEL = "test/model"
FILE = "thing-F32.gguf"
OURS = "nexus"
CURL = "curl"
CURL_CHECKED = "curl, sha256sum, sync"


def measure(build: Path, rounds: int, is_quick: bool) -> Section:
    size = QUICK_BYTES if is_quick else BYTES
    rates: dict[str, list[float]] = {OURS: [], CURL: [], CURL_CHECKED: []}
    growths: list[float] = []
    # Not in memory: what is written is to reach a disk.
    with tempfile.TemporaryDirectory(prefix="nexus-bench-", dir=build) as name:
        folder = Path(name)
        (folder / "files").mkdir()
        made_file(folder / "files" / FILE, size)
        with hub(folder / "files") as url, platform(build, folder, url) as server:
            ways = {
                OURS: lambda: growths.append(by_platform(server, folder)),
                CURL: lambda: by_curl(url, folder, is_checked=False),
                CURL_CHECKED: lambda: by_curl(url, folder, is_checked=True),
            }
            for turn in range(-1, rounds):
                # The first turn is for what is only slow once: opened files, connections, pages of the programs.
                names = list(ways)
                for way in names[turn % 3:] + names[:turn % 3]:
                    os.sync()
                    began = time.monotonic()
                    ways[way]()
                    seconds = time.monotonic() - began
                    if turn >= 0:
                        rates[way].append(size / 1e6 / seconds)
                    clear(folder)
    plain = {name: rates[name] for name in (OURS, CURL)}
    checked = {name: rates[name] for name in (OURS, CURL_CHECKED)}
    return Section(f"Download of {size // 1_000_000} MB from a hub on this machine", [
        versus("to a file that is checked and synced, beside curl's that is neither", "MB/s", plain,
               bar=Bar(RATE_MIN, at_least=True)),
        versus("the same work: curl, sha256sum, sync", "MB/s", checked),
        Row("growth of the server's resident memory, at most", "MB", max(growths), less_is_better=True,
            bar=Bar(MEMORY_MB_MAX, at_least=False)),
    ], [
        "The tests' own hub in a process of its own (sendfile, no TLS): redirects to its storage, which signs addresses. "
        "Ours: POST to the event of the end, with listing, four connections, ledger, checksum, sync and entry in the "
        "catalogue. Same disk for all; synced between turns.",
    ])


def made_file(path: Path, size: int) -> None:
    """A GGUF file of random numbers that is just as long as it should be."""
    def text(value: bytes) -> bytes:
        return struct.pack("<Q", len(value)) + value

    key = text(b"general.architecture") + struct.pack("<I", 8) + text(b"llama")
    name = text(b"token_embd.weight")
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + key
    start = -(-(len(head) + len(name) + 4 + 16 + 4 + 8) // 32) * 32
    rows = (size - start) // (32 * 4)
    head += name + struct.pack("<IQQIQ", 2, 32, rows, 0, 0)
    left = rows * 32 * 4
    with path.open("wb") as file:
        file.write(head.ljust(start, b"\0"))
        while left > 0:
            left -= file.write(os.urandom(min(left, 1 << 22)))


# MARK: who downloads


def by_platform(server: Server, folder: Path) -> float:
    """Returns by how many MB the resident memory was larger at its largest than before."""
    before = server.memory_bytes("VmRSS")
    # The mark of the most is set back to what is now (proc(5)).
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")
    base = f"http://127.0.0.1:{server.port}/api/v1/models/downloads"
    request = urllib.request.Request(
        base, json.dumps({"model": MODEL}).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        job = json.load(answer)["id"]
    last: dict[str, object] = {}
    with urllib.request.urlopen(f"{base}/{job}/events", timeout=600) as events:
        for line in events:
            if line.startswith(b"data: "):
                last = json.loads(line[6:])
    if last.get("state") != "succeeded":
        raise ServerError(f"the download ended as {last.get('state')}: {last.get('error')}")
    return (server.memory_bytes("VmHWM") - before) / 1e6


def by_curl(url: str, folder: Path, is_checked: bool) -> None:
    target = folder / "by-curl.gguf"
    subprocess.run(
        ["curl", "--silent", "--fail", "--location", "--output", target, f"{url}/{MODEL}/resolve/main/{FILE}"],
        check=True)
    if is_checked:
        subprocess.run(["sha256sum", target], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["sync", target], check=True)


def clear(folder: Path) -> None:
    (folder / "by-curl.gguf").unlink(missing_ok=True)
    shutil.rmtree(folder / "data" / "models" / MODEL, ignore_errors=True)


# MARK: servers


@contextmanager
def hub(files: Path) -> Iterator[str]:
    program = ROOT / "Tests" / "Integration" / "support" / "hub.py"
    process = subprocess.Popen([sys.executable, program, files], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield json.loads(select_line(process, lambda line: line.startswith(b"{")))["hub"]
    finally:
        if process.stdin:
            process.stdin.close()
        stop(process)


@contextmanager
def platform(build: Path, folder: Path, hub_url: str) -> Iterator[Server]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    if "LD_LIBRARY_PATH" in os.environ:
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    process = subprocess.Popen(
        [build / "nexus", "serve", "--port", "0", "--data-dir", folder / "data", "--hub.url", hub_url,
         "--log-level", "error"],
        stdout=subprocess.PIPE, env=environment)
    try:
        banner = select_line(process, lambda line: b"OpenAI API" in line).decode()
        found = re.search(r":(\d+)/v1", banner)
        if not found:
            raise ServerError(f"nexus serve says no port: {banner}")
        yield Server("nexus", int(found[1]), process.pid)
    finally:
        stop(process)
