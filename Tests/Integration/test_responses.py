"""OpenAI's Responses API through the unchanged `openai` client, of the engine and of the platform."""

import json
import os
import signal
from collections.abc import Callable
from typing import Any

import httpx
import openai
import pytest
from support.polling import until
from support.servers import NAME, Engine, Nexus
from support.talk import STORY, WEATHER

QUESTION = "What is the weather in Paris?"
#: The weather tool of the starter model in the form of responses.
TOOL: Any = {"type": "function", "strict": None, **WEATHER["function"]}
#: An answer that goes on for hundreds of tokens.
ENDLESS: dict[str, Any] = {
    "temperature": 10.0, "max_output_tokens": 900, "extra_body": {"top_k": 0, "min_p": 0, "ignore_eos": True}}


def respond(client: openai.OpenAI, text: Any, **options: Any) -> Any:
    return client.responses.create(**({"model": NAME, "temperature": 0, "input": text} | options))


def events(client: openai.OpenAI, text: Any, **options: Any) -> list[Any]:
    with respond(client, text, stream=True, **options) as stream:
        return list(stream)


def check_order(seen: list[Any]) -> None:
    """Numbers have no gaps; every item is added once and done once, one at a time."""
    assert [event.sequence_number for event in seen] == list(range(len(seen)))
    assert [event.type for event in seen[:2]] == ["response.created", "response.in_progress"]
    open_item = None
    done = []
    for event in seen:
        if event.type == "response.output_item.added":
            assert open_item is None and event.output_index == len(done)
            open_item = event.item.id
        elif event.type == "response.output_item.done":
            assert event.item.id == open_item
            done.append(event.item)
            open_item = None
        elif hasattr(event, "item_id"):
            assert event.item_id == open_item and event.output_index == len(done)
    assert open_item is None and seen[-1].response.output == done


def test_a_response(either: openai.OpenAI) -> None:
    answer = respond(either, "What is 3 + 4?", metadata={"a": "b"}, store=True, user="u")
    assert answer.output_text == "7" and answer.status == "completed" and answer.object == "response"
    assert answer.id.startswith("resp_") and answer.output[0].id.startswith("msg_") and answer.model == NAME
    assert answer.metadata == {"a": "b"} and answer.error is None
    usage = answer.usage
    assert usage.input_tokens > 5 and usage.output_tokens > 0
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    assert 0 <= usage.input_tokens_details.cached_tokens < usage.input_tokens


def test_instructions_and_items_are_the_conversation(either: openai.OpenAI) -> None:
    items = [
        {"role": "user", "content": [{"type": "input_text", "text": "What is 3 + 4?"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "7", "annotations": []}]},
        {"role": "user", "content": "What is the capital of France?"},
    ]
    answer = respond(either, items, instructions="You are a helpful assistant.")
    chat = [
        {"role": "system", "content": "You are a helpful assistant."}, {"role": "user", "content": "What is 3 + 4?"},
        {"role": "assistant", "content": "7"}, {"role": "user", "content": "What is the capital of France?"},
    ]
    same = either.chat.completions.create(model=NAME, temperature=0, messages=chat)  # type: ignore[arg-type]
    assert answer.output_text == same.choices[0].message.content
    assert answer.usage.input_tokens == same.usage.prompt_tokens  # type: ignore[union-attr]
    counted = either.responses.input_tokens.count(
        model=NAME, input=items, instructions="You are a helpful assistant.")  # type: ignore[arg-type]
    assert counted.input_tokens == answer.usage.input_tokens and counted.object == "response.input_tokens"


def test_a_stream_has_typed_events_in_order(either: openai.OpenAI) -> None:
    seen = events(either, "Tell me a story about Anna.", max_output_tokens=12)
    check_order(seen)
    text = "".join(event.delta for event in seen if event.type == "response.output_text.delta")
    last = seen[-1]
    assert last.type == "response.incomplete" and last.response.status == "incomplete"
    assert last.response.incomplete_details.reason == "max_output_tokens"
    assert last.response.output_text == text and last.response.usage.output_tokens == 12
    assert last.response.output[0].status == "incomplete"
    assert text == respond(either, "Tell me a story about Anna.", max_output_tokens=12).output_text


def test_the_stream_helper_adds_up(either: openai.OpenAI) -> None:
    with either.responses.stream(model=NAME, input="What is 3 + 4?", temperature=0) as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        final = stream.get_final_response()
    assert text == final.output_text == "7" and final.status == "completed"


def test_a_tool_is_called_and_its_result_is_read(either: openai.OpenAI) -> None:
    first = respond(either, QUESTION, tools=[TOOL])
    (call,) = first.output
    assert call.type == "function_call" and call.name == "get_weather" and call.id.startswith("fc_")
    assert json.loads(call.arguments) == {"city": "Paris"} and first.status == "completed"
    items = [
        {"role": "user", "content": QUESTION}, call.model_dump(exclude_none=True),
        {
            "type": "function_call_output", "call_id": call.call_id,
            "output": json.dumps({"temperature": 21, "sky": "sunny"}),
        },
    ]
    assert respond(either, items, tools=[TOOL]).output_text == "It is 21 degrees and sunny in Paris."


def test_a_streamed_call_adds_up(either: openai.OpenAI) -> None:
    seen = events(either, QUESTION, tools=[TOOL])
    check_order(seen)
    deltas = "".join(event.delta for event in seen if event.type == "response.function_call_arguments.delta")
    (done,) = [event for event in seen if event.type == "response.function_call_arguments.done"]
    assert done.arguments == deltas and json.loads(deltas) == {"city": "Paris"}
    assert seen[-1].response.output[0].arguments == deltas
    with either.responses.stream(model=NAME, input=QUESTION, temperature=0, tools=[TOOL]) as stream:
        stream.until_done()
        assert json.loads(stream.get_final_response().output[0].arguments) == {"city": "Paris"}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "choice",
    [
        "required", {"type": "function", "name": "get_weather"},
        {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "get_weather"}]},
    ],
    ids=str,
)
def test_a_call_can_be_demanded(either: openai.OpenAI, choice: Any) -> None:
    answer = respond(either, "What is 3 + 4?", tools=[TOOL], tool_choice=choice)
    assert answer.output[0].type == "function_call" and set(json.loads(answer.output[0].arguments)) == {"city"}


def test_tools_of_openais_servers_are_left_out(either: openai.OpenAI) -> None:
    answer = respond(either, "What is 3 + 4?", tools=[{"type": "web_search"}])
    assert answer.output_text == "7"
    assert [warning["code"] for warning in answer.nexus["warnings"]] == ["tool_unsupported"]


def test_thinking_is_an_item_before_the_text(either: openai.OpenAI) -> None:
    grammar = {"grammar": 'root ::= "<think>\\nI must add.\\n</think>\\n\\n7"'}
    answer = respond(either, "What is 3 + 4?", extra_body=grammar)
    assert [item.type for item in answer.output] == ["reasoning", "message"]
    assert answer.output[0].content[0].text == "I must add." and answer.output_text == "7"
    assert answer.usage.output_tokens_details.reasoning_tokens > 0
    seen = events(either, "What is 3 + 4?", extra_body=grammar)
    check_order(seen)
    assert "".join(e.delta for e in seen if e.type == "response.reasoning_text.delta") == "I must add."
    # It can be sent back as it is.
    items = [{"role": "user", "content": "What is 3 + 4?"}, *(item.model_dump() for item in answer.output)]
    assert respond(either, [*items, {"role": "user", "content": "What is 3 + 4?"}]).status == "completed"


def test_a_schema_is_followed(either: openai.OpenAI) -> None:
    schema = {"type": "object", "properties": {"n": {"enum": [7]}}, "required": ["n"], "additionalProperties": False}
    text: Any = {"format": {"type": "json_schema", "name": "sum", "schema": schema, "strict": True}}
    assert json.loads(respond(either, "What is 3 + 4?", extra_body={"text": text}).output_text) == {"n": 7}
    whole = respond(
        either, "What is 3 + 4?", extra_body={"text": {"format": {"type": "json_object"}}}, max_output_tokens=60)
    assert whole.output_text.startswith("{")


def test_logprobs_stand_beside_the_text(either: openai.OpenAI) -> None:
    answer = respond(either, "What is 3 + 4?", top_logprobs=2, include=["message.output_text.logprobs"])
    tokens = answer.output[0].content[0].logprobs
    assert tokens and "".join(token.token for token in tokens).startswith("7") and len(tokens[0].top_logprobs) == 2


@pytest.mark.parametrize(
    ("fields", "parameter"),
    [
        ({"max_output_tokens": -1}, "max_output_tokens"), ({"max_output_tokens": 2**63 - 1}, "max_output_tokens"),
        ({"temperature": -1}, "temperature"), ({"temperature": 1e300}, "temperature"), ({"top_p": 2}, "top_p"),
        ({"top_logprobs": 99}, "top_logprobs"), ({"input": []}, "input"), ({"input": 5}, "input"),
        ({"input": [{"type": "web_search_call"}]}, "input[0].type"),
        ({"prompt": {"id": "p"}}, "prompt"), ({"text": {"format": {"type": "xml"}}}, "text.format.type"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_said(either: openai.OpenAI, fields: dict[str, Any], parameter: str) -> None:
    with pytest.raises(openai.BadRequestError) as failure:
        either.post("/responses", body={"model": NAME, "input": "x"} | fields, cast_to=httpx.Response)
    assert failure.value.param == parameter and failure.value.message
    assert isinstance(failure.value.body, dict) and failure.value.body["hint"]


def test_the_engine_keeps_no_responses(direct: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as failure:
        direct.responses.retrieve(respond(direct, "What is 3 + 4?", store=True).id)
    assert "keeps no responses" in failure.value.message
    for fields in ({"previous_response_id": "resp_1"}, {"background": True}, {"conversation": "conv_1"}):
        with pytest.raises(openai.BadRequestError) as refusal:
            respond(direct, "x", **fields)
        assert refusal.value.param == next(iter(fields)) and isinstance(refusal.value.body, dict)
        assert refusal.value.body["hint"]


def test_the_engine_has_llama_servers_other_paths(engine: Engine) -> None:
    body = {"input": "What is 3 + 4?", "temperature": 0, "something_new": True}
    answer = httpx.post(f"{engine.url}/responses", json=body, timeout=60).json()
    assert answer["output"][0]["content"][0]["text"] == "7"
    chat = {"messages": [{"role": "user", "content": "What is 3 + 4?"}]}
    counts = {
        path: httpx.post(f"{engine.url}{path}", json=payload, timeout=60).json()["input_tokens"]
        for path, payload in [
            ("/responses/input_tokens", body), ("/v1/responses/input_tokens", body),
            ("/chat/completions/input_tokens", chat), ("/v1/chat/completions/input_tokens", chat),
        ]
    }
    assert set(counts.values()) == {answer["usage"]["input_tokens"]}
    refused = httpx.post(f"{engine.url}/responses", json={}, timeout=60)
    assert refused.status_code == 400 and refused.json()["error"]["param"] == "input"


def test_waiting_is_told(engine: Engine) -> None:
    with engine.client() as client:
        seen = events(client, "What is 3 + 4?", extra_body={"return_progress": True, "cache_prompt": False})
    check_order(seen)
    told = [event for event in seen if getattr(event, "prompt_progress", None)]
    assert all(event.type == "response.in_progress" for event in told)
    assert told and told[-1].prompt_progress["total"] == seen[-1].response.usage.input_tokens


def test_a_client_that_goes_frees_the_engine(engine: Engine, direct: openai.OpenAI) -> None:
    stream = respond(direct, STORY[0]["content"], stream=True, **ENDLESS)
    pieces = iter(stream)
    assert [next(pieces) for _ in range(6)]
    assert engine.live() == 1
    stream.close()
    until(lambda: engine.live() == 0, "the answer is given up")


def test_a_worker_that_dies_in_mid_stream_is_a_failed_response(start: Callable[..., Nexus]) -> None:
    server = start()
    with server.client() as client:
        pieces = iter(respond(client, STORY[0]["content"], stream=True, **ENDLESS))
        seen = [next(pieces) for _ in range(6)]
        os.kill(server.worker_pid(), signal.SIGKILL)
        seen += list(pieces)
    check_order(seen)
    assert seen[-1].type == "response.failed" and seen[-1].response.status == "failed"
    assert seen[-1].response.error.code == "server_error" and "broke off" in seen[-1].response.error.message
    assert seen[-1].response.output[0].status == "incomplete"
