"""What is compared: nexus-engine and llama-server, on the same model file, with as many threads and cells."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from load import loading
from servers import Server, ServerError, announcing
from words import Words

#: Idle threads of the server that was measured before spin for some milliseconds.
PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Setup:
    #: Folder of the release build.
    build: Path
    model: Path
    threads: int
    rounds: int
    #: A smoke run: everything once and short, no figure worth anything.
    is_quick: bool
    #: Why there is no llama-server, or nothing.
    peer_problem: str | None

    @property
    def engine(self) -> str:
        return str(self.build / "nexus-engine")

    def remark(self) -> str:
        peer = f"llama-server was left out: {self.peer_problem}" if self.peer_problem else (
            "llama-server is the one inside PyPI's xllamacpp, compiled for any processor of its kind; nexus-engine's "
            "kernels are compiled for this one.")
        threads = f"{self.threads} thread{'s' if self.threads > 1 else ''} each"
        return f"{self.model.name}, {threads}, medians of {self.rounds} alternating rounds. {peer}"


@contextmanager
def contenders(
    setup: Setup, parallel: int, context_tokens: int, both_caches: bool = False, adapters: Sequence[Path] = ()
) -> Iterator[list[Server]]:
    """Ours first, then llama-server with a cache for each sequence, its default once the number of sequences is given,
    and if wanted with one cache for all of them (`--kv-unified`). LoRA adapters are loaded and not applied."""
    with ExitStack() as stack:
        servers = [stack.enter_context(
            nexus_engine(setup.engine, setup.model, setup.threads, parallel, context_tokens, adapters))]
        if setup.peer_problem is None:
            for unified in (False, True)[:2 if both_caches else 1]:
                servers.append(stack.enter_context(
                    llama_server(setup.model, setup.threads, parallel, context_tokens, unified, adapters)))
        for server in servers:
            warm(server)
        yield servers


def warm(server: Server) -> None:
    with loading(server) as load:
        load.complete(Words(0).text(64), 8)
        load.finish()


def in_turn(servers: list[Server], turn: int) -> Iterator[Server]:
    """The servers, beginning with another one each round."""
    at = turn % len(servers)
    for server in servers[at:] + servers[:at]:
        time.sleep(PAUSE_SECONDS)
        yield server


def nexus_engine(
    program: str, model: Path, threads: int, parallel: int, context_tokens: int, adapters: Sequence[Path] = ()
) -> AbstractContextManager[Server]:
    context = context_tokens if takes_context_per_sequence(program) else context_tokens * parallel
    return announcing("nexus-engine", [
        program, "--model", str(model), "--alias", "bench", "--port", "0", "--threads", str(threads),
        "--parallel", str(parallel), "--ctx-size", str(context), "--log-level", "error", *loaded(adapters),
    ])


def loaded(adapters: Sequence[Path]) -> list[str]:
    options = [word for file in adapters for word in ("--lora", str(file))]
    return [*options, "--lora-init-without-apply"] if adapters else []


def takes_context_per_sequence(program: str) -> bool:
    """Whether `--ctx-size` means each sequence's context, and not that of all sequences together as in llama-server."""
    done = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=10)
    return "context per sequence" in " ".join(done.stdout.split())


def llama_server(
    model: Path, threads: int, parallel: int, context_tokens: int, unified: bool = False,
    adapters: Sequence[Path] = (),
) -> AbstractContextManager[Server]:
    return announcing("llama-server, one cache" if unified else "llama-server", [
        sys.executable, str(Path(__file__).with_name("llama_server.py")), str(model), "--threads", str(threads),
        "--parallel", str(parallel), "--ctx-size", str(parallel * context_tokens),
        *(["--kv-unified"] if unified else []), *loaded(adapters),
    ])


def missing_peer() -> str | None:
    """Why llama-server cannot be had, or nothing."""
    done = subprocess.run([sys.executable, "-c", "import xllamacpp"], capture_output=True, text=True)
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["xllamacpp does not load"])[-1]


def made_model(build: Path) -> Path:
    """The benchmark's own model, made in the cache of llama.cpp and Python when it is not there."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = Path(os.environ.get("NEXUS_CACHE_DIR") or home / "llama-nexus")
    done = subprocess.run([build / "bench-model", cache / "models"], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise ServerError(f"bench-model: {done.stderr.strip()}")
    return Path(done.stdout.strip())
