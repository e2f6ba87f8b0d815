"""A provider of identities of the tests' own: OpenID Connect with RS256, ES256 or EdDSA, and OAuth 2.0 as GitHub speaks it.

It is honest and strict (PKCE, single use of codes, the exact redirect address) until a test gives it a `twist`."""

import base64
import hashlib
import json
import secrets
import threading
import time
import urllib.parse
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

CLIENT = "nexus-client"
SECRET = "s:e&c r/et"


class Key:
    """A key pair with an id."""

    def __init__(self, algorithm: str, kid: str) -> None:
        self.algorithm, self.kid = algorithm, kid
        self.private = {
            "EdDSA": ed25519.Ed25519PrivateKey.generate, "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "RS256": lambda: rsa.generate_private_key(65537, 2048),
        }[algorithm]()

    def jwk(self) -> dict[str, Any]:
        kind = {
            "EdDSA": jwt.algorithms.OKPAlgorithm, "ES256": jwt.algorithms.ECAlgorithm,
            "RS256": jwt.algorithms.RSAAlgorithm,
        }[self.algorithm]
        return kind.to_jwk(self.private.public_key(), as_dict=True) | {
            "kid": self.kid, "use": "sig", "alg": self.algorithm}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode(claims, self.private, self.algorithm, headers={"kid": self.kid} | header)


class Provider:
    def __init__(self, algorithm: str = "RS256") -> None:
        self.key = Key(algorithm, "one")
        self.published = [self.key]
        self.person: dict[str, Any] = {
            "sub": "person-1", "preferred_username": "ada", "name": "Ada Lovelace", "email": "ada@example.org",
            "email_verified": True, "groups": ["staff"]}
        self.github: dict[str, Any] = {
            "/user": {"id": 583231, "login": "octocat", "name": "The Octocat"},
            "/user/emails": [{"email": "octo@example.org", "primary": True, "verified": True}],
            "/user/orgs": [{"login": "staff"}]}
        # Makes the identity token out of claims; honest by default.
        self.twist: Callable[[dict[str, Any]], str | None] = self.honest
        # What it calls the session that a sign-in begins; None says nothing of it.
        self.session: str | None = None
        # Further members of its discovery document.
        self.doors: dict[str, Any] = {}
        self.farewells: list[dict[str, str]] = []
        self.requests: list[str] = []
        self.visits: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def honest(self, claims: dict[str, Any]) -> str:
        return self.key.sign(claims)

    def rotate(self) -> None:
        """Signs with a new key from now on."""
        self.key = Key(self.key.algorithm, secrets.token_hex(4))
        self.published = [self.key, *self.published]

    def access_token(self, audience: str, **changes: Any) -> str:
        """As other programs get one for an API."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": audience, "iat": now, "exp": now + 300} | self.person | changes
        return self.key.sign({name: value for name, value in claims.items() if value is not None})

    def logout_token(self, typ: str | None = "logout+jwt", **changes: Any) -> str:
        """An order to end sessions (OpenID Connect Back-Channel Logout 1.0). `None` leaves a claim out."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": secrets.token_hex(8),
            "sub": self.person["sub"],
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}}} | changes
        return self.key.sign({name: value for name, value in claims.items() if value is not None}, typ=typ)

    # What browsers and servers ask

    def _authorize(self, query: dict[str, str], reply: Any, isOpenID: bool) -> None:
        assert query["client_id"] == CLIENT and query["response_type"] == "code", query
        assert query["code_challenge_method"] == "S256" and query["code_challenge"] and query["state"], query
        assert not isOpenID or (query["nonce"] and "openid" in query["scope"].split()), query
        self.visits.append(query)
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        answer = {"code": code, "state": query["state"]} | ({"iss": self.url} if isOpenID else {})
        reply(302, None, Location=query["redirect_uri"] + "?" + urllib.parse.urlencode(answer))

    def _token(self, form: dict[str, str], authorization: str | None, reply: Any, isOpenID: bool) -> None:
        if authorization:
            pair = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")
            client, secret = (urllib.parse.unquote(part) for part in pair)
        else:
            client, secret = form.get("client_id", ""), form.get("client_secret", "")
        if (client, secret) != (CLIENT, SECRET):
            return reply(401, {"error": "invalid_client"})
        # A code works once.
        visit = self._codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if (visit is None or form["redirect_uri"] != visit["redirect_uri"]
                or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != visit["code_challenge"]):
            return reply(400 if isOpenID else 200, {"error": "invalid_grant"})
        answer: dict[str, Any] = {"access_token": "opaque-token", "token_type": "Bearer"}
        if isOpenID:
            now = int(time.time())
            claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": visit["nonce"]}
            if self.session:
                claims["sid"] = self.session
            answer["id_token"] = self.twist(claims | self.person)
        return reply(200, {name: value for name, value in answer.items() if value is not None})

    def _get(self, path: str, query: dict[str, str], headers: Any, reply: Any) -> None:
        if path == "/.well-known/openid-configuration":
            reply(200, {
                "issuer": self.url, "authorization_endpoint": self.url + "/authorize",
                "token_endpoint": self.url + "/token", "jwks_uri": self.url + "/keys"} | self.doors)
        elif path == "/farewell":
            self.farewells.append(query)
            reply(302, None, Location=query["post_logout_redirect_uri"] + "?state=" + query["state"])
        elif path == "/keys":
            reply(200, {"keys": [{"kty": "oct", "k": "AAAA"}, *(key.jwk() for key in self.published)]})
        elif path == "/authorize":
            self._authorize(query, reply, True)
        elif path == "/login/oauth/authorize":
            self._authorize(query, reply, False)
        elif path.startswith("/api/v3"):
            known = headers["Authorization"] == "Bearer opaque-token" and path.removeprefix("/api/v3") in self.github
            reply(200, self.github[path.removeprefix("/api/v3")]) if known else reply(404, {"message": "Not Found"})
        else:
            reply(404, {})

    def _handler(provider) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def reply(self, status: int, body: Any, **headers: str) -> None:
                data = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:  # noqa: N802
                path, _, query = self.path.partition("?")
                provider.requests.append(path)
                provider._get(path, dict(urllib.parse.parse_qsl(query)), self.headers, self.reply)

            def do_POST(self) -> None:  # noqa: N802
                provider.requests.append(self.path)
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                provider._token(
                    dict(urllib.parse.parse_qsl(text)), self.headers["Authorization"], self.reply,
                    self.path == "/token")

            def log_message(self, *arguments: Any) -> None:
                pass

        return Handler
