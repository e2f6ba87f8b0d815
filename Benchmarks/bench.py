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

import answers
import chat
import events
from report import Section, table, write_json
from servers import ServerError

ROOT = Path(__file__).resolve().parent.parent


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["answers", "events", "chat"], action="append", help="run just this part")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=int, default=3, help="length of one round of requests (default 3)")
    parser.add_argument("--events-seconds", type=int, default=20, help="how long the streams are held (default 20)")
    parser.add_argument("--model", type=Path, default=ROOT / "Models/tiny-chat.gguf", help="GGUF file for the chat")
    parser.add_argument("--build", type=Path, default=ROOT / ".build/release", help="folder of the release build")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    return parser.parse_args()


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
    return {
        "answers": lambda: answers.measure(bench_server, arguments.rounds, arguments.seconds),
        "events": lambda: events.measure(bench_server, arguments.events_seconds),
        "chat": lambda: chat.measure(str(arguments.build / "nexus-engine"), arguments.model, arguments.rounds),
    }


def require(*paths: Path) -> None:
    missing = [str(path) for path in paths if not path.exists()]
    missing += [tool for tool in ("wrk", "nginx") if not shutil.which(tool)]
    if missing:
        sys.exit(f"bench: missing: {', '.join(missing)}. `make bench` builds and installs what is needed.")


def main() -> int:
    arguments = parse_arguments()
    require(arguments.build / "bench-server", arguments.build / "nexus-engine", arguments.model)
    # A request to end runs the same clean-up as Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    about = machine()
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    sections = []
    try:
        for name, measure in parts(arguments).items():
            if not arguments.only or name in arguments.only:
                sections.append(measure())
                print(table(sections[-1]), flush=True)
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
