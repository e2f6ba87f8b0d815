"""Conversations on the server: trees of messages, answers that outlive their readers, search, links, archives."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.polling import until
from support.servers import Nexus


class Talks:
    """The API of conversations of one server."""

    def __init__(self, http: httpx.Client):
        self.http = http

    def new(self, **fields: object) -> dict[str, Any]:
        return self.ok(self.http.post("/api/v1/conversations", json=fields), 201)

    def say(self, talk: str, text: object, **fields: object) -> dict[str, Any]:
        body = {"role": "user", "content": text} | fields
        return self.ok(self.http.post(f"/api/v1/conversations/{talk}/messages", json=body), 201)

    def answer(self, talk: str, **fields: object) -> dict[str, Any]:
        return self.ok(self.http.post(f"/api/v1/conversations/{talk}/answers", json=fields), 202)

    def events(self, talk: str, message: str) -> Iterator[tuple[str, Any]]:
        with self.http.stream("GET", f"/api/v1/conversations/{talk}/messages/{message}/events", timeout=60) as answer:
            assert answer.status_code == 200
            name = ""
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    yield name, json.loads(line[6:])

    def finished(self, talk: str, message: str) -> dict[str, Any]:
        return list(self.events(talk, message))[-1][1]

    def page(self, talk: str, **query: object) -> dict[str, Any]:
        return self.ok(self.http.get(f"/api/v1/conversations/{talk}/messages", params=query))

    @staticmethod
    def ok(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def talks(nexus: Nexus) -> Iterator[Talks]:
    with httpx.Client(
            base_url=nexus.url, timeout=30, event_hooks={"response": [nexus.judge]}) as http:
        yield Talks(http)


LONG = {"max_tokens": 400, "ignore_eos": True, "temperature": 0}


def test_an_answer_is_written_and_kept_with_what_it_took(talks: Talks) -> None:
    talk = talks.new(title="Tea", settings={"max_tokens": 24, "temperature": 0})["id"]
    question = talks.say(talk, "Hello, who are you?")
    answer = talks.answer(talk)
    assert (answer["status"], answer["parent"]) == ("writing", question["id"])
    done = talks.finished(talk, answer["id"])
    assert done["status"] == "complete" and done["content"]
    assert done["usage"]["completion_tokens"] > 0 and done["report"]["timings"]["predicted_n"] > 0
    assert done["model"] and done["request_id"].startswith("req_")
    page = talks.page(talk)
    assert [message["id"] for message in page["messages"]] == [question["id"], answer["id"]]
    assert page["messages"][1]["content"] == done["content"]


def test_a_second_turn_reuses_what_the_first_one_computed(talks: Talks) -> None:
    talk = talks.new(settings={"max_tokens": 24, "temperature": 0})["id"]
    talks.say(talk, "Tell me something about a little dog in a garden, please, and be nice about it.")
    first = talks.finished(talk, talks.answer(talk)["id"])
    talks.say(talk, "And what then?")
    second = talks.finished(talk, talks.answer(talk)["id"])
    assert second["usage"]["cached_tokens"] >= 0.95 * first["usage"]["prompt_tokens"]


def test_every_reader_gets_the_same_answer_from_the_beginning(talks: Talks) -> None:
    talk = talks.new(settings=LONG)["id"]
    talks.say(talk, "Tell me a long story.")
    answer = talks.answer(talk)["id"]
    seen: list[str] = []

    def read() -> None:
        text = ""
        for name, data in talks.events(talk, answer):
            if name == "state":
                text = data["content"]
            elif name == "content":
                text += data["text"]
            elif name == "finished":
                assert data["content"] == text or not seen
                seen.append(data["content"])

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(60)
    assert len(seen) == 4 and len(set(seen)) == 1 and seen[0]


def test_an_answer_goes_on_when_nobody_looks_and_stops_when_told(talks: Talks) -> None:
    talk = talks.new(settings=LONG | {"max_tokens": 1500})["id"]
    talks.say(talk, "Tell me a long story.")
    answer = talks.answer(talk)["id"]
    for name, data in talks.events(talk, answer):
        if name in ("content", "state") and (data.get("text") or data.get("content")):
            break  # the reader goes
    stopped = talks.ok(talks.http.post(f"/api/v1/conversations/{talk}/messages/{answer}/stop"))
    assert stopped["stopped"] is True
    message = talks.ok(talks.http.get(f"/api/v1/conversations/{talk}/messages/{answer}"))
    assert message["status"] == "stopped" and message["content"]
    again = talks.ok(talks.http.post(f"/api/v1/conversations/{talk}/messages/{answer}/stop"))
    assert again["stopped"] is False


def test_branches_are_edited_forked_and_copied(talks: Talks) -> None:
    talk = talks.new(title="Branches")["id"]
    root = talks.say(talk, "Green?")
    first = talks.say(talk, "Yes.", role="assistant")
    other = talks.say(talk, "Black?", parent=None)
    second = talks.say(talk, "No.", role="assistant", parent=other["id"])
    page = talks.page(talk)
    assert [message["content"] for message in page["messages"]] == ["Black?", "No."]
    assert page["messages"][0]["siblings"] == [root["id"], other["id"]]
    page = talks.page(talk, leaf=first["id"])
    assert [message["content"] for message in page["messages"]] == ["Green?", "Yes."]
    fork = talks.ok(
        talks.http.post(f"/api/v1/conversations/{talk}/fork", json={"message": first["id"], "title": "Mine"}), 201)
    assert fork["forked_from"] == {"conversation": talk, "message": first["id"]} and fork["title"] == "Mine"
    assert [message["content"] for message in talks.page(fork["id"])["messages"]] == ["Green?", "Yes."]
    copied = talks.ok(
        talks.http.post(f"/api/v1/conversations/{fork['id']}/copy", json={"messages": [second["id"]]}), 201)
    assert copied["messages"][0]["content"] == "No."
    assert len(talks.page(fork["id"])["messages"]) == 3
    removed = talks.ok(talks.http.delete(f"/api/v1/conversations/{talk}/messages/{other['id']}"))
    assert removed["removed"] == 2
    assert talks.page(talk)["leaf"] == first["id"]


def test_the_second_of_two_edits_is_told_and_loses_nothing(talks: Talks) -> None:
    talk = talks.new()["id"]
    message = talks.say(talk, "one")
    path = f"/api/v1/conversations/{talk}/messages/{message['id']}"
    assert talks.http.patch(path, json={"content": "two", "revision": 1}).status_code == 200
    conflict = talks.http.patch(path, json={"content": "three", "revision": 1})
    assert conflict.status_code == 409 and conflict.json()["code"] == "conflict"
    assert talks.ok(talks.http.get(path))["content"] == "two"


def test_edits_that_name_no_revision_go_on_from_what_is_kept(talks: Talks) -> None:
    talk = talks.new()["id"]
    path = f"/api/v1/conversations/{talk}"
    changes: list[dict[str, Any]] = [
        {"title": "Tides"}, {"pinned": True}, {"archived": True}, {"tags": ["sea"]},
        {"settings": {"temperature": 0.5}},
    ]
    # Each from a connection of its own, at the same moment: the page and the server do the same.
    with ThreadPoolExecutor(len(changes)) as pool:
        for _ in range(20):
            answers = list(pool.map(lambda change: httpx.patch(
                str(talks.http.base_url.join(path)), json=change, headers=talks.http.headers, timeout=30), changes))
            assert [answer.status_code for answer in answers] == [200] * len(changes)
    kept = talks.ok(talks.http.get(path))
    assert {name: kept[name] for change in changes for name in change} == {
        name: value for change in changes for name, value in change.items()}
    assert kept["revision"] >= 20 * len(changes)


def test_long_conversations_come_in_pages(talks: Talks) -> None:
    archive = {
        "format": "llama-nexus.conversation", "version": 1, "title": "Long",
        "messages": [
            {"id": str(number), "parent": str(number - 1) if number else None,
             "role": "assistant" if number % 2 else "user", "content": f"message {number}"}
            for number in range(10_000)
        ],
    }
    made = talks.ok(talks.http.post("/api/v1/conversations/import", json=archive, timeout=120), 201)
    talk = made["imported"][0]["id"]
    assert made["messages"] == 10_000
    page = talks.page(talk, limit=100)
    assert page["count"] == 10_000 and page["has_more"] is True
    assert page["messages"][-1]["content"] == "message 9999"
    older = talks.page(talk, limit=100, before=page["messages"][0]["id"])
    assert older["messages"][-1]["content"] == "message 9899"
    text = talks.http.get(f"/api/v1/conversations/{talk}/export").json()
    assert len(text["messages"]) == 10_000


def test_search_finds_words_with_filters(talks: Talks) -> None:
    talk = talks.new(title="Rivers", tags=["geo"])["id"]
    talks.say(talk, "The Danube rises near Donaueschingen.")
    talks.say(talk, [{"type": "text", "text": "A picture of the Danube"},
                     {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}])

    def found(**query: object) -> list[dict[str, Any]]:
        return talks.ok(talks.http.get("/api/v1/conversations/search", params=query))["hits"]

    assert [hit["title"] for hit in found(q="donauesch")] == ["Rivers"]
    assert len(found(q="danube", tag="geo")) == 2 and found(q="danube", tag="other") == []
    assert len(found(q="danube", attachments="true")) == 1
    hit = found(q="donaueschingen")[0]
    assert {"text": "Donaueschingen", "found": True} in hit["excerpt"]
    assert talks.http.get("/api/v1/conversations/search").status_code == 400
    assert found(q='" OR body:* NEAR(') == []


def test_a_link_shows_one_branch_until_it_is_revoked(talks: Talks) -> None:
    talk = talks.new(title="Shared")["id"]
    talks.say(talk, "Secret instructions", role="system")
    talks.say(talk, "Hello")
    link = talks.ok(talks.http.post(f"/api/v1/conversations/{talk}/shares", json={}), 201)
    shown = talks.ok(talks.http.get(f"/api/v1/shared/{link['secret']}"))
    assert link["path"] == f"/app/shared#{link['secret']}" and link["title"] is None
    assert shown["title"] == "Shared" and shown["messages"][1]["content"] == "Hello"
    assert "Secret" not in json.dumps(shown) and talk not in json.dumps(shown)
    assert "secret" not in json.dumps(talks.ok(talks.http.get(f"/api/v1/conversations/{talk}/shares")))
    named = talks.ok(talks.http.post(f"/api/v1/conversations/{talk}/shares", json={"title": "For you", "expires_in_seconds": 3600}), 201)
    assert talks.ok(talks.http.get(f"/api/v1/shared/{named['secret']}"))["title"] == "For you"
    listed = talks.ok(talks.http.get(f"/api/v1/conversations/{talk}/shares"))["shares"]
    assert {one["id"]: one["title"] for one in listed} == {link["id"]: None, named["id"]: "For you"}
    for wrong in ("", "x" * 513, "a\0b", 7):
        assert talks.http.post(f"/api/v1/conversations/{talk}/shares", json={"title": wrong}).status_code == 400, wrong
    assert talks.http.delete(f"/api/v1/conversations/{talk}/shares/{link['id']}").status_code == 200
    gone = talks.http.get(f"/api/v1/shared/{link['secret']}")
    never = talks.http.get("/api/v1/shared/AAAABBBBCCCCDDDD")
    assert gone.status_code == never.status_code == 404
    assert gone.json()["detail"] == never.json()["detail"]


def test_the_secret_of_a_link_is_in_no_log(start: Callable[..., Nexus]) -> None:
    server = start()
    with httpx.Client(base_url=server.url, timeout=30) as http:
        talks = Talks(http)
        talk = talks.new()["id"]
        talks.say(talk, "Hello")
        secret = talks.ok(http.post(f"/api/v1/conversations/{talk}/shares", json={}), 201)["secret"]
        assert http.get(f"/api/v1/shared/{secret}").status_code == 200
    server.stop()
    assert secret not in json.dumps(server.logs())


@pytest.mark.parametrize("name", ["chatgpt", "broken"])
def test_archives_are_taken_in_whole_or_not_at_all(talks: Talks, name: str) -> None:
    good = {"title": f"From {name}", "current_node": "b", "mapping": {
        "a": {"id": "a", "parent": None, "message": {
            "author": {"role": "user"}, "create_time": 1, "content": {"parts": ["Hi"]}}},
        "b": {"id": "b", "parent": "a", "message": {
            "author": {"role": "assistant"}, "create_time": 2, "content": {"parts": ["Hello!"]}}}}}
    before = len(talks.ok(talks.http.get("/api/v1/conversations"))["conversations"])
    if name == "broken":
        answer = talks.http.post("/api/v1/conversations/import", json=[good, {"mapping": 7}])
        assert answer.status_code == 400 and "conversations[1].mapping" in answer.text
        after = len(talks.ok(talks.http.get("/api/v1/conversations"))["conversations"])
        assert after == before
    else:
        made = talks.ok(talks.http.post("/api/v1/conversations/import", json=[good]), 201)
        page = talks.page(made["imported"][0]["id"])
        assert [message["content"] for message in page["messages"]] == ["Hi", "Hello!"]


def test_a_message_of_five_megabytes_is_kept_and_a_huge_one_refused(talks: Talks) -> None:
    talk = talks.new()["id"]
    text = "a word " * 750_000
    message = talks.say(talk, text)
    kept = talks.ok(talks.http.get(f"/api/v1/conversations/{talk}/messages/{message['id']}"))
    assert kept["content"] == text
    refused = talks.http.post(
        f"/api/v1/conversations/{talk}/messages", json={"role": "user", "content": "x" * (17 << 20)})
    assert refused.status_code == 400 and "larger than" in refused.text


@pytest.mark.parametrize(("path", "body", "status"), [
    ("", {"title": 5}, 400),
    ("", {"title": "x" * 600}, 400),
    ("", {"folder": "a//b"}, 400),
    ("", {"tags": ["t"] * 40}, 400),
    ("/conv_00000000000000000000000000/messages", {"role": "user", "content": "x"}, 404),
    ("/nonsense/messages", {"role": "user", "content": "x"}, 404),
])
def test_what_is_not_allowed_is_refused(talks: Talks, path: str, body: dict[str, object], status: int) -> None:
    answer = talks.http.post(f"/api/v1/conversations{path}", json=body)
    assert answer.status_code == status, answer.text


def test_messages_that_are_none_are_refused(talks: Talks) -> None:
    talk = talks.new()["id"]
    path = f"/api/v1/conversations/{talk}/messages"
    for body in ({"content": "x"}, {"role": "emperor", "content": "x"}, {"role": "user", "content": 7},
                 {"role": "user", "content": [7]}, {"role": "user", "content": "x", "feedback": {"rating": 3}}):
        assert talks.http.post(path, json=body).status_code == 400, body
    assert talks.http.post(path, json={"role": "user", "content": "x", "parent": "msg_x"}).status_code == 404
    assert talks.http.post(f"/api/v1/conversations/{talk}/answers", json={}).status_code == 400


def test_what_was_written_survives_kill_9(start: Callable[..., Nexus], tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    with httpx.Client(base_url=server.url, timeout=30) as http:
        talks = Talks(http)
        talk = talks.new(title="Kept", settings=LONG | {"max_tokens": 1800})["id"]
        talks.say(talk, "Tell me a long story.")
        # Slow enough to be caught in the middle: several at once.
        answers = [talks.answer(talk, parent=talks.page(talk)["messages"][0]["id"])["id"] for _ in range(4)]

        def half() -> bool:
            message = talks.ok(http.get(f"/api/v1/conversations/{talk}/messages/{answers[0]}"))
            return bool(message["content"])

        until(half, "a part of the answer is kept")
    server.kill()
    again = start(folder=tmp_path)
    with httpx.Client(base_url=again.url, timeout=30) as http:
        talks = Talks(http)
        assert [one["title"] for one in talks.ok(http.get("/api/v1/conversations"))["conversations"]] == ["Kept"]
        until(lambda: talks.ok(
            http.get(f"/api/v1/conversations/{talk}/messages/{answers[0]}"))["status"] in ("stopped", "complete"), "the answer is settled")
        message = talks.ok(http.get(f"/api/v1/conversations/{talk}/messages/{answers[0]}"))
        assert message["content"]
        done = talks.finished(talk, answers[0])
        assert done["content"] == message["content"]
