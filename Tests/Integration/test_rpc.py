"""A model that is spread over other processes, and what happens when one of them goes."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest
from support.polling import until
from support.program import BINARIES, MODEL, Program, environment
from support.rpc import RPCWorker
from support.servers import NAME, Engine
from support.talk import ENDLESS, STORY, SUM, ask

PROMPTS = ["Once upon a time", "The capital of France is", "3 + 4 ="]
BACK_SECONDS = 40


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[RPCWorker]:
    worker = RPCWorker(tmp_path)
    yield worker
    if worker.process.poll() is None:
        assert worker.end() == 0


@pytest.fixture
def spread(worker: RPCWorker, tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(tmp_path, "--rpc", worker.address, "--parallel", "2")
    yield engine
    if engine.process.poll() is None:
        engine.stop()


def numbers(engine: Engine, prompt: str) -> tuple[list[str], list[float], list[dict[str, float]]]:
    """The tokens of an answer, how likely each was, and the likeliest five instead of each."""
    with engine.client() as client:
        # What others left in the cache was computed in other batches, which round differently.
        logprobs = client.completions.create(
            model=NAME, prompt=prompt, max_tokens=16, temperature=0, logprobs=5,
            extra_body={"cache_prompt": False}).choices[0].logprobs
    assert logprobs is not None
    return logprobs.tokens, logprobs.token_logprobs, logprobs.top_logprobs


def is_back(engine: Engine) -> bool:
    return httpx.get(f"{engine.url}/ready", timeout=10).status_code == 200


def test_two_processes_compute_what_one_does(engine: Engine, spread: Engine) -> None:
    for prompt in PROMPTS:
        assert numbers(spread, prompt) == numbers(engine, prompt), "bit by bit"


def test_a_model_may_be_split_between_here_and_there(engine: Engine, worker: RPCWorker, tmp_path: Path) -> None:
    half = Engine(tmp_path, "--rpc", worker.address, "-ngl", "1", "-ot", "ffn_up=CPU,ffn_down=RPC0")
    assert numbers(half, PROMPTS[0]) == numbers(engine, PROMPTS[0])
    half.stop()


def test_two_workers_share_a_model(engine: Engine, worker: RPCWorker, tmp_path: Path) -> None:
    other = RPCWorker(tmp_path)
    both = Engine(tmp_path, "--rpc", f"{worker.address},{other.address}", "--tensor-split", "1,1")
    assert numbers(both, PROMPTS[0]) == numbers(engine, PROMPTS[0])
    both.stop()
    assert other.end() == 0


def test_while_a_model_is_loaded_clients_are_told(worker: RPCWorker, tmp_path: Path) -> None:
    socket_path = tmp_path / "engine.sock"
    os.kill(worker.pid, signal.SIGSTOP)  # The engine waits for it, as for a large file.
    try:
        engine = Program(
            [BINARIES / "nexus-engine", "--model", MODEL, "--socket", socket_path, "--rpc", worker.address],
            environment(tmp_path), tmp_path)
        until(socket_path.exists, "the engine listens")
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket_path)), base_url="http://engine") as client:
            for method, path in (("GET", "/health"), ("POST", "/v1/chat/completions"), ("GET", "/nowhere")):
                answer = client.request(method, path)
                assert answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1
                assert answer.json() == {"error": {
                    "message": "Loading model", "type": "unavailable_error", "code": 503}}
            assert not engine.output, "it is not ready"
            os.kill(worker.pid, signal.SIGCONT)
            until(lambda: client.get("/health").status_code == 200, "the model is there", 20)
            assert client.get("/nowhere").status_code == 404
    finally:
        os.kill(worker.pid, signal.SIGCONT)
    assert engine.end() == 0


def test_a_worker_that_is_killed_in_mid_stream(worker: RPCWorker, spread: Engine, tmp_path: Path) -> None:
    with spread.client() as client:
        before = ask(client, SUM)
        chunks = iter(client.chat.completions.create(model=NAME, messages=STORY, stream=True, **ENDLESS))
        assert [next(chunks) for _ in range(5)]
        worker.kill()
        with pytest.raises(openai.APIError) as failure:
            for _ in chunks:
                pass
        assert failure.value.code == "model_unavailable" and worker.address in failure.value.message
        # Meanwhile: an answer at once, with the time to come back.
        until(lambda: not is_back(spread), "the loss is known")
        with pytest.raises(openai.APIStatusError) as refused:
            ask(client, STORY)
        assert refused.value.status_code == 503 and int(refused.value.response.headers["retry-after"]) >= 1
        assert httpx.get(f"{spread.url}/health", timeout=10).status_code == 200
        assert httpx.get(f"{spread.url}/metrics", timeout=10).status_code == 200
        again = RPCWorker(tmp_path, port=worker.port)
        until(lambda: is_back(spread), "the model is whole again", BACK_SECONDS)
        assert ask(client, SUM) == before
        # It happens twice.
        again.kill()
        until(lambda: not is_back(spread) or answers_with_error(client), "the second loss is known")
        third = RPCWorker(tmp_path, port=worker.port)
        until(lambda: is_back(spread), "the model is whole again", BACK_SECONDS)
        assert ask(client, SUM) == before
    spread.stop()
    assert third.end() == 0


def test_a_worker_that_hangs_counts_as_gone(worker: RPCWorker, tmp_path: Path) -> None:
    engine = Engine(tmp_path, "--rpc", worker.address, "--rpc-timeout", "3")
    with engine.client() as client:
        before = ask(client, SUM)
        chunks = iter(client.chat.completions.create(model=NAME, messages=STORY, stream=True, **ENDLESS))
        assert next(chunks)
        os.kill(worker.pid, signal.SIGSTOP)
        try:
            with pytest.raises(openai.APIError) as failure:
                for _ in chunks:
                    pass
        finally:
            os.kill(worker.pid, signal.SIGCONT)
        assert failure.value.code == "model_unavailable"
        until(lambda: is_back(engine), "the model is whole again", BACK_SECONDS)
        assert ask(client, SUM) == before
    engine.stop()


def test_a_sleeping_model_whose_worker_is_gone(worker: RPCWorker, tmp_path: Path) -> None:
    engine = Engine(tmp_path, "--rpc", worker.address, "--sleep-idle-seconds", "1")
    with engine.client() as client:
        before = ask(client, SUM)
        until(lambda: any("leaves memory" in line for line in list(engine.errors)), "it sleeps", 20)
        # Meanwhile the worker is free for others.
        listed = until(lambda: devices(tmp_path, worker), "the worker is free")
        assert "RPC0" in listed
        worker.kill()
        with pytest.raises(openai.APIStatusError) as refused:
            ask(client, SUM)
        assert refused.value.status_code == 503
        again = RPCWorker(tmp_path, port=worker.port)
        until(lambda: not answers_with_error(client), "it wakes", BACK_SECONDS)
        assert ask(client, SUM) == before
    engine.stop()
    assert again.end() == 0


def devices(folder: Path, worker: RPCWorker) -> str:
    return started(folder, "--list-devices", "--rpc", worker.address).stdout


def answers_with_error(client: openai.OpenAI) -> bool:
    try:
        ask(client, STORY)
    except openai.APIError:
        return True
    return False


def test_an_engine_whose_worker_is_gone_can_be_ended(worker: RPCWorker, spread: Engine) -> None:
    with spread.client() as client:
        chunks = iter(client.chat.completions.create(model=NAME, messages=STORY, stream=True, **ENDLESS))
        assert next(chunks)
        worker.kill()
        with pytest.raises(openai.APIError):
            for _ in chunks:
                pass
    until(lambda: not is_back(spread), "the loss is known")
    spread.stop()


def started(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """An engine that is expected not to start."""
    return subprocess.run(
        [str(BINARIES / "nexus-engine"), *arguments], capture_output=True, text=True, env=environment(folder),
        cwd=folder, timeout=30)


def test_a_worker_that_is_not_there_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = started(tmp_path, "--model", str(MODEL), "--port", "0", "--rpc", address)
    assert ended.returncode == 1 and address in ended.stderr and "cannot be reached" in ended.stderr


def test_something_else_at_the_address_is_told(engine: Engine, tmp_path: Path) -> None:
    """An HTTP server hangs up on the greeting, or does not answer it."""
    ended = started(tmp_path, "--model", str(MODEL), "--port", "0", "--rpc", f"127.0.0.1:{engine.port}")
    assert ended.returncode == 1 and f"127.0.0.1:{engine.port}" in ended.stderr


def test_one_worker_serves_one_engine(worker: RPCWorker, spread: Engine, tmp_path: Path) -> None:
    ended = started(tmp_path, "--model", str(MODEL), "--port", "0", "--rpc", worker.address)
    assert ended.returncode == 1 and "one engine at a time" in ended.stderr
    with spread.client() as client:
        assert ask(client, STORY)


def test_a_worker_asks_for_a_second_word_before_it_opens(tmp_path: Path) -> None:
    ended = started(tmp_path, "--rpc-worker", "--host", "0.0.0.0", "--port", "0")
    assert ended.returncode == 2 and "--rpc-open" in ended.stderr
    opened = RPCWorker(tmp_path, "--host", "0.0.0.0", "--rpc-open")
    assert any("NO PASSWORDS" in line.upper() for line in opened.errors)
    assert opened.end() == 0


def test_a_worker_whose_port_is_taken_says_so(worker: RPCWorker, tmp_path: Path) -> None:
    ended = started(tmp_path, "--rpc-worker", "--port", str(worker.port))
    assert ended.returncode == 1 and str(worker.port) in ended.stderr and '"ready"' not in ended.stdout


def test_devices_are_listed(worker: RPCWorker, tmp_path: Path) -> None:
    listed = started(tmp_path, "--list-devices", "--rpc", worker.address)
    assert listed.returncode == 0
    lines = listed.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == ["CPU", "RPC0"] and worker.address in lines[1]


def test_nobody_else_gets_through_the_engines_own_port(worker: RPCWorker, spread: Engine) -> None:
    """The engine listens on a port of this machine that leads to the worker; only itself may use it."""
    ports = listening(spread.pid) - {spread.port}
    assert ports, "the engine hands bytes on through a port of its own"
    for port in ports:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as stranger:
            stranger.sendall(bytes([14]) + (24).to_bytes(8, "little") + bytes(24))
            try:
                assert stranger.recv(1) == b""
            except ConnectionResetError:
                pass
    with spread.client() as client:
        assert ask(client, STORY)


def listening(pid: int) -> set[int]:
    """The TCP ports of 127.0.0.1 on which a process listens."""
    sockets = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(link.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            sockets.add(target[8:-1])
    ports = set()
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and fields[9] in sockets:
            ports.add(int(fields[1].split(":")[1], 16))
    return ports


def test_where_it_is_computed_changes_no_number(engine: Engine, tmp_path: Path) -> None:
    placed = Engine(
        tmp_path, "-dev", "none", "-sm", "none", "-ot", "ffn=CPU", "--check-tensors", "--no-op-offload", "-lzm", "off",
        "--numa", "distribute", "--cpu-range", "0-511", "--cpu-strict", "1", "--cpu-range-batch", "0-511", "-dio",
        "--override-kv", "general.name=str:other")
    for prompt in PROMPTS:
        assert numbers(placed, prompt) == numbers(engine, prompt)
    placed.stop()
