"""Compares this project's speed and memory with named peers, on this machine, in one run. See README.md."""

import argparse
import os
import platform
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import adapters
import answers
import arrival
import cachetypes
import chat
import conversations
import decode
import download
import embeddings
import events
import gateway
import hotswap
import memory
import neighbour
import overhead
import quantize
import rpc
import shared
import speculation
import turns
import web
from contenders import Setup, made_model, missing_peer
from report import Section, table, write_json
from servers import ServerError

ROOT = Path(__file__).resolve().parent.parent
#: Parts that compare engines on a model.
MODEL_PARTS = {
    "decode": decode.measure, "shared": shared.measure, "turns": turns.measure, "arrival": arrival.measure,
    "overhead": overhead.measure, "neighbour": neighbour.measure, "adapters": adapters.measure,
    "speculation": speculation.measure, "rpc": rpc.measure, "cachetypes": cachetypes.measure,
    "quantize": quantize.measure,
    "hotswap": hotswap.measure,
}
PARTS = ["answers", "events", "gateway", "chat", *MODEL_PARTS, "embeddings", "download", "memory", "conversations", "web"]


def parse_arguments() -> argparse.Namespace:
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="run just this part; may be repeated")
    parser.add_argument("--rounds", type=int, default=3, help="alternating rounds (default 3)")
    parser.add_argument("--quick", action="store_true", help="a smoke run: once and short, no figure means anything")
    parser.add_argument("--threads", type=int, default=cores, help=f"of each engine (default: all {cores} cores)")
    parser.add_argument("--seconds", type=int, default=3, help="length of one round of requests (default 3)")
    parser.add_argument("--events-seconds", type=int, default=20, help="how long the streams are held (default 20)")
    parser.add_argument("--model", type=Path, help="GGUF file for the engines (default: random weights, made here)")
    parser.add_argument("--build", type=Path, default=ROOT / ".build/release", help="folder of the release build")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds = arguments.seconds = arguments.events_seconds = 1
    return arguments


def machine() -> dict[str, object]:
    names = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    return {
        "date": time.strftime("%Y-%m-%d %H:%M %Z"),
        "processor": names[0] if names else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "load": round(os.getloadavg()[0], 2),
    }


def parts(arguments: argparse.Namespace) -> dict[str, Callable[[], Section]]:
    bench_server = str(arguments.build / "bench-server")
    wanted = {name: None for name in PARTS if not arguments.only or name in arguments.only}
    needs_model = any(name in MODEL_PARTS for name in wanted)
    model = arguments.model or (made_model(arguments.build) if needs_model else None)
    setup = Setup(
        arguments.build, model or Path(), arguments.threads, arguments.rounds, arguments.quick, missing_peer())
    measures: dict[str, Callable[[], Section]] = {
        "answers": lambda: answers.measure(bench_server, arguments.rounds, arguments.seconds),
        "events": lambda: events.measure(bench_server, arguments.events_seconds),
        "gateway": lambda: gateway.measure(setup, arguments.seconds),
        "chat": lambda: chat.measure(setup, ROOT / "Models/tiny-chat.gguf"),
        "embeddings": lambda: embeddings.measure(setup),
        "download": lambda: download.measure(arguments.build, arguments.rounds, arguments.quick),
        "memory": lambda: memory.measure(setup),
        "conversations": lambda: conversations.measure(arguments.build, arguments.quick),
        "web": lambda: web.measure(arguments.build, arguments.rounds, arguments.quick),
    } | {name: lambda measure=measure: measure(setup) for name, measure in MODEL_PARTS.items()}
    return {name: measures[name] for name in wanted}


def require(arguments: argparse.Namespace) -> None:
    paths = [arguments.build / name for name in (
        "bench-server", "bench-upstream", "bench-load", "bench-model", "bench-decode", "bench-perplexity", "bench-quantize", "nexus-engine", "nexus")]
    missing = [str(path) for path in paths if not path.exists()]
    if not arguments.only or "download" in arguments.only:
        missing += [tool for tool in ("curl", "sha256sum") if not shutil.which(tool)]
    if not arguments.only or {"answers", "gateway"} & set(arguments.only):
        missing += [tool for tool in ("wrk", "nginx") if not shutil.which(tool)]
    if missing:
        sys.exit(f"bench: missing: {', '.join(missing)}. `make bench` builds and installs what is needed.")


def main() -> int:
    arguments = parse_arguments()
    require(arguments)
    # A request to end runs the same clean-up as Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    about = machine()
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    sections = []
    try:
        for measure in parts(arguments).values():
            began = time.monotonic()
            sections.append(measure())
            print(table(sections[-1]), f"  ({time.monotonic() - began:.0f} s)", sep="\n", flush=True)
    except ServerError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        if arguments.json:
            write_json(arguments.json, about, sections)
    missed = [row.what for section in sections for row in section.rows if row.is_met is False]
    print(f"\nBars missed: {', '.join(missed) if missed else 'none'}.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
