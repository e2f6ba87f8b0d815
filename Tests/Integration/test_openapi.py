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


def described(document: dict[str, Any], path: str, method: str = "get", status: str = "200") -> Any:
    schema = document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
    assert schema["properties"], "an object of which nothing is said"
    return jsonschema.Draft202012Validator(
        strict(schema), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("path", [
    "/api/v1/hardware", "/api/v1/engines", "/api/v1/workers", "/api/v1/workers/{model}/events", "/api/v1/deployments",
    "/api/v1/deployments/{name}", "/api/v1/deployments/{name}/versions", "/api/v1/deployments/{name}/logs"])
def test_answers_about_what_runs_are_as_described(nexus: Nexus, document: dict[str, Any], path: str) -> None:
    with nexus.client() as client:
        client.chat.completions.create(
            model="tiny-chat", messages=[{"role": "user", "content": "hi"}], max_tokens=2, temperature=0)
    answer = nexus.http.get(path.replace("{model}", "tiny-chat").replace("{name}", "tiny-chat"))
    assert answer.status_code == 200, answer.text
    described(document, path).validate(answer.json())


def test_orders_to_deployments_are_answered_as_described(start: Any, document: dict[str, Any]) -> None:
    server = start(model=None)
    base, one = "/api/v1/deployments", "/api/v1/deployments/{name}"

    def order(path: str, method: str, body: object, status: int = 200) -> None:
        answer = server.http.request(method, path.replace("{name}", "far"), json=body)
        assert answer.status_code == status, answer.text
        described(document, path, method, str(status)).validate(answer.json())

    order(base, "post", {"name": "far", "kind": "remote", "url": "http://127.0.0.1:9/v1", "api_key": "k"}, 201)
    order(one, "patch", {"remark": "of another kind", "concurrency": 3, "keep_alive": "5m", "priority": "high"})
    order(one + "/stop", "post", None)
    order(one + "/rollback", "post", {"to": 1})
    for path in (one + "/versions", one + "/diff"):
        answer = server.http.get(path.replace("{name}", "far"))
        described(document, path).validate(answer.json())
        assert answer.json().get("changes", True), "there is a difference to be described"


def test_answers_about_jobs_are_as_described(start: Any, document: dict[str, Any]) -> None:
    server = start("--hub.url", "http://127.0.0.1:9", model=None)
    jobs, one = "/api/v1/jobs", "/api/v1/jobs/{id}"
    server.http.post("/api/v1/models/downloads", json={"model": "nobody/nothing"})
    source = server.folder / "tiny.gguf"
    small(source)
    server.http.post("/api/v1/models/import", json={"path": str(source)}).raise_for_status()
    answer = server.http.post("/api/v1/models/quantize", json={"model": "tiny", "type": "Q8_0"})
    assert answer.status_code in (200, 201, 202), answer.text
    id = server.http.get(jobs).json()["jobs"][0]["id"]
    described(document, jobs).validate(server.http.get(jobs, params={"limit": 1}).json())
    for _ in range(2):
        described(document, one).validate(server.http.get(f"{jobs}/{id}").json())
        until(lambda: server.http.get(f"{jobs}/{id}").json()["ended_at"] is not None, "it ends")
    answer = server.http.post(f"{jobs}/{id}/retry")
    if answer.status_code == 202:
        described(document, one + "/retry", "post", "202").validate(answer.json())
        answer = server.http.post(f"{jobs}/{id}/cancel")
        if answer.status_code == 202:
            described(document, one + "/cancel", "post", "202").validate(answer.json())
        until(lambda: server.http.get(f"{jobs}/{id}").json()["ended_at"] is not None, "it ends again")
    answer = server.http.delete(f"{jobs}/{id}")
    assert answer.status_code == 200, answer.text
    described(document, one, "delete").validate(answer.json())
