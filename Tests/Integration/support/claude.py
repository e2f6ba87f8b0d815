"""Anthropic's client of our servers, and what it is asked."""

from typing import Any

import anthropic

from .servers import NAME, Engine, Nexus
from .talk import WEATHER

#: The weather tool of the starter model in Anthropic's form.
WEATHER_TOOL: dict[str, Any] = {
    "name": WEATHER["function"]["name"], "description": WEATHER["function"]["description"],
    "input_schema": WEATHER["function"]["parameters"],
}


def claude(server: Engine | Nexus, **options: Any) -> anthropic.Anthropic:
    return anthropic.Anthropic(**({"base_url": server.url, "api_key": "none", "max_retries": 0, "timeout": 60} | options))


def settings(**options: Any) -> dict[str, Any]:
    """Arguments of the client, which knows no `temperature`: what it does not know goes into the body as it is."""
    body = {"temperature": 0} | options.pop("extra_body", {})
    return {"model": NAME, "max_tokens": 100} | options | {"extra_body": body}


def tell(client: anthropic.Anthropic, text: str, **options: Any) -> Any:
    """One whole message."""
    return client.messages.create(messages=[{"role": "user", "content": text}], **settings(**options))


def prompt_tokens(usage: Any) -> int:
    """What Anthropic's three counts of the prompt add up to."""
    return usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens
