"""Chats over a WebSocket, through the `websockets` client."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.polling import until
from support.servers import NAME, Nexus
from support.talk import STORY, SUM
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

ENDLESS = {"temperature": 10, "top_k": 0, "min_p": 0, "ignore_eos": True, "max_tokens": 900}


def open_socket(nexus: Nexus, **options: Any) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{nexus.port}/api/v1/chat/socket", max_size=None, **options)


def say(socket: ClientConnection, **message: Any) -> None:
    socket.send(json.dumps(message))


def start(socket: ClientConnection, id: str, messages: Any = SUM, **body: Any) -> None:
    say(socket, type="start", id=id, body={"model": NAME, "temperature": 0, "messages": messages, **body})


def hear(socket: ClientConnection, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """Messages up to the one that is wanted."""
    seen = []
    while True:
        seen.append(json.loads(socket.recv(timeout=30)))
        if wanted(seen[-1]):
            return seen


def ended(id: str) -> Callable[[dict[str, Any]], bool]:
    return lambda message: message["type"] == "done" and message["id"] == id


def text(messages: list[dict[str, Any]], id: str) -> str:
    chunks = [message["chunk"] for message in messages if message["type"] == "chunk" and message["id"] == id]
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


def test_an_answer_comes_in_numbered_chunks(nexus: Nexus) -> None:
    with open_socket(nexus) as socket:
        start(socket, "a")
        seen = hear(socket, ended("a"))
        assert text(seen, "a") == "7"
        chunks = [message for message in seen if message["type"] == "chunk"]
        assert [chunk["sequence"] for chunk in chunks] == list(range(len(chunks)))
        assert seen[-1] == {"type": "done", "id": "a", "reason": "done", "chunks": len(chunks)}
        assert chunks[-1]["chunk"]["usage"]["completion_tokens"] > 0
        assert chunks[0]["chunk"]["object"] == "chat.completion.chunk"
        say(socket, type="ping", data={"n": 1})
        assert json.loads(socket.recv(timeout=10)) == {"type": "pong", "data": {"n": 1}}


def test_several_answers_are_written_at_once(nexus: Nexus) -> None:
    with nexus.client() as client:
        story = client.chat.completions.create(model=NAME, temperature=0, messages=STORY)  # type: ignore[arg-type]
    with open_socket(nexus) as socket:
        for index in range(6):
            start(socket, f"s{index}", STORY if index % 2 else SUM)
        left = {f"s{index}" for index in range(6)}
        seen: list[dict[str, Any]] = []
        while left:
            seen.append(json.loads(socket.recv(timeout=30)))
            if seen[-1]["type"] == "done":
                left.discard(seen[-1]["id"])
        texts = [text(seen, f"s{index}") for index in range(6)]
    assert texts == ["7", story.choices[0].message.content] * 3


def test_one_answer_is_cancelled_and_the_others_go_on(nexus: Nexus) -> None:
    with open_socket(nexus) as socket:
        start(socket, "long", **ENDLESS)
        hear(socket, lambda message: message["type"] == "chunk")
        say(socket, type="cancel", id="long")
        assert hear(socket, ended("long"))[-1]["reason"] == "cancelled"
        say(socket, type="cancel", id="long")
        start(socket, "long")
        assert text(hear(socket, ended("long")), "long") == "7"


def test_a_client_that_goes_ends_its_answers(nexus: Nexus) -> None:
    with open_socket(nexus) as socket:
        start(socket, "long", **ENDLESS)
        hear(socket, lambda message: message["type"] == "chunk")
    until(lambda: not any(slot["is_processing"] for slot in nexus.http.get("/slots").json()), "idle slots")


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ("{", "invalid_json", None), ("[]", "invalid_value", None), ("{}", "invalid_value", "type"),
        ('{"type":"dance"}', "invalid_value", "type"), ('{"type":"start","id":"x"}', "invalid_value", "body"),
        ('{"type":"start","body":{}}', "invalid_value", "id"), ('{"type":"start","id":"","body":{}}', "invalid_value", "id"),
        ('{"type":"start","id":"x","body":{"messages":5}}', "invalid_value", "messages"),
        ('{"type":"start","id":"x","body":{"messages":[{"role":"user","content":"x"}],"n":2}}', "unsupported", "n"),
        ('{"type":"start","id":"x","body":{"model":"nobody","messages":[{"role":"user","content":"x"}]}}',
         "model_not_found", "model"),
        (b"\x00", "invalid_value", None),
    ])
def test_what_is_wrong_is_an_error_and_not_the_end(
    nexus: Nexus, message: str | bytes, code: str, param: str | None
) -> None:
    with open_socket(nexus) as socket:
        socket.send(message)
        told = hear(socket, lambda heard: heard["type"] == "error")[-1]
        assert told["error"]["code"] == code and told["error"]["param"] == param and told["error"]["message"]
        start(socket, "after")
        assert text(hear(socket, ended("after")), "after") == "7"


def test_ids_and_numbers_of_answers_are_bounded(nexus: Nexus) -> None:
    with open_socket(nexus) as socket:
        for index in range(16):
            start(socket, f"e{index}", **ENDLESS)
        start(socket, "e0")
        start(socket, "more")
        errors = {}
        while len(errors) < 2:
            heard = json.loads(socket.recv(timeout=30))
            if heard["type"] == "error":
                errors[heard["id"]] = heard["error"]["code"]
        assert errors == {"e0": "conflict", "more": "overloaded"}


def test_messages_are_bounded(nexus: Nexus) -> None:
    with open_socket(nexus) as socket:
        with pytest.raises(ConnectionClosed) as end:
            socket.send("x" * (5 << 20))
            socket.recv(timeout=30)
        assert end.value.rcvd and end.value.rcvd.code == 1009


def test_pages_elsewhere_may_not_connect(nexus: Nexus) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_socket(nexus, origin="http://evil.example")
    assert refused.value.response.status_code == 403
    with open_socket(nexus, origin=f"http://127.0.0.1:{nexus.port}") as socket:
        start(socket, "a")
        assert text(hear(socket, ended("a")), "a") == "7"
    assert nexus.http.get("/api/v1/chat/socket").status_code == 426
