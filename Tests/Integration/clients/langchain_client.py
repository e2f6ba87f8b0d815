"""What `langchain-openai` gets from a server, as one JSON object. Run with the interpreter of requirements-clients.txt."""

import json
import sys
from typing import Any

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

URL, MODEL = sys.argv[1:]
SCHEMA = {
    "title": "sum", "description": "A sum", "type": "object", "properties": {"n": {"type": "integer", "enum": [7]}},
    "required": ["n"], "additionalProperties": False}


@tool
def get_weather(city: str) -> str:
    """Get the weather in a city"""
    return f"sunny in {city}"


def chat(**options: Any) -> ChatOpenAI:
    return ChatOpenAI(
        **({"model": MODEL, "base_url": f"{URL}/v1", "api_key": "none", "temperature": 0, "max_retries": 0} | options))


def main() -> None:
    model = chat()
    whole = model.invoke("What is 3 + 4?")
    first = chat(use_responses_api=True, use_previous_response_id=True).invoke("What is 3 + 4?")
    try:
        chat(model="nobody").invoke("x")
        failure = None
    except Exception as error:  # noqa: BLE001  the class is what is looked at
        failure = type(error).__name__
    called = model.bind_tools([get_weather]).invoke("What is the weather in Paris?")
    found = {
        "whole": whole.content, "tokens": whole.usage_metadata["output_tokens"] if whole.usage_metadata else 0,
        "stream": "".join(str(chunk.content) for chunk in model.stream("What is 3 + 4?")),
        "tools": [[call["name"], call["args"]] for call in called.tool_calls],
        "structured": model.with_structured_output(SCHEMA, method="json_schema").invoke("What is 3 + 4?"),
        "responses": first.text if isinstance(first.text, str) else first.text(),
        "response_id": first.response_metadata.get("id"), "failure": failure,
    }
    sys.stdout.write(json.dumps(found))


main()
