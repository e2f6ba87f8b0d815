"""A worker that serves this machine's processor to engines."""

import json
from pathlib import Path

from .program import BINARIES, Program, environment


class RPCWorker(Program):
    """`nexus-engine --rpc-worker` on a port of 127.0.0.1."""

    def __init__(self, folder: Path, *arguments: str, port: int = 0) -> None:
        command = [
            BINARIES / "nexus-engine", "--rpc-worker", "--port", str(port), "--threads", "2", "--log-format", "json",
            *arguments]
        super().__init__(command, environment(folder), folder)
        ready = json.loads(self.line('"event":"ready"'))
        self.port: int = ready["port"]
        self.address: str = ready["rpc"]
