"""Signing out at both ends: the browser's way to its provider, and the provider's word to the server."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
import pytest
from playwright.sync_api import Browser, expect
from support.browser import tab
from support.polling import until
from support.provider import CLIENT, SECRET, Key, Provider
from support.servers import Nexus
from support.signin import administrator, browser, person, serve

Start = Callable[..., Nexus]
EVENT = "http://schemas.openid.net/event/backchannel-logout"


def configuration(provider: Provider) -> str:
    return f"""access:
  oidc:
    test:
      issuer: {provider.url}
      clientID: {CLIENT}
      clientSecret: "{SECRET}"
      roles: {{staff: user}}
"""


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider("EdDSA")
    made.doors = {"end_session_endpoint": made.url + "/farewell"}
    made.session = "session-1"
    yield made
    made.stop()


@pytest.fixture
def server(provider: Provider, start: Start) -> Iterator[Nexus]:
    nexus = serve(start, configuration(provider))
    administrator(nexus).close()
    yield nexus


@contextmanager
def signed_in(
    server: Nexus, provider: Provider, sub: str = "person-1", sid: str | None = "session-1"
) -> Iterator[httpx.Client]:
    provider.person = provider.person | {
        "sub": sub, "preferred_username": sub, "email": f"{sub}@example.org"}
    provider.session = sid
    with browser(server) as client:
        client.get("/sign-in/oidc/test", params={"return": "/api/v1/session"})
        found = person(client)
        assert found and found["name"] == sub
        yield client


def order(server: Nexus, token: str, name: str = "test") -> httpx.Response:
    return httpx.post(f"{server.url}/sign-in/oidc/{name}/logout", data={"logout_token": token}, timeout=30)


def is_signed_in(client: httpx.Client) -> bool:
    return person(client) is not None


def test_signing_out_here_goes_on_to_the_provider(server: Nexus, provider: Provider) -> None:
    with signed_in(server, provider) as client:
        cookies = dict(client.cookies)
        answer = client.delete("/api/v1/session")
        assert answer.status_code == 200
        assert not is_signed_in(client)
        assert httpx.get(server.url + "/api/v1/session", cookies=cookies).json()["user"] is None
        url = answer.json()["sign_out_url"]
        assert url.startswith(provider.url + "/farewell?")
        back = client.get(url, follow_redirects=False)
        home = client.get(back.headers["location"], follow_redirects=False)
        assert (home.status_code, home.headers["location"]) == (303, "/")
    said = provider.farewells[-1]
    claims = jwt.decode(said["id_token_hint"], options={"verify_signature": False})
    assert (claims["sub"], claims["sid"]) == ("person-1", "session-1")
    assert said["client_id"] == CLIENT and len(said["state"]) >= 16
    assert said["post_logout_redirect_uri"] == f"{server.url}/sign-in/oidc/test/signed-out"


def test_a_browser_signs_out_here_and_at_the_provider(
    server: Nexus, provider: Provider, chromium: Browser
) -> None:
    provider.session = "of-the-browser"
    with tab(chromium, server.url) as opened:
        page = opened.page
        # Asked before anybody has signed in, and after they have signed out.
        opened.expected = ["the server responded with a status of 401"]
        opened.go("/app/sign-in")
        page.get_by_role("link", name="test").click()
        expect(page.locator(".who-am-i")).to_contain_text("ada")
        cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies(server.url)}
        with httpx.Client(base_url=server.url, cookies=cookies) as thief:
            found = person(thief)
            assert found and found["name"] == "ada"
            with page.expect_response(lambda response: "/sign-in/oidc/test/signed-out" in response.url) as back:
                page.get_by_role("button", name="Sign out").click()
            assert back.value.status == 303 and not provider.farewells[1:]
            expect(page.locator("h1")).to_have_text("Sign in")
            expect(page.locator(".who-am-i")).not_to_contain_text("ada")
            assert page.url == server.url + "/app/sign-in"
            # Whoever has kept the cookie has nothing.
            assert person(thief) is None
            assert thief.get("/api/v1/conversations").status_code == 401
        left = {cookie["name"]: cookie["value"] for cookie in page.context.cookies(server.url)}
        assert not set(cookies.values()) & set(left.values())
        page.reload()
        expect(page.locator("h1")).to_have_text("Sign in")
        # The page itself asks its own server only; the browser was sent to the provider twice.
        doors = [url.partition("?")[0] for url in opened.elsewhere]
        assert doors == [provider.url + "/authorize", provider.url + "/farewell"]
        opened.elsewhere.clear()
        opened.check()
    claims = jwt.decode(provider.farewells[0]["id_token_hint"], options={"verify_signature": False})
    assert claims["sid"] == "of-the-browser"


def test_the_hint_lasts_over_a_restart_and_is_sealed(server: Nexus, provider: Provider, start: Start) -> None:
    with signed_in(server, provider) as client:
        cookies = dict(client.cookies)
    with sqlite3.connect(server.folder / "data" / "nexus.db") as database:
        kept = [row[0] for row in database.execute("SELECT provider FROM access_sessions WHERE provider IS NOT NULL")]
    assert len(kept) == 1 and "sealed:v1:" in kept[0] and "eyJ" not in kept[0]
    server.kill()
    again = start("--port", str(server.port), folder=server.folder, model=None,
                  configuration=(server.folder / "nexus.yaml").read_text())
    answer = httpx.delete(again.url + "/api/v1/session", cookies=cookies)
    assert "id_token_hint=" in answer.json()["sign_out_url"]


def test_without_such_a_door_signing_out_is_ours_alone(start: Start, provider: Provider) -> None:
    provider.doors = {}
    server = serve(start, configuration(provider))
    admin = administrator(server)
    assert "sign_out_url" not in admin.delete("/api/v1/session").json(), "who brought a password"
    admin.close()
    with signed_in(server, provider) as client:
        answer = client.delete("/api/v1/session")
        assert answer.status_code == 200 and "sign_out_url" not in answer.json()
        assert not is_signed_in(client)


def test_a_provider_that_is_down_keeps_nobody_signed_in(start: Start, provider: Provider) -> None:
    server = serve(start, configuration(provider))
    administrator(server).close()
    with signed_in(server, provider) as client:
        cookies = dict(client.cookies)
    server.stop()
    provider.stop()
    # Nobody has asked for the provider's doors in this process.
    again = start("--port", str(server.port), folder=server.folder, model=None,
                  configuration=(server.folder / "nexus.yaml").read_text())
    began = time.monotonic()
    answer = httpx.delete(again.url + "/api/v1/session", cookies=cookies, timeout=30)
    assert answer.status_code == 200 and "sign_out_url" not in answer.json()
    assert time.monotonic() - began < 10
    assert httpx.get(again.url + "/api/v1/session", cookies=cookies).json()["user"] is None


def test_a_provider_ends_the_session_that_it_names(server: Nexus, provider: Provider) -> None:
    with signed_in(server, provider, sid="one") as one, signed_in(server, provider, sid="two") as two:
        answer = order(server, provider.logout_token(sid="one"))
        assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
        assert (is_signed_in(one), is_signed_in(two)) == (False, True)
        # By the session alone, too.
        assert order(server, provider.logout_token(sid="two", sub=None)).status_code == 200
        assert not is_signed_in(two)


def test_a_provider_ends_all_sessions_of_a_person_and_nobody_elses(server: Nexus, provider: Provider) -> None:
    with (signed_in(server, provider, "ann", sid="a") as ann, signed_in(server, provider, "ann", sid=None) as more,
          signed_in(server, provider, "ben", sid="b") as ben):
        token = ann.post("/api/v1/tokens", json={}).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(server.url + "/v1/models", headers=headers).status_code == 200
        assert order(server, provider.logout_token(sub="ann")).status_code == 200
        assert [is_signed_in(client) for client in (ann, more, ben)] == [False, False, True]
        # What was made with the session goes with it.
        assert httpx.get(server.url + "/v1/models", headers=headers).status_code == 401
        # Nobody is signed in by that name any more: it was followed all the same.
        assert order(server, provider.logout_token(sub="ann")).status_code == 200
        # A session that another person is said to have is nobody's.
        assert order(server, provider.logout_token(sub="ann", sid="b")).status_code == 200
        assert is_signed_in(ben)


def test_an_order_counts_once(server: Nexus, provider: Provider, start: Start) -> None:
    token = provider.logout_token()
    with signed_in(server, provider) as client:
        assert order(server, token).status_code == 200
        assert not is_signed_in(client)
    with signed_in(server, provider) as client:
        again = order(server, token)
        assert again.status_code == 400 and "already" in again.json()["error_description"]
        assert is_signed_in(client)
        cookies = dict(client.cookies)
    server.kill()
    next_one = start("--port", str(server.port), folder=server.folder, model=None,
                     configuration=(server.folder / "nexus.yaml").read_text())
    assert order(next_one, token).status_code == 400, "after a restart, too"
    until(lambda: httpx.get(next_one.url + "/api/v1/session", cookies=cookies).json()["user"], "still signed in")


NOW = int(time.time())
BAD: dict[str, dict[str, Any]] = {
    "nonce": {"nonce": "x"}, "no event": {"events": None}, "another event": {"events": {"urn:other": {}}},
    "event of another kind": {"events": {EVENT: "yes"}}, "events as a list": {"events": [EVENT]},
    "another audience": {"aud": "somebody"}, "another issuer": {"iss": "https://evil.example"},
    "nobody": {"sub": None}, "no id": {"jti": None}, "no time": {"iat": None}, "no end": {"exp": None},
    "expired": {"iat": NOW - 900, "exp": NOW - 600}, "for ever": {"exp": NOW + 10**7},
    "not yet": {"iat": NOW + 900, "exp": NOW + 1_000}, "an access token": {"typ": "at+jwt"},
    "a subject that is no text": {"sub": 5}, "a session that is no text": {"sid": {}},
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_order_ends_nothing(
    shared: tuple[Nexus, Provider, httpx.Client], name: str
) -> None:
    server, provider, client = shared
    answer = order(server, provider.logout_token(**BAD[name]))
    assert answer.status_code == 400 and answer.json()["error"] == "invalid_request"
    assert is_signed_in(client)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Nexus, Provider, httpx.Client]]:
    provider = Provider("RS256")
    servers: list[Nexus] = []

    def begin(*arguments: str, **options: Any) -> Nexus:
        servers.append(Nexus(tmp_path_factory.mktemp("orders"), *arguments, **options))
        return servers[0]

    server = serve(begin, configuration(provider))
    administrator(server).close()
    with signed_in(server, provider) as client:
        yield server, provider, client
    server.stop()
    provider.stop()


def test_signatures_of_others_are_refused(shared: tuple[Nexus, Provider, httpx.Client]) -> None:
    server, provider, client = shared
    honest = provider.logout_token()
    claims = jwt.decode(honest, options={"verify_signature": False})
    forged = [
        jwt.encode(claims, None, "none", headers={"typ": "logout+jwt"}), honest[:-8] + "AAAAAAAA",
        Key("RS256", provider.key.kid).sign(claims, typ="logout+jwt"), Key("RS256", "two").sign(claims), "a.b.c", "x",
        provider.key.sign(claims | {"nonce": "n"}), "x" * 70_000]
    for token in forged:
        assert order(server, token).status_code in (400, 413), token[:40]
    for form in ({}, {"logout_token": ""}, {"token": honest}):
        assert httpx.post(f"{server.url}/sign-in/oidc/test/logout", data=form).status_code == 400
    twice = httpx.post(
        f"{server.url}/sign-in/oidc/test/logout", content=f"logout_token={honest}&logout_token={honest}",
        headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert twice.status_code == 400
    assert order(server, honest, "nobody").status_code == 404
    # An order is no identity, and no credential.
    assert httpx.get(server.url + "/v1/models", headers={"Authorization": f"Bearer {honest}"}).status_code == 401
    provider.twist = lambda claims: provider.logout_token(nonce=claims["nonce"], exp=claims["exp"])
    with browser(server) as other:
        other.get("/sign-in/oidc/test")
        # It has what an identity token has; but one like this is no order.
        assert order(server, provider.logout_token(nonce="n")).status_code == 400
    provider.twist = provider.honest
    assert is_signed_in(client)
    # The honest one, which nothing of this has used up, counts.
    assert order(server, honest).status_code == 200
    assert not is_signed_in(client)
    assert urlsplit(server.url).port == server.port
