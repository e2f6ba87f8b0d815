"""What the document says of the APIs of others is true: their requests are accepted as described and answered so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from support.described import is_bare
from support.encoders import random_encoder
from support.polling import until
from support.servers import NAME, Nexus
from support.talk import SUM, WEATHER

Start = Callable[..., Nexus]


def bare(document: dict[str, Any]) -> list[str]:
    """Where an object stands of which nothing is said, in requests and answers."""
    found = []
    for path, methods in document["paths"].items():
        if path.startswith("/api/v1"):
            continue
        for method, operation in methods.items():
            contents = [("asked", operation.get("requestBody", {}))] + list(operation["responses"].items())
            found += [
                f"{method} {path} {place}" for place, holder in contents
                for content in holder.get("content", {}).values() if is_bare(content.get("schema", {}))]
    return found


def test_no_object_is_without_a_description(nexus: Nexus) -> None:
    document = nexus.described()
    assert len([path for path in document["paths"] if not path.startswith("/api/v1")]) >= 40
    assert bare(document) == []


def test_what_is_bare_is_noticed() -> None:
    def of(schema: Any) -> list[str]:
        answer = {"content": {"application/json": {"schema": schema}}}
        return bare({"paths": {"/x": {"get": {"responses": {"200": answer}}}}})

    good = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert of(good) == []
    for wrong in (
            {}, {"type": "object"}, {"type": ["object", "null"]}, {"type": "array"},
            {"oneOf": [good, {"type": "object"}]},
            {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "object"}}}}):
        assert of(wrong) == ["get /x 200"]


class Caller:
    """Sends requests that are as described, which must be accepted. What is answered, the server's own hook judges."""

    def __init__(self, server: Nexus):
        self.server = server
        self.paths = server.described()["paths"]
        self.asked: set[str] = set()

    def __call__(self, method: str, path: str, body: Any = None, **places: str) -> Any:
        operation = self.paths[path][method]
        options: dict[str, Any] = {}
        if body is not None:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            jsonschema.Draft202012Validator(schema).validate(body)
            options["json"] = body
        answer: httpx.Response = self.server.http.request(
            method, path.format(**places).replace("{", "").replace("}", ""), **options)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        if answer.content:
            assert f"{method} {path} {answer.status_code}" in self.server.judge.seen, "it is judged"
        self.asked.add(f"{method} {path}")
        return answer.json() if answer.content else None


def test_answers_of_openai_are_as_described(nexus: Nexus) -> None:
    call = Caller(nexus)
    chat = {"model": NAME, "messages": SUM, "temperature": 0, "max_tokens": 8}
    call("get", "/v1/models")
    call("get", "/v1/models/{model}", model=NAME)
    plain = call("post", "/v1/chat/completions", chat)
    assert plain["choices"][0]["message"]["content"]
    told = call("post", "/v1/chat/completions", chat | {
        "logprobs": True, "top_logprobs": 2, "n": 2, "seed": 3, "stop": ["x"], "logit_bias": {"5": 1},
        "nexus": {"prompt_logprobs": True, "reproducible": True, "tags": ["t"]}, "verbose": True})
    assert len(told["choices"]) == 2 and told["choices"][0]["logprobs"]["content"]
    called = call("post", "/v1/chat/completions", chat | {
        "tools": [WEATHER], "tool_choice": "required", "max_tokens": 64,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "What is the weather in Paris?"}]}]})
    assert called["choices"][0]["message"]["tool_calls"]
    for format in ({"type": "json_object"}, {"type": "json_schema", "json_schema": {"name": "n", "schema": {
            "type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}}}):
        call("post", "/v1/chat/completions", chat | {"response_format": format, "max_tokens": 64})
    call("post", "/v1/chat/completions", chat | {
        "functions": [WEATHER["function"]], "function_call": "auto", "logit_bias": [["red", False], [7, 1.5]],
        "post_sampling_probs": True, "n_probs": 2})
    call("post", "/v1/chat/completions/input_tokens", chat)
    call("post", "/v1/completions", {"model": NAME, "prompt": "One two", "max_tokens": 4, "logprobs": 2, "echo": True})
    call("post", "/v1/completions", {"model": NAME, "prompt": ["One", "Two"], "max_tokens": 3})
    refused = nexus.http.post("/v1/moderations", json={"input": "x"})
    assert refused.status_code == 501


def test_answers_of_anthropic_are_as_described(nexus: Nexus) -> None:
    call = Caller(nexus)
    message = {"model": NAME, "max_tokens": 8, "temperature": 0, "messages": SUM}
    plain = call("post", "/v1/messages", message)
    assert plain["content"]
    tool = {"name": "get_weather", "description": "Get the weather in a city", "input_schema": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
    question = [{"type": "text", "text": "What is the weather in Paris?", "cache_control": {"type": "ephemeral"}}]
    called = call("post", "/v1/messages", message | {
        "tools": [tool], "tool_choice": {"type": "any"}, "max_tokens": 64,
        "system": [{"type": "text", "text": "Help."}],
        "messages": [{"role": "user", "content": question}]})
    use = next(block for block in called["content"] if block["type"] == "tool_use")
    call("post", "/v1/messages", message | {
        "tools": [tool], "metadata": {"user_id": "u"}, "stop_sequences": ["x"], "messages": [
            {"role": "user", "content": question}, {"role": "assistant", "content": called["content"]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": use["id"], "content": [{"type": "text", "text": "Sun"}]}]}]})
    call("post", "/v1/messages/count_tokens", {"model": NAME, "messages": SUM, "system": "Help."})


def test_answers_of_responses_are_as_described(nexus: Nexus) -> None:
    call = Caller(nexus)
    asked = {"model": NAME, "input": SUM[-1]["content"], "max_output_tokens": 8, "temperature": 0}
    first = call("post", "/v1/responses", asked)
    call("post", "/v1/responses", asked | {
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "And 2 and 2?"}]}],
        "previous_response_id": first["id"], "metadata": {"a": "b"}, "top_logprobs": 2,
        "text": {"format": {"type": "json_object"}}, "include": ["message.output_text.logprobs"]})
    function = {"type": "function"} | WEATHER["function"]
    called = call("post", "/v1/responses", asked | {
        "input": "What is the weather in Paris?", "tools": [function], "tool_choice": "required",
        "max_output_tokens": 64, "store": False})
    use = next(item for item in called["output"] if item["type"] == "function_call")
    call("post", "/v1/responses", asked | {
        "input": [*called["output"], {"type": "function_call_output", "call_id": use["call_id"], "output": "Sun"}],
        "tools": [function]})
    call("post", "/v1/responses/input_tokens", asked)
    call("get", "/v1/responses/{id}", id=first["id"])
    call("get", "/v1/responses/{id}/input_items", id=first["id"])
    behind = call("post", "/v1/responses", asked | {"background": True})["id"]
    call("post", "/v1/responses/{id}/cancel", id=behind)
    until(lambda: call("get", "/v1/responses/{id}", id=behind)["status"] not in ("queued", "in_progress"), "its end")
    for id in (first["id"], behind):
        call("delete", "/v1/responses/{id}", id=id)


def test_answers_about_openai_conversations_are_as_described(nexus: Nexus) -> None:
    call, one = Caller(nexus), "/v1/conversations/{id}"
    talk = call("post", "/v1/conversations", {
        "metadata": {"a": "b"}, "items": [{"type": "message", "role": "user", "content": "Hello."}]})["id"]
    call("get", one, id=talk)
    call("post", one, {"metadata": {"a": "c"}}, id=talk)
    added = call("post", one + "/items", {"items": [{"role": "assistant", "content": "Hi."}]}, id=talk)["data"][0]["id"]
    call("get", one + "/items", id=talk)
    call("get", one + "/items/{item}", id=talk, item=added)
    call("post", "/v1/responses", {
        "model": NAME, "input": "Hello", "conversation": {"id": talk}, "max_output_tokens": 4})
    call("delete", one + "/items/{item}", id=talk, item=added)
    call("delete", one, id=talk)


def test_answers_of_ollama_are_as_described(start: Start) -> None:
    server = start()
    call = Caller(server)
    asked = {"model": NAME, "stream": False, "options": {"temperature": 0, "num_predict": 8}}
    assert call("post", "/api/chat", asked | {"messages": SUM, "logprobs": True, "top_logprobs": 2})["logprobs"]
    called = call("post", "/api/chat", asked | {
        "tools": [WEATHER], "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
        "options": {"temperature": 0, "num_predict": 64}, "keep_alive": "5m"})["message"]
    call("post", "/api/chat", asked | {"messages": [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "", "tool_calls": called.get("tool_calls", [])},
        {"role": "tool", "content": "Sun", "tool_name": "get_weather"}], "format": "json"})
    first = call("post", "/api/generate", asked | {"prompt": "Hello", "system": "Help.", "think": False})
    call("post", "/api/generate", asked | {"prompt": "Go on", "context": first["context"]})
    call("post", "/api/generate", {"model": NAME, "stream": False})
    for path in ("/api/tags", "/api/ps", "/api/version"):
        call("get", path)
    assert server.http.get("/api/ps").json()["models"], "a model that runs is to be described"
    call("post", "/api/show", {"model": NAME})
    call("post", "/api/create", {"model": "twin", "from": NAME, "parameters": {"temperature": 0.5}, "stream": False})
    call("post", "/api/pull", {"model": NAME, "stream": False})
    call("post", "/api/copy", {"source": NAME, "destination": "copied"})
    call("get", "/api/tags")
    call("delete", "/api/delete", {"model": "copied"})
    call("post", "/api/generate", {"model": NAME, "stream": False, "keep_alive": 0})


def test_vectors_are_as_described(start: Start, tmp_path: Path) -> None:
    paths = {
        "embeddings": random_encoder(tmp_path / "encoder.gguf", ranks=False),
        "reranking": random_encoder(tmp_path / "ranker.gguf", ranks=True)}
    text = "".join(f"  {path.stem}:\n    path: {path}\n    kind: {kind}\n" for kind, path in paths.items())
    server = start(configuration=f"models:\n{text}", model=None)
    call = Caller(server)
    for more in ({}, {"encoding_format": "base64"}, {"truncate": True}):
        call("post", "/v1/embeddings", {"model": "encoder", "input": ["the cat", "the dog"]} | more)
    call("post", "/v1/embeddings", {"model": "encoder", "input": "the cat"})
    call("post", "/v1/embeddings", {"model": "encoder", "input": [[1, 2], "a dog"]})
    for path in ("/embedding", "/embeddings"):
        call("post", path, {"model": "encoder", "content": "the cat"})
        call("post", path, {"model": "encoder", "input": ["the cat", {"prompt_string": "the dog"}]})
    call("post", "/api/embed", {"model": "encoder", "input": ["the cat"]})
    call("post", "/api/embeddings", {"model": "encoder", "prompt": "the cat"})
    for more in ({}, {"return_documents": True, "top_n": 1}):
        for path in ("/v1/rerank", "/rerank", "/reranking", "/v1/reranking"):
            call("post", path, {
                "model": "ranker", "query": "the cat", "documents": ["the dog", {"text": "the cat"}]} | more)
    named = random_encoder(tmp_path / "named.gguf", ranks=True, labels=["good", "bad"])
    server = start(configuration=f"models:\n  named:\n    path: {named}\n    kind: reranking\n", model=None)
    call = Caller(server)
    for path in ("/classify", "/v1/classify"):
        assert call("post", path, {"model": "named", "input": "the cat"})["labels"] == ["good", "bad"]


def test_answers_of_llama_server_are_as_described(nexus: Nexus) -> None:
    call = Caller(nexus)
    call("post", "/tokenize", {"content": "Hello", "with_pieces": True})
    call("post", "/detokenize", {"tokens": call("post", "/tokenize", {"content": ["Hello", 7]})["tokens"]})
    call("post", "/apply-template", {"messages": SUM})
    call("post", "/v1/chat/completions", {"model": NAME, "messages": SUM, "max_tokens": 2})
    native = {"model": NAME, "n_predict": 4, "temperature": 0}
    for path in ("/completion", "/completions"):
        assert call("post", path, native | {"prompt": "One two", "n_probs": 2})["completion_probabilities"]
        for prompt in (["One", "Two"], ["One", 7], [7, 8], {"prompt_string": "One"}):
            call("post", path, native | {"prompt": prompt})
        call("post", path, native | {"prompt": "One", "response_fields": ["content", "generation_settings/n_predict"]})
    for path in ("/props", "/slots", "/cache", "/lora-adapters"):
        call("get", path)
    assert nexus.http.get("/cache").json()["nodes"], "a node is to be described"
