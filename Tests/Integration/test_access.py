"""Users, sessions and keys: who comes in, with which client, and who does not."""

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import httpx
import openai
import pytest
from support.people import CONFIGURATION, PASSWORD, People, begin, socket_client, totp
from support.polling import until
from support.program import REPOSITORY
from support.servers import NAME, Nexus

MESSAGES = [{"role": "user", "content": "Hello"}]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    server = Nexus(tmp_path_factory.mktemp("people"), configuration=CONFIGURATION)
    people = People(server)
    yield people
    people.close()
    server.stop()


def asked(people: People, key: str, **options) -> openai.OpenAI:
    return people.server.client(api_key=key, **options)


def cookie(client: httpx.Client) -> dict[str, str]:
    """The headers that a browser would send, for requests without it."""
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}


def complete(client: openai.OpenAI, model: str = NAME) -> str:
    answer = client.chat.completions.create(model=model, messages=MESSAGES, max_tokens=4)
    return answer.choices[0].message.content or ""


# Single-user mode


def test_without_users_nobody_signs_in(nexus: Nexus) -> None:
    session = nexus.http.get("/api/v1/session").json()
    assert session["mode"] == "open"
    assert session["user"]["role"] == "admin"
    assert nexus.http.get("/api/v1/users").json() == {"users": []}


def test_the_first_user_switches_sign_in_on(start: Callable[..., Nexus]) -> None:
    server = start(configuration=CONFIGURATION)
    assert server.http.get("/v1/models").status_code == 200
    refused = server.http.post("/api/v1/users", json={"name": "bob", "role": "user", "password": PASSWORD})
    assert refused.status_code == 409
    assert server.http.get("/v1/models").status_code == 200
    made = server.http.post("/api/v1/users", json={"name": "ada", "role": "admin", "password": PASSWORD})
    assert made.status_code == 201
    for path in ("/v1/models", "/api/v1/models", "/api/v1/users", "/metrics"):
        answer = server.http.get(path)
        assert answer.status_code == 401, path
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert server.http.get("/").status_code == 200
    assert server.http.get("/health").status_code == 200
    assert server.http.get("/api/v1/session").json() == {"mode": "sign_in", "user": None, "needs_setup": False}
    # The socket stays its owner's.
    with socket_client(server) as admin:
        assert [user["name"] for user in admin.get("/api/v1/users").json()["users"]] == ["ada"]


def test_it_lasts_over_a_restart(start: Callable[..., Nexus]) -> None:
    people = begin(start)
    key = people.key("bob")["key"]
    browser = people.browser("bob").thing
    headers = cookie(browser)
    browser.close()
    folder = people.server.folder
    people.close()
    people.server.stop()
    server = start(folder=folder, configuration=CONFIGURATION)
    assert server.http.get("/v1/models").status_code == 401
    assert server.http.get("/v1/models", headers={"X-Api-Key": key}).status_code == 200
    assert server.http.get("/v1/models", headers=headers).status_code == 200


# Clients


def test_the_field_s_clients_come_in_with_a_key(people: People) -> None:
    key = people.key("bob")["key"]
    with asked(people, key) as client:
        assert complete(client)
        assert [model.id for model in client.models.list()] == [NAME]
        chunks = list(client.chat.completions.create(model=NAME, messages=MESSAGES, max_tokens=4, stream=True))
        assert chunks[-1].choices == [] or chunks[-1].choices[0].finish_reason
    with anthropic.Anthropic(base_url=people.server.url, api_key=key, max_retries=0) as client:
        assert client.messages.create(model=NAME, messages=MESSAGES, max_tokens=4).content
    with anthropic.Anthropic(base_url=people.server.url, auth_token=key, api_key=None, max_retries=0) as client:
        assert client.messages.create(model=NAME, messages=MESSAGES, max_tokens=4).content


def test_wrong_keys_are_refused_in_each_api_s_shape(people: People) -> None:
    right = people.key("bob")["key"]
    wrong = [right[:-1] + ("0" if right[-1] != "0" else "1"), "sk-none", right[:-1], right.upper(), "nxk_" + "0" * 79]
    for key in wrong:
        with asked(people, key) as client, pytest.raises(openai.AuthenticationError) as caught:
            client.models.list()
        assert caught.value.status_code == 401
        assert key not in caught.value.response.text
        with (
            anthropic.Anthropic(base_url=people.server.url, api_key=key, max_retries=0) as client,
            pytest.raises(anthropic.AuthenticationError),
        ):
            client.messages.create(model=NAME, messages=MESSAGES, max_tokens=4)


def test_a_revoked_and_an_expired_key_count_no_more_at_once(people: People) -> None:
    made = people.key("bob")
    with asked(people, made["key"]) as client:
        assert list(client.models.list())
        with people.client(made["key"]) as own:
            assert own.delete(f"/api/v1/keys/{made['id']}").json()["state"] == "revoked"
        with pytest.raises(openai.AuthenticationError, match="revoked"):
            client.models.list()
    short = people.key("bob", expires_in_seconds=1)
    with people.client(short["key"]) as client:
        until(lambda: client.get("/v1/models").status_code == 401, "the key has expired", 10)
        assert "expired" in client.get("/v1/models").json()["error"]["message"]


def test_scopes_and_models_restrict_a_key(people: People) -> None:
    reading = people.key("bob", scopes=["models.read"])["key"]
    with asked(people, reading) as client:
        assert list(client.models.list())
        with pytest.raises(openai.PermissionDeniedError, match="chat.use"):
            complete(client)
    other = people.key("bob", models=["other-*"])["key"]
    with asked(people, other) as client:
        assert list(client.models.list()) == []
        with pytest.raises(openai.PermissionDeniedError, match="not among those"):
            complete(client)
        # Whether there is such a model makes no difference.
        with pytest.raises(openai.PermissionDeniedError):
            complete(client, "never-heard-of")
        # Nor does naming none.
        with people.client(other) as plain:
            answer = plain.post("/v1/chat/completions", json={"messages": MESSAGES, "max_tokens": 2})
            assert answer.status_code == 403
            assert plain.post("/v1/embeddings", json={"model": NAME, "input": "a"}).status_code == 403
            assert plain.post(
                "/v1/messages/count_tokens", json={"model": NAME, "messages": MESSAGES}).status_code == 403
    with asked(people, people.key("bob", models=["tiny-*"])["key"]) as client:
        assert complete(client)


def test_the_user_s_own_list_holds_for_every_key(people: People) -> None:
    people.make("dora", models=["other"])
    key = people.key("dora")["key"]
    with asked(people, key) as client, pytest.raises(openai.PermissionDeniedError):
        complete(client)
    assert people.admin.patch("/api/v1/users/dora", json={"models": None}).status_code == 200
    with asked(people, key) as client:
        assert complete(client)


def test_a_key_rotates_with_an_overlap(people: People) -> None:
    old = people.key("bob", models=["tiny-*"])
    with people.client(old["key"]) as client:
        new = client.post(f"/api/v1/keys/{old['id']}/rotate", json={"overlap_seconds": 1}).json()
        assert new["models"] == ["tiny-*"]
        assert client.get("/v1/models").status_code == 200
        until(lambda: client.get("/v1/models").status_code == 401, "the old key has ended", 10)
    with people.client(new["key"]) as client:
        assert client.get("/v1/models").status_code == 200
        assert client.post("/api/v1/keys", json={"name": "more"}).status_code == 403


@pytest.mark.parametrize("name", ["key", "api_key", "API-KEY", "access_token"])
def test_a_key_in_the_url_is_refused_and_not_logged(people: People, name: str) -> None:
    key = people.key("bob")["key"]
    answer = people.server.http.get("/v1/models", params={name: key})
    assert answer.status_code == 400
    assert "URL" in answer.json()["error"]["message"]
    assert people.server.http.get("/v1/models", params={"model": key}).status_code == 400
    secret = key.rpartition("_")[2]
    assert not any(secret in line for line in people.server.errors)


def test_two_credentials_that_differ_are_refused(people: People) -> None:
    one, other = people.key("bob")["key"], people.key("carl")["key"]
    http = people.server.http
    both = {"Authorization": f"Bearer {one}", "X-Api-Key": other}
    assert http.get("/v1/models", headers=both).status_code == 401
    assert http.get("/v1/models", headers=both | {"X-Api-Key": one}).status_code == 200
    twice = [("X-Api-Key", one), ("X-Api-Key", other)]
    assert http.get("/v1/models", headers=twice).status_code == 401


def test_paths_that_only_look_different_are_no_way_around(people: People) -> None:
    paths = ("//v1/models", "/v1/models/", "/health/../v1/models", "/v1//models", "/V1/models", "/v1/models;/health")
    for path in paths:
        answer = people.server.http.get(path)
        assert answer.status_code in (401, 404), path
        assert NAME not in answer.text
    assert people.server.http.get("/%76%31/models").status_code == 401
    for header in ("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix"):
        assert people.server.http.get("/v1/models", headers={header: "/health"}).status_code == 401
    for headers in ({"X-Forwarded-User": "ada"}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Nexus-User": "ada"}):
        assert people.server.http.get("/v1/models", headers=headers).status_code == 401


# Sessions


def test_a_session_lives_in_a_cookie_that_scripts_cannot_read(people: People) -> None:
    with people.client() as client:
        answer = client.post("/api/v1/session", json={"name": "bob", "password": PASSWORD})
        told = answer.headers["Set-Cookie"]
        for part in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="):
            assert part in told
        assert "Secure" not in told
        assert answer.json()["user"]["name"] == "bob"
        assert answer.headers["Cache-Control"] == "no-store"
        assert client.get("/v1/models").status_code == 200
        headers = cookie(client)
        assert client.delete("/api/v1/session").status_code == 200
        assert not client.cookies
        assert client.get("/v1/models", headers=headers).status_code == 401


def test_a_planted_session_is_never_taken_over(people: People) -> None:
    with people.client() as victim:
        planted = {"Cookie": "nexus_session=" + "0" * 52}
        assert victim.get("/v1/models", headers=planted).status_code == 401
        answer = victim.post("/api/v1/session", json={"name": "bob", "password": PASSWORD}, headers=planted)
        assert "0" * 52 not in answer.headers["Set-Cookie"]
    with people.client() as anyone:
        assert anyone.get("/v1/models", headers=planted).status_code == 401
    # One's own session of before ends with the next sign-in.
    with people.browser("bob") as browser:
        before = cookie(browser)
        assert browser.post("/api/v1/session", json={"name": "carl", "password": PASSWORD}).status_code == 201
        assert browser.get("/api/v1/session").json()["user"]["name"] == "carl"
        assert people.server.http.get("/v1/models", headers=before).status_code == 401


def test_unknown_users_and_wrong_passwords_get_the_same_answer(people: People) -> None:
    people.make("keyholder", password=None)
    answers = []
    for name in ("bob", "nobody", "keyholder"):
        answer = people.server.http.post("/api/v1/session", json={"name": name, "password": "wrong wrong wrong"})
        body = answer.json()
        body.pop("request_id", None)
        answers.append((answer.status_code, body))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 401


def test_guessing_is_slowed_down(people: People) -> None:
    codes = [
        people.server.http.post("/api/v1/session", json={"name": "guessed", "password": "wrong wrong"}).status_code
        for _ in range(8)]
    assert codes[:6] == [401] * 6
    assert codes[7] == 429
    answer = people.server.http.post("/api/v1/session", json={"name": "guessed", "password": "wrong wrong"})
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_guessing_is_slowed_down_over_restarts_and_by_all_nodes(
    start: Callable[..., Nexus], request: pytest.FixtureRequest, kind: str
) -> None:
    where = ["--storage.url", request.getfixturevalue("postgres")] if kind == "postgres" else []
    people = People(start(*where, configuration=CONFIGURATION))
    servers = [people.server]
    if kind == "postgres":
        servers.append(start(*where, folder=None, configuration=CONFIGURATION))

    def guess(server: Nexus, name: str) -> tuple[int, dict[str, Any]]:
        answer = httpx.post(
            f"{server.url}/api/v1/session", json={"name": name, "password": "wrong wrong wrong"}, timeout=30)
        body = answer.json()
        body.pop("request_id", None)
        if answer.status_code == 429:
            assert int(answer.headers["Retry-After"]) >= 1
            body.pop("hint", None)
        return answer.status_code, body

    def restart(place: int) -> None:
        folder = servers[place].folder
        servers[place].kill()
        servers[place] = start(*where, folder=folder, configuration=CONFIGURATION)

    # Each node hears some of it, and is killed now and then.
    for number in range(6):
        told = [guess(servers[number % len(servers)], name) for name in ("bob", "nobody")]
        assert told[0] == told[1], "it tells who is known"
        assert told[0][0] == 401
        if number == 2:
            restart(0)
    # Whoever waits as long as they are told and fails again waits twice as long: 2 s, 4 s, and 8 s, which are longer than a
    # restart takes.
    for _ in range(2):
        for name in ("bob", "nobody"):
            deadline = time.monotonic() + 30
            while guess(servers[-1], name)[0] == 429:
                assert time.monotonic() < deadline
                time.sleep(0.2)
    restart(0)
    for server in servers:
        told = [guess(server, name) for name in ("bob", "nobody")]
        assert told[0] == told[1], "it tells who is known"
        assert told[0][0] == 429
    right = httpx.post(f"{servers[0].url}/api/v1/session", json={"name": "bob", "password": PASSWORD}, timeout=30)
    assert right.status_code == 429
    people.close()


def test_a_disabled_user_is_out_at_once(people: People) -> None:
    people.make("eve")
    key = people.key("eve")["key"]
    with people.browser("eve") as browser, people.client(key) as client:
        assert browser.get("/v1/models").status_code == client.get("/v1/models").status_code == 200
        people.admin.patch("/api/v1/users/eve", json={"disabled": True})
        assert browser.get("/v1/models").status_code == client.get("/v1/models").status_code == 401
        assert browser.post("/api/v1/session", json={"name": "eve", "password": PASSWORD}).status_code == 401
        people.admin.patch("/api/v1/users/eve", json={"disabled": False})
        assert client.get("/v1/models").status_code == 200
        assert people.admin.delete("/api/v1/users/eve").status_code == 200
        assert client.get("/v1/models").status_code == 401


def test_a_new_password_ends_other_sessions(people: People) -> None:
    people.make("fred")
    with people.browser("fred") as one, people.browser("fred") as other:
        wrong = one.put("/api/v1/session/password", json={"current_password": "x", "password": "a new password"})
        assert wrong.status_code == 403
        changed = one.put(
            "/api/v1/session/password", json={"current_password": PASSWORD, "password": "a new fine password"})
        assert changed.status_code == 200
        assert one.get("/v1/models").status_code == 200
        assert other.get("/v1/models").status_code == 401
    with people.client(people.key("fred")["key"]) as client:
        refused = client.put(
            "/api/v1/session/password", json={"current_password": "a new fine password", "password": "yet another one"})
        assert refused.status_code == 403


def test_a_second_factor_and_its_recovery_codes(people: People) -> None:
    people.make("gina")
    with people.browser("gina") as browser:
        offer = browser.post("/api/v1/session/totp").json()
        assert offer["url"].startswith("otpauth://totp/")
        assert browser.post("/api/v1/session/totp/confirm", json={"code": "000000"}).status_code == 400
        shown = totp(offer["secret"])
        codes = browser.post("/api/v1/session/totp/confirm", json={"code": shown}).json()["recovery_codes"]
        assert len(set(codes)) == 10

        def enter(**more: str) -> httpx.Response:
            with people.client() as client:
                return client.post("/api/v1/session", json={"name": "gina", "password": PASSWORD} | more)

        needed = enter()
        assert needed.status_code == 401
        assert needed.json()["code"] == "second_factor_required"
        assert enter(code=shown).status_code == 401
        # The next step's code counts already: clocks may differ.
        ahead = totp(offer["secret"], time.time() + 30)
        assert enter(code=ahead).status_code == 201
        assert enter(code=ahead).status_code == 401
        assert enter(code=codes[0]).status_code == 201
        assert enter(code=codes[0]).status_code == 401
    secret = offer["secret"]
    assert not any(secret in line or codes[1] in line for line in people.server.errors)


# One another


def test_two_users_see_nothing_of_each_other(people: People) -> None:
    with people.browser("bob") as bob, people.browser("carl") as carl:
        key = bob.post("/api/v1/keys", json={"name": "mine"}).json()
        session = next(one["id"] for one in bob.get("/api/v1/sessions").json()["sessions"] if one["current"])
        nothing = {"code": "not_found"}
        for answer in (
            carl.get(f"/api/v1/keys/{key['id']}"), carl.delete(f"/api/v1/keys/{key['id']}"),
            carl.post(f"/api/v1/keys/{key['id']}/rotate", json={}), carl.delete(f"/api/v1/sessions/{session}"),
            carl.post("/api/v1/keys/key_none/rotate", json={}), carl.delete("/api/v1/sessions/ses_none"),
        ):
            assert answer.status_code == 404
            assert answer.json()["code"] == nothing["code"]
        assert carl.get("/api/v1/keys", params={"user": "bob"}).status_code == 403
        assert carl.post("/api/v1/keys", json={"name": "x", "user": "bob"}).status_code == 403
        for path in ("/api/v1/users", f"/api/v1/users/{people.ids['bob']}", "/api/v1/users/bob/sessions"):
            assert carl.get(path).status_code == 403
        mine = {one["id"] for one in carl.get("/api/v1/keys").json()["keys"]}
        assert key["id"] not in mine
        assert session not in {one["id"] for one in carl.get("/api/v1/sessions").json()["sessions"]}
        with people.client(key["key"]) as client:
            assert client.get("/v1/models").status_code == 200
    with people.browser("ada") as ada:
        assert ada.get(f"/api/v1/keys/{key['id']}").json()["name"] == "mine"


def test_a_request_belongs_to_its_caller_s_tenant(people: People) -> None:
    body = {"model": NAME, "messages": MESSAGES, "max_tokens": 2}
    with people.client(people.key("bob")["key"]) as client:
        for wish in ({"tenant": people.ids["carl"]}, {"weight": 5}, {"priority": "critical"}):
            assert client.post("/v1/chat/completions", json=body | {"nexus": wish}).status_code == 403, wish
        answer = client.post("/v1/chat/completions", json=body, headers={"X-Nexus-Tenant": people.ids["carl"]})
        assert answer.status_code == 403
        own = client.post("/v1/chat/completions", json=body | {"nexus": {"tenant": people.ids["bob"]}})
        assert own.status_code == 200
        assert client.post("/v1/embeddings", json={
            "model": NAME, "input": "a", "nexus": {"tenant": people.ids["carl"]}}).status_code in (400, 403)
    with people.client(people.key("ada")["key"]) as client:
        assert client.post(
            "/v1/chat/completions", json=body | {"nexus": {"tenant": people.ids["carl"]}}).status_code == 200


# Roles


def values(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "none", path)


def test_every_route_answers_each_role_as_the_table_says(people: People) -> None:
    http = people.server.http
    paths = http.get("/openapi.json").json()["paths"]
    with people.browser("vera") as vera:
        table = {
            entry["permission"]: set(entry["roles"]) for entry in vera.get("/api/v1/roles").json()["permissions"]}
    clients = {role: people.client(people.key(user)["key"]) for role, user in (
        ("admin", "ada"), ("user", "bob"), ("viewer", "vera"))}
    nobody = people.client()
    faults, count = [], 0
    for path, methods in paths.items():
        for method, route in methods.items():
            permission = route.get("x-permission")
            where = f"{method.upper()} {path}"
            # A session's own matters are for sessions only: the next test asks with cookies.
            if permission is None or path.startswith(SESSION):
                continue
            if permission not in table:
                faults.append(f"{where}: {permission} is not in the table")
                continue
            # Nobody gets past the door; nothing is read of a body that is no JSON.
            if (status := ask(nobody, method, path)) != 401:
                faults.append(f"{where}: {status} without a credential")
            for role, client in clients.items():
                if role in table[permission] and (is_order(method, path) or "event" in path or "follow" in path):
                    continue
                status = ask(client, method, path)
                count += 1
                if (status == 403) != (role not in table[permission]) or status == 401:
                    faults.append(f"{where} ({permission}): {status} for {role}")
    for client in (*clients.values(), nobody):
        client.close()
    assert not faults, "\n".join(faults)
    assert count > 150


SESSION = "/api/v1/session/"


def test_every_route_of_a_session_answers_each_role_as_the_table_says(people: People) -> None:
    paths = people.server.http.get("/openapi.json").json()["paths"]
    table = {
        entry["permission"]: set(entry["roles"])
        for entry in people.admin.get("/api/v1/roles").json()["permissions"]}
    faults, asked = [], set()
    with contextlib.ExitStack() as stack:
        users = {"admin": "ada", "user": "bob", "viewer": "vera"}
        browsers = {role: stack.enter_context(people.browser(name)) for role, name in users.items()}
        keys = {role: stack.enter_context(people.client(people.key(name)["key"])) for role, name in users.items()}
        nobody = stack.enter_context(people.client())
        for path, methods in paths.items():
            for method, route in methods.items():
                permission = route.get("x-permission")
                if permission is None or not path.startswith(SESSION):
                    continue
                where = f"{method.upper()} {path}"
                asked.add(where)
                if permission not in table:
                    faults.append(f"{where}: {permission} is not in the table")
                    continue
                if (status := ask(nobody, method, path)) != 401:
                    faults.append(f"{where}: {status} without a credential")
                for role in users:
                    # A key is told 403, whoever it belongs to.
                    if (status := ask(keys[role], method, path)) != 403:
                        faults.append(f"{where} ({permission}): {status} for a key of {role}")
                    status = ask(browsers[role], method, path)
                    if (status == 403) != (role not in table[permission]) or status in (401, 404, 405):
                        faults.append(f"{where} ({permission}): {status} for a session of {role}")
        # A page elsewhere has no use of the cookie.
        for where in asked:
            method, path = where.lower().split(" ")
            foreign = browsers["admin"].request(method, path, headers={"Origin": "https://elsewhere.example"})
            if foreign.status_code != 403:
                faults.append(f"{where}: {foreign.status_code} for a page elsewhere")
        assert all(browser.get("/api/v1/session").json()["user"] for browser in browsers.values())
    assert not faults, "\n".join(faults)
    assert {"PUT /api/v1/session/password", "POST /api/v1/session/totp", "DELETE /api/v1/session/totp"} <= asked


def is_order(method: str, path: str) -> bool:
    """Whether a good request without a body does something."""
    return method == "delete" and path in ("/api/v1/sessions", "/api/v1/session")


def ask(client: httpx.Client, method: str, path: str) -> int:
    content = b"" if method in ("get", "delete") else b"no JSON"
    with client.stream(
        method.upper(), values(path), content=content, headers={"Content-Type": "application/json"}
    ) as answer:
        return answer.status_code


def test_open_routes_are_those_of_the_list(people: People) -> None:
    source = (REPOSITORY / "Sources/Domain/Access/Permissions/OpenRoutes.swift").read_text()
    listed = set(re.findall(r'"((?:GET|POST|PUT|PATCH|DELETE) /[^"]*)"', source))
    paths = people.server.http.get("/openapi.json").json()["paths"]
    found = {
        f"{method.upper()} {path}" for path, methods in paths.items() for method, route in methods.items()
        if "x-permission" not in route}
    assert found <= {route.replace("...}", "}") for route in listed}
    assert {"GET /health", "POST /api/v1/session"} <= found
    # Routes without an entry in the table are closed, and the log tells of them.
    assert not [line for line in people.server.logs() if "permission table" in line["message"]]


# The log


def test_the_log_names_the_caller_and_no_secret(people: People) -> None:
    made = people.key("bob")
    with people.client(made["key"]) as client:
        client.get("/v1/models", headers={"X-Request-Id": "who-asked"})
    line = until(
        lambda: next((line for line in people.server.logs() if line.get("request_id") == "who-asked"), None),
        "the request's line", 10)
    assert line["user"] == people.ids["bob"]
    assert line["key"] == made["id"]
    text = "\n".join(people.server.errors)
    assert made["key"] not in text and made["key"].rpartition("_")[2] not in text
    assert PASSWORD not in text


def test_use_of_a_key_is_noted(people: People) -> None:
    made = people.key("bob")
    with people.client(made["key"]) as client:
        client.get("/v1/models")
    shown = people.admin.get(f"/api/v1/keys/{made['id']}").json()
    assert abs(shown["last_used_at"] - time.time()) < 60
    assert "key" not in shown


# Public


def test_it_does_not_listen_for_others_without_an_administrator(start: Callable[..., Nexus]) -> None:
    server = start("--host", "0.0.0.0", configuration=CONFIGURATION, ready=False)
    link = server.line("#setup=")
    token = link.rpartition("=")[2]
    local = f"http://127.0.0.1:{server.port}"
    with httpx.Client(base_url=local) as client:
        assert client.get("/v1/models").status_code == 401
        assert client.get("/api/v1/session").json()["needs_setup"] is True
        # Another address of this very machine is nobody's.
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.2:{server.port}/health", timeout=5)
        body = {"token": token, "name": "ada", "password": PASSWORD}
        assert client.post("/api/v1/session/setup", json=body | {"token": "wrong"}).status_code == 401
        made = client.post("/api/v1/session/setup", json=body)
        assert made.status_code == 201
        assert made.json()["user"]["role"] == "admin"
        headers = cookie(client)
        # Nobody who asks is turned away while the port is opened to others, also while something is being followed.

        def is_public() -> bool:
            assert httpx.get(f"{local}/health", timeout=5).status_code == 200
            try:
                return httpx.get(f"http://127.0.0.2:{server.port}/health", timeout=5).status_code == 200
            except httpx.TransportError:
                return False

        with client.stream("GET", "/api/v1/jobs/events", headers=headers) as followed:
            assert followed.status_code == 200
            until(is_public, "it listens for others", 15)
    again = httpx.post(f"{local}/api/v1/session/setup", json=body | {"name": "eve"})
    assert again.status_code == 401
    assert httpx.get(f"{local}/v1/models", headers=headers).status_code == 200
    assert token not in "\n".join(server.errors)


def test_commands_make_people_keys_and_teams(start: Callable[..., Nexus], tmp_path) -> None:
    from support.servers import command

    data = ("--data-dir", tmp_path / "data")

    def nexus(*words: str, stdin: str = "") -> str:
        done = command(tmp_path, *words, *data, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    # Without a server: the command is the platform.
    assert "nobody has to sign in" in nexus("users", "list")
    nexus("users", "create", "ada", "--admin", stdin=PASSWORD + "\n")
    refused = command(tmp_path, "users", "create", "bob", *data, stdin="short\n")
    assert refused.returncode != 0 and "at least 10" in refused.stderr
    server = start("--host", "0.0.0.0", folder=tmp_path)
    nexus("users", "create", "bob", "--no-password", "--display-name", "Bob B.")
    table = nexus("users", "list")
    assert re.search(r"ada +admin +active +own", table) and re.search(r"bob +user +active .*no password", table)
    key = nexus("keys", "create", "bob", "laptop", "--models", "tiny-*", "--expires-in", "90d").strip()
    assert key.startswith("nxk_")
    headers = {"Authorization": f"Bearer {key}"}
    local = f"http://127.0.0.1:{server.port}"
    assert httpx.get(f"{local}/v1/models", headers=headers).status_code == 200
    listed = json.loads(nexus("keys", "list", "--user", "bob", "--json"))["keys"]
    assert [one["name"] for one in listed] == ["laptop"]
    assert "laptop" in nexus("keys", "list")
    rotated = nexus("keys", "rotate", listed[0]["id"], "--overlap", "0s").strip()
    assert httpx.get(f"{local}/v1/models", headers=headers).status_code == 401
    nexus("teams", "create", "research")
    nexus("teams", "add", "research", "bob")
    assert re.search(r"research +research +bob", nexus("teams", "list"))
    who = httpx.get(f"{local}/api/v1/session", headers={"X-Api-Key": rotated}).json()["user"]
    assert who["teams"] == ["research"]
    nexus("tenants", "create", "acme", "--display-name", "Acme", "--weight", "2.5")
    assert re.search(r"acme +Acme +2\.5", nexus("tenants", "list"))
    nexus("tenants", "edit", "acme", "--no-weight")
    assert re.search(r"acme +Acme +1\b", nexus("tenants", "list"))
    heavy = command(tmp_path, "tenants", "edit", "acme", "--weight", "101", *data)
    assert heavy.returncode != 0 and "from 0.1 to 100" in heavy.stderr
    nexus("users", "edit", "bob", "--weight", "4")
    assert json.loads(nexus("users", "list", "--json"))["users"][-1]["weight"] == 4
    nexus("tenants", "delete", "acme")
    assert "acme" not in nexus("tenants", "list")
    assert re.search(r"k_\S+ +EdDSA +signs\n$", nexus("tokens", "keys"))
    assert len(nexus("tokens", "rotate").splitlines()) == 3
    nexus("tokens", "revoke", "tok_00000000000000000000000000")
    nexus("teams", "remove", "research", "bob")
    nexus("users", "disable", "bob")
    assert httpx.get(f"{local}/v1/models", headers={"X-Api-Key": rotated}).status_code == 401
    nexus("users", "enable", "bob")
    nexus("users", "edit", "bob", "--role", "viewer")
    nexus("keys", "revoke", json.loads(nexus("keys", "list", "--json"))["keys"][0]["id"])
    assert httpx.get(f"{local}/v1/models", headers={"X-Api-Key": rotated}).status_code == 401
    nexus("users", "password", "bob", stdin="another fine password\n")
    nexus("users", "delete", "bob")
    last = command(tmp_path, "users", "delete", "ada", *data)
    assert last.returncode != 0 and "last administrator" in last.stderr


def test_weights_are_kept_listed_and_checked(start: Callable[..., Nexus]) -> None:
    configuration = CONFIGURATION + "gateway: { weights: { acme: 5, bob: 0.5 } }\n"
    people = People(start(configuration=configuration))

    def weights(people: People) -> dict[str, float]:
        tenants = people.admin.get("/api/v1/tenants").json()["tenants"]
        users = people.admin.get("/api/v1/users").json()["users"]
        return {one["id"]: one["weight"] for one in tenants} | {one["name"]: one["weight"] for one in users}

    for body in ({"id": "acme"}, {"id": "blue", "weight": 0.1}):
        assert people.admin.post("/api/v1/tenants", json=body).status_code == 201
    people.make("dora", tenant="acme")
    people.make("emil", weight=9)
    assert weights(people) == {
        "acme": 5, "blue": 0.1, "ada": 1, "bob": 0.5, "carl": 1, "vera": 1, "dora": 5, "emil": 9}
    changed = people.admin.patch("/api/v1/tenants/acme", json={"weight": 100})
    assert changed.status_code == 200 and changed.json()["weight"] == 100
    assert people.admin.patch("/api/v1/users/bob", json={"weight": 3}).json()["weight"] == 3
    assert people.admin.patch("/api/v1/tenants/blue", json={"display_name": "Blue"}).json()["weight"] == 0.1
    for bad in (0, 0.09, 100.5, -1, "5", True, [1]):
        for path in ("/api/v1/tenants/acme", "/api/v1/users/bob"):
            refused = people.admin.patch(path, json={"weight": bad})
            assert refused.status_code == 400 and refused.json()["parameter"] == "weight", refused.text
    assert people.admin.patch("/api/v1/tenants/none", json={"weight": 1}).status_code == 404
    with people.browser("carl") as carl:
        assert carl.patch("/api/v1/tenants/acme", json={"weight": 1}).status_code == 403
    people.server.kill()
    again = start(folder=people.server.folder, configuration=configuration)
    people.server, people.admin = again, socket_client(again)
    assert weights(people) | {"acme": 100, "bob": 3, "dora": 100} == weights(people)
    for path in ("/api/v1/tenants/acme", "/api/v1/users/bob"):
        assert people.admin.patch(path, json={"weight": None}).status_code == 200
    assert weights(people) | {"acme": 5, "bob": 0.5, "dora": 5} == weights(people)
    people.close()
