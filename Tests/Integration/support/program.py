"""A child process of the tests: its output is collected, and it is ended by its own handle."""

import atexit
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from .polling import until

REPOSITORY = Path(__file__).resolve().parents[3]
BINARIES = Path(os.environ.get("NEXUS_BIN_DIR", REPOSITORY / ".build" / "debug")).resolve()
MODEL = REPOSITORY / "Models" / "tiny-chat.gguf"


def environment(home: Path, **more: str) -> dict[str, str]:
    """What a program sees: a home of its own, and nothing of the tester's configuration."""
    base = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        base[f"XDG_{name}_HOME"] = str(home / name.lower())
    for name in ("LD_LIBRARY_PATH", "TZ"):
        if name in os.environ:
            base[name] = os.environ[name]
    return base | more


def is_running(pid: int) -> bool:
    """Whether a process lives; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def children(pid: int) -> list[int]:
    """The processes that `pid` has started, from any of its threads."""
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in file.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def memory_bytes(pid: int) -> int:
    """The resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class Program:
    """A running program."""

    def __init__(self, arguments: Sequence[str | Path], env: dict[str, str], cwd: Path) -> None:
        self.output: list[str] = []
        self.errors: list[str] = []
        self.process = subprocess.Popen(
            [str(argument) for argument in arguments], env=env, cwd=cwd, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace")
        # Whatever a failed test forgets ends with the tests; to one that has ended already this does nothing.
        atexit.register(self.process.kill)
        self._readers = [
            threading.Thread(target=self._collect, args=(stream, lines), daemon=True)
            for stream, lines in ((self.process.stdout, self.output), (self.process.stderr, self.errors))
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _collect(stream, lines: list[str]) -> None:
        for line in stream:
            lines.append(line.rstrip("\n"))

    @property
    def pid(self) -> int:
        return self.process.pid

    def line(self, text: str, seconds: float = 20) -> str:
        """The first line on standard output that contains `text`."""

        def look() -> str | None:
            found = next((line for line in self.output if text in line), None)
            if found is None and self.process.poll() is not None:
                self._join()
                raise AssertionError(f"ended with {self.process.returncode}:\n" + "\n".join(self.errors[-20:]))
            return found

        return until(look, f"a line with {text!r}", seconds)

    def kill(self) -> None:
        """SIGKILL, as when the system runs out of memory."""
        self.process.kill()
        self.process.wait(10)
        self._join()

    def end(self, seconds: float = 20) -> int:
        """SIGTERM, and the exit status. One that does not go is killed, and that is a failure."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def wait(self, seconds: float = 20) -> int:
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not end within {seconds} s:\n" + "\n".join(self.errors[-20:])) from None
        self._join()
        return status

    def _join(self) -> None:
        for reader in self._readers:
            reader.join(5)
