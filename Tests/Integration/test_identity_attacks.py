"""Attacks on who one is: one test for each class that hit servers of this kind, with users, sessions and keys."""

from collections.abc import Iterator

import httpx
import pytest
from support.people import CONFIGURATION, PASSWORD, People
from support.polling import until
from support.servers import NAME, Nexus

CHAT = "/v1/chat/completions"
CANARY = "canary7f3a19"
MESSAGE = {"model": NAME, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2, "temperature": 0}
EVIL = "https://evil.example"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    server = Nexus(
        tmp_path_factory.mktemp("attacked"), "--log-level", "trace", configuration=CONFIGURATION,
        variables={"NEXUS_CACHE_ENABLED": "true"})
    people = People(server)
    yield people
    people.close()
    server.stop()


def cookie(client: httpx.Client) -> str:
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def test_key_in_query_string(people: People) -> None:
    key = people.key("bob")["key"]
    with people.client() as http:
        for name in ("key", "api_key", "access_token", "Authorization", "X-Api-Key", "token"):
            for path in ("/v1/models", "/api/v1/keys", CHAT):
                assert http.get(path, params={name: key}).status_code >= 400, (name, path)
    assert not any(key in line for line in people.server.errors)
    export = people.admin.get("/api/v1/audit/export").text
    assert key not in export and key.rpartition("_")[2] not in export


def test_header_path_bypass(people: People) -> None:
    with people.client(people.key("bob")["key"]) as http:
        for header in ("X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-Forwarded-Prefix"):
            assert http.get("/api/v1/users", headers={header: "/health"}).status_code == 403
        for path in ("/api/v1//users", "//api/v1/users", "/api/v1/users/", "/api/v1/%75sers",
                     "/v1/models/..%2f..%2fapi%2fv1%2fusers"):
            assert http.get(path).status_code in (400, 403, 404), path


def test_same_key_other_header(people: People) -> None:
    narrow = people.key("bob", scopes=["models.read"])["key"]
    for headers in ({"Authorization": f"Bearer {narrow}"}, {"X-Api-Key": narrow}, {"Authorization": narrow},
                    {"authorization": f"bearer  {narrow}"}):
        with httpx.Client(base_url=people.server.url, headers=headers, timeout=60) as http:
            assert http.get("/v1/models").status_code == 200, headers
            assert http.post(CHAT, json=MESSAGE).status_code == 403, headers


def test_foreign_ids(people: People) -> None:
    """Whatever of one user's has an id, another user gets nothing of it and changes nothing, on any route."""
    document = people.admin.get("/openapi.json").json()
    with people.browser("bob") as bob, people.browser("carl") as carl:
        session = next(one["id"] for one in bob.get("/api/v1/sessions").json()["sessions"] if one["current"])
        talk = bob.post("/api/v1/conversations", json={"title": CANARY}).json()["id"]
        stored = bob.post("/v1/responses", json={
            "model": NAME, "input": f"Say {CANARY}", "max_output_tokens": 4, "store": True}).json()["id"]
        listed = bob.post("/v1/conversations", json={"metadata": {"name": CANARY}}).json()["id"]
        key = bob.post("/api/v1/keys", json={"name": CANARY}).json()["id"]
        memory = bob.post("/api/v1/memories", json={"text": CANARY}).json()["id"]
        context = bob.post("/api/v1/contexts", json={"name": CANARY}).json()["id"]
        mine = {
            "/api/v1/memories/{memory}": memory, "/api/v1/contexts/{context}": context,
            "/api/v1/conversations/{conversation}": talk, "/v1/responses/{id}": stored,
            "/v1/conversations/{id}": listed, "/api/v1/keys/{key}": key, "/api/v1/sessions/{session}": session,
            "/api/v1/users/{user}": people.ids["bob"],
        }
        tried = 0
        for pattern, methods in document["paths"].items():
            prefix = next((prefix for prefix in mine if pattern == prefix or pattern.startswith(prefix + "/")), None)
            if prefix is None:
                continue
            # What lies below an id of somebody else's needs no right id of its own.
            path = mine[prefix].join(prefix.split(prefix[prefix.index("{"):])) + "".join(
                "none" if part.startswith("{") else part for part in _split(pattern[len(prefix):]))
            for method in methods:
                answer = carl.request(method, path, json=None if method == "get" else {})
                assert answer.status_code in (400, 403, 404), (method, path, answer.status_code, answer.text[:200])
                assert CANARY not in answer.text, (method, path)
                # A refusal must come from whose it is, not from what was sent.
                if method == "get" and pattern == prefix:
                    assert answer.status_code in (403, 404), path
                tried += 1
        assert tried >= 20, tried
        # Nor is it in anybody else's lists, nor can it be gone on from.
        for path in ("/api/v1/conversations", "/api/v1/keys", "/api/v1/sessions", f"/api/v1/conversations?q={CANARY}",
                     "/api/v1/memories?state=all", f"/api/v1/memories?q={CANARY}", "/api/v1/memories/export", "/api/v1/contexts",
                     f"/api/v1/conversations/search?q={CANARY}&mode=hybrid"):
            assert CANARY not in carl.get(path).text and session not in carl.get(path).text, path
        answer = carl.post("/v1/responses", json={
            "model": NAME, "input": "go on", "previous_response_id": stored, "max_output_tokens": 4})
        assert answer.status_code in (400, 404), answer.text
        answer = carl.post("/v1/responses", json={
            "model": NAME, "input": "go on", "conversation": listed, "max_output_tokens": 4})
        assert answer.status_code in (400, 404), answer.text
        # Nothing of it happened.
        assert bob.get(f"/api/v1/conversations/{talk}").json()["title"] == CANARY
        assert bob.get(f"/v1/responses/{stored}").status_code == 200
        assert bob.get(f"/api/v1/keys/{key}").json()["name"] == CANARY
        assert bob.get("/api/v1/session").json()["user"]["name"] == "bob"


def _split(rest: str) -> list[str]:
    """`/messages/{message}` in its pieces, slashes among them."""
    pieces: list[str] = []
    for part in rest.split("/")[1:]:
        pieces += ["/", part]
    return pieces


def test_session_fixation(people: People) -> None:
    planted = "nexus_session=" + "7" * 52
    with people.client() as http:
        answer = http.post("/api/v1/session", json={"name": "bob", "password": PASSWORD}, headers={"Cookie": planted})
        assert answer.status_code == 201 and "7" * 52 not in answer.headers["Set-Cookie"]
        first = cookie(http)
        again = http.post("/api/v1/session", json={"name": "bob", "password": PASSWORD})
        assert again.status_code == 201 and cookie(http) != first
    for old in (planted, first, f"{first}; {planted}"):
        with httpx.Client(base_url=people.server.url, headers={"Cookie": old}) as http:
            assert http.get("/api/v1/keys").status_code == 401, old


def test_cross_site_requests_with_a_cookie(people: People) -> None:
    with people.browser("bob") as bob:
        told = cookie(bob)
        for headers in ({"Origin": EVIL}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"},
                        {"Referer": EVIL + "/x"}):
            with httpx.Client(
                    base_url=people.server.url, headers={"Cookie": told} | headers, timeout=60) as http:
                for method, path in (
                        ("POST", "/api/v1/keys"), ("POST", CHAT), ("DELETE", "/api/v1/session"),
                        ("PUT", "/api/v1/session/password"), ("DELETE", "/api/v1/sessions"),
                        ("POST", "/api/v1/session"), ("POST", "/api/v1/conversations")):
                    answer = http.request(method, path, json={"name": "x"})
                    assert answer.status_code == 403, (headers, method, path, answer.status_code)
                upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                           "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
                assert http.get("/api/v1/chat/socket", headers=upgrade).status_code == 403, headers
        own = {"Origin": people.server.url, "Sec-Fetch-Site": "same-origin"}
        assert bob.post(CHAT, json=MESSAGE, headers=own).status_code == 200


def test_cross_origin_reading_with_credentials(people: People) -> None:
    with people.browser("bob") as bob:
        for origin in (EVIL, "null", "https://127.0.0.1"):
            answer = bob.get("/api/v1/keys", headers={"Origin": origin})
            assert "access-control-allow-credentials" not in answer.headers
            assert "access-control-allow-origin" not in answer.headers


def test_user_enumeration(people: People) -> None:
    def attempt(name: str, number: int) -> tuple[int, dict]:
        with people.client() as http:
            answer = http.post("/api/v1/session", json={"name": name, "password": f"wrong but long enough {number}"})
        body = answer.json()
        body.pop("request_id", None)
        return answer.status_code, body

    # That both cost the same hashing, AccessTests count.
    known = [attempt("vera", number) for number in range(3)]
    unknown = [attempt("nobody-at-all", number) for number in range(3)]
    assert known == unknown and known[0][0] == 401


def test_cache_probing_across_tenants(people: People) -> None:
    """Nobody finds out what another tenant asked, by an answer from a cache or by the time that it saves."""
    question = MESSAGE | {"messages": [{"role": "user", "content": f"What is {CANARY}?"}], "max_tokens": 4}

    def ask(http: httpx.Client, **headers: str) -> httpx.Response:
        answer = http.post(CHAT, json=question, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer

    with people.client(people.key("bob")["key"]) as bob, people.client(people.key("carl")["key"]) as carl:
        assert ask(bob).headers["x-nexus-cache"].startswith("miss")
        assert ask(bob).headers["x-nexus-cache"].startswith("hit")
        theirs = ask(carl)
        assert theirs.headers["x-nexus-cache"].startswith("miss")
        assert theirs.json()["usage"].get("prompt_tokens_details", {}).get("cached_tokens", 0) <= 16
        # Nobody says for whom they ask.
        tenant = people.ids["bob"]
        for headers in ({"X-Nexus-Tenant": tenant}, {"X-Nexus-Cache-Tenant": tenant}):
            answer = carl.post(CHAT, json=question, headers=headers)
            assert answer.status_code == 403 or not answer.headers["x-nexus-cache"].startswith("hit") or (
                answer.json()["id"] != theirs.json()["id"])
        assert carl.get("/api/v1/cache/answers").status_code == 403


def test_cache_poisoning(people: People) -> None:
    """What nobody keeps cannot be poisoned: caches on the way get told so, whatever headers a request brings."""
    with people.client(people.key("bob")["key"]) as http:
        for headers in ({}, {"X-Forwarded-Host": "evil.example"}, {"X-Forwarded-Scheme": "http"}, {"Host": "evil.example"}):
            for path in ("/v1/models", "/api/v1/session", "/api/v1/keys"):
                answer = http.get(path, headers=headers)
                assert answer.headers["cache-control"] in ("no-store", "no-cache, no-store"), (path, headers)
                assert "evil.example" not in answer.text and "evil.example" not in str(answer.headers)


def test_budget_bypass(people: People) -> None:
    """A budget holds for every key of its user, for streams that are broken off, and for the administrator's keys too."""
    set_to = people.admin.put("/api/v1/budgets/everyone", json={
        "scope": "everyone", "unit": "tokens", "amount": 60, "period": "day"})
    assert set_to.status_code == 200, set_to.text
    try:
        long = MESSAGE | {"max_tokens": 50, "ignore_eos": True, "stream": True}
        with people.client(people.key("bob")["key"]) as bob:
            for _ in range(12):
                with bob.stream("POST", CHAT, json=long | {"temperature": 1}) as answer:
                    if answer.status_code == 429:
                        break
                    # The client goes in the middle of the answer.
                    next(answer.iter_lines())
            until(lambda: bob.post(CHAT, json=long).status_code == 429, "the budget is used up")
        for user in ("bob", "ada"):
            with people.client(people.key(user)["key"]) as http:
                assert http.post(CHAT, json=long).status_code == 429, user
    finally:
        assert people.admin.delete("/api/v1/budgets/everyone").status_code == 200


def test_every_attack_is_in_the_trail(people: People) -> None:
    with people.client() as http:
        http.post("/api/v1/session", json={"name": "carl", "password": "wrong but long enough"})
    def found() -> set[str]:
        return {entry["action"] for entry in people.admin.get("/api/v1/audit?limit=1000").json()["entries"]}

    until(lambda: {"sign_in", "refusal", "order", "key_created"} <= found(), "they are written down")
    export = people.admin.get("/api/v1/audit/export").text
    assert PASSWORD not in export
    assert people.admin.get("/api/v1/audit/verify").json()["intact"]
    assert not any(PASSWORD in line for line in people.server.errors)
