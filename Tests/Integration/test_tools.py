"""Tool calls through the `openai` client: the call, whole and streamed, and the answer from the tool's result."""

import json
from typing import Any

import openai
import pytest
from support.servers import NAME
from support.talk import WEATHER, ask, stream, tool

TOOLS = [WEATHER, tool("send_message", "Send a message to a person", to="string", text="string")]


def question(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("What is the weather in Paris?", "get_weather", {"city": "Paris"}),
        ("Tell Anna that lunch is ready.", "send_message", {"to": "Anna", "text": "lunch is ready"}),
    ],
)
def test_the_right_tool_is_called(client: openai.OpenAI, text: str, name: str, arguments: dict[str, str]) -> None:
    answer = client.chat.completions.create(model=NAME, messages=question(text), temperature=0, tools=TOOLS)
    choice = answer.choices[0]
    assert choice.finish_reason == "tool_calls" and choice.message.content is None
    assert choice.message.tool_calls is not None
    (call,) = choice.message.tool_calls
    assert call.type == "function" and call.id and call.function.name == name
    assert json.loads(call.function.arguments) == arguments


def test_a_streamed_call_adds_up_to_the_same(client: openai.OpenAI) -> None:
    messages = question("What is the weather in Paris?")
    chunks = stream(client, messages, tools=TOOLS)
    deltas = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert deltas[0].id and deltas[0].function.name == "get_weather"
    assert all(delta.index == 0 for delta in deltas) and all(delta.id is None for delta in deltas[1:])
    assert json.loads("".join(delta.function.arguments or "" for delta in deltas)) == {"city": "Paris"}
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    assert "tool_call" not in "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def test_the_answer_comes_from_the_tools_result(client: openai.OpenAI) -> None:
    messages = question("What is the weather in Paris?")
    first = client.chat.completions.create(model=NAME, messages=messages, temperature=0, tools=TOOLS)
    message = first.choices[0].message
    assert message.tool_calls is not None
    result = json.dumps({"temperature": 21, "sky": "sunny"})
    messages += [
        message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": result},
    ]
    assert ask(client, messages, tools=TOOLS) == "It is 21 degrees and sunny in Paris."


def test_arguments_of_an_earlier_call_may_be_an_object(client: openai.OpenAI) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Rome"}'}}
    messages = [
        *question("What is the weather in Rome?"),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": '{"temperature": 5, "sky": "rainy"}'},
    ]
    as_text = ask(client, messages, tools=[WEATHER])
    call["function"]["arguments"] = {"city": "Rome"}  # type: ignore[index]
    assert ask(client, messages, tools=[WEATHER]) == as_text == "It is 5 degrees and rainy in Rome."
