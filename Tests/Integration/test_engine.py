"""`nexus-engine` by itself: files it refuses, and its queue."""

import re
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from support.polling import until
from support.program import BINARIES, MODEL, environment
from support.servers import NAME, Engine
from support.talk import SUM

GGUF_MAGIC = b"GGUF" + struct.pack("<I", 3)
HOSTILE = {
    "many-tensors": (GGUF_MAGIC + struct.pack("<QQ", 2**63, 0), "tensor"),
    "many-values": (GGUF_MAGIC + struct.pack("<QQ", 0, 2**62), "metadata"),
    "long-key": (GGUF_MAGIC + struct.pack("<QQQ", 0, 1, 2**64 - 1), "key"),
    "huge-array": (
        GGUF_MAGIC + struct.pack("<QQQ", 0, 1, 1) + b"a" + struct.pack("<IIQ", 9, 9, 2**61), "'a'"),
    "version": (b"GGUF" + struct.pack("<I", 99), "version"),
    "no-gguf": (b"hello, I am no model", "magic"),
    "empty": (b"", "magic"),
}


def refuse(folder: Path, file: Path) -> str:
    done = subprocess.run(
        [BINARIES / "nexus-engine", "--model", file, "--port", "0"], env=environment(folder), capture_output=True,
        text=True, timeout=30)
    assert done.returncode == 1 and done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_the_fields_name(tmp_path: Path, name: str) -> None:
    content, field = HOSTILE[name]
    file = tmp_path / f"{name}.gguf"
    file.write_bytes(content)
    message = refuse(tmp_path, file)
    assert "cannot be used" in message and field in message.lower()
    assert ".." not in message.replace(str(tmp_path), ""), "one full stop ends a sentence"


@pytest.mark.parametrize("share", [0.001, 0.01, 0.5, 0.999])
def test_cut_files_are_refused(tmp_path: Path, share: float) -> None:
    content = MODEL.read_bytes()
    file = tmp_path / "cut.gguf"
    file.write_bytes(content[: int(len(content) * share)])
    assert re.search("file ends|file's end", refuse(tmp_path, file))


def test_a_missing_file(tmp_path: Path) -> None:
    assert "No such file" in refuse(tmp_path, tmp_path / "missing.gguf")


def test_requests_beyond_the_queue_are_refused_with_a_time_to_wait(tmp_path: Path) -> None:
    engine = Engine(tmp_path, "--parallel", "1", "--queue-max", "1")
    body = {"model": NAME, "messages": SUM, "temperature": 10, "top_k": 0, "min_p": 0, "top_p": 1}

    def send(_: int) -> httpx.Response:
        return httpx.post(f"{engine.url}/v1/chat/completions", json=body, timeout=60)

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(send, range(12)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused and len(refused) < 12 and {answer.status_code for answer in answers} == {200, 429}
    assert all(answer.json()["error"]["code"] == "overloaded" for answer in refused)
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    until(lambda: engine.live() == 0, "the engine is idle")
    engine.stop()
