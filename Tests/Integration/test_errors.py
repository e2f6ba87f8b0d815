"""Refusals: what a client is told, and that the server goes on."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest
from support.servers import NAME, Nexus
from support.talk import SUM, ask, stream


@pytest.fixture(autouse=True)
def goes_on(client: openai.OpenAI) -> Iterator[None]:
    """After each refusal the next request is answered."""
    yield
    assert ask(client, SUM) == "7"


def details(failure: openai.APIStatusError) -> dict[str, Any]:
    """The error's object, which has everything that people and programs need."""
    assert isinstance(failure.body, dict)
    assert failure.body["message"] and failure.body["code"] and failure.body["request_id"]
    assert failure.body["hint"], "it says what to do"
    assert failure.response.headers["x-request-id"] == failure.body["request_id"]
    return failure.body


def test_a_model_that_is_not_served(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as failure:
        client.chat.completions.create(model="gpt-17", messages=SUM)
    assert details(failure.value)["code"] == "model_not_found" and "gpt-17" in failure.value.message
    with pytest.raises(openai.NotFoundError) as failure:
        client.models.retrieve("gpt-17")
    assert details(failure.value)["code"] == "model_not_found"


@pytest.mark.parametrize("ask_for", [ask, stream])
def test_a_prompt_that_is_too_long(client: openai.OpenAI, ask_for: Callable[..., Any]) -> None:
    with pytest.raises(openai.BadRequestError) as failure:
        ask_for(client, [{"role": "user", "content": "word " * 3_000}])
    body = details(failure.value)
    assert body["code"] == "context_length_exceeded" and "1024" in body["message"]
    numbers = [int(word) for word in body["message"].replace(".", " ").replace(",", " ").split() if word.isdigit()]
    assert any(number > 1024 for number in numbers), "it tells the length too"


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"max_tokens": -2}, "max_tokens"),
        ({"max_tokens": 10**15}, "max_tokens"),
        ({"max_completion_tokens": 2**63 - 1}, "max_completion_tokens"),
        ({"temperature": -0.5}, "temperature"),
        ({"temperature": 1e300}, "temperature"),
        ({"top_p": 2}, "top_p"),
        ({"extra_body": {"temperature": "hot"}}, "temperature"),
        ({"extra_body": {"messages": "hello"}}, "messages"),
        ({"extra_body": {"messages": []}}, "messages"),
        ({"extra_body": {"messages": [{"role": "pirate", "content": "x"}]}}, "messages[0].role"),
        ({"extra_body": {"stop": [1]}}, "stop[0]"),
        ({"extra_body": {"seed": "abc"}}, "seed"),
        ({"extra_body": {"stream": "yes"}}, "stream"),
        ({"extra_body": {"lora": [{"id": 0}]}}, "lora[0].scale"),
    ],
)
def test_values_that_are_not_allowed(client: openai.OpenAI, options: dict[str, Any], parameter: str) -> None:
    with pytest.raises(openai.BadRequestError) as failure:
        client.chat.completions.create(**({"model": NAME, "messages": SUM} | options))
    assert details(failure.value)["code"] == "invalid_value"
    assert failure.value.param == parameter and parameter in failure.value.message


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("modalities", ["text", "audio"]), ("audio", {"voice": "alloy", "format": "wav"}),
    ],
)
def test_what_is_not_supported_is_refused_and_not_ignored(
    client: openai.OpenAI, parameter: str, value: Any
) -> None:
    with pytest.raises(openai.BadRequestError) as failure:
        client.chat.completions.create(model=NAME, messages=SUM, extra_body={parameter: value})
    assert details(failure.value)["code"] == "unsupported" and failure.value.param == parameter


@pytest.mark.parametrize(("parameter", "value"), [("best_of", 3)])
def test_what_is_not_supported_of_legacy_completions(client: openai.OpenAI, parameter: str, value: Any) -> None:
    with pytest.raises(openai.BadRequestError) as failure:
        client.completions.create(model=NAME, prompt="Hello", **{parameter: value})
    assert details(failure.value)["code"] == "unsupported" and failure.value.param == parameter


@pytest.mark.parametrize(
    ("url", "code"), [("data:image/png;base64,iVBORw0KGgo=", "unsupported"), ("data:,x", "invalid_value")])
def test_pictures_are_refused_by_a_model_that_reads_text_only(client: openai.OpenAI, url: str, code: str) -> None:
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}]
    with pytest.raises(openai.BadRequestError) as failure:
        ask(client, [{"role": "user", "content": parts}])
    assert details(failure.value)["code"] == code
    assert failure.value.param == "messages[0].content[1].image_url.url"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"not json", b"[1,2]", b"null", b'{"messages": [{"role": "user", "content": "\xff\xfe"}]}',
        b'{"messages": "\\ud800"}', b"[" * 200_000, b'{"a":' * 100_000, b'{"messages":[],}', b'{"a":1}{"b":2}',
        b'{"max_tokens": 1e999}', b"\x00" * 100,
    ],
    ids=range(13),
)
def test_bodies_that_are_no_request(nexus: Nexus, body: bytes) -> None:
    answer = nexus.http.post("/v1/chat/completions", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] in ("invalid_json", "invalid_value") and error["message"]
    assert error["hint"] and error["request_id"] == answer.headers["x-request-id"]
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize("model", ["../../etc/passwd", "a\nb", "x" * 100_000, "\u202e", ""])
def test_strange_names_of_models(nexus: Nexus, model: str) -> None:
    answer = nexus.http.post("/v1/chat/completions", json={"model": model, "messages": SUM, "temperature": 0})
    assert answer.status_code == (404 if model else 200)


def test_a_body_over_the_limit(start: Callable[..., Nexus]) -> None:
    server = start("--server.limits.bodyBytes", "16KiB")
    with server.client() as client:
        with pytest.raises(openai.APIStatusError) as failure:
            ask(client, [{"role": "user", "content": "x" * 20_000}])
        assert failure.value.status_code == 413
        assert failure.value.code == "body_too_large"
        assert ask(client, SUM) == "7"
    chunked = (b"x" * 4_096 for _ in range(100))
    try:
        answer = server.http.post("/v1/chat/completions", content=chunked)
        assert answer.status_code == 413
    except httpx.TransportError:
        pass  # The server closes before everything is sent, and its answer may be lost with the connection.
    assert server.http.get("/ready").status_code == 200


def test_paths_that_are_not_there(nexus: Nexus) -> None:
    below = nexus.http.get("/v1/embellishments")
    assert below.status_code == 404 and below.json()["error"]["code"] == "not_found"
    elsewhere = nexus.http.get("/nowhere")
    assert elsewhere.status_code == 404
    assert elsewhere.headers["content-type"] == "application/problem+json"
    problem = elsewhere.json()
    assert problem["status"] == 404 and problem["code"] == "not_found" and problem["title"]
    assert problem["request_id"] == elsewhere.headers["x-request-id"]


def test_methods_that_are_not_allowed(nexus: Nexus) -> None:
    below = nexus.http.get("/v1/chat/completions")
    assert below.status_code == 405 and below.json()["error"]["code"] == "method_not_allowed"
    assert "POST" in below.headers["allow"]
    elsewhere = nexus.http.delete("/health")
    assert elsewhere.status_code == 405 and elsewhere.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/assets/../nexus", "/assets/%2e%2e/%2e%2e/etc/passwd", "/v1/models/%00", "/%ff"])
def test_paths_that_try_to_get_out(nexus: Nexus, path: str) -> None:
    answer = nexus.http.get(path)
    assert answer.status_code in (400, 404) and "root:" not in answer.text
