"""The document of the API: it is valid OpenAPI 3.1, every route of ours is in it, and the answers are as it says."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import openapi_spec_validator
import pytest
from support.catalogue import small, take_in
from support.described import Judge, is_bare, judge_of, strict
from support.people import CONFIGURATION, People
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


def test_every_answer_says_what_is_in_it(document: dict[str, Any]) -> None:
    bare = {
        f"{method} {path}" for path, methods in document["paths"].items() if path.startswith("/api/v1")
        for method, operation in methods.items() for status, answer in operation["responses"].items()
        for content in answer.get("content", {}).values() if status.startswith("2") and is_bare(content["schema"])}
    assert bare == set()


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
    judge = judge_of(schema)
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
    return judge_of(schema)


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


def test_what_is_not_as_described_is_noticed() -> None:
    schema = {"type": "object", "properties": {"id": {"type": ["object", "null"], "properties": {"n": {"type": "integer"}}}}}
    document = {"paths": {
        "/api/v1/things/{id}": {"get": {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}}}}

    def answer(body: Any, status: int = 200) -> None:
        Judge(lambda: document)(httpx.Response(status, json=body, request=httpx.Request("GET", "http://x/api/v1/things/7")))

    answer({"id": {"n": 1}})
    for wrong in ({"id": 1}, {"id": {"n": "1"}}, {"id": {"n": 1, "more": 2}}, {"other": 1}):
        with pytest.raises(AssertionError, match="is not as described"):
            answer(wrong)
    with pytest.raises(AssertionError, match="does not say"):
        answer({}, 201)
    answer({"error": "of no interest"}, 404)


def check(server: Nexus, *places: str) -> None:
    """What a test is about was answered, and with it judged by the hook of the client."""
    assert {f"{method} {path} {status}" for method, path, status in map(split, places)} <= server.judge.seen


def split(place: str) -> tuple[str, str, str]:
    method, path, *status = place.split()
    return method, path, status[0] if status else "200"


def ask(server: Nexus, model: str = "tiny-chat") -> str:
    """Asks the model, and returns the id of the request."""
    answer = server.http.post("/v1/chat/completions", json={
        "model": model, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 2, "temperature": 0})
    assert answer.status_code == 200, answer.text
    return answer.headers["x-request-id"]


def test_answers_about_routing_are_as_described(start: Callable[..., Nexus]) -> None:
    server = start()
    http, base = server.http, "/api/v1/routing"
    http.post("/api/v1/deployments", json={
        "name": "far", "kind": "remote", "url": "http://127.0.0.1:9/v1"}).raise_for_status()
    route = {
        "targets": [{"model": "far", "weight": 2}, "tiny-chat"], "tags": {"x": "tiny-chat"}, "preferences": ["far"],
        "complexity": {"high": "tiny-chat", "high_above": 0.9}, "canary": {"model": "far", "share": 0.1},
        "mirror": {"model": "far", "share": 0.1}, "fallback": ["tiny-chat"], "timeouts": {"total_ms": 60_000},
        "retries": {"max": 1, "pause_ms": 1}, "remark": "both"}
    for path, body in (("routes/both", route), ("routes/code", ["tiny-chat"]),
                       ("ensembles/all", {"members": ["tiny-chat", {"model": "far", "weight": 3}]})):
        http.put(f"{base}/{path}", json=body).raise_for_status()
        http.get(f"{base}/{path}").raise_for_status()
    http.put(f"{base}/routes/tasked", json={"targets": ["tiny-chat"], "tasks": {"code": "far"}}).raise_for_status()
    request = ask(server, "both")
    for path in ("", "/versions", "/diff?from=0", "/deployments", "/decisions", f"/decisions/{request}"):
        http.get(base + path).raise_for_status()
    for model in ("both", "tasked", "code", "tiny-chat", "ensemble:all"):
        http.post(f"{base}/explain", json={"model": model, "prompt": "Write a function in Python."}).raise_for_status()
    http.delete(f"{base}/routes/code").raise_for_status()
    http.delete(f"{base}/ensembles/all").raise_for_status()
    http.post(f"{base}/rollback", json={"to": 1}).raise_for_status()
    names = ("routes/{name}", "ensembles/{name}")
    check(
        server, f"get {base}", *(f"get {base}/{name}" for name in ("versions", "diff", "deployments", "decisions")),
        f"get {base}/decisions/{{request}}", f"post {base}/rollback", f"post {base}/explain",
        *(f"{method} {base}/{name}" for name in names for method in ("get", "put", "delete")))


def test_answers_about_limits_and_usage_are_as_described(start: Callable[..., Nexus]) -> None:
    server = start(variables={"NEXUS_CACHE_ENABLED": "true"})
    http = server.http
    http.put("/api/v1/limits", json={"limits": [
        {"id": "burst", "amount": 1_000, "per": "second", "burst": 2_000, "scope": "model", "adaptive": True},
        {"id": "hour", "amount": 1_000_000, "per": "hour", "scope": "key", "resource": "input_tokens"}]}).raise_for_status()
    http.put("/api/v1/prices", json={"prices": [{"model": "tiny*", "input_per_million": 3}]}).raise_for_status()
    http.put("/api/v1/budgets/money", json={"amount": 5, "scope": "everyone"}).raise_for_status()
    http.put("/api/v1/budgets/words", json={
        "amount": 100_000, "unit": "tokens", "period": "total", "hard": False}).raise_for_status()
    for _ in range(2):
        ask(server)
    until(lambda: http.get("/api/v1/usage").json()["total"]["requests"] == 2, "it is written")
    for path in (
            "limits", "limits/mine", "prices", "budgets", "usage?by=hour&group=model,tag", "usage/requests",
            "usage/requests?limit=1", "audit", "audit?limit=1", "audit/verify", "cache/answers", "roles"):
        http.get(f"/api/v1/{path}").raise_for_status()
    assert http.get("/api/v1/cache/answers").json()["answers"], "an answer is to be described"
    assert http.get("/api/v1/budgets").json()["budgets"][0]["accounts"], "an account is to be described"
    http.delete("/api/v1/cache/answers?all=true").raise_for_status()
    http.delete("/api/v1/budgets/money").raise_for_status()
    check(
        server, *(f"get /api/v1/{path}" for path in (
            "limits", "limits/mine", "prices", "budgets", "usage", "usage/requests", "audit", "audit/verify",
            "cache/answers", "roles")),
        "put /api/v1/limits", "put /api/v1/prices", "put /api/v1/budgets/{id}", "delete /api/v1/budgets/{id}",
        "delete /api/v1/cache/answers")


def test_answers_about_people_are_as_described(start: Callable[..., Nexus]) -> None:
    server = start(configuration=CONFIGURATION, model=None)
    people = People(server)
    http = people.admin
    http.event_hooks = {"response": [server.judge]}
    bob = people.make("dora", email="dora@example.org", models=["a"])
    key = people.key("dora", scopes=["chat.use"])
    with people.browser("dora") as browser:
        browser.event_hooks = {"response": [server.judge]}
        browser.get("/api/v1/session").raise_for_status()
        http.get(f"/api/v1/users/{bob}/sessions").raise_for_status()
    for path, body in (("tenants", {"id": "shop"}), ("teams", {"id": "crew", "display_name": "The crew"})):
        http.post(f"/api/v1/{path}", json=body).raise_for_status()
        http.get(f"/api/v1/{path}").raise_for_status()
    http.put("/api/v1/teams/crew/members/dora").raise_for_status()
    http.put("/api/v1/roles/viewer/models", json={"models": ["a"]}).raise_for_status()
    http.patch(f"/api/v1/users/{bob}", json={"display_name": "Dora"}).raise_for_status()
    http.post(f"/api/v1/keys/{key['id']}/rotate", json={}).raise_for_status()
    for path in ("users", f"users/{bob}", "keys", f"keys/{key['id']}", "teams/crew", "roles"):
        http.get(f"/api/v1/{path}").raise_for_status()
    for path in (f"keys/{key['id']}", "teams/crew", "tenants/shop", f"users/{bob}"):
        http.delete(f"/api/v1/{path}").raise_for_status()
    people.close()
    check(
        server, *(f"get /api/v1/{path}" for path in (
            "users", "users/{user}", "keys", "keys/{key}", "teams", "teams/{team}", "tenants", "roles", "session")),
        "post /api/v1/users 201", "post /api/v1/keys 201", "post /api/v1/teams 201", "post /api/v1/tenants 201",
        "put /api/v1/roles/{role}/models", *(f"delete /api/v1/{path}" for path in (
            "users/{user}", "keys/{key}", "teams/{team}", "tenants/{tenant}")))


def test_answers_about_conversations_are_as_described(nexus: Nexus) -> None:
    http, base = nexus.http, "/api/v1/conversations"
    talk = http.post(base, json={"title": "Described", "tags": ["t"], "folder": "f"}).raise_for_status().json()["id"]
    own = f"{base}/{talk}"
    said = http.post(f"{own}/messages", json={"role": "user", "content": "Describe this."}).raise_for_status().json()["id"]
    answer = http.post(f"{own}/answers", json={"request": {"max_tokens": 4}}).raise_for_status().json()["id"]
    until(lambda: http.get(f"{own}/messages/{answer}").json()["status"] == "complete", "an answer")
    http.post(f"{own}/messages/{answer}/stop").raise_for_status()
    http.patch(f"{own}/messages/{answer}", json={"feedback": {"rating": 1}, "pinned": True}).raise_for_status()
    for path in ("", "/tree", "/messages", "/context", "/summary", "/export"):
        http.get(own + path).raise_for_status()
    for path in ("", "/groups", "/search?q=describe", "/search?q=describe&mode=hybrid"):
        http.get(base + path).raise_for_status()
    http.put(f"{own}/context", json={"mode": "truncate", "budget_tokens": 64}).raise_for_status()
    http.post(f"{own}/context/preview", json={"policy": {"mode": "off"}}).raise_for_status()
    http.delete(f"{own}/context/cuts").raise_for_status()
    http.post(f"{own}/copy", json={"messages": [said]}).raise_for_status()
    share = http.post(f"{own}/shares", json={"expires_in_seconds": 60}).raise_for_status().json()
    http.get(f"/api/v1/shared/{share['secret']}").raise_for_status()
    http.get(f"{own}/shares").raise_for_status()
    http.delete(f"{own}/shares/{share['id']}").raise_for_status()
    fork = http.post(f"{own}/fork", json={"message": said}).raise_for_status().json()["id"]
    archive = http.get(f"{own}/export").json()
    copy = http.post(f"{base}/import", json=archive).raise_for_status().json()["imported"][0]["id"]
    http.patch(own, json={"archived": True, "memory": "off"}).raise_for_status()
    http.delete(f"{own}/messages/{said}").raise_for_status()
    for one in (talk, fork, copy):
        http.delete(f"{base}/{one}").raise_for_status()
    profile = http.post("/api/v1/profiles", json={"name": "p", "parameters": {}}).raise_for_status().json()["id"]
    for path in ("profiles", f"profiles/{profile}", "settings", "retention"):
        http.get(f"/api/v1/{path}").raise_for_status()
    http.patch("/api/v1/settings", json={"settings": {"described": None}}).raise_for_status()
    http.delete(f"/api/v1/profiles/{profile}").raise_for_status()
    one = base + "/{conversation}"
    check(
        nexus, *(f"get {base}{path}" for path in ("", "/groups", "/search")),
        *(f"get {one}{path}" for path in (
            "", "/tree", "/messages", "/messages/{message}", "/context", "/summary", "/export", "/shares")),
        *(f"post {path} 201" for path in (
            base, f"{base}/import", f"{one}/messages", f"{one}/copy", f"{one}/fork", f"{one}/shares")),
        f"post {one}/answers 202", f"post {one}/context/preview", f"put {one}/context", f"patch {one}",
        f"patch {one}/messages/{{message}}", f"delete {one}", f"delete {one}/messages/{{message}}",
        f"delete {one}/shares/{{share}}", f"delete {one}/context/cuts", "get /api/v1/shared/{secret}",
        *(f"get /api/v1/{path}" for path in ("profiles", "profiles/{profile}", "settings", "retention")))


def test_answers_about_memory_are_as_described(nexus: Nexus) -> None:
    http = nexus.http
    space = http.post("/api/v1/contexts", json={
        "name": "Described", "data": {"any": 1}, "memory": "on"}).raise_for_status().json()["id"]
    first = http.post("/api/v1/memories", json={
        "text": "Likes tea.", "kind": "preference", "subject": "I", "predicate": "like", "object": "tea",
        "context": space}).raise_for_status().json()["id"]
    http.post("/api/v1/memories", json={
        "text": "Likes coffee.", "replaces": first, "context": space}).raise_for_status()
    http.patch(f"/api/v1/memories/{first}", json={"pinned": True}).raise_for_status()
    document = http.post(
        f"/api/v1/contexts/{space}/documents", params={"name": "a.txt"}, content=b"words").raise_for_status().json()["id"]
    http.put("/api/v1/memories/settings", json={"learn": False}).raise_for_status()
    for path in (
            "memories?state=all", "memories?q=tea&mode=text", f"memories/{first}", f"memories/{first}/history",
            "memories/stats", "memories/graph?past=true", "memories/settings", "memories/export", "contexts",
            f"contexts/{space}", f"contexts/{space}/documents"):
        http.get(f"/api/v1/{path}").raise_for_status()
    assert http.get("/api/v1/memories/graph?past=true").json()["edges"], "an edge is to be described"
    http.patch(f"/api/v1/contexts/{space}", json={"name": "Redescribed"}).raise_for_status()
    http.delete(f"/api/v1/contexts/{space}/documents/{document}").raise_for_status()
    http.delete(f"/api/v1/memories/{first}").raise_for_status()
    http.delete(f"/api/v1/contexts/{space}").raise_for_status()
    http.delete("/api/v1/memories?all=true").raise_for_status()
    check(
        nexus, *(f"get /api/v1/{path}" for path in (
            "memories", "memories/{memory}", "memories/{memory}/history", "memories/stats", "memories/graph",
            "memories/settings", "memories/export", "contexts", "contexts/{context}", "contexts/{context}/documents")),
        "post /api/v1/memories 201", "post /api/v1/contexts 201", "post /api/v1/contexts/{context}/documents 201",
        "patch /api/v1/memories/{memory}", "patch /api/v1/contexts/{context}", "put /api/v1/memories/settings",
        *(f"delete /api/v1/{path}" for path in (
            "memories", "memories/{memory}", "contexts/{context}", "contexts/{context}/documents/{document}")))


def test_answers_about_this_machine_are_as_described(nexus: Nexus) -> None:
    http = nexus.http
    for path in (
            "memory", "memory/preloading", "speed", "quantization/types", "hub", "models/downloads",
            "models/recommend?use=code&unfit=true", "deployments/tiny-chat/engine"):
        http.get(f"/api/v1/{path}").raise_for_status()
    http.post("/api/v1/memory/estimate", json={"model": "tiny-chat"}).raise_for_status()
    http.post("/api/v1/models/recommend", json={"use": "I write code in Python", "unfit": True}).raise_for_status()
    schedules = {"schedules": [{"model": "tiny-chat", "days": ["mon"], "start": "08:00", "end": "09:30"}]}
    assert http.put("/api/v1/memory/preloading", json=schedules).json()["schedules"] == schedules["schedules"]
    http.put("/api/v1/memory/preloading", json={"schedules": []}).raise_for_status()
    http.patch("/api/v1/hub", json={"bytes_per_second_max": None}).raise_for_status()
    check(
        nexus, *(f"get /api/v1/{path}" for path in (
            "memory", "memory/preloading", "speed", "quantization/types", "hub", "models/downloads",
            "models/recommend", "deployments/{name}/engine")),
        "post /api/v1/memory/estimate", "post /api/v1/models/recommend", "put /api/v1/memory/preloading",
        "patch /api/v1/hub")


def test_answers_about_downloads_are_as_described(start: Callable[..., Nexus]) -> None:
    server = start("--hub.url", "http://127.0.0.1:9", model=None)
    base = "/api/v1/models/downloads"
    answer = server.http.post(base, json={"model": "nobody/nothing"})
    assert answer.status_code == 202
    one = f"{base}/{answer.json()['id']}"
    server.http.get(one).raise_for_status()
    server.http.delete(one).raise_for_status()
    server.http.get(base).raise_for_status()
    check(server, f"post {base} 202", f"get {base}", f"get {base}/{{id}}", f"delete {base}/{{id}} 202")
