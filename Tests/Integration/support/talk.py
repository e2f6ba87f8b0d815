"""What the tiny model is asked, and how its answers are read."""

from typing import Any

import openai

from .servers import NAME

SUM = [{"role": "user", "content": "What is 3 + 4?"}]
CAPITAL = [{"role": "user", "content": "What is the capital of France?"}]
STORY = [{"role": "user", "content": "Tell me a story about Anna."}]
#: Nearly uniform choice among all tokens: an answer that goes on for hundreds of tokens.
ENDLESS: dict[str, Any] = {"temperature": 10.0, "top_p": 1.0, "seed": 5, "extra_body": {"top_k": 0, "min_p": 0.0}}


def tool(name: str, description: str, **parameters: str) -> dict[str, Any]:
    """A tool exactly in the form that the model was trained on."""
    properties = {parameter: {"type": kind} for parameter, kind in parameters.items()}
    schema = {"type": "object", "properties": properties, "required": list(parameters)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


WEATHER = tool("get_weather", "Get the weather in a city", city="string")


def ask(client: openai.OpenAI, messages: list[Any], **options: Any) -> str:
    """The whole answer as text."""
    settings = {"model": NAME, "temperature": 0, **options}
    answer = client.chat.completions.create(messages=messages, **settings)
    return answer.choices[0].message.content or ""


def stream(client: openai.OpenAI, messages: list[Any], **options: Any) -> list[Any]:
    """All chunks of a streamed answer."""
    settings = {"model": NAME, "temperature": 0, **options}
    with client.chat.completions.create(messages=messages, stream=True, **settings) as chunks:
        return list(chunks)


def text_of(chunks: list[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
