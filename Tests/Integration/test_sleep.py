"""A model that leaves memory when nobody asks for anything, and comes back for the next request."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import openai
import pytest
from support.models import adapter
from support.polling import until
from support.program import MODEL, Program, environment
from support.servers import BINARIES, NAME, Engine
from support.talk import ENDLESS, STORY, SUM, ask, stream

Begin = Callable[..., Engine]


@pytest.fixture
def begin(begin: Begin) -> Begin:
    """Starts engines that sleep after a second."""
    return partial(begin, "--sleep-idle-seconds", "1", "--log-level", "info")


def naps(engine: Engine) -> int:
    """How often it fell asleep so far."""
    return sum("leaves memory" in line for line in list(engine.errors))


def sleep(engine: Engine, before: int = 0) -> None:
    until(lambda: naps(engine) > before and not is_loaded(engine), "the model leaves memory", 20)


def is_loaded(engine: Engine) -> bool:
    """Whether the model's file is mapped."""
    return str(MODEL) in Path(f"/proc/{engine.pid}/maps").read_text()


def test_it_sleeps_and_the_next_request_is_answered(begin: Begin) -> None:
    engine = begin()
    with engine.client() as client:
        assert is_loaded(engine)
        before = ask(client, SUM)
        sleep(engine)
        assert ask(client, SUM) == before and is_loaded(engine)
        sleep(engine, before=1)
        assert ask(client, SUM) == before


def test_looking_does_not_wake_it(begin: Begin) -> None:
    engine = begin()
    with engine.client() as client:
        ask(client, SUM)
        steps = engine.heartbeat()["steps"]
        sleep(engine)
        for path in ("/health", "/ready", "/v1/models", "/metrics", "/props", "/slots", "/cache"):
            answer = httpx.get(f"{engine.url}{path}", timeout=10)
            assert answer.status_code == 200, path
        assert httpx.get(f"{engine.url}/props", timeout=10).json()["is_sleeping"] is True
        assert engine.heartbeat()["steps"] == steps, "what was counted is kept"
        assert not is_loaded(engine)
        assert httpx.post(f"{engine.url}/tokenize", json={"content": "Hello"}, timeout=30).json()["tokens"]
        assert is_loaded(engine), "what needs the vocabulary wakes it"


def test_the_prefix_cache_survives(begin: Begin) -> None:
    engine = begin()
    prompt = "Anna walked to the market and bought apples, bread and cheese. " * 8
    with engine.client() as client:

        def cached() -> int:
            usage = client.completions.create(model=NAME, prompt=prompt, max_tokens=4, temperature=0).usage
            assert usage is not None and usage.prompt_tokens_details is not None
            return usage.prompt_tokens_details.cached_tokens or 0

        assert cached() == 0
        sleep(engine)
        assert cached() > 50


def test_the_cache_on_disk_survives(begin: Begin, tmp_path: Path) -> None:
    engine = begin("--cache-dir", str(tmp_path / "cache"))
    prompt = "Anna walked to the market and bought apples, bread and cheese. " * 8
    body = {"model": NAME, "prompt": prompt, "max_tokens": 4, "temperature": 0}
    with engine.client() as client:
        client.completions.create(**body)
        sleep(engine)
        usage = client.completions.create(**body).usage
        assert usage is not None and usage.prompt_tokens_details is not None
        assert (usage.prompt_tokens_details.cached_tokens or 0) > 50


def test_many_who_come_at_once_wake_it_once(begin: Begin) -> None:
    engine = begin()
    with engine.client() as client:
        expected = ask(client, SUM)
        for nap in range(2):
            sleep(engine, before=nap)
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda _: ask(client, SUM), range(8)))
            assert answers == [expected] * 8
    loads = [line for line in engine.errors if "in memory again" in line]
    assert len(loads) == 2


def test_requests_while_it_falls_asleep_and_wakes_are_all_answered(begin: Begin) -> None:
    """Pauses around the time after which it sleeps: some requests meet it on its way out."""
    engine = begin()
    with engine.client() as client:
        expected = ask(client, SUM)

        def visit(visitor: int) -> list[str]:
            answers = []
            for turn in range(4):
                threading.Event().wait(0.9 + 0.05 * ((visitor + turn) % 5))
                answers.append(ask(client, SUM))
            return answers

        with ThreadPoolExecutor(2) as pool:
            for answers in pool.map(visit, range(2)):
                assert answers == [expected] * 4


def test_a_long_answer_keeps_it_awake(begin: Begin) -> None:
    engine = begin("--ctx-seq", "1024")
    with engine.client() as client:
        chunks = stream(client, STORY, max_tokens=700, **ENDLESS)
        assert chunks[-1].choices[0].finish_reason in ("length", "stop")
    assert naps(engine) == 0


def test_it_can_be_ended_while_it_sleeps_and_while_it_wakes(begin: Begin, tmp_path: Path) -> None:
    asleep = begin()
    sleep(asleep)
    asleep.stop()
    waking = begin()
    sleep(waking)
    with waking.client() as client, ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(answer_or_code, client) for _ in range(4)]
        until(lambda: is_loaded(waking) or any(each.done() for each in asked), "somebody wakes it")
        waking.stop()
        # Answered before the end, told of it, or cut off by it: nobody is left waiting.
        assert {each.result(20) for each in asked} <= {"answered", "shutting_down", "connection"}


def answer_or_code(client: openai.OpenAI) -> str:
    try:
        ask(client, SUM)
        return "answered"
    except openai.APIConnectionError:
        return "connection"
    except openai.APIError as error:
        return str(error.code)


def test_a_model_that_is_gone_when_it_wakes_is_told(tmp_path: Path) -> None:
    copy = tmp_path / "model.gguf"
    copy.write_bytes(MODEL.read_bytes())
    command = [BINARIES / "nexus-engine", "--model", copy, "--port", "0", "--log-format", "json",
               "--sleep-idle-seconds", "1"]
    program = Program(command, environment(tmp_path), tmp_path)
    port = json.loads(program.line('"event":"ready"'))["port"]
    url = f"http://127.0.0.1:{port}"
    body = {"prompt": "Once", "max_tokens": 2, "temperature": 0}

    def post() -> httpx.Response:
        return httpx.post(f"{url}/v1/completions", json=body, timeout=30)

    assert post().status_code == 200
    until(lambda: any("leaves memory" in line for line in list(program.errors)), "it sleeps", 20)
    hidden = copy.rename(tmp_path / "hidden.gguf")
    until(lambda: str(hidden) not in Path(f"/proc/{program.pid}/maps").read_text(), "its memory is free")
    refused = post()
    assert refused.status_code == 503 and refused.json()["error"]["code"] == "model_unavailable"
    # The same bytes in another file are not the model that was started with.
    copy.write_bytes(hidden.read_bytes())
    assert post().status_code == 503
    assert httpx.get(f"{url}/ready", timeout=10).status_code == 200
    assert program.end() == 0


def test_embeddings_sleep_too(tmp_path: Path) -> None:
    engine = Engine(tmp_path, "--embeddings", "--pooling", "mean", "--sleep-idle-seconds", "1")
    with engine.client() as client:

        def vector() -> list[float]:
            return client.embeddings.create(model=NAME, input="Hello", encoding_format="float").data[0].embedding

        before = vector()
        until(lambda: not is_loaded(engine), "the model leaves memory", 20)
        assert vector() == before
    engine.stop()


def test_adapters_and_their_scales_come_back(begin: Begin, tmp_path: Path) -> None:
    folder = tmp_path / "adapters"
    folder.mkdir()
    first = adapter(tmp_path / "first.gguf", 1)
    adapter(folder / "second.gguf", 2)
    engine = begin("--lora", str(first), "--lora-dir", str(folder))

    def listed() -> list[tuple[int, str, float]]:
        answer = httpx.get(f"{engine.url}/lora-adapters", timeout=10).json()
        return [(one["id"], Path(one["path"]).name, one["scale"]) for one in answer]

    loaded = httpx.post(
        f"{engine.url}/lora-adapters/load", json={"path": "second.gguf", "scale": 0.25}, timeout=30)
    assert loaded.status_code == 200
    scales = [{"id": 0, "scale": 0.5}, {"id": 1, "scale": 0.25}]
    assert httpx.post(f"{engine.url}/lora-adapters", json=scales, timeout=10).status_code == 200
    before = listed()
    assert before == [(0, "first.gguf", 0.5), (1, "second.gguf", 0.25)]
    with engine.client() as client:
        told = ask(client, SUM)
        sleep(engine)
        assert listed() == before and not is_loaded(engine), "looking does not wake it"
        assert ask(client, SUM) == told
    assert listed() == before
