"""Servers with sign-in by somebody else's word, and browsers."""

import socket
from collections.abc import Callable
from typing import Any

import httpx

from .servers import Nexus


def free_port() -> int:
    """A port that is free now: redirects name it before the server listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def serve(start: Callable[..., Nexus], configuration: str, **options: Any) -> Nexus:
    """A server that knows its own address. `PUBLIC` in the configuration stands for it."""
    port = free_port()
    text = configuration.replace("PUBLIC", f"http://127.0.0.1:{port}")
    return start("--port", str(port), configuration=f"server:\n  publicURL: http://127.0.0.1:{port}\n" + text,
                 model=None, **options)


def browser(server: Nexus, follow: bool = True) -> httpx.Client:
    return httpx.Client(base_url=server.url, follow_redirects=follow, timeout=30)


def person(client: httpx.Client) -> dict[str, Any] | None:
    """Who the server takes the browser for."""
    return client.get("/api/v1/session").json()["user"]


def user(administrator: httpx.Client, name: str) -> dict[str, Any]:
    """A user, as administrators see them."""
    return next(user for user in administrator.get("/api/v1/users").json()["users"] if user["name"] == name)


def reason(response: httpx.Response) -> str:
    """Why a sign-in did not work, as its page says."""
    return response.text.split("<code>")[1].split("</code>")[0]


def administrator(server: Nexus, name: str = "root", password: str = "a long enough password") -> httpx.Client:
    """The first user, made over the data directory's socket, signed in. The client is the caller's to close."""
    socket_path = server.folder / "data" / "nexus.sock"
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket_path)), base_url="http://nexus") as local:
        made = local.post("/api/v1/users", json={"name": name, "role": "admin", "password": password})
        assert made.status_code in (200, 201), made.text
    client = httpx.Client(base_url=server.url, timeout=30)
    answer = client.post("/api/v1/session", json={"name": name, "password": password})
    assert answer.status_code == 201, answer.text
    return client
