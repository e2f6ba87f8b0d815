"""Which engines a machine has: the own one, other llama.cpp builds under it, and programs that somebody names."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.program import BINARIES, MODEL
from support.servers import Nexus, command

Start = Callable[..., Nexus]
ENGINE = BINARIES / "nexus-engine"


def runtime_libraries() -> Path:
    """Where the engine under test finds llama.cpp."""
    lines = subprocess.run(["ldd", str(ENGINE)], capture_output=True, text=True, check=True).stdout.splitlines()
    place = next(line.split("=>")[1].split("(")[0].strip() for line in lines if "libllama.so" in line)
    return Path(place).parent


def second_runtime(cache: Path, name: str = "llama.cpp-9.9.9-copy") -> Path:
    """Another prefix of llama.cpp: a copy of the one that there is."""
    shutil.copytree(runtime_libraries(), cache / name / "lib", symlinks=True)
    return cache / name / "lib"


def engines(server: Nexus) -> dict[str, dict[str, Any]]:
    answer = server.http.get("/api/v1/engines")
    assert answer.status_code == 200, answer.text
    return {engine["name"]: engine for engine in answer.json()["engines"]}


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_the_own_engine_says_what_it_is(nexus: Nexus) -> None:
    own = engines(nexus)["own"]
    told = json.loads(subprocess.run(
        [str(ENGINE), "--build-info"], capture_output=True, text=True, check=True).stdout)
    assert own["works"] and own["default"] and own["origin"] == "own"
    assert own["build"]["llama_cpp"] == told["llama_cpp"] and own["build"]["ggml"] == told["ggml"]
    assert own["build"]["devices"] == told["devices"] and "CPU" in told["devices"]


def test_other_builds_and_programs_are_listed_broken_ones_with_the_reason(start: Start, tmp_path: Path) -> None:
    cache = tmp_path / "runtimes"
    libraries = second_runtime(cache)
    broken = cache / "llama.cpp-0.0.1-broken" / "lib"
    broken.mkdir(parents=True)
    (broken / "libllama.so").write_bytes(b"no library")
    (broken / "libllama.so.0").write_bytes(b"no library")
    (cache / "llama.cpp-0.0.2-empty").mkdir()
    copy = tmp_path / "nexus-engine-copy"
    shutil.copy2(ENGINE, copy)
    upstream = program(tmp_path / "llama-server", "echo 'version: 6123 (1a2b3c4d)' >&2; echo 'built with cc' >&2")
    silent = program(tmp_path / "silent", "exit 3")
    named = {"copy": copy, "upstream": upstream, "silent": silent, "gone": tmp_path / "gone"}
    server = start(
        "--engines", ",".join(f"{name}={path}" for name, path in named.items()),
        variables={"NEXUS_CACHE_DIR": str(cache)})
    found = engines(server)
    assert list(found) == [
        "own", "copy", "upstream", "silent", "gone", "llama.cpp-0.0.1-broken", "llama.cpp-9.9.9-copy"]
    assert [name for name, engine in found.items() if engine["works"]] == [
        "own", "copy", "upstream", "llama.cpp-9.9.9-copy"]
    assert found["upstream"]["build"]["version"] == "b6123" and found["upstream"]["build"]["commit"] == "1a2b3c4d"
    assert "3" in found["silent"]["reason"] and "no file" in found["gone"]["reason"]
    assert found["llama.cpp-9.9.9-copy"]["libraries"] == str(libraries)
    assert found["llama.cpp-0.0.1-broken"]["reason"]
    # A program that is mended is seen at the next look.
    program(silent, "echo 'version: 1 (a)'")
    assert engines(server)["silent"]["works"]
    done = command(server.folder, "engines", "list", "--data-dir", server.folder / "data")
    assert done.returncode == 0, done.stderr
    for name in found:
        assert f"\n{name} " in done.stdout


@pytest.mark.parametrize("value", ["own=/bin/true", "llama.cpp-x=/bin/true", "a b=/bin/true", "a=", "a=/x,a=/y"])
def test_names_that_no_engine_may_have(tmp_path: Path, value: str) -> None:
    done = command(tmp_path, "serve", "--engines", value)
    assert done.returncode == 78 and "engines" in done.stderr
