"""Ollama's API of the platform through the unchanged `ollama` client, synchronous and asynchronous."""

import asyncio
import base64
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import ollama
import pytest
from support.encoders import random_encoder
from support.hub import Hub
from support.polling import until
from support.program import MODEL
from support.servers import NAME, Nexus
from support.talk import STORY, SUM, WEATHER

Start = Callable[..., Nexus]
FIXED: dict[str, Any] = {"temperature": 0}


@pytest.fixture(scope="module")
def client(nexus: Nexus) -> ollama.Client:
    return ollama.Client(host=nexus.url, timeout=60)


def test_a_chat_whole_and_as_a_stream(client: ollama.Client, nexus: Nexus) -> None:
    whole = client.chat(model=NAME, messages=STORY, options=FIXED)
    assert whole.done and whole.done_reason == "stop" and whole.model == NAME and whole.message.role == "assistant"
    assert whole.eval_count and whole.prompt_eval_count and whole.total_duration and whole.eval_duration
    assert whole.total_duration >= whole.eval_duration > 1_000
    parts = list(client.chat(model=NAME, messages=STORY, options=FIXED, stream=True))
    assert len(parts) > 5 and [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    assert "".join(part.message.content or "" for part in parts) == whole.message.content
    assert parts[-1].eval_count == whole.eval_count
    with nexus.client() as openai:
        same = openai.chat.completions.create(model=NAME, temperature=0, messages=STORY)  # type: ignore[arg-type]
    assert same.choices[0].message.content == whole.message.content
    answer = httpx.post(
        f"{nexus.url}/api/chat", json={"model": NAME, "messages": SUM, "options": FIXED}, timeout=60)
    assert answer.headers["content-type"] == "application/x-ndjson" and answer.headers["x-nexus-model"] == NAME


def test_the_asynchronous_client(nexus: Nexus) -> None:
    async def talk() -> list[str]:
        client = ollama.AsyncClient(host=nexus.url, timeout=60)
        texts = []
        async for part in await client.chat(model=NAME, messages=SUM, options=FIXED, stream=True):
            texts.append(part.message.content or "")
        whole = await client.generate(model=NAME, prompt=SUM[0]["content"], options=FIXED)
        with pytest.raises(ollama.ResponseError) as failure:
            await client.chat(model="nobody", messages=SUM)
        assert failure.value.status_code == 404
        return ["".join(texts), whole.response]

    assert asyncio.run(talk()) == ["7", "7"]


def test_options_hold(client: ollama.Client) -> None:
    short = client.chat(model=NAME, messages=STORY, options={"num_predict": 3, **FIXED})
    assert short.eval_count == 3 and short.done_reason == "length"
    whole = client.chat(model=NAME, messages=STORY, options=FIXED).message.content or ""
    word = whole.split()[3]
    stopped = client.chat(model=NAME, messages=STORY, options={"stop": [word], **FIXED}).message.content or ""
    assert word not in stopped and whole.startswith(stopped)
    hot = {"temperature": 5, "top_k": 0, "seed": 7, "num_predict": 20}
    texts = {client.chat(model=NAME, messages=STORY, options=hot).message.content for _ in range(2)}
    other = client.chat(model=NAME, messages=STORY, options=hot | {"seed": 8}).message.content
    assert len(texts) == 1 and other not in texts


def test_tools_are_called_and_answered(client: ollama.Client, nexus: Nexus) -> None:
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
    body = {"model": NAME, "messages": messages, "tools": [WEATHER], "options": FIXED}
    for stream in (False, True):
        # The client writes tools in another order than the tiny model has learned, so that they go by hand.
        lines = httpx.post(f"{nexus.url}/api/chat", json=body | {"stream": stream}, timeout=60).text.splitlines()
        parts = [ollama.ChatResponse(**json.loads(line)) for line in lines]
        calls = [call for part in parts for call in part.message.tool_calls or []]
        assert [call.function.name for call in calls] == ["get_weather"]
        assert calls[0].function.arguments == {"city": "Paris"}
    message = next(part.message for part in parts if part.message.tool_calls)
    follow = [*messages, message, {"role": "tool", "content": "sunny", "tool_name": "get_weather"}]
    assert client.chat(model=NAME, messages=follow, tools=[WEATHER], options=FIXED).message.content


def test_formats_are_followed(client: ollama.Client) -> None:
    schema = {"type": "object", "properties": {"n": {"enum": [7]}}, "required": ["n"], "additionalProperties": False}
    answer = client.chat(model=NAME, messages=SUM, format=schema, options=FIXED)
    assert json.loads(answer.message.content or "") == {"n": 7}
    any_object = client.generate(model=NAME, prompt="x", format="json", options={"num_predict": 40, **FIXED})
    assert any_object.response.lstrip().startswith("{")


def test_a_text_goes_on_with_its_context(client: ollama.Client) -> None:
    first = client.generate(model=NAME, prompt="What is 3 + 4?", options=FIXED)
    assert first.response == "7" and first.context and all(isinstance(number, int) for number in first.context)
    second = client.generate(model=NAME, prompt="What is the capital of France?", context=first.context, options=FIXED)
    chat = [*SUM, {"role": "assistant", "content": "7"}, {"role": "user", "content": "What is the capital of France?"}]
    same = client.chat(model=NAME, messages=chat, options=FIXED)
    assert second.response == same.message.content and second.prompt_eval_count == same.prompt_eval_count
    raw = client.generate(model=NAME, prompt="Once upon a time", raw=True, options={"num_predict": 8, **FIXED})
    assert raw.response and raw.context is None and raw.prompt_eval_count < first.prompt_eval_count


@pytest.mark.parametrize(
    ("path", "body", "status", "param"),
    [
        ("/api/chat", {"messages": SUM, "options": {"temperature": "hot"}}, 400, "options.temperature"),
        ("/api/chat", {"messages": [{"role": "user", "content": 5}]}, 400, "messages[0].content"),
        ("/api/chat", {"messages": SUM, "format": "xml"}, 400, "format"),
        ("/api/chat", {"messages": SUM, "keep_alive": "soon"}, 400, "keep_alive"),
        ("/api/chat", {"model": "nobody", "messages": SUM}, 404, "model"),
        ("/api/generate", {"prompt": "x", "context": [1, 2, 3]}, 400, "context"),
        ("/api/generate", {"prompt": "x", "template": "{{ .Prompt }}"}, 400, "template"),
        ("/api/generate", {"prompt": "x", "images": ["!"]}, 400, "images"),
        ("/api/embed", {"input": 5}, 400, "input"), ("/api/show", {}, 400, "model"),
        ("/api/show", {"model": "nobody"}, 404, "model"), ("/api/delete", {"model": "nobody"}, 404, "model"),
        ("/api/copy", {"source": "nobody", "destination": "x"}, 404, "model"),
        ("/api/copy", {"source": NAME, "destination": "a b"}, 400, "model"),
        ("/api/pull", {"model": "llama3.2"}, 404, "model"), ("/api/pull", {}, 400, "model"),
        ("/api/pull", {"model": "registry.ollama.ai/library/llama3.2"}, 404, "model"),
        ("/api/create", {"model": "x", "from": NAME, "system": "be"}, 400, "system"),
        ("/api/create", {"model": "x", "from": NAME, "parameters": {"flavour": 1}}, 400, "parameters.flavour"),
        ("/api/create", {"model": "x", "from": "nobody"}, 404, "model"), ("/api/push", {"model": NAME}, 501, None),
    ], ids=str)
def test_what_is_wrong_is_said_in_ollamas_shape(
    nexus: Nexus, path: str, body: dict[str, Any], status: int, param: str | None
) -> None:
    method = "DELETE" if path == "/api/delete" else "POST"
    answer = nexus.http.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert isinstance(answer.json()["error"], str) and answer.json()["error"] and answer.json().get("param") == param
    refused = nexus.http.request(method, path, content=b"{")
    assert refused.status_code == (501 if path == "/api/push" else 400) and isinstance(refused.json()["error"], str)


def test_models_are_listed_and_shown(client: ollama.Client, nexus: Nexus) -> None:
    listed = {model.model: model for model in client.list().models}
    found = listed[NAME]
    assert found.size and found.size > 1_000_000 and found.digest and len(found.digest) == 64 and found.modified_at
    assert found.details and found.details.family == "llama" and found.details.format == "gguf"
    shown = client.show(f"{NAME}:latest")
    assert shown.modelinfo and shown.modelinfo["llama.context_length"] > 0 and "completion" in (shown.capabilities or [])
    assert "tools" in (shown.capabilities or []) and shown.template and shown.modelfile and "FROM" in shown.modelfile
    running = {model.model: model for model in client.ps().models}
    assert running[NAME].context_length and running[NAME].size and running[NAME].expires_at
    assert nexus.http.get("/api/version").json()["version"]


def test_a_model_is_loaded_and_let_go(start: Start) -> None:
    server = start()
    client = ollama.Client(host=server.url, timeout=60)
    assert client.generate(model=NAME, prompt="").done_reason == "load"
    assert [model.model for model in client.ps().models] == [NAME]
    assert client.generate(model=NAME, prompt="", keep_alive=0).done_reason == "unload"
    until(lambda: client.ps().models == [], "no model in memory")
    again = client.chat(model=NAME, messages=SUM, options=FIXED)
    assert again.message.content == "7" and again.load_duration and again.load_duration > 1_000_000


def test_models_are_made_copied_and_removed(start: Start) -> None:
    server = start()
    client = ollama.Client(host=server.url, timeout=60)
    steps = [step.status for step in client.create(
        model="short", from_=NAME, parameters={"num_predict": 2, "temperature": 0, "top_k": 5}, stream=True)]
    assert steps[-1] == "success"
    answer = client.chat(model="short", messages=STORY)
    assert answer.eval_count == 2 and answer.done_reason == "length"
    assert "top_k 5" in (client.show("short").parameters or "")
    client.copy("short", "other/short:v1")
    assert {model.model for model in client.list().models} >= {NAME, "short", "other/short:v1"}
    client.delete("short")
    assert "short" not in {model.model for model in client.list().models}
    assert client.chat(model="other/short:v1", messages=STORY).eval_count == 2
    client.delete("other/short:v1")
    with pytest.raises(ollama.ResponseError) as failure:
        client.delete(NAME)
    assert failure.value.status_code == 409 and MODEL.exists()


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    hub.add("maker/greeter", {"greeter-Q8_0.gguf": MODEL.read_bytes(), "README.md": b"# Greeter"}, {"README.md"})
    yield hub
    hub.close()


def test_a_model_is_pulled_served_and_removed(start: Start, hub: Hub) -> None:
    server = start("--hub.url", hub.url)
    client = ollama.Client(host=server.url, timeout=60)
    name = "hf.co/maker/greeter:Q8_0"
    steps = list(client.pull(name, stream=True))
    assert steps[0].status == "pulling manifest" and steps[-1].status == "success"
    assert client.chat(model=name, messages=SUM, options=FIXED).message.content == "7"
    assert client.pull(name).status == "success"
    assert client.show(name).details.quantization_level == "Q8_0"  # type: ignore[union-attr]
    files = list((server.folder / "data" / "models").rglob("*.gguf"))
    assert len(files) == 1
    client.delete(name)
    assert name not in {model.model for model in client.list().models} and not files[0].exists()
    with pytest.raises(ollama.ResponseError) as failure:
        client.pull("hf.co/maker/nothing")
    assert failure.value.status_code in (-1, 404, 401) and "nothing" in failure.value.error.lower()
    with pytest.raises(ollama.ResponseError) as other:
        client.pull("llama3.2")
    assert other.value.status_code == 404 and "registry" in other.value.error


def test_vectors(start: Start, tmp_path: Path) -> None:
    path = random_encoder(tmp_path / "encoder.gguf", ranks=False)
    server = start(configuration=f"models:\n  encoder:\n    path: {path}\n    kind: embeddings\n", model=None)
    client = ollama.Client(host=server.url, timeout=60)
    both = client.embed(model="encoder", input=["hello world", "the green tree"])
    assert len(both.embeddings) == 2 and both.prompt_eval_count
    assert all(math.isclose(sum(value * value for value in vector), 1, rel_tol=1e-4) for vector in both.embeddings)
    older = client.embeddings(model="encoder", prompt="hello world").embedding
    assert max(abs(a - b) for a, b in zip(older, both.embeddings[0], strict=True)) < 1e-4
    with pytest.raises(ollama.ResponseError) as failure:
        client.embed(model="encoder", input="word " * 5_000, truncate=False)
    assert failure.value.status_code == 400
    assert client.embed(model="encoder", input="word " * 5_000).embeddings
    assert client.show("encoder").capabilities == ["embedding"]


def test_a_picture_for_a_model_without_eyes_is_refused(client: ollama.Client) -> None:
    pixel = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")
    with pytest.raises(ollama.ResponseError) as failure:
        client.chat(model=NAME, messages=[{"role": "user", "content": "what?", "images": [pixel]}])
    assert failure.value.status_code in (400, 501)
