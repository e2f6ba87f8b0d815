"""What `litellm` gets from a server, as one JSON object. Run with the interpreter of requirements-clients.txt."""

import json
import sys
from typing import Any

import litellm

URL, MODEL = sys.argv[1:]
SUM = [{"role": "user", "content": "What is 3 + 4?"}]
#: How each dialect is asked for: litellm's prefix, and the base of its URLs.
DIALECTS = {"openai": ("openai", f"{URL}/v1"), "anthropic": ("anthropic", URL), "ollama": ("ollama_chat", URL)}


def ask(dialect: str, messages: Any = SUM, **options: Any) -> Any:
    prefix, base = DIALECTS[dialect]
    return litellm.completion(
        model=f"{prefix}/{options.pop('name', MODEL)}", api_base=base, api_key="none", messages=messages, temperature=0,
        max_tokens=60, num_retries=0, **options)


def main() -> None:
    found: dict[str, Any] = {}
    for dialect in DIALECTS:
        whole = ask(dialect)
        stream = [chunk.choices[0].delta.content or "" for chunk in ask(dialect, stream=True)]
        try:
            ask(dialect, name="nobody")
            failure = None
        except Exception as error:  # noqa: BLE001  the class is what is looked at
            failure = type(error).__name__
        found[dialect] = {
            "whole": whole.choices[0].message.content, "stream": "".join(stream), "tokens": whole.usage.completion_tokens,
            "reason": whole.choices[0].finish_reason, "failure": failure}
    sys.stdout.write(json.dumps(found))


main()
