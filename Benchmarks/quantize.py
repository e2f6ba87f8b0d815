"""Quantising by the engine's tool, beside bare `llama_model_quantize` in a process that does nothing else."""

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from contenders import Setup, made_model
from report import Bar, Row, Section, versus
from servers import ServerError

#: The least share of the bare function's speed. The tool also checks both files, plans, and waits for the disk.
SHARE_MIN = 0.9
#: Types as users name them, and `llama_ftype`.
TYPES = {"Q8_0": 7, "Q4_K_M": 15, "IQ4_XS": 30}
OURS, BARE = "nexus-engine quantize", "llama_model_quantize"


def measure(setup: Setup) -> Section:
    rows: list[Row] = []
    model = setup.model if setup.is_quick else made_model(setup.build, "large")
    # Where the data of a user would lie, not in memory.
    with tempfile.TemporaryDirectory(dir=setup.model.parent) as folder:
        source = Path(folder) / "source.gguf"
        run([setup.engine, "quantize", model, source, "F16", "--allow-requantize"])
        megabytes = source.stat().st_size / 1e6
        for kind, number in list(TYPES.items())[:1 if setup.is_quick else None]:
            made = Path(folder) / "made.gguf"
            commands = {
                OURS: [setup.engine, "quantize", source, made, kind, "--threads", str(setup.threads)],
                BARE: [setup.build / "bench-quantize", source, made, str(number), str(setup.threads)]}
            figures: dict[str, list[float]] = {OURS: [], BARE: []}
            for turn in range(setup.rounds):
                for name in [OURS, BARE] if turn % 2 == 0 else [BARE, OURS]:
                    figures[name].append(megabytes / run(commands[name]))
                    made.unlink()
                    # What one left to be written is not the other's burden.
                    os.sync()
            rows.append(versus(kind, "MB/s", figures, bar=Bar(SHARE_MIN, at_least=True)))
    return Section("Quantising", rows, [
        f"{model.name} as F16, {megabytes:.0f} MB, {setup.threads} threads; whole processes, medians of "
        f"{setup.rounds} alternating rounds. Ours checks the source, plans the result, quantises, checks what was "
        "written, and returns when it is on the disk; the peer calls the function and returns when it does.",
    ])


def run(command: Sequence[str | Path]) -> float:
    """Seconds that a program took."""
    began = time.perf_counter()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise ServerError(f"{Path(command[0]).name}: {done.stderr.strip()}")
    return time.perf_counter() - began
