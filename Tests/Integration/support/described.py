"""Holds what a server answers to what its own OpenAPI document says of it."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import jsonschema


def strict(schema: Any) -> Any:
    """The same schema, refusing members that it does not name."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kinds = schema.get("type")
    is_object = "object" in (kinds if isinstance(kinds, list) else [kinds])
    closed = {"additionalProperties": False} if "properties" in schema and is_object else {}
    return closed | {key: strict(value) for key, value in schema.items()}


def judge_of(schema: Any) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        strict(schema), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def is_bare(schema: Any) -> bool:
    """Whether it is an object, or has one, of which nothing is said: neither members nor what it is for."""
    if not isinstance(schema, dict):
        return False
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    says = {"properties", "additionalProperties", "description", "enum", "const"} & schema.keys()
    if not schema or "object" in kinds and not says:
        return True
    if "array" in kinds and not {"items", "prefixItems"} & schema.keys():
        return True
    inner = [
        *schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties"),
        *(part for word in ("anyOf", "oneOf", "prefixItems") for part in schema.get(word, []))]
    return any(map(is_bare, inner))


class Judge:
    """A hook of httpx clients of one server: what went well must be as its document says, which it reads when it first
    needs it."""

    def __init__(self, read: Callable[[], dict[str, Any]]):
        self.read = read
        self.operations: dict[str, Any] = {}
        self.patterns: list[tuple[re.Pattern[str], str]] = []
        self.judges: dict[tuple[str, str, int], jsonschema.Draft202012Validator] = {}
        #: What was answered and judged: method, path and status.
        self.seen: set[str] = set()

    def prepare(self) -> None:
        """Reads the document, so that nothing has to wait for it later."""
        if not self.operations:
            self.operations = self.read()["paths"]
            # Paths with fewer names come first: /models/events is no model.
            self.patterns = [
                (re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))), path)
                for path in sorted(self.operations, key=lambda path: path.count("{"))]

    def judge(self, method: str, path: str, status: int) -> jsonschema.Draft202012Validator:
        answers = self.operations[path][method]["responses"]
        assert str(status) in answers, f"{method} {path} answers {status}, which the document does not say"
        contents = answers[str(status)].get("content", {})
        assert "application/json" in contents, f"{method} {path} answers with JSON, which the document does not say"
        return judge_of(contents["application/json"]["schema"])

    def __call__(self, response: httpx.Response) -> None:
        asked = response.request.url.raw_path.decode().partition("?")[0]
        kind = response.headers.get("content-type", "").partition(";")[0]
        # The document does not describe itself.
        if asked == "/openapi.json" or not (response.is_success and kind == "application/json"):
            return
        self.prepare()
        method = response.request.method.lower()
        path = next((path for pattern, path in self.patterns if pattern.fullmatch(asked)), None)
        if path is None or method not in self.operations[path]:
            return
        place = (method, path, response.status_code)
        if place not in self.judges:
            self.judges[place] = self.judge(*place)
        response.read()
        for error in self.judges[place].iter_errors(response.json()):
            raise AssertionError(f"{place} is not as described at {error.json_path}: {error.message[:600]}")
        self.seen.add(" ".join(map(str, place)))
