"""The platform as a gateway: requests through `nexus serve`, LiteLLM and nginx to the same upstream, which answers at once.

All of ours is on: sign-in with a key, budgets, the ledger, logs, traces. nginx is a bare reverse proxy.
"""

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contenders import Setup
from hotswap import announced
from report import Bar, Row, Section, versus
from servers import Server, ServerError, announcing, free_port, stop, wait_until_open

CONNECTIONS = 64
RATE = 1_000
STREAMS = 2_000
LONG_RUN = 200_000
STREAM_SECONDS = 9.0
IDLE_SECONDS = 30.0
#: LiteLLM answers some hundred requests a second; what it is asked for must not outlast the round.
LITELLM_CONNECTIONS = 16

RATIO_TO_NGINX_MIN = 0.25
RATIO_TO_LITELLM_MIN = 50
ADDED_P50_MS_MAX = 0.5
ADDED_P99_MS_MAX = 3.0
ADDED_GAP_MS_MAX = 50.0
RESIDENT_MB_MAX = 150.0
GROWTH_MB_MAX = 10.0
HIT_P99_MS_MAX = 2.0
IDLE_CORE_PERCENT_MAX = 1.0
IDLE_MB_MAX = 80.0


@dataclass(frozen=True)
class Target:
    """A server to ask, and what its clients send beside the request."""

    server: Server
    headers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.server.name


def measure(setup: Setup, seconds: int) -> Section:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nexus-bench-")))
        bodies = Bodies(folder)
        upstream = stack.enter_context(announcing("upstream", [str(setup.build / "bench-upstream")]))
        direct = Target(upstream)
        nginx = Target(stack.enter_context(proxy(folder, upstream.port)))
        ours = stack.enter_context(nexus(setup, folder, upstream.port))
        targets = [ours, nginx]
        litellm = stack.enter_context(optional_litellm(folder, upstream.port))
        rows = [*idle(ours, 2.0 if setup.is_quick else IDLE_SECONDS)]
        if litellm:
            targets.append(litellm)
        rows += throughput(setup, targets, bodies, seconds)
        rows += latency(setup, direct, ours, bodies, seconds)
        rows += gaps(setup, direct, ours, bodies)
        rows += hits(setup, ours, bodies, seconds)
        rows += long_run(setup, ours, bodies)
    return Section("The gateway", rows, [*remarks(setup, seconds), *([] if litellm else [MISSING])])


MISSING = "LiteLLM is not in this Python environment; `scripts/python.sh bench` makes one that has it."


class Bodies:
    """Requests as files, for the load generators."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plain = self.write("plain", {"model": "mock"})
        self.paced = self.write("paced", {"model": "paced", "stream": True})
        # Certain to be the same again, so that it is kept.
        self.cached = self.write("cached", {"model": "mock", "temperature": 0})

    def write(self, name: str, more: dict[str, Any]) -> Path:
        path = self.folder / f"{name}.json"
        messages = [{"role": "system", "content": "You answer briefly."}, {"role": "user", "content": "Count to six."}]
        path.write_text(json.dumps({"messages": messages, **more}, separators=(",", ":")))
        return path


# The servers.


@contextmanager
def proxy(folder: Path, upstream: int) -> Iterator[Server]:
    """nginx as a bare reverse proxy with one worker: connections upstream are kept open, nothing is logged or buffered."""
    port = free_port()
    configuration = folder / "nginx.conf"
    temporary = "\n".join(
        f"    {kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    configuration.write_text(f"""daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid {folder}/nginx.pid;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
{temporary}
    upstream mock {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://mock;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
        }}
    }}
}}
""")
    log = folder / "nginx.log"
    process = subprocess.Popen(
        ["nginx", "-p", str(folder), "-e", str(log), "-c", str(configuration)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_open(process, port, log)
        yield Server("nginx", port, process.pid)
    finally:
        stop(process)


@contextmanager
def nexus(setup: Setup, folder: Path, upstream: int) -> Iterator[Target]:
    """`nexus serve` with two models at the upstream. What there is of sign-in and budgets is switched on."""
    collector = free_port()  # Nobody listens: spans are made, encoded and thrown away.
    configuration = folder / "nexus.yaml"
    url = f"http://127.0.0.1:{upstream}"
    configuration.write_text(f"""server:
  limits: {{connections: 8192}}
gateway: {{defaultLimits: "off", prices: {{"*": {{input: 1, output: 2}}}}}}
telemetry: {{otlp: {{endpoint: "http://127.0.0.1:{collector}"}}, sampling: 1}}
defaultModel: mock
models:
  mock: {{url: "{url}", upstreamModel: mock}}
  paced: {{url: "{url}", upstreamModel: paced}}
""")
    with open(folder / "nexus.log", "wb") as log:
        process = subprocess.Popen(
            [setup.build / "nexus", "serve", "--port", "0", "--data-dir", folder / "data", "--config", configuration,
             "--log-format", "json", "--log-level", "info"], stdout=subprocess.PIPE, stderr=log)
        try:
            port = announced(process)
            yield Target(Server("nexus", port, process.pid), key_headers(setup, folder))
        finally:
            stop(process)


def key_headers(setup: Setup, folder: Path) -> tuple[str, ...]:
    """A key of a user, whose requests, tokens and money are counted by limits and a budget that they never reach."""

    def run(*words: str, given: str | None = None) -> str:
        done = subprocess.run(
            [setup.build / "nexus", *words, "--data-dir", folder / "data", "--json"], input=given, capture_output=True,
            text=True, timeout=60)
        if done.returncode != 0:
            raise ServerError(f"nexus {' '.join(words)}: {done.stderr}{done.stdout}")
        return done.stdout

    run("users", "create", "bench", "--role", "admin", given="a long bench passphrase\n")
    made = run("keys", "create", "bench", "bench")
    run("limits", "set", "requests", "--amount", "1000000000", "--per", "hour")
    run("limits", "set", "tokens", "--amount", "1000000000", "--per", "hour", "--of", "output_tokens")
    run("budgets", "set", "money", "--amount", "1000000")
    found = re.search(r'"(?:key|secret|token)":\s*"([^"]+)"', made)
    if not found:
        raise ServerError(f"no key could be made: {made}")
    return (f"Authorization: Bearer {found[1]}",)


@contextmanager
def optional_litellm(folder: Path, upstream: int) -> Iterator[Target | None]:
    program = Path(sys.executable).parent / "litellm"
    if not program.exists():
        yield None
        return
    port = free_port()
    configuration = folder / "litellm.yaml"
    configuration.write_text(f"""model_list:
  - model_name: mock
    litellm_params: {{model: openai/mock, api_base: "http://127.0.0.1:{upstream}/v1", api_key: none}}
general_settings: {{master_key: sk-bench}}
litellm_settings: {{telemetry: false, set_verbose: false}}
""")
    environment = {**os.environ, "LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "*"}
    with open(folder / "litellm.log", "wb") as log:
        process = subprocess.Popen(
            [str(program), "--config", str(configuration), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"],
            stdout=log, stderr=log, env=environment, cwd=folder)
        try:
            wait_until_serving(process, port, folder / "litellm.log")
            yield Target(Server("LiteLLM", port, process.pid), ("Authorization: Bearer sk-bench",))
        finally:
            stop(process)


def wait_until_serving(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health/liveliness")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.5)
    raise ServerError(f"LiteLLM did not start: {log.read_text(errors='replace')[-2000:]}")


# What is measured.


def idle(ours: Target, seconds: float) -> list[Row]:
    time.sleep(2)
    before, began = cpu_seconds(ours.server.pid), time.monotonic()
    time.sleep(seconds)
    percent = 100 * (cpu_seconds(ours.server.pid) - before) / (time.monotonic() - began)
    return [
        Row("idle: share of a core", "%", percent, less_is_better=True, bar=Bar(IDLE_CORE_PERCENT_MAX, at_least=False)),
        Row("idle: resident memory", "MB", ours.server.memory_bytes("VmRSS") / 1e6, less_is_better=True,
            bar=Bar(IDLE_MB_MAX, at_least=False)),
    ]


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def throughput(setup: Setup, targets: list[Target], bodies: Bodies, seconds: int) -> list[Row]:
    """Requests a second, as many as they take; the rounds begin with another one each time."""
    rates: dict[str, list[float]] = {target.name: [] for target in targets}
    for target in targets:
        wrk(setup, target, bodies, 1)
    for turn in range(setup.rounds):
        at = turn % len(targets)
        for target in targets[at:] + targets[:at]:
            rates[target.name].append(wrk(setup, target, bodies, seconds))
    ours = targets[0].name
    bars = {"nginx": RATIO_TO_NGINX_MIN, "LiteLLM": RATIO_TO_LITELLM_MIN}
    return [
        versus(f"requests a second, {CONNECTIONS} connections", "requests/s",
               {ours: rates[ours], peer.name: rates[peer.name]}, bar=Bar(bars[peer.name], at_least=True))
        for peer in targets[1:]
    ]


def wrk(setup: Setup, target: Target, bodies: Bodies, seconds: int) -> float:
    script = bodies.folder / f"{target.name}.lua"
    lines = ['wrk.method = "POST"', f"wrk.body = {json.dumps(bodies.plain.read_text())}",
             'wrk.headers["Content-Type"] = "application/json"']
    lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value.strip())}"
              for name, _, value in (header.partition(":") for header in target.headers)]
    script.write_text("\n".join(lines) + "\n")
    connections = LITELLM_CONNECTIONS if target.name == "LiteLLM" else CONNECTIONS
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), "--timeout", "10s",
         f"http://127.0.0.1:{target.server.port}/v1/chat/completions"],
        capture_output=True, text=True, timeout=seconds + 60)
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if not found or "Non-2xx" in done.stdout:
        raise ServerError(f"wrk against {target.name}:\n{done.stdout}{done.stderr}\n{tail(bodies.folder, target)}")
    return float(found[1])


def tail(folder: Path, target: Target) -> str:
    log = folder / f"{target.name.lower()}.log"
    return log.read_text(errors="replace")[-1500:] if log.exists() else ""


def loader(setup: Setup, *words: object) -> dict[str, float]:
    done = subprocess.run(
        [str(setup.build / "bench-load"), *map(str, words)], capture_output=True, text=True, timeout=600)
    if done.returncode != 0 or not done.stdout.startswith("{"):
        raise ServerError(f"bench-load {words}: {done.stdout}{done.stderr}")
    figures: dict[str, float] = json.loads(done.stdout)
    if figures["failed"]:
        raise ServerError(f"bench-load {words}: {int(figures['failed'])} requests failed\n{done.stderr}")
    return figures


def latency(setup: Setup, direct: Target, ours: Target, bodies: Bodies, seconds: int) -> list[Row]:
    """What is added at a constant rate: in each round the quantile through the gateway less that of the upstream alone."""
    added: dict[str, list[float]] = {"p50": [], "p99": []}
    # As long a queue of requests as the rate may have to wait for.
    length = max(seconds, 1) * (1 if setup.is_quick else 3)
    rate = RATE // 10 if setup.is_quick else RATE
    for _ in range(setup.rounds):
        alone = loader(setup, "rate", direct.server.port, rate, length, CONNECTIONS, bodies.plain)
        through = loader(
            setup, "rate", ours.server.port, rate, length, CONNECTIONS, bodies.plain, *ours.headers)
        for name in added:
            added[name].append(through[name] - alone[name])
    return [
        Row(f"added latency at {rate:,} requests/s, {name}", "ms", statistics.median(added[name]), less_is_better=True,
            bar=Bar(limit, at_least=False))
        for name, limit in (("p50", ADDED_P50_MS_MAX), ("p99", ADDED_P99_MS_MAX))
    ]


def gaps(setup: Setup, direct: Target, ours: Target, bodies: Bodies) -> list[Row]:
    """Streams at ten events a second each: what is added to the time between two events of one stream."""
    count = 50 if setup.is_quick else STREAMS
    seconds = 3.0 if setup.is_quick else STREAM_SECONDS
    alone = loader(setup, "streams", direct.server.port, count, seconds, bodies.paced)
    through = loader(setup, "streams", ours.server.port, count, seconds, bodies.paced, *ours.headers)
    resident = ours.server.memory_bytes("VmHWM") / 1e6
    if through["streams"] < count:
        raise ServerError(f"only {through['streams']} of {count} streams spoke")
    return [
        Row(f"largest added gap of {count:,} streams", "ms", through["largest"], "upstream alone", alone["largest"],
            less_is_better=True, bar=Bar(ADDED_GAP_MS_MAX, at_least=False), judges_ours=True),
        Row("added gap, 99 of 100 below", "ms", through["p99"], "upstream alone", alone["p99"], less_is_better=True),
        Row("resident memory with these streams, highest so far", "MB", resident, less_is_better=True,
            bar=Bar(RESIDENT_MB_MAX, at_least=False)),
    ]


def hits(setup: Setup, ours: Target, bodies: Bodies, seconds: int) -> list[Row]:
    """The same request again and again, which the model is asked for once."""
    rate = RATE // 10 if setup.is_quick else RATE
    loader(setup, "rate", ours.server.port, 10, 0.2, 1, bodies.cached, *ours.headers)
    if (state := cache_state(ours, bodies)) != "hit":
        raise ServerError(f"the request is not answered by the cache, but: {state}")
    runs = [loader(setup, "rate", ours.server.port, rate, seconds, CONNECTIONS, bodies.cached, *ours.headers)
            for _ in range(setup.rounds)]
    return [
        Row(f"exact cache hit at {rate:,} requests/s, p50", "ms", statistics.median(run["p50"] for run in runs),
            less_is_better=True),
        Row(f"exact cache hit at {rate:,} requests/s, p99", "ms", statistics.median(run["p99"] for run in runs),
            less_is_better=True, bar=Bar(HIT_P99_MS_MAX, at_least=False)),
    ]


def cache_state(ours: Target, bodies: Bodies) -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", ours.server.port, timeout=30)
    headers = {"Content-Type": "application/json"}
    headers |= {name: value.strip() for name, _, value in (header.partition(":") for header in ours.headers)}
    connection.request("POST", "/v1/chat/completions", bodies.cached.read_text(), headers)
    answer = connection.getresponse()
    answer.read()
    return answer.getheader("X-Nexus-Cache")


def long_run(setup: Setup, ours: Target, bodies: Bodies) -> list[Row]:
    """Resident memory before and after many requests, measured each after the same load."""
    total = 2_000 if setup.is_quick else LONG_RUN
    rate = RATE if setup.is_quick else 4 * RATE
    part = total // 10 / rate
    loader(setup, "rate", ours.server.port, rate, part, CONNECTIONS, bodies.plain, *ours.headers)
    before = ours.server.memory_bytes("VmRSS") / 1e6
    loader(setup, "rate", ours.server.port, rate, total / rate, CONNECTIONS, bodies.plain, *ours.headers)
    after = ours.server.memory_bytes("VmRSS") / 1e6
    return [
        Row(f"resident memory after {total:,} more requests", "MB", after, "before", before, less_is_better=True,
            bar=Bar(RESIDENT_MB_MAX, at_least=False), judges_ours=True),
        Row(f"growth over {total:,} requests", "MB", after - before, less_is_better=True,
            bar=Bar(GROWTH_MB_MAX, at_least=False)),
    ]


def remarks(setup: Setup, seconds: int) -> list[str]:
    return [
        f"Upstream, load and gateways share {len(os.sched_getaffinity(0))} cores. The upstream (bench-upstream) answers at once with "
        "six words; ours asks it for a stream, as it asks every model, and writes whole answers itself.",
        f"{setup.rounds} rounds of {seconds} s; rates by wrk, latencies by bench-load at a constant rate, counted from the time "
        "when each request was due. Ours is on with logs at level info, traces of every request, and the answer cache, "
        "which these requests go past, except for the rows of hits.",
        "LiteLLM: one worker, a master key, no database. nginx: one worker, a bare reverse proxy without logs.",
    ]

