"""Sign-in with OpenID Connect and GitHub, as a browser does it, against the tests' own provider."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from support.provider import CLIENT, SECRET, Key, Provider
from support.servers import Nexus
from support.signin import administrator, browser, person, reason, serve, user


def configuration(provider: Provider, more: str = "") -> str:
    return f"""access:
  oidc:
    test:
      issuer: {provider.url}
      clientID: {CLIENT}
      clientSecret: "{SECRET}"
      roles: {{staff: user, boss: admin}}
      teams: {{staff: everybody}}
      linkByEmail: true
    hub:
      kind: github
      issuer: {provider.url}
      clientID: {CLIENT}
      clientSecret: "{SECRET}"
      roles: {{staff: user}}
{more}"""


@pytest.fixture(scope="module", params=["RS256", "EdDSA"])
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    made = Provider(request.param)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nexus]:
    """With an administrator: while there is nobody, only an administrator may come first."""
    servers: list[Nexus] = []

    def start(*arguments: str, **options: Any) -> Nexus:
        servers.append(Nexus(tmp_path_factory.mktemp("oidc"), *arguments, **options))
        return servers[0]

    nexus = serve(start, configuration(provider))
    nexus.admin = administrator(nexus)
    yield nexus
    nexus.admin.close()
    nexus.stop()


@pytest.fixture(autouse=True)
def honest(provider: Provider) -> Iterator[None]:
    before = dict(provider.person)
    yield
    provider.twist, provider.person = provider.honest, before


def test_a_person_signs_in_and_goes_where_they_wanted(server: Nexus, provider: Provider) -> None:
    with browser(server) as client:
        response = client.get("/sign-in/oidc/test", params={"return": "/api/v1/session"})
        assert response.status_code == 200 and response.url.path == "/api/v1/session"
        caller = response.json()["user"]
        assert (caller["name"], caller["role"], caller["teams"]) == ("ada", "user", ["everybody"])
        assert user(server.admin, "ada")["display_name"] == "Ada Lovelace"
        names = {cookie.name for cookie in client.cookies.jar}
        assert names == {"nexus_session"}, "the visit's cookie is gone"
        redirect = response.history[-1]
        cookie = next(line for line in redirect.headers.get_list("set-cookie") if line.startswith("nexus_session="))
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
        assert redirect.headers["cache-control"] == "no-store"
    visit = provider.visits[-1]
    assert visit["redirect_uri"] == f"{server.url}/sign-in/oidc/test/callback"


def test_the_same_person_is_the_same_user_again(server: Nexus, provider: Provider) -> None:
    users = []
    for name in ("ada", "ada-renamed"):
        provider.person["preferred_username"] = name
        with browser(server) as client:
            client.get("/sign-in/oidc/test")
            users.append(person(client)["id"])
    assert users[0] == users[1]


def test_github_tells_who_it_is_without_an_identity_token(server: Nexus, provider: Provider) -> None:
    with browser(server) as client:
        response = client.get("/sign-in/oidc/hub", params={"return": "/api/v1/session"})
        assert response.json()["user"]["name"] == "octocat"
        assert "nonce" not in provider.visits[-1]


def unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, None, "none")


def shared(provider: Provider) -> Callable[[dict[str, Any]], str]:
    """Signed with the public key as if it were a shared secret, as old libraries believed."""
    def make(claims: dict[str, Any]) -> str:
        header = {"alg": "HS256", "kid": provider.key.kid, "typ": "JWT"}
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
        secret = json.dumps(provider.key.jwk()).encode()
        parts.append(base64.urlsafe_b64encode(hmac.digest(secret, b".".join(parts), hashlib.sha256)).rstrip(b"="))
        return b".".join(parts).decode()
    return make


@pytest.mark.parametrize("name, expected", [
    ("wrong nonce", "identity_refused"), ("no nonce", "identity_refused"), ("wrong audience", "identity_refused"),
    ("two audiences", "identity_refused"), ("other authorised party", "identity_refused"),
    ("wrong issuer", "identity_refused"), ("expired", "identity_refused"), ("future", "identity_refused"),
    ("no expiry", "identity_refused"), ("no subject", "identity_refused"), ("none", "identity_refused"),
    ("shared secret", "identity_refused"), ("unknown key", "identity_refused"), ("swapped key", "identity_refused"),
    ("critical", "identity_refused"), ("no token", "provider_failed"), ("garbage", "identity_refused"),
])
def test_a_provider_that_misbehaves_signs_nobody_in(
    server: Nexus, provider: Provider, name: str, expected: str
) -> None:
    now = int(time.time())
    changed: dict[str, dict[str, Any]] = {
        "wrong nonce": {"nonce": "other"}, "no nonce": {"nonce": None}, "wrong audience": {"aud": "somebody"},
        "two audiences": {"aud": [CLIENT, "other"]}, "other authorised party": {"azp": "other"},
        "wrong issuer": {"iss": "https://evil.example"}, "expired": {"exp": now - 120, "iat": now - 300},
        "future": {"iat": now + 600, "exp": now + 900}, "no expiry": {"exp": None}, "no subject": {"sub": None},
    }
    if name in changed:
        provider.twist = lambda claims: provider.key.sign(
            {key: value for key, value in (claims | changed[name]).items() if value is not None})
    else:
        provider.twist = {
            "none": unsigned, "shared secret": shared(provider), "no token": lambda claims: None,
            "garbage": lambda claims: "a.b.c",
            "critical": lambda claims: provider.key.sign(claims, crit=["b64"], b64=True),
            "unknown key": Key(provider.key.algorithm, "two").sign,
            "swapped key": Key(provider.key.algorithm, provider.key.kid).sign,
        }[name]
    with browser(server) as client:
        response = client.get("/sign-in/oidc/test")
        assert reason(response) == expected
        assert response.status_code in (403, 502)
        assert not client.cookies and person(client) is None


def test_a_key_that_the_provider_made_a_moment_ago_is_found(server: Nexus, provider: Provider) -> None:
    provider.rotate()
    with browser(server) as client:
        client.get("/sign-in/oidc/test")
        assert person(client)["name"] == "ada"


def way_out(server: Nexus, client: httpx.Client, provider: Provider) -> httpx.URL:
    """Goes out and through the provider, and stops before it comes back."""
    out = client.get("/sign-in/oidc/test", follow_redirects=False)
    assert out.status_code == 303
    return httpx.URL(httpx.get(out.headers["location"]).headers["location"])


def test_an_answer_works_once_and_in_its_own_browser_only(server: Nexus, provider: Provider) -> None:
    with browser(server, follow=False) as client, browser(server, follow=False) as other:
        back = way_out(server, client, provider)
        # Somebody else's browser, without a visit or with its own: an attacker's answer signs nobody in (login CSRF).
        assert reason(other.get(back)) == "no_attempt"
        way_out(server, other, provider)
        assert reason(other.get(back)) == "state_mismatch"
        cookies = dict(client.cookies)
        assert client.get(back).status_code == 303
        # The browser goes back, with the cookie that it had.
        again = httpx.get(back, cookies=cookies)
        assert again.status_code in (400, 403) and not any(
            "nexus_session=" in line for line in again.headers.get_list("set-cookie"))


def test_a_changed_cookie_or_state_is_refused(server: Nexus, provider: Provider) -> None:
    with browser(server, follow=False) as client:
        back = way_out(server, client, provider)
        assert reason(client.get(back.copy_merge_params({"state": "_x"}))) == "state_mismatch"
    with browser(server, follow=False) as client:
        back = way_out(server, client, provider)
        token = client.cookies["nexus_visit"]
        head, claims, signature = token.split(".")
        for wrong in (token[:-4] + "AAAA", f"{head}.{claims}.", f"{head}.{claims[:-4]}.{signature}", "x", unsigned({})):
            answer = httpx.get(back, cookies={"nexus_visit": wrong})
            assert reason(answer) == "no_attempt"
        twice = httpx.get(str(back) + "&state=_x", cookies={"nexus_visit": token})
        assert reason(twice) == "state_mismatch"
        # And it is no credential for anything else.
        assert httpx.get(server.url + "/api/v1/users", headers={"Authorization": f"Bearer {token}"}).status_code == 401


@pytest.mark.parametrize("wish", [
    "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/%0d%0aX: y", "evil"])
def test_nobody_is_sent_elsewhere_afterwards(server: Nexus, provider: Provider, wish: str) -> None:
    with browser(server, follow=False) as client:
        out = client.get("/sign-in/oidc/test", params={"return": wish})
        back = httpx.get(out.headers["location"]).headers["location"]
        target = client.get(back).headers["location"]
        assert target == "/" or (target.startswith("/%0d") and "\r" not in target), target


def test_the_redirect_address_is_the_configured_one_whatever_host_is_asked(server: Nexus, provider: Provider) -> None:
    for headers in ({"X-Forwarded-Host": "evil.example"}, {"Forwarded": "host=evil.example"}):
        out = httpx.get(server.url + "/sign-in/oidc/test", headers=headers)
        asked = parse_qs(urlsplit(out.headers["location"]).query)
        assert asked["redirect_uri"] == [f"{server.url}/sign-in/oidc/test/callback"]


def test_people_in_no_group_are_not_let_in(server: Nexus, provider: Provider) -> None:
    for groups in ([], ["Staff"], "none", None):
        provider.person = {"sub": "stranger", "preferred_username": "stranger", "groups": groups}
        with browser(server) as client:
            assert reason(client.get("/sign-in/oidc/test")) == "not_allowed"
            assert person(client) is None
    assert "stranger" not in [known["name"] for known in server.admin.get("/api/v1/users").json()["users"]]


def test_an_address_leads_to_its_user_only_when_it_is_verified(server: Nexus, provider: Provider) -> None:
    made = server.admin.post("/api/v1/users", json={
        "name": "grace", "role": "user", "email": "grace@example.org", "password": "a long enough password"})
    assert made.status_code in (200, 201), made.text
    provider.person = {"sub": f"liar-{provider.key.algorithm}", "preferred_username": "liar",
                       "email": "grace@example.org", "email_verified": False, "groups": ["staff"]}
    with browser(server) as client:
        client.get("/sign-in/oidc/test")
        assert person(client)["name"] == "liar"
    provider.person = {"sub": "grace-there", "preferred_username": "gh", "email": "GRACE@example.org",
                       "email_verified": True, "groups": ["staff"]}
    with browser(server) as client:
        client.get("/sign-in/oidc/test")
        assert person(client)["name"] == "grace"


def test_a_code_stolen_on_its_way_is_worth_nothing_without_the_verifier(server: Nexus, provider: Provider) -> None:
    with browser(server, follow=False) as client:
        back = way_out(server, client, provider)
        answer = httpx.post(provider.url + "/token", auth=("nexus-client", "s%3Ae%26c%20r%2Fet"), data={
            "grant_type": "authorization_code", "code": back.params["code"], "code_verifier": "guess",
            "redirect_uri": f"{server.url}/sign-in/oidc/test/callback"})
        assert answer.json()["error"] == "invalid_grant"


def test_the_page_learns_how_to_sign_in(server: Nexus) -> None:
    ways = httpx.get(server.url + "/api/v1/session/ways").json()["ways"]
    assert [way["kind"] for way in ways] == ["password", "oidc", "oidc"]
    assert ways[1] == {"kind": "oidc", "title": "test", "url": "/sign-in/oidc/test"}


def test_a_provider_that_is_down_is_told_plainly(start: Callable[..., Nexus]) -> None:
    gone = Provider()
    gone.stop()
    server = serve(start, configuration(gone))
    with browser(server) as client:
        response = client.get("/sign-in/oidc/test")
        assert response.status_code == 502 and reason(response) == "provider_failed"
        assert SECRET not in "\n".join(server.errors)


@pytest.mark.parametrize("text, sentence", [
    ("access:\n  oidc:\n    x: {issuer: https://id.example, clientSecret: s}\n", "clientID"),
    ("access:\n  oidc:\n    x: {issuer: http://id.example, clientID: c, clientSecret: s}\n", "https://"),
    ("access:\n  oidc:\n    x: {clientID: c, clientSecret: s}\n", "issuer"),
    ("access:\n  saml: {issuer: https://idp.example}\n", "signInURL"),
    ("access:\n  ldap: {url: 'ldap://directory.example', userBase: 'dc=x'}\n", "unencrypted"),
])
def test_what_cannot_work_keeps_the_server_from_starting(
    start: Callable[..., Nexus], text: str, sentence: str
) -> None:
    with pytest.raises(AssertionError, match="ended with") as failure:
        serve(start, text)
    assert sentence in str(failure.value)
