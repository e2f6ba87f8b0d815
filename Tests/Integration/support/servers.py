"""The programs under test: `nexus serve` and `nexus-engine`, each with a folder of its own."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import openai

from .described import Judge
from .polling import until
from .program import BINARIES, MODEL, Program, children, environment, is_running

NAME = "tiny-chat"


class Engine(Program):
    """A worker on a port."""

    def __init__(self, folder: Path, *arguments: str, model: Path = MODEL) -> None:
        command = [
            BINARIES / "nexus-engine", "--model", model, "--port", "0", "--metrics", "--log-format", "json", *arguments]
        super().__init__(command, environment(folder), folder)
        ready = json.loads(self.line('"event":"ready"'))
        self.port: int = ready["port"]
        self.url = f"http://127.0.0.1:{self.port}"

    def client(self, **options: Any) -> openai.OpenAI:
        return openai.OpenAI(
            **({"base_url": f"{self.url}/v1", "api_key": "none", "max_retries": 0, "timeout": 60} | options))

    def heartbeat(self) -> dict[str, int]:
        return httpx.get(f"{self.url}/health", timeout=10).json()["heartbeat"]

    def live(self) -> int:
        """Requests that wait or run."""
        return self.heartbeat()["live"]

    def stop(self) -> None:
        assert self.end() == 0, "\n".join(self.errors[-20:])


class Nexus(Program):
    """The platform. `configuration` is the text of its file."""

    def __init__(
        self, folder: Path, *arguments: str, configuration: str | None = None, model: Path | None = MODEL,
        variables: dict[str, str] | None = None, ready: bool = True, verify: Any = True,
    ) -> None:
        self.folder = folder
        command: list[str | Path] = [
            BINARIES / "nexus", "serve", "--port", "0", "--data-dir", folder / "data", "--log-format", "json"]
        if configuration is not None:
            (folder / "nexus.yaml").write_text(configuration)
            command += ["--config", folder / "nexus.yaml"]
        if model is not None:
            command += ["--model", model]
        # Tests of models ask the model each time; those of the answer cache switch it on.
        own = {"NEXUS_CACHE_ENABLED": "false", **(variables or {})}
        super().__init__([*command, *arguments], environment(folder, **own), folder)
        banner = self.line("OpenAI API")
        found = re.search(r"(https?://[^/\s]+:(\d+))/v1", banner)
        assert found, banner
        self.url, self.port = found[1], int(found[2])
        self.judge = Judge(self.described)
        self.http = httpx.Client(
            base_url=self.url, timeout=60, verify=verify, event_hooks={"response": [self.judge]})
        self._socket_folders: set[Path] = set()
        self._workers: set[int] = set()
        if ready:
            until(self.is_ready, "ready", 20)
            # Now, because tests that look and then kill have no time for it.
            self.judge.prepare()

    #: All servers are of one program, and say the same.
    _document: dict[str, Any] | None = None

    def described(self) -> dict[str, Any]:
        """The OpenAPI document."""
        if Nexus._document is None:
            Nexus._document = self.http.get("/openapi.json").raise_for_status().json()
        return Nexus._document

    def is_ready(self) -> bool:
        self._note_workers()
        return self.http.get("/ready").status_code == 200

    def client(self, **options: Any) -> openai.OpenAI:
        return openai.OpenAI(
            **({"base_url": f"{self.url}/v1", "api_key": "none", "max_retries": 0, "timeout": 60} | options))

    def worker(self, model: str = NAME) -> dict[str, Any]:
        return self.http.get("/api/v1/workers").json()["workers"][model]

    def worker_pid(self, model: str = NAME) -> int:
        self._note_workers()
        return self.worker(model)["process_id"]

    def events(self, model: str = NAME) -> list[str]:
        """What happened to the worker, oldest first."""
        return [event["event"] for event in reversed(self.event_records(model))]

    def event_records(self, model: str = NAME) -> list[dict[str, Any]]:
        return self.http.get(f"/api/v1/workers/{model}/events").json()["events"]

    def logs(self) -> list[dict[str, Any]]:
        """The lines of the log; each must be an object."""
        return [json.loads(line) for line in list(self.errors)]

    def stop(self, seconds: float = 20) -> None:
        """Ends it in order and checks that nothing of it is left."""
        self._note_workers()
        self.http.close()
        status = self.end(seconds)
        assert status == 0, "\n".join(self.errors[-20:])
        self.check_nothing_left()

    def check_nothing_left(self, seconds: float = 2) -> None:
        until(lambda: not any(map(is_running, self._workers)), f"no worker of {sorted(self._workers)}", seconds)
        for folder in self._socket_folders:
            assert not folder.exists(), f"{folder} was left"

    def discard(self) -> None:
        """Whatever state a failed test has left it in, it goes, and its workers with it."""
        if self.process.poll() is None:
            self.kill()
        self.http.close()
        # One that was killed could not remove its sockets.
        for folder in self._socket_folders:
            shutil.rmtree(folder, ignore_errors=True)

    def _note_workers(self) -> None:
        for pid in children(self.pid):
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if "--socket" in words:
                self._workers.add(pid)
                self._socket_folders.add(Path(words[words.index("--socket") + 1]).parent)


def command(
    folder: Path, *arguments: str | Path, stdin: str = "", variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs `nexus` with arguments to its end."""
    return subprocess.run(
        [str(BINARIES / "nexus"), *map(str, arguments)], input=stdin, capture_output=True, text=True,
        env=environment(folder, **(variables or {})), cwd=folder, timeout=60)
