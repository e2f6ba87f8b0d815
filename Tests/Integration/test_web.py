"""The page in the browser, TLS, and pages of other origins."""

import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import openai
import pytest
from support import certificates
from support.servers import NAME, Nexus
from support.talk import SUM, ask, stream, text_of


def test_the_page_and_its_assets(nexus: Nexus) -> None:
    page = nexus.http.get("/")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    assert "<title>" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "<script>" not in page.text and "style=" not in page.text, "the policy would forbid it"
    for path in ("/", "/assets/chat.js", "/assets/chat.css", "/assets/icon.svg"):
        first = nexus.http.get(path)
        assert first.status_code == 200 and first.headers["etag"]
        again = nexus.http.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304 and again.content == b""


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_the_page_is_compressed(nexus: Nexus, coding: str) -> None:
    with nexus.http.stream("GET", "/assets/chat.js", headers={"Accept-Encoding": coding}) as answer:
        packed = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == coding and "Accept-Encoding" in answer.headers["vary"]
    plain = nexus.http.get("/assets/chat.js", headers={"Accept-Encoding": "identity"})
    assert len(packed) < len(plain.content)


def test_the_openai_client_over_tls(start: Callable[..., Nexus], tmp_path: Path) -> None:
    made = certificates.make(tmp_path)
    trust = ssl.create_default_context(cafile=str(made.authority))
    server = start(
        "--server.tls.certificate", str(made.certificate), "--server.tls.key", str(made.key), verify=trust)
    assert server.url.startswith("https://")
    with openai.OpenAI(
        base_url=f"{server.url}/v1", api_key="none", max_retries=0, http_client=openai.DefaultHttpxClient(verify=trust)
    ) as client:
        assert ask(client, SUM) == text_of(stream(client, SUM)) == "7"
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{server.url}/health")
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://127.0.0.1:{server.port}/health")
    assert server.http.get("/health").status_code == 200


def test_only_listed_origins_may_call(start: Callable[..., Nexus]) -> None:
    server = start("--server.cors.origins", "https://chat.example")
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    listed = server.http.options("/v1/chat/completions", headers=preflight | {"Origin": "https://chat.example"})
    assert listed.headers["access-control-allow-origin"] == "https://chat.example"
    assert "authorization" in listed.headers["access-control-allow-headers"].lower()
    other = server.http.options("/v1/chat/completions", headers=preflight | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


def test_a_star_lets_every_origin_call(start: Callable[..., Nexus]) -> None:
    server = start("--server.cors.origins", "*")
    answer = server.http.get("/v1/models", headers={"Origin": "https://any.example"})
    assert answer.headers.get("access-control-allow-origin") in ("*", "https://any.example")


def test_a_unix_socket_serves_the_same(start: Callable[..., Nexus], tmp_path: Path) -> None:
    path = tmp_path / "nexus.sock"
    start("--server.unixSocket", str(path))
    assert path.stat().st_mode & 0o777 == 0o600
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://nexus") as client:
        assert client.get("/v1/models").json()["data"][0]["id"] == NAME
