"""Anthropic's Messages API through the unchanged `anthropic` client, of the engine and of the platform."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import httpx
import pytest
from support.claude import WEATHER_TOOL, claude, prompt_tokens, settings, tell
from support.polling import until
from support.servers import NAME, Engine, Nexus
from support.talk import STORY

QUESTION = "What is the weather in Paris?"
#: An answer that goes on for hundreds of tokens.
ENDLESS = settings(max_tokens=900, extra_body={"temperature": 10, "top_k": 0, "min_p": 0, "ignore_eos": True})


@pytest.fixture(scope="module", params=["engine", "platform"])
def messages(request: pytest.FixtureRequest) -> Iterator[anthropic.Anthropic]:
    server = request.getfixturevalue({"engine": "engine", "platform": "nexus"}[request.param])
    with claude(server) as client:
        yield client


def test_a_message(messages: anthropic.Anthropic) -> None:
    answer = tell(messages, "What is 3 + 4?")
    assert answer.type == "message" and answer.role == "assistant" and answer.id.startswith("msg_")
    assert [block.text for block in answer.content] == ["7"] and answer.model == NAME
    assert answer.stop_reason == "end_turn" and answer.stop_sequence is None
    assert answer.usage.output_tokens > 0 and prompt_tokens(answer.usage) > 5
    assert answer._request_id and answer._request_id.endswith(answer.id.removeprefix("msg_"))


def test_a_stream_adds_up_to_the_same(messages: anthropic.Anthropic) -> None:
    whole = tell(messages, STORY[0]["content"])
    with messages.messages.stream(messages=STORY, **settings()) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == whole.content[0].text == final.content[0].text and len(text) > 20
    assert final.stop_reason == whole.stop_reason and final.usage.output_tokens == whole.usage.output_tokens
    assert prompt_tokens(final.usage) == prompt_tokens(whole.usage)


def test_a_last_answer_is_continued(messages: anthropic.Anthropic) -> None:
    whole = tell(messages, STORY[0]["content"]).content[0].text
    begun = whole[: whole.index(" ", len(whole) // 2)]
    for content in (begun, [{"type": "text", "text": begun}]):
        turns = [*STORY, {"role": "assistant", "content": content}]
        answer = messages.messages.create(messages=turns, **settings())
        assert begun + answer.content[0].text == whole and answer.stop_reason == "end_turn"
        with messages.messages.stream(messages=turns, **settings()) as stream:
            assert begun + "".join(stream.text_stream) == whole
        counted = messages.messages.count_tokens(model=NAME, messages=turns).input_tokens
        assert counted == prompt_tokens(answer.usage)
    alone = messages.messages.create(messages=[*STORY, {"role": "assistant", "content": whole}], **settings())
    assert alone.content == [] or not alone.content[0].text.startswith(whole)


def test_events_come_in_order(messages: anthropic.Anthropic) -> None:
    with messages.messages.create(messages=STORY, stream=True, **settings(max_tokens=5)) as stream:
        events = list(stream)
    kinds = [event.type for event in events]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert set(kinds[2:-3]) == {"content_block_delta"}
    assert prompt_tokens(events[0].message.usage) == prompt_tokens(events[-2].usage) > 0
    assert events[-2].delta.stop_reason == "max_tokens" and events[-2].usage.output_tokens == 5


def test_counted_tokens_are_the_input_tokens(messages: anthropic.Anthropic) -> None:
    requests: list[dict[str, Any]] = [
        {"messages": [{"role": "user", "content": "Hello"}]},
        {"messages": STORY, "system": "You are kind."},
        {"messages": STORY, "tools": [WEATHER_TOOL], "system": [{"type": "text", "text": "Be brief."}]},
        {"messages": STORY, "tools": [WEATHER_TOOL], "tool_choice": {"type": "none"}},
    ]
    for request in requests:
        count = messages.messages.count_tokens(model=NAME, **request).input_tokens
        fresh = messages.messages.create(model=NAME, max_tokens=1, **request, extra_body={"cache_prompt": False})
        assert fresh.usage.input_tokens == count > 0 and fresh.usage.cache_read_input_tokens == 0
        again = messages.messages.create(model=NAME, max_tokens=1, **request)
        assert prompt_tokens(again.usage) == count


def test_cached_tokens_are_told_apart(messages: anthropic.Anthropic) -> None:
    text = "Tell me a story about Anna and her very old and very small house by the sea."
    first = tell(messages, text, max_tokens=1).usage
    again = tell(messages, text, max_tokens=1).usage
    assert again.cache_read_input_tokens > first.cache_read_input_tokens or again.input_tokens == 1
    assert again.input_tokens >= 1 and prompt_tokens(again) == prompt_tokens(first)


def test_a_tool_is_called_and_its_result_is_read(messages: anthropic.Anthropic) -> None:
    first = tell(messages, QUESTION, tools=[WEATHER_TOOL])
    (call,) = [block for block in first.content if block.type == "tool_use"]
    assert first.stop_reason == "tool_use" and call.name == "get_weather" and call.input == {"city": "Paris"}
    result = {"type": "tool_result", "tool_use_id": call.id, "content": json.dumps({"temperature": 21, "sky": "sunny"})}
    conversation: list[Any] = [
        {"role": "user", "content": QUESTION}, {"role": "assistant", "content": first.content},
        {"role": "user", "content": [result]},
    ]
    second = messages.messages.create(messages=conversation, tools=[WEATHER_TOOL], **settings())
    assert second.content[0].text == "It is 21 degrees and sunny in Paris." and second.stop_reason == "end_turn"


def test_a_streamed_call_adds_up(messages: anthropic.Anthropic) -> None:
    with messages.messages.stream(
        messages=[{"role": "user", "content": QUESTION}], tools=[WEATHER_TOOL], **settings()
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_message()
    (call,) = [block for block in final.content if block.type == "tool_use"]
    assert call.input == {"city": "Paris"} and final.stop_reason == "tool_use"
    assert "input_json" in kinds


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "get_weather"}])
def test_a_call_can_be_demanded(messages: anthropic.Anthropic, choice: Any) -> None:
    answer = tell(messages, "What is 3 + 4?", tools=[WEATHER_TOOL], tool_choice=choice)
    calls = [block for block in answer.content if block.type == "tool_use"]
    assert calls and answer.stop_reason == "tool_use" and set(calls[0].input) == {"city"}


def test_tools_of_anthropics_servers_are_left_out(messages: anthropic.Anthropic) -> None:
    answer = tell(messages, "What is 3 + 4?", tools=[{"type": "web_search_20250305", "name": "web_search"}])
    assert answer.content[0].text == "7"
    assert [warning["code"] for warning in answer.model_extra["nexus"]["warnings"]] == ["tool_unsupported"]


def test_a_stop_sequence_is_told(messages: anthropic.Anthropic) -> None:
    whole = tell(messages, STORY[0]["content"]).content[0].text
    word = whole.split()[3]
    answer = tell(messages, STORY[0]["content"], stop_sequences=[word])
    assert answer.stop_reason == "stop_sequence" and answer.stop_sequence == word
    assert answer.content[0].text == whole[: whole.index(word)]


def test_thinking_is_a_block_before_the_text(messages: anthropic.Anthropic) -> None:
    grammar = {"grammar": 'root ::= "<think>\\nI must add.\\n</think>\\n\\n7"'}
    thinking: Any = {"type": "enabled", "budget_tokens": 1_024}
    answer = tell(messages, "What is 3 + 4?", thinking=thinking, extra_body=grammar)
    assert [block.type for block in answer.content] == ["thinking", "text"]
    assert answer.content[0].thinking == "I must add." and answer.content[0].signature == ""
    assert answer.content[1].text == "7" and answer.usage.output_tokens_details.thinking_tokens > 0
    with messages.messages.stream(
        messages=[{"role": "user", "content": "What is 3 + 4?"}], thinking=thinking, **settings(extra_body=grammar)
    ) as stream:
        final = stream.get_final_message()
    assert [block.type for block in final.content] == ["thinking", "text"]
    assert final.content[0].thinking == "I must add." and final.content[1].text == "7"


def test_a_schema_is_followed(messages: anthropic.Anthropic) -> None:
    schema = {"type": "object", "properties": {"n": {"enum": [7]}}, "required": ["n"], "additionalProperties": False}
    answer = tell(messages, "What is 3 + 4?", output_config={"format": {"type": "json_schema", "schema": schema}})
    assert json.loads(answer.content[0].text) == {"n": 7}


@pytest.mark.parametrize(
    "fields",
    [
        {"max_tokens": -1}, {"max_tokens": 2**63 - 1}, {"max_tokens": 1e30}, {"temperature": -1}, {"temperature": 1e300},
        {"top_k": -1}, {"top_k": 10**15}, {"top_p": 2}, {"messages": "hello"}, {"system": 5}, {"stop_sequences": "x"},
        {"thinking": {"type": "enabled", "budget_tokens": -5}}, {"tools": [{}]}, {"tool_choice": {"type": "any"}},
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "file", "file_id": "f"}}]}]},
    ],
    ids=str,
)
def test_bad_fields_are_refused_in_anthropics_shape(messages: anthropic.Anthropic, fields: dict[str, Any]) -> None:
    body = {"model": NAME, "max_tokens": 5, "messages": STORY} | fields
    with pytest.raises(anthropic.BadRequestError) as failure:
        messages.post("/v1/messages", body=body, cast_to=httpx.Response)
    error = failure.value.body
    assert isinstance(error, dict) and error["type"] == "error" and error["request_id"]
    assert error["error"]["type"] == "invalid_request_error" and error["error"]["message"]
    assert error["error"]["param"].split(".")[0].split("[")[0] in {*fields, "tool_choice"}
    assert failure.value.request_id == error["request_id"]


def test_unknown_fields_are_no_error(messages: anthropic.Anthropic) -> None:
    extra = {"something_new": [1], "metadata": {"user_id": "u"}, "service_tier": "auto", "container": None, "n": "?"}
    assert tell(messages, "What is 3 + 4?", extra_body=extra).content[0].text == "7"


def test_other_refusals_have_anthropics_shape(nexus: Nexus, messages: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError) as failure:
        tell(messages, "word " * 3_000)
    assert "1024" in failure.value.message
    with claude(nexus) as client, pytest.raises(anthropic.NotFoundError) as unknown:
        tell(client, "hi", model="claude-17")
    assert unknown.value.body["error"]["type"] == "not_found_error"  # type: ignore[index]
    assert nexus.http.get("/v1/messages").json()["type"] == "error"
    broken = nexus.http.post("/v1/messages", content=b"{broken")
    assert broken.status_code == 400 and broken.json()["error"]["type"] == "invalid_request_error"


def test_keys_come_in_either_header(tmp_path_factory: pytest.TempPathFactory) -> None:
    engine = Engine(tmp_path_factory.mktemp("keyed"), "--api-key", "right")
    for options in [{"api_key": "right"}, {"api_key": None, "auth_token": "right"}]:
        with claude(engine, **options) as client:
            assert tell(client, "What is 3 + 4?").content[0].text == "7"
    with claude(engine, api_key="wrong") as client, pytest.raises(anthropic.AuthenticationError) as failure:
        tell(client, "hi")
    assert failure.value.body["error"]["type"] == "authentication_error"  # type: ignore[index]
    engine.stop()


def test_a_client_that_goes_frees_the_engine(engine: Engine) -> None:
    with claude(engine) as client:
        stream = client.messages.create(messages=STORY, stream=True, **ENDLESS)
        pieces = iter(stream)
        assert [next(pieces) for _ in range(4)]
        assert engine.live() == 1
        stream.close()
        until(lambda: engine.live() == 0, "the answer is given up")


def test_a_worker_that_dies_in_mid_stream_is_an_error(start: Callable[..., Nexus]) -> None:
    server = start()
    with claude(server) as client:
        pieces = iter(client.messages.create(messages=STORY, stream=True, **ENDLESS))
        assert [next(pieces) for _ in range(4)]
        os.kill(server.worker_pid(), signal.SIGKILL)
        with pytest.raises(anthropic.APIStatusError) as failure:
            for _ in pieces:
                pass
    assert failure.value.body["error"]["code"] == "engine_failed"  # type: ignore[index]


def test_a_line_that_changes_with_every_request_keeps_no_prompt_from_the_cache(messages: anthropic.Anthropic) -> None:
    def talk(version: str, value: str) -> Any:
        return messages.messages.create(
            **settings(max_tokens=1), messages=[{"role": "user", "content": "What is 3 + 4?"}], system=[
                {"type": "text", "text": f"x-anthropic-billing-header: cc_version=2.1.37.{version}; cch={value};"},
                {"type": "text", "text": "You write code. " + "The tree is green and the fox is red. " * 12,
                 "cache_control": {"type": "ephemeral"}}])

    first, second = talk("fbe", "a5145").usage, talk("0c1", "00000").usage
    assert prompt_tokens(first) == prompt_tokens(second) > 80
    # Marks ask to be told what was left in the cache: everything that was computed.
    assert first.input_tokens == 0 and first.cache_creation_input_tokens > 0
    assert second.cache_read_input_tokens >= 0.95 * prompt_tokens(second)
