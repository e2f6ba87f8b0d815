"""The document of the API: it is valid OpenAPI 3.1, every route of ours is in it, and the answers are as it says."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import openapi_spec_validator
import pytest
from support.catalogue import small, take_in
from support.polling import until
from support.servers import Nexus

SOURCES = Path(__file__).parents[2] / "Sources"
ROUTE = re.compile(r"Route\(\s*\.(\w+),\s*\"(/api/v1/[^\"\\]*)\"")


@pytest.fixture(scope="module")
def document(nexus: Nexus) -> dict[str, Any]:
    return nexus.http.get("/openapi.json").json()


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    openapi_spec_validator.validate(document)


def test_every_route_of_the_source_is_in_it(document: dict[str, Any]) -> None:
    routes = {
        (method, re.sub(r"\.\.\.}", "}", path)) for file in SOURCES.rglob("*.swift")
        for method, path in ROUTE.findall(file.read_text())}
    assert len(routes) >= 25
    assert [route for route in sorted(routes) if route[0] not in document["paths"].get(route[1], {})] == []


def contents(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Where each content of an answer of `/api/v1` is described, and how."""
    return [
        (f"{method} {path} {status} {kind}", content)
        for path, methods in document["paths"].items() if path.startswith("/api/v1")
        for method, operation in methods.items() for status, answer in operation["responses"].items()
        for kind, content in answer.get("content", {}).items()]


def test_every_answer_has_a_schema_that_is_one(document: dict[str, Any]) -> None:
    found = contents(document)
    assert len(found) >= 25
    for place, content in found:
        assert "type" in content["schema"], place
        jsonschema.Draft202012Validator.check_schema(content["schema"])


def strict(schema: Any) -> Any:
    """The same schema, refusing members that it does not name."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if "properties" in schema and schema.get("type") == "object" else {}
    return {key: strict(value) for key, value in schema.items()} | closed


MODELS = [
    ("get", "/api/v1/models", ""), ("get", "/api/v1/models/{model}", ""), ("get", "/api/v1/models/events", ""),
    ("get", "/api/v1/models/{model}/events", ""), ("get", "/api/v1/models/usage", ""),
    ("post", "/api/v1/models/{model}/check", "?digests=true"), ("patch", "/api/v1/models/{model}", ""),
]


@pytest.mark.parametrize(("method", "path", "query"), MODELS)
def test_answers_about_models_are_as_described(
    nexus: Nexus, document: dict[str, Any], tmp_path: Path, method: str, path: str, query: str
) -> None:
    take_in(nexus, small(tmp_path / "described.gguf"))
    with nexus.client() as client:
        client.chat.completions.create(
            model="tiny-chat", messages=[{"role": "user", "content": "hi"}], max_tokens=2, temperature=0)
    schema = document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["properties"], "an object of which nothing is said"
    judge = jsonschema.Draft202012Validator(
        strict(schema), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    for name in ("tiny-chat", "described"):
        target = path.replace("{model}", name) + query
        body = {"json": {"rating": 4, "notes": "n", "tags": ["t"]}} if method == "patch" else {}
        answer = until(lambda: nexus.http.request(method, target, **body), "an answer")
        assert answer.status_code == 200, answer.text
        judge.validate(answer.json())
    nexus.http.patch("/api/v1/models/tiny-chat", json={"rating": None, "notes": None, "tags": None})


def test_an_import_and_a_deletion_are_as_described(nexus: Nexus, document: dict[str, Any], tmp_path: Path) -> None:
    small(tmp_path / "m" / "gone.gguf")
    (tmp_path / "m" / "bad.gguf").write_bytes(b"GGUF")
    (tmp_path / "swap.yaml").write_text(
        "models: {a: {cmd: 'server -m x --port ${PORT}', ttl: 5}}\ngroups: {g: {members: [a]}}")
    schemas = document["paths"]["/api/v1/models/import"]["post"]["responses"]["200"]["content"]["application/json"]
    for path in ("m", "swap.yaml"):
        jsonschema.validate(take_in(nexus, tmp_path / path), strict(schemas["schema"]))
    deletion = document["paths"]["/api/v1/models/{model}"]["delete"]["responses"]["200"]["content"]["application/json"]
    jsonschema.validate(nexus.http.delete("/api/v1/models/gone").json(), strict(deletion["schema"]))
