"""`tool_choice` through the `openai` client: calls that must come, calls that must not, and arguments that fit their schema."""

import json
from typing import Any

import jsonschema
import openai
import pytest
from support.servers import NAME
from support.talk import STORY, SUM, WEATHER, ask, stream, text_of, tool

MESSAGE = tool("send_message", "Send a message to a person", to="string", text="string")
BOOK: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "book_seats", "description": "Book seats",
        "parameters": {
            "type": "object", "required": ["row", "count"], "additionalProperties": False,
            "properties": {
                "row": {"enum": ["A", "B", "é"]}, "count": {"type": "integer", "minimum": 1, "maximum": 4},
                "names": {"type": "array", "items": {"type": "string", "maxLength": 8}, "maxItems": 2}}}}}
TOOLS = [WEATHER, MESSAGE, BOOK]
#: The starter model would answer none of these with a call.
GREETING = [{"role": "user", "content": "Hello"}]
#: So hot that nothing but the grammar keeps the form. It has an end, as a text may be long.
HOT: dict[str, Any] = {"temperature": 1.5, "max_tokens": 700, "extra_body": {"top_k": 0}}


def named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def check(call: Any, tools: list[dict[str, Any]] = TOOLS) -> dict[str, Any]:
    """The arguments of a call, which fit the schema of a tool that was offered."""
    function = next(tool["function"] for tool in tools if tool["function"]["name"] == call.function.name)
    arguments = json.loads(call.function.arguments)
    jsonschema.validate(arguments, function["parameters"])
    return arguments


def whole(client: openai.OpenAI, messages: list[Any], **options: Any) -> Any:
    settings = {"model": NAME, "temperature": 0, "tools": TOOLS, **options}
    return client.chat.completions.create(messages=messages, **settings).choices[0]


def assemble(chunks: list[Any]) -> list[dict[str, str]]:
    """The calls of a stream, put together as clients do."""
    calls: dict[int, dict[str, str]] = {}
    for chunk in chunks:
        for delta in chunk.choices[0].delta.tool_calls or []:
            if delta.index not in calls:
                assert delta.id and delta.type == "function" and delta.function.name
                calls[delta.index] = {"name": delta.function.name, "arguments": ""}
            else:
                assert delta.id is None and delta.function.name is None
            calls[delta.index]["arguments"] += delta.function.arguments or ""
    assert sorted(calls) == list(range(len(calls)))
    return [calls[index] for index in sorted(calls)]


@pytest.mark.parametrize("messages", [GREETING, SUM, STORY])
def test_a_call_that_is_required_comes(either: openai.OpenAI, messages: list[Any]) -> None:
    choice = whole(either, messages, tool_choice="required")
    assert choice.finish_reason == "tool_calls" and choice.message.content is None
    assert choice.message.tool_calls and all(check(call) is not None for call in choice.message.tool_calls)


@pytest.mark.parametrize("name", ["get_weather", "send_message", "book_seats"])
def test_the_named_function_is_called_once(either: openai.OpenAI, name: str) -> None:
    for seed in range(3):
        choice = whole(either, GREETING, tool_choice=named(name), seed=seed, **HOT)
        assert choice.finish_reason == "tool_calls", choice
        (call,) = choice.message.tool_calls
        assert call.function.name == name
        check(call)


def test_the_model_still_chooses_what_it_can(either: openai.OpenAI) -> None:
    question = [{"role": "user", "content": "What is the weather in Paris?"}]
    choice = whole(either, question, tools=[WEATHER, MESSAGE], tool_choice="required")
    assert choice.message.tool_calls[0].function.name == "get_weather"
    assert json.loads(choice.message.tool_calls[0].function.arguments) == {"city": "Paris"}


@pytest.mark.parametrize("choice", ["required", "named"])
def test_a_streamed_call_adds_up_to_the_same(either: openai.OpenAI, choice: str) -> None:
    options = {"tools": TOOLS, "tool_choice": named("book_seats") if choice == "named" else choice}
    expected = whole(either, GREETING, **options)
    chunks = stream(either, GREETING, **options)
    assert chunks[-1].choices[0].finish_reason == "tool_calls" and text_of(chunks) == ""
    calls = assemble(chunks)
    assert calls == [
        {"name": call.function.name, "arguments": call.function.arguments} for call in expected.message.tool_calls]
    pieces = [chunk for chunk in chunks if chunk.choices[0].delta.tool_calls]
    assert len(pieces) > 3, "arguments come as they are written"


def test_several_calls_in_one_answer(either: openai.OpenAI) -> None:
    # The starter model never calls twice by itself: a grammar in the model's form does it for it.
    first, second = ('{"name": "get_weather", "arguments": {"city": "Paris"}}', '{"name": "book_seats", "arguments": {}}')
    text = f"<tool_call>\n{first}\n</tool_call>\n<tool_call>\n{second}\n</tool_call>"
    options = {"tools": TOOLS, "extra_body": {"grammar": "root ::= " + json.dumps(text)}}
    chunks = stream(either, GREETING, **options)
    assert assemble(chunks) == [
        {"name": "get_weather", "arguments": '{"city": "Paris"}'}, {"name": "book_seats", "arguments": "{}"}]
    ids = {delta.id for chunk in chunks for delta in chunk.choices[0].delta.tool_calls or [] if delta.id}
    assert len(ids) == 2
    choice = whole(either, GREETING, **options)
    assert [call.function.name for call in choice.message.tool_calls] == ["get_weather", "book_seats"]
    assert choice.finish_reason == "tool_calls" and choice.message.content is None


def test_parallel_calls_fit_their_schemas_and_can_be_switched_off(either: openai.OpenAI) -> None:
    for seed in range(4):
        choice = whole(either, GREETING, tool_choice="required", seed=seed, parallel_tool_calls=True, **HOT)
        if choice.finish_reason == "tool_calls":
            assert all(check(call) is not None for call in choice.message.tool_calls)
        single = whole(either, GREETING, tool_choice="required", seed=seed, parallel_tool_calls=False, **HOT)
        if single.finish_reason == "tool_calls":
            assert len(single.message.tool_calls) == 1


def test_none_never_calls(either: openai.OpenAI) -> None:
    question = [{"role": "user", "content": "What is the weather in Paris?"}]
    choice = whole(either, question, tools=[WEATHER], tool_choice="none")
    assert not choice.message.tool_calls and choice.finish_reason in ("stop", "length")


def test_a_lazy_grammar_leaves_plain_chat_alone(either: openai.OpenAI) -> None:
    plain = ask(either, GREETING, tools=[WEATHER])
    chunks = stream(either, GREETING, tools=[WEATHER], tool_choice="auto")
    assert text_of(chunks) == plain == "Hello! How can I help you?"
    assert chunks[-1].choices[0].finish_reason == "stop" and not assemble(chunks)


def test_a_lazy_grammar_holds_once_a_call_begins(either: openai.OpenAI) -> None:
    question = [{"role": "user", "content": "What is the weather in Paris?"}]
    called = 0
    for seed in range(6):
        choice = whole(either, question, tools=[BOOK, WEATHER], seed=seed, temperature=0.8, max_tokens=300)
        for call in choice.message.tool_calls or []:
            check(call, [BOOK, WEATHER])
            called += 1
    assert called, "the model called at least once"


def test_functions_by_their_older_name(either: openai.OpenAI) -> None:
    answer = either.chat.completions.create(
        model=NAME, messages=GREETING, temperature=0, functions=[WEATHER["function"]],
        function_call={"name": "get_weather"})
    call = answer.choices[0].message.function_call
    assert answer.choices[0].finish_reason == "function_call" and call and call.name == "get_weather"
    assert isinstance(json.loads(call.arguments)["city"], str)


def test_a_call_that_is_cut_is_told_and_not_lost(either: openai.OpenAI) -> None:
    answer = either.chat.completions.create(
        model=NAME, messages=GREETING, temperature=0, tools=TOOLS, tool_choice=named("book_seats"), max_tokens=24)
    choice = answer.choices[0]
    assert choice.finish_reason == "length"
    assert choice.message.content or choice.message.tool_calls, "what there is of it"
    assert "tool_call_incomplete" in {warning["code"] for warning in answer.model_extra["nexus"]["warnings"]}


@pytest.mark.parametrize(
    ("choice", "part"),
    [
        (named("get_wether"), 'did you mean "get_weather"?'), (named("fly"), "not among the tools"),
        ("sometimes", "must be"), ({"type": "function"}, "function"),
    ],
)
def test_choices_that_cannot_be_had(either: openai.OpenAI, choice: Any, part: str) -> None:
    with pytest.raises(openai.BadRequestError) as failure:
        whole(either, GREETING, tool_choice=choice)
    assert part in failure.value.message and "?." not in failure.value.message
    assert failure.value.code == "invalid_value" and failure.value.param.startswith("tool_choice")


def test_a_call_cannot_be_required_without_tools_or_beside_a_format(either: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as failure:
        either.chat.completions.create(
            model=NAME, messages=GREETING, extra_body={"tool_choice": "required"})
    assert failure.value.param == "tool_choice"
    with pytest.raises(openai.BadRequestError) as failure:
        whole(either, GREETING, tool_choice="required", response_format={"type": "json_object"})
    assert failure.value.param == "tool_choice" and "at once" in failure.value.message


def test_a_schema_that_cannot_be_enforced_does_not_stand_in_the_way(either: openai.OpenAI) -> None:
    parameters = {
        "type": "object", "required": ["names"],
        "properties": {"names": {"type": "array", "items": {"type": "string"}, "uniqueItems": True}}}
    loose = {"type": "function", "function": {"name": "invite", "parameters": parameters}}
    assert ask(either, GREETING, tools=[loose]) == "Hello! How can I help you?"
    choice = whole(either, GREETING, tools=[loose], tool_choice="required", max_tokens=600)
    if choice.finish_reason == "tool_calls":
        assert all(isinstance(json.loads(call.function.arguments), dict) for call in choice.message.tool_calls)
