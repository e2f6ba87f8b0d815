"""Who is answered when: priorities, parking, deadlines, bounds, progress, and answers that nothing beside them changes."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.polling import until
from support.servers import NAME, Engine, Nexus
from support.talk import CAPITAL, STORY, SUM

#: An answer of that many tokens, whatever the model would like.
LONG: dict[str, Any] = {"ignore_eos": True, "temperature": 1.5, "top_k": 0, "top_p": 1, "min_p": 0}


@pytest.fixture
def single(tmp_path: Path) -> Iterator[Engine]:
    """An engine that writes one answer at a time."""
    engine = Engine(tmp_path, "-np", "1", "--queue-max", "8")
    yield engine
    until(lambda: engine.live() == 0, "the engine is idle")
    engine.stop()


def body(messages: list[Any], priority: str | None = None, **more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {"model": NAME, "messages": messages, "temperature": 0} | more
    if priority:
        fields["nexus"] = fields.get("nexus", {}) | {"priority": priority}
    return fields


def post(engine: Engine, fields: dict[str, Any], **headers: str) -> httpx.Response:
    return httpx.post(f"{engine.url}/v1/chat/completions", json=fields, headers=headers, timeout=60)


def text(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return answer.json()["choices"][0]["message"]["content"]


def events(engine: Engine, fields: dict[str, Any]) -> list[dict[str, Any]]:
    """The chunks of a stream."""
    with httpx.stream("POST", f"{engine.url}/v1/chat/completions", json=fields | {"stream": True}, timeout=60) as answer:
        assert answer.status_code == 200, answer.read()
        lines = [line[6:] for line in answer.iter_lines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


class Running:
    """A long answer that holds a slot until it is read to its end or left."""

    def __init__(self, engine: Engine, **more: Any) -> None:
        self.chunks: list[dict[str, Any]] = []
        self._fields = body(STORY, stream=True, seed=5, **(LONG | more))
        self._engine = engine
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()
        until(lambda: len(self.chunks) > 2, "it is being written")

    def _read(self) -> None:
        url = f"{self._engine.url}/v1/chat/completions"
        with httpx.stream("POST", url, json=self._fields, timeout=60) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: {"):
                    self.chunks.append(json.loads(line[6:]))
                if self._leave.is_set():
                    return

    @property
    def text(self) -> str:
        return "".join(choice["delta"].get("content") or "" for chunk in self.chunks for choice in chunk["choices"])

    def finish(self) -> "Running":
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self

    def leave(self) -> None:
        self._leave.set()
        self._thread.join(20)


def slots(engine: Engine) -> list[dict[str, Any]]:
    return httpx.get(f"{engine.url}/slots", timeout=10).json()


def waiting(engine: Engine) -> int:
    return engine.live() - sum(slot["is_processing"] for slot in slots(engine))


def order(engine: Engine, *fields: dict[str, Any]) -> list[int]:
    """In which order requests are answered that come one after the other while the only slot is taken."""
    done: list[int] = []

    def ask(index: int) -> None:
        # Each has the slot for many tokens, so that the ends lie well apart.
        assert post(engine, fields[index] | {"max_tokens": 150, "ignore_eos": True}).status_code == 200
        done.append(index)

    holder = Running(engine, max_tokens=900, nexus={"priority": "critical"})
    with ThreadPoolExecutor(len(fields)) as pool:
        for index in range(len(fields)):
            pool.submit(ask, index)
            until(lambda: engine.live() == index + 2, "it waits")
        holder.leave()
    return done


def test_who_is_more_urgent_goes_first(single: Engine) -> None:
    asked = [body(SUM, priority) for priority in ("low", "normal", "normal", "high")]
    assert order(single, *asked) == [3, 1, 2, 0]


def test_equals_go_in_the_order_in_which_they_came(single: Engine) -> None:
    assert order(single, *[body(SUM) for _ in range(4)]) == [0, 1, 2, 3]


def test_a_header_says_the_same_as_a_member(single: Engine) -> None:
    assert post(single, body(SUM), **{"X-Nexus-Priority": "High"}).status_code == 200
    refusal = post(single, body(SUM), **{"X-Nexus-Priority": "urgent"})
    assert refusal.status_code == 400 and refusal.json()["error"]["param"] == "X-Nexus-Priority"


def test_tenants_take_turns(single: Engine) -> None:
    many = [body(SUM, nexus={"tenant": "many"}) for _ in range(5)]
    done = order(single, *many, body(SUM, nexus={"tenant": "one"}))
    assert done.index(5) < 3, f"one request does not wait for all five of another tenant: {done}"


def test_an_answer_that_is_parked_goes_on_as_if_nothing_had_been(single: Engine) -> None:
    # Greedy: its cells lie elsewhere when it comes back, and sums in another order differ in their last bits.
    still = {"temperature": 0}
    alone = Running(single, max_tokens=500, **still).finish()
    assert alone.chunks[-1]["choices"][0]["finish_reason"] == "length"
    low = Running(single, max_tokens=500, nexus={"priority": "low"}, **still)
    until(lambda: len(low.chunks) > 60, "it has had its due", 20)
    before = len(low.chunks)
    urgent = post(single, body(CAPITAL, "critical"))
    assert text(urgent) == "The capital of France is Paris."
    low.finish()
    assert low.text == alone.text, "not a token is different"
    assert low.chunks[-1]["choices"][0]["finish_reason"] == "length"
    assert before < 490, "it was in the middle"
    # It had to wait for less than the rest of the long answer.
    assert urgent.json()["timings"]["queue_ms"] < low.chunks[-1]["timings"]["predicted_ms"]


def test_a_constrained_answer_survives_being_parked(single: Engine) -> None:
    grammar = {"grammar": 'root ::= ("[" [a-z ]{1,9} "]\\n"){40,60}', "ignore_eos": False, "temperature": 0}
    alone = Running(single, max_tokens=900, **grammar).finish()
    low = Running(single, max_tokens=900, nexus={"priority": "low"}, **grammar)
    until(lambda: len(low.chunks) > 50, "it has had its due", 20)
    assert text(post(single, body(SUM, "critical"))) == "7"
    assert low.finish().text == alone.text


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_deadline_that_passes_while_waiting(single: Engine, is_streamed: bool) -> None:
    holder = Running(single, max_tokens=900)
    late = post(single, body(SUM, stream=is_streamed, nexus={"deadline_ms": 30}))
    holder.leave()
    if is_streamed:
        assert '"code":"timeout"' in late.text and late.text.rstrip().endswith("data: [DONE]")
    else:
        assert late.status_code in (408, 504) and late.json()["error"]["code"] == "timeout"


def test_a_deadline_that_passes_while_writing(single: Engine) -> None:
    fields = body(STORY, stream=True, max_tokens=900, nexus={"deadline_ms": 150}, **LONG | {"temperature": 2})
    answer = post(single, fields)
    assert "deadline" in answer.text and '"code":"timeout"' in answer.text
    assert '"content":' in answer.text, "what was written came through"
    assert text(post(single, body(SUM, nexus={"deadline_ms": 60_000}))) == "7"


def test_a_full_queue_refuses_with_a_time_to_wait(single: Engine) -> None:
    holder = Running(single, max_tokens=900)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: pool.submit(post, single, body(SUM)), range(20)))
        until(lambda: sum(answer.done() for answer in answers) >= 12, "some are refused")
        refused = [answer.result() for answer in answers if answer.done()]
        holder.leave()
        served = [answer.result() for answer in answers if answer.result().status_code == 200]
    assert len(refused) == 12 and len(served) == 8
    for answer in refused:
        assert answer.status_code == 429 and answer.json()["error"]["code"] == "overloaded"
        assert 1 <= int(answer.headers["retry-after"]) <= 600
    assert {text(answer) for answer in served} == {"7"}


def test_places_in_the_queue_and_progress_are_told(single: Engine) -> None:
    holder = Running(single, max_tokens=900)
    prompt = [{"role": "user", "content": "Anna has a green ring. " * 60}]
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(events, single, body(SUM, nexus={"progress": True}))
        until(lambda: single.live() == 2, "the first waits")
        second = pool.submit(events, single, body(prompt, max_tokens=5, nexus={"progress": True}))
        until(lambda: single.live() == 3, "the second waits")
        quiet = pool.submit(events, single, body(SUM))
        until(lambda: single.live() == 4, "the third waits")
        holder.leave()
    places = [[chunk["nexus"]["queue_position"] for chunk in one.result() if "queue_position" in chunk.get("nexus", {})]
              for one in (first, second, quiet)]
    assert places[0][0] == 0 and places[1][0] == 1 and places[2] == []
    assert places[1] == sorted(places[1], reverse=True)
    progress = [chunk["prompt_progress"] for chunk in second.result() if "prompt_progress" in chunk]
    assert progress[-1]["processed"] == progress[-1]["total"] > 300
    assert [one["processed"] for one in progress] == sorted(one["processed"] for one in progress)
    assert not any("prompt_progress" in chunk for chunk in quiet.result())
    # What is told beside the answer is no part of it: clients that do not know it see empty deltas.
    assert all(chunk["choices"][0]["delta"] == {} for chunk in second.result() if "prompt_progress" in chunk)


def test_reproducible_answers_do_not_depend_on_what_runs_beside_them(tmp_path: Path) -> None:
    engine = Engine(tmp_path, "-np", "8")
    fields = body(STORY, seed=77, max_tokens=120, nexus={"reproducible": True}, **LONG)
    alone = post(engine, fields)
    others = [Running(engine, max_tokens=900) for _ in range(7)]
    beside = post(engine, fields)
    assert sum(slot["is_processing"] for slot in slots(engine)) >= 7, "the others were still there"
    for other in others:
        other.leave()
    assert text(beside) == text(alone)
    receipts = [answer.json()["nexus"]["receipt"] for answer in (alone, beside)]
    assert receipts[0] == receipts[1] and receipts[0]["seed"] == 77
    assert text(post(engine, fields | {"seed": 78})) != text(alone)
    until(lambda: engine.live() == 0, "the engine is idle")
    engine.stop()


def test_a_receipt_names_what_must_be_the_same(engine: Engine) -> None:
    receipt = post(engine, body(SUM, seed=1, nexus={"reproducible": True})).json()["nexus"]["receipt"]
    assert len(receipt["model"]) == 64 and len(receipt["template"]) == 64 and receipt["build"]


def test_the_platform_passes_it_all_on(start: Callable[..., Nexus]) -> None:
    server = start("--engine.parallel", "1")
    fields = body(SUM, "high", nexus={"progress": True, "tenant": "ann"}, stream=True)
    answer = server.http.post("/v1/chat/completions", json=fields)
    assert '"prompt_progress":' in answer.text
    endless = body(STORY, max_tokens=900, nexus={"deadline_ms": 20}, **LONG | {"temperature": 2})
    late = server.http.post("/v1/chat/completions", json=endless)
    assert late.json()["error"]["code"] == "timeout" and late.status_code in (408, 504)
    bad = server.http.post("/v1/chat/completions", json=body(SUM, "urgent"))
    assert bad.status_code == 400 and bad.json()["error"]["param"] == "nexus.priority"
    first, second = (server.http.post("/v1/chat/completions", json=body(SUM, nexus={"tenant": "ann"})) for _ in range(2))
    assert second.json()["usage"]["prompt_tokens_details"]["cached_tokens"] > 10
    other = server.http.post("/v1/chat/completions", json=body(SUM), headers={"X-Nexus-Tenant": "bob"})
    assert other.json()["usage"]["prompt_tokens_details"]["cached_tokens"] == 0
    assert text(first) == text(second) == text(other) == "7"
