"""Chats over a WebSocket whose connection is lost, and found again, through the `websockets` client."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from support.people import CONFIGURATION, People
from support.polling import until
from support.servers import Nexus
from support.upstream import Handler, Upstream
from websockets.sync.client import ClientConnection, connect

QUESTION = [{"role": "user", "content": "Count."}]
Message = dict[str, Any]


class Counter:
    """Counts as far as it is let, and notes when nobody listens any more."""

    def __init__(self) -> None:
        self.allowed = threading.Semaphore(0)
        self.isEndless = False
        self.left = threading.Event()

    def __call__(self, handler: Handler) -> None:
        handler.begin()
        upstream: Upstream = handler.server.upstream  # type: ignore[attr-defined]
        number = 0
        while not upstream.over.is_set():
            if not self.allowed.acquire(timeout=0.02):
                if self.is_gone(handler):
                    return self.left.set()
                continue
            handler.chunk(f"{number} ")
            number += 1
            if number == 40 and not self.isEndless:
                handler.chunk(finish="stop")
                handler.send_text("data: [DONE]\n\n")
                return None
        return None

    @staticmethod
    def is_gone(handler: Handler) -> bool:
        handler.connection.settimeout(0.001)
        try:
            return handler.connection.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True
        finally:
            handler.connection.settimeout(None)


class Counting:
    """A server in front of a counter, with people who ask."""

    def __init__(self, people: People, upstream: Upstream) -> None:
        self.people, self.upstream = people, upstream
        self.keys = {name: people.key(name)["key"] for name in ("bob", "carl")}

    def counter(self) -> Counter:
        made = Counter()
        self.upstream.answer = made
        return made

    def socket(self, name: str = "bob", key: str | None = None) -> ClientConnection:
        return connect(
            f"ws://127.0.0.1:{self.people.server.port}/api/v1/chat/socket", max_size=None,
            additional_headers={"Authorization": f"Bearer {key or self.keys[name]}"})


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counting]:
    with Upstream(Counter()) as upstream:
        models = json.dumps({"counter": {"url": upstream.url}})
        server = Nexus(
            tmp_path_factory.mktemp("counting"), configuration=f"{CONFIGURATION}models: {models}\n", model=None)
        people = People(server)
        yield Counting(people, upstream)
        people.close()
        server.stop()


def say(socket: ClientConnection, **message: Any) -> None:
    socket.send(json.dumps(message))


def start(socket: ClientConnection, id: str, **more: Any) -> None:
    say(socket, type="start", id=id, body={"model": "counter", "messages": QUESTION}, **more)


def hear(socket: ClientConnection) -> Message:
    return json.loads(socket.recv(timeout=30))


def rest(socket: ClientConnection) -> list[Message]:
    """Everything to the end of an answer."""
    seen = [hear(socket)]
    while seen[-1]["type"] != "done":
        seen.append(hear(socket))
    return seen


def chunks(messages: list[Message]) -> list[int]:
    return [message["sequence"] for message in messages if message["type"] == "chunk"]


def text(messages: list[Message]) -> str:
    return "".join(
        choice["delta"].get("content") or "" for message in messages if message["type"] == "chunk"
        for choice in message["chunk"]["choices"])


def numbers(count: int) -> str:
    return "".join(f"{number} " for number in range(count))


def begin(counting: Counting, counter: Counter, socket: ClientConnection, **more: Any) -> tuple[str, list[Message]]:
    """An answer that waits in its middle: its name, and what was heard of it."""
    start(socket, "mine", **({"keep": 30} | more))
    kept = hear(socket)
    assert kept["type"] == "kept" and kept["id"] == "mine"
    counter.allowed.release(10)
    seen: list[Message] = []
    while "9 " not in text(seen):
        seen.append(hear(socket))
    return kept["answer"], seen


def lose(socket: ClientConnection) -> None:
    """Without a word of goodbye, as networks do."""
    socket.socket.shutdown(2)
    socket.socket.close()


@pytest.mark.parametrize("late", [False, True], ids=["still being written", "finished meanwhile"])
def test_an_answer_whose_connection_is_lost_is_told_to_its_end(counting: Counting, late: bool) -> None:
    counter = counting.counter()
    with counting.socket() as socket:
        answer, seen = begin(counting, counter, socket)
        lose(socket)
    counter.allowed.release(5)
    if late:
        counter.allowed.release(25)
        time.sleep(0.5)
    # The client has heard less than the server has sent.
    heard = [message for message in seen if message.get("sequence", 0) <= 6]
    with counting.socket() as again:
        say(again, type="resume", id="other", answer=answer, after=6)
        if not late:
            counter.allowed.release(25)
        told = rest(again)
    assert {message["id"] for message in told} == {"other"}
    together = heard + told
    assert chunks(together) == list(range(len(chunks(together))))
    assert text(together) == numbers(40)
    assert told[-1] == {"type": "done", "id": "other", "reason": "done", "chunks": len(chunks(together))}
    # It can be had again, also whole, for as long as it is kept.
    with counting.socket() as third:
        say(third, type="resume", id="whole", answer=answer)
        whole = rest(third)
        assert text(whole) == numbers(40) and chunks(whole) == chunks(together)
        say(third, type="resume", id="end", answer=answer, after=10_000)
        assert rest(third) == [told[-1] | {"id": "end"}]


def test_the_question_is_asked_once(counting: Counting) -> None:
    counter = counting.counter()
    before = len(counting.upstream.requests)
    with counting.socket() as socket:
        answer, _ = begin(counting, counter, socket)
        lose(socket)
    for isLast in (False, False, True):
        with counting.socket() as socket:
            say(socket, type="resume", id="again", answer=answer, after=3)
            assert hear(socket)["sequence"] == 4
            if not isLast:
                lose(socket)
                continue
            counter.allowed.release(30)
            assert text(rest(socket)).endswith("39 ")
    assert len(counting.upstream.requests) == before + 1


def test_another_user_cannot_take_it_up(counting: Counting) -> None:
    counter = counting.counter()
    with counting.socket() as socket:
        answer, seen = begin(counting, counter, socket)
        with counting.socket("carl") as carl:
            for wrong in (answer, "ans_nobody"):
                say(carl, type="resume", id="x", answer=wrong)
                refusal, done = rest(carl)
                assert refusal["error"]["code"] == "not_found" and refusal["error"]["param"] == "answer"
                assert wrong in refusal["error"]["message"] and done["reason"] == "error"
            say(carl, type="cancel", id="x")
        # Another credential of the same user is the same user's.
        with counting.socket(key=counting.people.key("bob")["key"]) as second:
            say(second, type="resume", id="y", answer=answer)
            assert hear(second)["sequence"] == 0
        counter.allowed.release(30)
        assert text(seen + rest(socket)) == numbers(40), "others disturbed it"


def test_two_may_listen_and_one_may_end_it(counting: Counting) -> None:
    counter = counting.counter()
    with counting.socket() as socket, counting.socket() as other:
        answer, seen = begin(counting, counter, socket)
        say(other, type="resume", id="too", answer=answer)
        while "9 " not in text(seen[-1:]):
            seen.append(hear(socket))
        say(other, type="cancel", id="too")
        assert rest(other)[-1]["reason"] == "cancelled"
        assert rest(socket)[-1]["reason"] == "cancelled"
        assert counter.left.wait(10), "the model goes on"


def test_nobody_comes_back_in_time(counting: Counting) -> None:
    counter = counting.counter()
    counter.isEndless = True
    with counting.socket() as socket:
        answer, _ = begin(counting, counter, socket, keep=1)
        lose(socket)
    assert counter.left.wait(10), "the model goes on for nobody"
    with counting.socket() as again:
        say(again, type="resume", id="late", answer=answer, after=3)
        told = rest(again)
        assert told[-1]["reason"] == "error" and told[-2]["error"]["code"] == "timeout"
        assert "Nobody came back" in told[-2]["error"]["message"] and chunks(told)[0] == 4

        def is_forgotten() -> bool:
            say(again, type="resume", id="gone", answer=answer)
            return any(message.get("error", {}).get("code") == "not_found" for message in rest(again))

        until(is_forgotten, "it is forgotten")


def test_what_is_not_kept_ends_with_its_socket(counting: Counting) -> None:
    counter = counting.counter()
    counter.isEndless = True
    with counting.socket() as socket:
        start(socket, "plain")
        counter.allowed.release(3)
        assert hear(socket)["type"] == "chunk"
        lose(socket)
    assert counter.left.wait(10)


def test_it_ends_with_its_credential(counting: Counting) -> None:
    counter = counting.counter()
    key = counting.people.key("bob")
    with counting.socket(key=key["key"]) as socket:
        answer, _ = begin(counting, counter, socket)
        lose(socket)
    counting.people.admin.delete(f"/api/v1/keys/{key['id']}").raise_for_status()
    assert counter.left.wait(10), "the model goes on for whoever may not ask"
    with counting.socket() as again:
        say(again, type="resume", id="a", answer=answer, after=0)
        told = rest(again)
        assert told[-1]["reason"] == "error" and "ended" in told[-2]["error"]["message"]


def test_they_are_bounded(counting: Counting) -> None:
    counting.counter()
    with counting.socket() as socket:
        for number in range(8):
            start(socket, f"k{number}", keep=1)
            assert hear(socket)["type"] == "kept"
        start(socket, "more", keep=1)
        refusal = hear(socket)
        assert refusal["error"]["code"] == "overloaded" and refusal["error"]["param"] == "keep"
        # What is not kept has places of its own, and other people have theirs.
        with counting.socket("carl") as carl:
            start(carl, "k", keep=1)
            assert hear(carl)["type"] == "kept"
            say(carl, type="cancel", id="k")
            assert rest(carl)[-1]["reason"] == "cancelled"
        for number in range(8):
            say(socket, type="cancel", id=f"k{number}")
        left = 8
        while left:
            left -= hear(socket)["type"] == "done"
        start(socket, "again", keep=1)
        assert hear(socket)["type"] == "kept"


@pytest.mark.parametrize(("message", "param"), [
    ({"type": "start", "keep": 0}, "keep"), ({"type": "start", "keep": 301}, "keep"),
    ({"type": "start", "keep": True}, "keep"), ({"type": "start", "keep": "30"}, "keep"),
    ({"type": "resume"}, "answer"), ({"type": "resume", "answer": ""}, "answer"),
    ({"type": "resume", "answer": "x" * 65}, "answer"), ({"type": "resume", "answer": 5}, "answer"),
    ({"type": "resume", "answer": "ans_x", "after": -1}, "after"),
    ({"type": "resume", "answer": "ans_x", "after": 1 << 40}, "after"),
    ({"type": "resume", "answer": "ans_x", "after": "0"}, "after")], ids=str)
def test_what_is_wrong_is_said(counting: Counting, message: Message, param: str) -> None:
    with counting.socket() as socket:
        say(socket, id="a", **{"body": {"model": "counter", "messages": QUESTION}} | message)
        refusal = hear(socket)
        assert refusal["error"]["code"] == "invalid_value" and refusal["error"]["param"] == param, refusal
        say(socket, type="ping")
        assert hear(socket)["type"] == "pong"


def test_what_was_told_is_paid_once_and_written_down(counting: Counting) -> None:
    counter = counting.counter()
    with counting.socket("carl") as socket:
        answer, _ = begin(counting, counter, socket)
        lose(socket)
    with counting.socket("carl") as again:
        say(again, type="resume", id="a", answer=answer)
        counter.allowed.release(30)
        rest(again)

    def lines() -> int:
        found = counting.people.admin.get("/api/v1/usage/requests", params={"user": counting.people.ids["carl"]})
        return len([one for one in found.json()["requests"] if one["output_tokens"] == 2])

    until(lambda: lines() == 1, "it is in the ledger")
    time.sleep(1)
    assert lines() == 1


def test_a_server_that_ends_waits_for_nobody(tmp_path_factory: pytest.TempPathFactory) -> None:
    counter = Counter()
    counter.isEndless = True
    with Upstream(counter) as upstream:
        models = json.dumps({"counter": {"url": upstream.url}})
        server = Nexus(
            tmp_path_factory.mktemp("ending"), configuration=f"{CONFIGURATION}server: {{drain: 1s}}\nmodels: {models}\n",
            model=None)
        people = People(server)
        counting = Counting(people, upstream)
        with counting.socket() as socket:
            begin(counting, counter, socket)
            lose(socket)
        people.close()
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 20 and counter.left.wait(10)
