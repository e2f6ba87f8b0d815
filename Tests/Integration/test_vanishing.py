"""A thousand clients that vanish at random moments, and what is left of them: nothing."""

import asyncio
import json
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from support.polling import until
from support.program import memory_bytes
from support.servers import NAME, Engine, Nexus
from support.talk import ENDLESS, STORY, SUM, ask

CLIENTS = 1_000
AT_A_TIME = 32
#: Growth of the process beyond it is a leak: a thousand answers that were kept whole would be more.
GROWTH_MAX = 60_000_000


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = Engine(tmp_path_factory.mktemp("visited"), "-np", "8", "--queue-max", "64")
    yield engine
    engine.stop()


def request(chance: random.Random) -> bytes:
    """A request of any kind, most of them for answers of hundreds of tokens."""
    fields: dict[str, Any] = {
        "model": NAME, "stream": chance.random() < 0.6, "seed": chance.randrange(1_000), "temperature": 2, "top_k": 0,
        "messages": [{"role": "user", "content": "Tell me a story. " * chance.choice([1, 1, 5, 40])}],
        "max_tokens": chance.choice([1, 20, 900]), "ignore_eos": chance.random() < 0.7,
    }
    fields |= chance.choice([
        {}, {}, {"n": 3}, {"logprobs": True, "top_logprobs": 5}, {"grammar": "root ::= [a-z ]+"}, {"cache_prompt": False},
        {"response_format": {"type": "json_object"}}, {"nexus": {"priority": "high"}}, {"nexus": {"priority": "low"}},
        {"nexus": {"tenant": "ann", "progress": True}}, {"nexus": {"reproducible": True}}, {"nexus": {"deadline_ms": 40}},
    ])
    data = json.dumps(fields).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


async def visit(port: int, chance: random.Random) -> str:
    """Comes, asks, and goes at some moment: before it has asked, while it waits, or in the middle of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data = request(chance)
    patience = chance.choice([0, 0.001, 0.01, 0.05, 0.1, 0.2])
    answer = b""
    try:
        writer.write(data if chance.random() < 0.9 else data[: chance.randrange(len(data))])
        await writer.drain()
        if patience:
            answer = await asyncio.wait_for(reader.read(chance.choice([1, 200, 4_000])), patience)
    except (TimeoutError, ConnectionError):
        pass
    finally:
        if chance.random() < 0.5:
            writer.transport.abort()
        else:
            writer.close()
    return answer[9:12].decode()


async def visits(port: int, count: int, seed: int) -> dict[str, int]:
    """How many saw which status; those who saw none are under ''."""
    chance = random.Random(seed)
    gate = asyncio.Semaphore(AT_A_TIME)
    statuses: dict[str, int] = {}

    async def one(own: random.Random) -> None:
        async with gate:
            status = await visit(port, own)
            statuses[status] = statuses.get(status, 0) + 1

    await asyncio.gather(*[one(random.Random(chance.randrange(2**32))) for _ in range(count)])
    return statuses


def check_nothing_is_left(engine: Engine) -> None:
    until(lambda: engine.live() == 0, "nobody waits or runs", 20)
    slots = httpx.get(f"{engine.url}/slots", timeout=10).json()
    assert [slot["state"] for slot in slots] == ["idle"] * len(slots)
    assert all(slot["request_id"] is None for slot in slots)
    cache = httpx.get(f"{engine.url}/cache", timeout=10).json()
    assert all(node["users"] == 0 for node in cache["nodes"])
    held = sum(node["tokens"] for node in cache["nodes"] if node["tier"] == "memory")
    assert cache["cells_used"] == held, "every cell belongs to a prefix that is listed"


def test_a_thousand_clients_vanish_and_nothing_is_left(visited: Engine) -> None:
    asyncio.run(visits(visited.port, 200, seed=1))
    check_nothing_is_left(visited)
    before = memory_bytes(visited.pid)
    statuses = asyncio.run(visits(visited.port, CLIENTS, seed=2))
    check_nothing_is_left(visited)
    assert sum(statuses.values()) == CLIENTS and statuses.get("200", 0) > 20 and statuses.get("", 0) > 100
    assert set(statuses) <= {"", "200", "429", "400", "504", "408"}, statuses
    assert memory_bytes(visited.pid) - before < GROWTH_MAX
    with visited.client() as client:
        assert ask(client, SUM) == "7"


def test_the_platform_loses_nothing_either(nexus: Nexus) -> None:
    # Its clients vanish in front of it, and it has to vanish in front of its worker.
    asyncio.run(visits(nexus.port, 150, seed=3))
    client = nexus.client(timeout=20)
    assert ask(client, SUM) == "7"

    def running() -> float:
        # A small request after them all is alone in the engine: it does not wait.
        answer = client.chat.completions.create(model=NAME, messages=SUM, temperature=0)
        return answer.model_extra["timings"]["queue_ms"]

    until(lambda: running() < 50, "the worker is idle", 20)
    client.close()


def test_a_worker_that_is_killed_answers_all_its_clients(start: Callable[..., Nexus]) -> None:
    server = start()
    pid = server.worker_pid()

    async def one(client: openai.AsyncOpenAI, begun: asyncio.Semaphore) -> str:
        try:
            chunks = await client.chat.completions.create(model=NAME, messages=STORY, stream=True, **ENDLESS)
            count = 0
            async for _ in chunks:
                count += 1
                if count == 3:
                    begun.release()
            return "whole"
        except openai.APIError as failure:
            return str(failure.code)

    async def all_of_them() -> list[str]:
        begun = asyncio.Semaphore(0)
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, timeout=30) as client:
            tasks = [asyncio.create_task(one(client, begun)) for _ in range(6)]
            for _ in range(3):
                await asyncio.wait_for(begun.acquire(), 20)
            os.kill(pid, signal.SIGKILL)
            return list(await asyncio.wait_for(asyncio.gather(*tasks), 30))

    ends = asyncio.run(all_of_them())
    assert "engine_failed" in ends and set(ends) <= {"engine_failed", "model_unavailable", "whole"}, ends
    with server.client(max_retries=3) as client:
        assert until(lambda: ask(client, SUM), "service is back") == "7"
    assert server.worker_pid() != pid


def test_a_full_context_ends_every_answer_with_a_reason(tmp_path: Path) -> None:
    # All sequences together hold less than half of what they ask for.
    engine = Engine(tmp_path, "-c", "600", "--ctx-seq", "500", "-np", "6")

    async def one(client: openai.AsyncOpenAI, seed: int) -> tuple[str, int]:
        answer = await client.chat.completions.create(
            model=NAME, messages=STORY, max_tokens=250, seed=seed, temperature=1.5,
            extra_body={"ignore_eos": True, "top_k": 0})
        return answer.choices[0].finish_reason, answer.usage.completion_tokens

    async def all_of_them() -> list[tuple[str, int]]:
        async with openai.AsyncOpenAI(base_url=f"{engine.url}/v1", api_key="none", max_retries=0, timeout=60) as client:
            return list(await asyncio.wait_for(asyncio.gather(*[one(client, seed) for seed in range(8)]), 90))

    answers = asyncio.run(all_of_them())
    assert answers == [("length", 250)] * 8, "whoever had to make room went on later"
    check_nothing_is_left(engine)
    engine.stop()


def test_a_context_that_one_answer_fills_ends_it(tmp_path: Path) -> None:
    engine = Engine(tmp_path, "-c", "64", "-np", "2", "-kvu")
    with engine.client() as client:
        answer = client.chat.completions.create(
            model=NAME, messages=STORY, temperature=0, extra_body={"ignore_eos": True})
        assert answer.choices[0].finish_reason == "length" and answer.usage.total_tokens == 64
        with pytest.raises(openai.BadRequestError) as failure:
            ask(client, [{"role": "user", "content": "word " * 80}])
        assert failure.value.code == "context_length_exceeded" and "64" in failure.value.message
        assert ask(client, SUM) == "7"
    check_nothing_is_left(engine)
    engine.stop()
