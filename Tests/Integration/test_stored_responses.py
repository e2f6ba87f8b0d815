"""OpenAI's responses and conversations as the platform keeps them, through the unchanged `openai` client."""

import json
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import httpx
import openai
import pytest
from support.people import CONFIGURATION, People
from support.polling import until
from support.provider import Provider
from support.servers import NAME, Nexus, command
from support.upstream import Handler, Upstream

Start = Callable[..., Nexus]
ENDLESS: dict[str, Any] = {
    "temperature": 10.0, "max_output_tokens": 900, "extra_body": {"top_k": 0, "min_p": 0, "ignore_eos": True}}
FRANCE = "What is the capital of France?"


def respond(client: openai.OpenAI, text: Any, **options: Any) -> Any:
    return client.responses.create(**({"model": NAME, "temperature": 0, "input": text} | options))


def test_a_response_is_kept_and_forgotten(client: openai.OpenAI) -> None:
    answer = respond(client, "What is 3 + 4?", metadata={"a": "b"})
    assert answer.store is True
    kept = client.responses.retrieve(answer.id)
    assert kept.output_text == "7" and kept.to_dict() == answer.to_dict()
    items = client.responses.input_items.list(answer.id).data
    assert len(items) == 1 and items[0].type == "message" and items[0].content[0].text == "What is 3 + 4?"
    client.responses.delete(answer.id)
    for call in (client.responses.retrieve, client.responses.delete, client.responses.cancel):
        with pytest.raises(openai.NotFoundError) as failure:
            call(answer.id)
        assert failure.value.code == "not_found"


def test_what_is_not_to_be_stored_is_not(client: openai.OpenAI) -> None:
    answer = respond(client, "What is 3 + 4?", store=False)
    assert answer.store is False
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(answer.id)


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_goes_on_from_another(client: openai.OpenAI, stream: bool) -> None:
    first = respond(client, "What is 3 + 4?", instructions="Be short.")
    if stream:
        with respond(client, FRANCE, previous_response_id=first.id, stream=True) as events:
            second = list(events)[-1].response
    else:
        second = respond(client, FRANCE, previous_response_id=first.id)
    third = respond(client, [{"role": "user", "content": "What is 3 + 4?"}], previous_response_id=second.id)
    assert second.previous_response_id == first.id
    whole = respond(client, [
        {"role": "user", "content": "What is 3 + 4?"}, {"role": "assistant", "content": first.output_text},
        {"role": "user", "content": FRANCE}, {"role": "assistant", "content": second.output_text},
        {"role": "user", "content": "What is 3 + 4?"}])
    assert third.output_text == whole.output_text and third.usage.input_tokens == whole.usage.input_tokens
    # A chain with a hole is no chain.
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError) as failure:
        respond(client, "x", previous_response_id=third.id)
    assert failure.value.param == "previous_response_id" and first.id in failure.value.message


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"previous_response_id": "resp_none"}, 404, "response_id"),
        ({"previous_response_id": "x' OR 1=1 --"}, 404, "response_id"),
        ({"previous_response_id": 5}, 400, "previous_response_id"),
        ({"conversation": "conv_none"}, 404, "conversation_id"),
        ({"conversation": "conv_a", "previous_response_id": "resp_b"}, 400, "conversation"),
        ({"background": True, "store": False}, 400, "background"), ({"background": 1}, 400, "background"),
        ({"store": "yes"}, 400, "store"), ({"conversation": "conv_a", "store": False}, 400, "conversation"),
    ], ids=str)
def test_what_is_wrong_is_said(nexus: Nexus, fields: dict[str, Any], status: int, param: str) -> None:
    answer = nexus.http.post("/v1/responses", json={"model": NAME, "input": "x", **fields})
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["param"] == param


def test_items_come_in_pages(client: openai.OpenAI) -> None:
    items: list[Any] = [{"role": "user", "content": f"number {index}"} for index in range(5)]
    answer = respond(client, items)
    texts = [item.content[0].text for item in client.responses.input_items.list(answer.id, limit=2)]
    assert texts == [f"number {index}" for index in (4, 3, 2, 1, 0)]
    page = client.responses.input_items.list(answer.id, limit=3, order="asc")
    assert [item.content[0].text for item in page.data] == ["number 0", "number 1", "number 2"] and page.has_more
    for bad in ({"limit": "0"}, {"limit": "x"}, {"order": "up"}, {"after": "msg_none"}):
        with pytest.raises(openai.BadRequestError):
            client.responses.input_items.list(answer.id, extra_query=bad)


def test_a_conversation_remembers(client: openai.OpenAI) -> None:
    conversation = client.conversations.create(
        metadata={"topic": "sums"}, items=[{"type": "message", "role": "user", "content": "What is 3 + 4?"}])
    assert conversation.id.startswith("conv_") and conversation.metadata == {"topic": "sums"}
    client.conversations.items.create(
        conversation.id, items=[{"type": "message", "role": "assistant", "content": "7"}])
    answer = respond(client, FRANCE, conversation=conversation.id)
    same = respond(client, [
        {"role": "user", "content": "What is 3 + 4?"}, {"role": "assistant", "content": "7"},
        {"role": "user", "content": FRANCE}])
    assert answer.output_text == same.output_text and answer.usage.input_tokens == same.usage.input_tokens
    items = list(client.conversations.items.list(conversation.id, order="asc", limit=2))
    assert [item.role for item in items] == ["user", "assistant", "user", "assistant"]  # type: ignore[union-attr]
    assert len({item.id for item in items}) == 4  # type: ignore[union-attr]
    first = items[0].id  # type: ignore[union-attr]
    assert client.conversations.items.retrieve(first, conversation_id=conversation.id).id == first  # type: ignore
    client.conversations.items.delete(first, conversation_id=conversation.id)  # type: ignore[arg-type]
    assert len(list(client.conversations.items.list(conversation.id))) == 3
    changed = client.conversations.update(conversation.id, metadata={"topic": "capitals"})
    assert changed.metadata == {"topic": "capitals"}
    assert client.conversations.retrieve(conversation.id).metadata == {"topic": "capitals"}
    assert client.conversations.delete(conversation.id).deleted
    for call in (client.conversations.retrieve, client.conversations.delete, client.conversations.items.list):
        with pytest.raises(openai.NotFoundError):
            call(conversation.id)
    with pytest.raises(openai.NotFoundError):
        respond(client, "x", conversation=conversation.id)


@pytest.mark.parametrize(
    "body",
    [{"items": [{"type": "web_search_call"}]}, {"items": [5]}, {"metadata": {"a": 5}}, {"metadata": {"a" * 65: "b"}},
     {"items": [{"role": "user", "content": "x"}] * 21}, {"metadata": {str(n): "x" for n in range(17)}}], ids=str)
def test_a_conversation_takes_only_what_can_be_read(nexus: Nexus, body: dict[str, Any]) -> None:
    answer = nexus.http.post("/v1/conversations", json=body)
    assert answer.status_code == 400 and answer.json()["error"]["param"], answer.text


def test_the_background_writes_without_its_client(client: openai.OpenAI) -> None:
    begun = respond(client, "What is 3 + 4?", background=True)
    assert begun.status == "queued" and begun.background is True and begun.output == []
    whole = until(
        lambda: (answer := client.responses.retrieve(begun.id)).status == "completed" and answer, "the answer")
    assert whole.output_text == "7" and whole.id == begun.id and whole.usage.output_tokens > 0
    # One that is finished is only told again.
    assert client.responses.cancel(begun.id).status == "completed"
    assert respond(client, FRANCE, previous_response_id=begun.id).output_text


def test_a_background_stream_is_taken_up_again(client: openai.OpenAI) -> None:
    with respond(client, "Tell me a story about Anna.", background=True, stream=True) as events:
        seen = [next(events) for _ in range(6)]
    response = seen[0].response.id
    with client.responses.retrieve(response, stream=True, starting_after=seen[-1].sequence_number) as events:
        rest = list(events)
    numbers = [event.sequence_number for event in seen + rest]
    assert numbers == list(range(len(numbers))) and rest[-1].type == "response.completed"
    with client.responses.retrieve(response, stream=True) as events:
        assert [event.to_dict() for event in events] == [event.to_dict() for event in seen + rest]
    deltas = "".join(event.delta for event in seen + rest if event.type == "response.output_text.delta")
    assert client.responses.retrieve(response).output_text == deltas
    with pytest.raises(openai.BadRequestError) as failure:
        client.responses.retrieve(respond(client, "What is 3 + 4?").id, stream=True)
    assert failure.value.param == "stream"


def test_the_background_is_cancelled(client: openai.OpenAI, nexus: Nexus) -> None:
    begun = respond(client, "x", background=True, **ENDLESS)
    until(lambda: client.responses.retrieve(begun.id).status == "in_progress", "a start")
    assert client.responses.cancel(begun.id).status == "cancelled"
    assert client.responses.retrieve(begun.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError):
        client.responses.cancel(respond(client, "What is 3 + 4?").id)


def test_the_background_is_bounded(client: openai.OpenAI) -> None:
    begun = []
    with pytest.raises(openai.RateLimitError) as failure:
        for _ in range(20):
            begun.append(respond(client, "x", background=True, **ENDLESS))
    assert failure.value.param == "background" and 1 <= len(begun) <= 8
    for response in begun:
        client.responses.delete(response.id)


def test_a_server_that_was_killed_leaves_what_it_had_taken_to_the_next(start: Start) -> None:
    server = start()
    with server.client() as client:
        done = respond(client, "What is 3 + 4?")
        conversation = client.conversations.create()
        endless = [respond(client, "x", background=True, metadata={"n": str(n)}, **ENDLESS) for n in range(2)]
        until(lambda: client.responses.retrieve(endless[0].id).status == "in_progress", "a start")
        # One that goes on from another, and one of a conversation, most likely still queued.
        more = [
            respond(client, FRANCE, background=True, previous_response_id=done.id),
            respond(client, FRANCE, background=True, conversation=conversation.id)]
        cancelled = client.responses.cancel(endless.pop().id)
        assert cancelled.status == "cancelled"
    server.kill()
    again = start(folder=server.folder)
    with again.client() as client:
        assert client.responses.retrieve(done.id).output_text == "7"
        assert client.responses.retrieve(cancelled.id).status == "cancelled"
        for begun in endless + more:
            found = until(
                lambda: (answer := client.responses.retrieve(begun.id)).status in ("completed", "incomplete", "failed")
                and answer, "an end", 60)
            assert found.status != "failed" and found.output_text and found.error is None
            assert (found.created_at, found.metadata) == (begun.created_at, begun.metadata)
            with client.responses.retrieve(begun.id, stream=True) as events:
                assert list(events)[-1].response.id == begun.id  # type: ignore[union-attr]
        assert "Paris" in client.responses.retrieve(more[0].id).output_text
        items = client.conversations.items.list(conversation.id, order="asc").data
        assert [item.role for item in items] == ["user", "assistant"]  # type: ignore[union-attr]
        assert respond(client, FRANCE, previous_response_id=more[0].id).output_text


def drip(handler: Handler) -> None:
    """A word every now and then, for as long as somebody listens."""
    upstream: Upstream = handler.server.upstream  # type: ignore[attr-defined]
    handler.begin()
    while not upstream.over.wait(0.05):
        handler.chunk("word ")


def test_what_ends_its_servers_is_not_begun_for_ever(start: Start) -> None:
    with Upstream(drip) as upstream:
        configuration = f"models: {json.dumps({'endless': {'url': upstream.url}})}\n"
        server = start(configuration=configuration, model=None)
        with server.client() as client:
            begun = respond(client, "x", model="endless", background=True)
        for count in (1, 2, 3):
            until(lambda: len(upstream.requests) == count, f"begun {count} times")
            server.kill()
            server = start(folder=server.folder, configuration=configuration, model=None)
        with server.client() as client:
            found = until(
                lambda: (answer := client.responses.retrieve(begun.id)).status == "failed" and answer, "the end")
            assert found.error and "3 times" in found.error.message
            with pytest.raises(openai.ConflictError):
                respond(client, FRANCE, model="endless", previous_response_id=begun.id)
        assert len(upstream.requests) == 3
        # It is the same question each time.
        assert all(request["messages"] == upstream.requests[0]["messages"] for request in upstream.requests)


@pytest.mark.parametrize("ending", ["key", "user"])
def test_nothing_is_begun_again_for_who_may_not_ask_any_more(start: Start, ending: str) -> None:
    with Upstream(drip) as upstream:
        configuration = f"{CONFIGURATION}models: {json.dumps({'endless': {'url': upstream.url}})}\n"
        people = People(start(configuration=configuration, model=None))
        server, keys = people.server, [people.key("bob"), people.key("carl")]
        clients = [server.client(api_key=key["key"]) for key in keys]
        begun = [respond(client, "x", model="endless", background=True) for client in clients]
        until(lambda: len(upstream.requests) == 2, "both begin")
        people.close()
        server.kill()
        order = ["keys", "revoke", keys[0]["id"]] if ending == "key" else ["users", "disable", "bob"]
        ended = command(server.folder, *order, "--data-dir", server.folder / "data")
        assert ended.returncode == 0, ended.stderr
        assert len(upstream.requests) == 2, "a command of the terminal serves nobody"
        server = start(folder=server.folder, configuration=configuration, model=None)
        until(lambda: len(upstream.requests) == 3, "who still may is served")
        with server.client(api_key=keys[1]["key"]) as client:
            assert client.responses.retrieve(begun[1].id).status == "in_progress"
            assert client.responses.cancel(begun[1].id).status == "cancelled"
        with sqlite3.connect(server.folder / "data" / "nexus.db") as database:
            text, pending = database.execute(
                "SELECT body, pending FROM api_responses WHERE id = ?", (begun[0].id,)).fetchone()
        body = json.loads(text)
        assert body["status"] == "failed" and "credential has ended" in body["error"]["message"] and pending is None
        assert len(upstream.requests) == 3


AUDIENCE = "https://nexus.example"


def made_with(server: Nexus, credential: dict[str, str]) -> str:
    """A signed token of the server's own, made with a key or a session."""
    made = httpx.post(f"{server.url}/api/v1/tokens", json={"scopes": ["chat.use"], "lifetime": 600}, headers=credential)
    assert made.status_code in (200, 201), made.text
    return made.json()["access_token"]


@pytest.mark.parametrize(("ending", "reason"), [
    ("nothing", None), ("user", "gone or disabled"), ("key", "no longer valid"), ("scope", "credential has ended"),
    ("time", "expired"), ("issuer", "credential has ended")])
def test_what_a_signed_token_asked_for_is_begun_again_while_it_counts(
    start: Start, ending: str, reason: str | None
) -> None:
    provider = Provider("EdDSA")
    provider.person |= {"preferred_username": "frida"}
    with Upstream(drip) as upstream:
        issuers = json.dumps({"ci": {"issuer": provider.url, "audiences": [AUDIENCE], "roles": {"staff": "user"}}})

        def configuration(trusts: bool = True) -> str:
            return (f"{CONFIGURATION}  jwt: {{issuers: {issuers if trusts else '{}'}}}\n"
                    f"models: {json.dumps({'endless': {'url': upstream.url}})}\n")

        people = People(start(configuration=configuration(), model=None))
        server, key = people.server, people.key("bob")
        if ending in ("time", "issuer", "user"):
            # An issuer's elsewhere. Clocks may be a minute apart: one that has expired counts for a few seconds more.
            end = time.time() + (-48 if ending == "time" else 300)
            token = provider.access_token(AUDIENCE, iat=int(time.time()) - 200, exp=int(end))
        else:
            token = made_with(server, {"Authorization": f"Bearer {key['key']}"})
        with server.client(api_key=token) as client:
            begun = respond(client, "x", model="endless", background=True)
        until(lambda: len(upstream.requests) == 1, "it begins")
        with sqlite3.connect(server.folder / "data" / "nexus.db") as database:
            (pending,) = database.execute("SELECT pending FROM api_responses WHERE id = ?", (begun.id,)).fetchone()
        header, payload, signature = token.split(".")
        assert '"testimony"' in pending and not any(part in pending for part in (header, payload, signature))
        assert "ada@example.org" not in pending and "Lovelace" not in pending
        people.close()
        server.kill()
        orders = {
            "user": ["users", "disable", "frida"], "key": ["keys", "revoke", key["id"]],
            "scope": ["users", "edit", "bob", "--role", "viewer"]}
        if ending in orders:
            ended = command(server.folder, *orders[ending], "--data-dir", server.folder / "data")
            assert ended.returncode == 0, ended.stderr
        if ending == "time":
            time.sleep(max(0.0, end + 61 - time.time()))
        server = start(
            "--port", str(server.port), folder=server.folder, configuration=configuration(ending != "issuer"),
            model=None)

        def told() -> dict[str, Any]:
            with sqlite3.connect(server.folder / "data" / "nexus.db") as database:
                return json.loads(database.execute(
                    "SELECT body FROM api_responses WHERE id = ?", (begun.id,)).fetchone()[0])

        if reason:
            failed = until(lambda: (body := told())["status"] == "failed" and body, "it failed")
            assert reason in failed["error"]["message"], failed
            assert len(upstream.requests) == 1
        else:
            until(lambda: len(upstream.requests) == 2, "it is begun again")
            assert upstream.requests[1]["messages"] == upstream.requests[0]["messages"]
            with server.client(api_key=token) as client:
                assert client.responses.retrieve(begun.id).status == "in_progress"
            # It ends with the token, as it would have without the restart.
            revoked = httpx.post(f"{server.url}/api/v1/tokens/revoke", json={"token": token})
            assert revoked.status_code == 200, revoked.text
            failed = until(lambda: (body := told())["status"] == "failed" and body, "it ends")
            assert "revoked" in failed["error"]["message"]
    provider.stop()


def test_a_server_that_ends_tells_what_was_cut(start: Start) -> None:
    server = start()
    with server.client() as client:
        cut = respond(client, "x", background=True, **ENDLESS)
        until(lambda: client.responses.retrieve(cut.id).status == "in_progress", "a start")
    server.stop()
    again = start(folder=server.folder)
    with again.client() as client:
        found = client.responses.retrieve(cut.id)
    assert found.status == "failed" and found.error and "ended before" in found.error.message


def test_old_responses_go(start: Start) -> None:
    server = start(configuration="responses:\n  keptMax: 2\n")
    with server.client() as client:
        ids = [respond(client, "What is 3 + 4?").id for _ in range(4)]
    server.stop()
    again = start(folder=server.folder, configuration="responses:\n  keptMax: 2\n")
    until(lambda: again.http.get(f"/v1/responses/{ids[1]}").status_code == 404, "the oldest gone")
    assert [again.http.get(f"/v1/responses/{one}").status_code for one in ids] == [404, 404, 200, 200]


def test_functions_go_on_from_a_response(client: openai.OpenAI) -> None:
    tool: Any = {
        "type": "function", "name": "get_weather", "description": "Get the weather in a city", "strict": None,
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
    first = respond(client, "What is the weather in Paris?", tools=[tool])
    call = first.output[-1]
    assert call.type == "function_call" and json.loads(call.arguments) == {"city": "Paris"}
    output = [{"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}]
    second = respond(client, output, previous_response_id=first.id, tools=[tool])
    assert second.status == "completed" and second.output
