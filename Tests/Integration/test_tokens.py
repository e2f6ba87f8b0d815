"""Access tokens: the server's own, and those of an issuer elsewhere that it believes."""

from contextlib import closing
import base64
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jwt
import pytest
from support.polling import until
from support.provider import Key, Provider
from support.servers import Nexus
from support.signin import administrator, free_port, serve, user

AUDIENCE = "nexus-api"


@pytest.fixture(scope="module", params=["EdDSA", "RS256", "ES256"])
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    made = Provider(request.param)
    yield made
    made.stop()


def configuration(provider: Provider) -> str:
    return f"""access:
  jwt:
    issuers:
      ci: {{issuer: {provider.url}, audiences: [{AUDIENCE}], roles: {{staff: user}}}}
"""


@pytest.fixture(scope="module")
def server(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nexus]:
    servers: list[Nexus] = []

    def start(*arguments: str, **options: Any) -> Nexus:
        servers.append(Nexus(tmp_path_factory.mktemp("tokens"), *arguments, **options))
        return servers[0]

    nexus = serve(start, configuration(provider))
    nexus.admin = administrator(nexus)
    yield nexus
    nexus.admin.close()
    nexus.stop()


def bearer(server: Nexus, token: str, path: str = "/v1/models") -> httpx.Response:
    return httpx.get(server.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def make(client: httpx.Client, **order: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/tokens", json=order)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def api_key(server: Nexus, **order: Any) -> httpx.Client:
    made = server.admin.post("/api/v1/keys", json={"name": "k"} | order)
    assert made.status_code in (200, 201), made.text
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {made.json()['key']}"}, timeout=30)


def test_a_token_says_who_it_is_for_and_others_can_check_it(server: Nexus) -> None:
    made = make(server.admin, scopes=["models.read"], lifetime=120)
    assert bearer(server, made["access_token"], "/api/v1/models").status_code == 200
    assert bearer(server, made["access_token"], "/api/v1/users").status_code == 403
    keys = jwt.PyJWKSet.from_dict(httpx.get(server.url + "/.well-known/jwks.json").json())
    header = jwt.get_unverified_header(made["access_token"])
    assert header["typ"] == "at+jwt" and header["alg"] == "EdDSA"
    claims = jwt.decode(
        made["access_token"], keys[header["kid"]].key, algorithms=["EdDSA"], audience=server.url, issuer=server.url)
    assert claims["exp"] - claims["iat"] == 120 and claims["jti"] == made["id"] and claims["scope"] == "models.read"
    assert "d" not in httpx.get(server.url + "/.well-known/jwks.json").json()["keys"][0]


def test_a_token_gives_no_more_than_the_key_it_was_made_with(server: Nexus) -> None:
    with api_key(server, scopes=["models.read", "chat.use"], models=["tiny*"]) as client:
        everything = make(client)
        assert sorted(everything["scopes"]) == ["chat.use", "models.read"] and everything["models"] == ["tiny*"]
        assert bearer(server, everything["access_token"], "/api/v1/users").status_code == 403
        assert make(client, scopes=["models.read"], models=["tiny-chat"])["models"] == ["tiny-chat"]
        for order in ({"scopes": ["users.read"]}, {"scopes": ["*"]}, {"models": ["*"]}, {"models": ["other"]}):
            answer = client.post("/api/v1/tokens", json=order)
            assert answer.status_code == 403, (order, answer.text)
        # A token makes no tokens: it would never end.
        again = httpx.post(server.url + "/api/v1/tokens", headers={
            "Authorization": f"Bearer {everything['access_token']}"})
        assert again.status_code in (401, 403)


@pytest.mark.parametrize("order", [
    {"lifetime": 59}, {"lifetime": 86_401}, {"lifetime": "x"}, {"scopes": "models.read"}, {"scopes": ["nothing.here"]},
    {"scopes": ["a b"]}, {"models": [""]}, {"models": ["x"] * 65}, {"scope": ["models.read"]}, [], {"lifetime": 1e400},
])
def test_orders_that_make_no_sense_are_refused(server: Nexus, order: Any) -> None:
    answer = server.admin.post("/api/v1/tokens", content=json.dumps(order))
    assert answer.status_code == 400 and answer.json()["detail"], answer.text


def test_nobody_gets_a_token_for_nothing(server: Nexus) -> None:
    assert httpx.post(server.url + "/api/v1/tokens", json={}).status_code == 401
    wrong = {"Authorization": "Bearer nonsense"}
    assert httpx.post(server.url + "/api/v1/tokens", json={}, headers=wrong).status_code == 401


def test_a_revoked_token_is_worth_nothing_at_once_and_after_a_crash(
    start: Callable[..., Nexus], provider: Provider
) -> None:
    server = serve(start, configuration(provider))
    with closing(administrator(server)) as client:
        first, second, third = (make(client) for _ in range(3))
        revoked = httpx.post(server.url + "/api/v1/tokens/revoke", json={"token": first["access_token"]})
        assert revoked.status_code == 200
        assert client.delete(f"/api/v1/tokens/{second['id']}").status_code == 200
        for made in (first, second):
            assert bearer(server, made["access_token"]).status_code == 401
        keys = httpx.get(server.url + "/.well-known/jwks.json").json()
        server.kill()
        server = start("--port", str(server.port), folder=server.folder, model=None,
                       configuration=(server.folder / "nexus.yaml").read_text())
        for made in (first, second):
            assert bearer(server, made["access_token"]).status_code == 401
        assert bearer(server, third["access_token"]).status_code == 200
        assert httpx.get(server.url + "/.well-known/jwks.json").json() == keys
        # Signing out ends what was made with the session.
        assert client.delete("/api/v1/session").status_code == 200
        assert bearer(server, third["access_token"]).status_code == 401


def test_keys_change_and_tokens_of_the_one_before_stay_valid(server: Nexus) -> None:
    before = make(server.admin)
    rotated = server.admin.post("/api/v1/tokens/rotate")
    assert rotated.status_code == 200
    after = make(server.admin)
    ids = [jwt.get_unverified_header(made["access_token"])["kid"] for made in (before, after)]
    assert ids[0] != ids[1]
    assert {key["kid"] for key in httpx.get(server.url + "/.well-known/jwks.json").json()["keys"]} >= set(ids)
    for made in (before, after):
        assert bearer(server, made["access_token"]).status_code == 200


def test_tokens_that_were_made_up_are_refused(server: Nexus) -> None:
    honest = make(server.admin)["access_token"]
    head, claims, signature = honest.split(".")
    decoded = jwt.decode(honest, options={"verify_signature": False})
    own = httpx.get(server.url + "/.well-known/jwks.json").json()["keys"][0]
    stranger = Key("EdDSA", own["kid"])

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    shared = jwt.encode(decoded, own["x"] + "0" * 32, "HS256", headers={"kid": own["kid"]})
    wrong = [
        jwt.encode(decoded, None, "none"), shared, stranger.sign(decoded, typ="at+jwt"),
        stranger.sign(decoded, typ="at+jwt", jwk=stranger.jwk()),
        f"{head}.{part(decoded | {'scope': 'users.write'})}.{signature}", f"{head}.{claims}.", f"{head}.{claims}",
        f"{part({'alg': 'none'})}.{claims}.", "a.b.c", "..", honest + "A", honest[:-1] + "=",
        f"{part({'alg': 'EdDSA', 'kid': own['kid'], 'typ': 'at+jwt', 'crit': ['exp']})}.{claims}.{signature}",
        part(decoded) + "." + "A" * 20_000 + "." + signature,
    ]
    for token in wrong:
        answer = bearer(server, token)
        assert answer.status_code in (401, 431), token[:60]
        assert token[:40] not in answer.text


def test_a_foreign_token_is_its_subjects_user(server: Nexus, provider: Provider) -> None:
    token = provider.access_token(AUDIENCE)
    answer = bearer(server, token)
    assert answer.status_code == 200, answer.text
    asked = len(provider.requests)
    for _ in range(20):
        assert bearer(server, token).status_code == 200
    assert len(provider.requests) == asked, "nobody is asked about a token that was seen"
    assert bearer(server, token, "/api/v1/users").status_code == 403
    ada = user(server.admin, "ada")
    assert ada["role"] == "user"
    # Disabled here, it is of no use, wherever it comes from.
    changed = server.admin.patch(f"/api/v1/users/{ada['id']}", json={"disabled": True})
    assert changed.status_code == 200, changed.text
    assert bearer(server, token).status_code == 401
    assert bearer(server, provider.access_token(AUDIENCE)).status_code in (401, 403)
    server.admin.patch(f"/api/v1/users/{ada['id']}", json={"disabled": False})


@pytest.mark.parametrize("changes", [
    {"aud": "other"}, {"aud": None}, {"iss": "https://evil.example"}, {"exp": 1}, {"exp": None}, {"iat": None},
    {"nbf": int(time.time()) + 3_600}, {"exp": int(time.time()) + 1_000_000}, {"sub": None}, {"sub": ""},
])
def test_foreign_tokens_that_are_wrong_are_refused(
    server: Nexus, provider: Provider, changes: dict[str, Any]
) -> None:
    assert bearer(server, provider.access_token(AUDIENCE, **changes)).status_code == 401


def test_foreign_tokens_of_people_in_no_group_are_refused(server: Nexus, provider: Provider) -> None:
    token = provider.access_token(AUDIENCE, sub="nobody", groups=[])
    assert bearer(server, token).status_code in (401, 403)


def test_foreign_keys_that_change_are_fetched_again_a_few_times_a_minute(server: Nexus, provider: Provider) -> None:
    assert bearer(server, provider.access_token(AUDIENCE)).status_code == 200
    provider.rotate()
    assert bearer(server, provider.access_token(AUDIENCE)).status_code == 200
    before = len(provider.requests)
    stranger = Key(provider.key.algorithm, "x")
    for number in range(30):
        stranger.kid = f"made-up-{number}"
        token = stranger.sign({"iss": provider.url, "aud": AUDIENCE, "sub": "x"})
        assert bearer(server, token).status_code == 401
    assert len(provider.requests) - before <= 5, "nobody can have this server ask without end"


def test_the_secret_keys_are_sealed_and_taken_from_their_file_once(
    start: Callable[..., Nexus], provider: Provider
) -> None:
    server = serve(start, configuration(provider))
    folder, former = server.folder, Key("EdDSA", "")
    server.stop()
    seed = former.private.private_bytes_raw()
    # As an older version has left it.
    with closing(sqlite3.connect(folder / "data" / "nexus.db")) as database, database:
        assert database.execute("SELECT envelope FROM token_keys").fetchone()[0].startswith("sealed:v1:")
        database.execute("DELETE FROM token_keys")
    keys = folder / "data" / "token-keys.json"
    text = json.dumps({"version": 1, "keys": [
        {"seed": base64.urlsafe_b64encode(seed).decode().rstrip("="), "created_at": int(time.time())}]})
    keys.write_text(text)
    keys.chmod(0o644)
    written = (folder / "nexus.yaml").read_text()
    with pytest.raises(AssertionError, match="others can read"):
        start("--port", str(free_port()), folder=folder, model=None, configuration=written)
    keys.chmod(0o600)
    server = start("--port", str(free_port()), folder=folder, model=None, configuration=written)
    assert not keys.exists()
    public = httpx.get(server.url + "/.well-known/jwks.json").json()["keys"]
    assert public[0]["x"] == former.jwk()["x"]
    server.stop()
    assert all(seed not in path.read_bytes() and keys.name not in path.name
               for path in (folder / "data").glob("nexus.db*"))


def test_a_refresh_token_renews_until_it_is_used_twice(server: Nexus) -> None:
    def refresh(text: str) -> httpx.Response:
        return httpx.post(server.url + "/api/v1/tokens/refresh", json={"refresh_token": text}, timeout=30)

    with api_key(server, scopes=["models.read"]) as client:
        first = make(client, refresh=True, lifetime=60)
    assert "refresh_token" not in make(server.admin)
    second = refresh(first["refresh_token"])
    assert second.status_code == 200 and second.headers["cache-control"] == "no-store"
    renewed = second.json()
    assert renewed["scopes"] == ["models.read"] and renewed["refresh_token"] != first["refresh_token"]
    assert bearer(server, renewed["access_token"]).status_code == 200
    assert bearer(server, renewed["access_token"], "/api/v1/users").status_code == 403
    # A refresh token opens nothing, and a guess nothing either.
    assert bearer(server, renewed["refresh_token"]).status_code == 401
    for guess in (renewed["refresh_token"][:-1] + "0", "nxr_" + "0" * 26 + "_" + "0" * 52, "nxr_", "x"):
        if guess != renewed["refresh_token"]:
            assert refresh(guess).status_code == 401
    assert refresh(first["refresh_token"]).status_code == 401
    assert refresh(renewed["refresh_token"]).status_code == 401, "the whole family is gone"
    assert bearer(server, renewed["access_token"]).status_code == 401
    told = server.admin.get("/api/v1/audit", params={"limit": 20}).text
    assert "used twice" in told and renewed["refresh_token"] not in told


def test_what_one_server_revokes_others_on_the_same_database_do_not_believe(
    start: Callable[..., Nexus], provider: Provider, postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    secret = base64.b64encode(bytes(range(32))).decode()
    text = configuration(provider) + f"storage:\n  url: {postgres}\n"
    # Both are known by one name, as behind a balancer.
    name = "server:\n  publicURL: https://nexus.example\n"
    one, two = (start(configuration=name + text, model=None, variables={"NEXUS_SECRETS_KEY": secret}) for _ in range(2))
    with closing(administrator(one, "root-" + provider.key.algorithm.lower())) as client:
        keys = [httpx.get(server.url + "/.well-known/jwks.json").json() for server in (one, two)]
        assert keys[0] == keys[1]
        made = make(client)
        until(lambda: bearer(two, made["access_token"]).status_code == 200, "the other server knows the user")
        client.post("/api/v1/tokens/rotate").raise_for_status()
        fresh = make(client)
        assert bearer(two, fresh["access_token"]).status_code == 200, "a key that was made just now"
        for token in (made, fresh):
            client.post("/api/v1/tokens/revoke", json={"token": token["access_token"]}).raise_for_status()
        for token in (made, fresh):
            until(lambda: bearer(two, token["access_token"]).status_code == 401, "the other server does not believe it")


def test_without_users_there_is_nobody_a_token_could_stand_for(start: Callable[..., Nexus]) -> None:
    server = start(model=None)
    answer = server.http.post("/api/v1/tokens", json={})
    assert answer.status_code == 409 and "user" in answer.json()["detail"]
