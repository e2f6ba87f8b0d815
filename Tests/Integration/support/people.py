"""A server with users: its administrator's door, its people, and clients with their credentials."""

import hashlib
import hmac
import struct
import time
from base64 import b32decode
from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx

from .servers import Nexus

PASSWORD = "correct horse battery"
# Hashing is quick here: how long it takes is no matter of these tests.
CONFIGURATION = "access:\n  password:\n    memory: 64KiB\n    passes: 1\n"


class People:
    """A running server whose users are Ada, who administrates, Bob and Carl, who use it, and Vera, who looks."""

    def __init__(self, server: Nexus) -> None:
        self.server = server
        self.admin = socket_client(server)
        self.ids = {
            name: self.make(name, role) for name, role in (
                ("ada", "admin"), ("bob", "user"), ("carl", "user"), ("vera", "viewer"))
        }

    def close(self) -> None:
        self.admin.close()

    def make(self, name: str, role: str = "user", **more: Any) -> str:
        answer = self.admin.post(
            "/api/v1/users", json={"name": name, "role": role, "password": PASSWORD} | more)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def key(self, user: str, **more: Any) -> dict[str, Any]:
        """A new key: its record, with the key itself under `key`."""
        answer = self.admin.post("/api/v1/keys", json={"user": user, "name": "test"} | more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def client(self, key: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.server.url, headers=headers, timeout=60)

    def browser(self, name: str) -> closing[httpx.Client]:
        """A client with the cookie of a new session, for a `with` statement."""
        client = self.client()
        answer = client.post("/api/v1/session", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        return closing(client)


def socket_client(server: Nexus) -> httpx.Client:
    """A client of the socket in the data directory."""
    transport = httpx.HTTPTransport(uds=str(server.folder / "data" / "nexus.sock"))
    return httpx.Client(base_url="http://nexus", transport=transport, timeout=60)


def totp(secret: str, now: float | None = None) -> str:
    """The code that an authenticator app shows (RFC 6238)."""
    padded = secret + "=" * (-len(secret) % 8)
    counter = struct.pack(">Q", int(now if now is not None else time.time()) // 30)
    digest = hmac.new(b32decode(padded), counter, hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def begin(start: Callable[..., Nexus], *arguments: str, **options: Any) -> People:
    return People(start(*arguments, configuration=CONFIGURATION, **options))
