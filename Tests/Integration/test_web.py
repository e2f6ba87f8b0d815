"""How pages get to the browser, TLS, and pages of other origins."""

import json
import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import openai
import pytest
from support import certificates
from support.servers import NAME, Nexus
from support.talk import SUM, ask, stream, text_of


#: What the build wrote: the files that the first page loads.
BUILD = Path(__file__).resolve().parents[2] / ".build" / "web" / "build.json"


def test_the_page_and_its_assets(nexus: Nexus) -> None:
    page = nexus.http.get("/")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff" and page.headers["cache-control"] == "no-cache"
    assert "<script>" not in page.text and "style=" not in page.text, "the policy would forbid it"
    built = json.loads(BUILD.read_text())
    assert all(path in page.text for path in [*built["scripts"], built["style"], *built["fonts"]])
    for path in ["/", "/icon.svg", "/manifest.webmanifest", "/sw.js", *built["scripts"][:2], built["style"]]:
        first = nexus.http.get(path)
        assert first.status_code == 200 and first.headers["etag"], path
        again = nexus.http.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304 and again.content == b"", path


def test_every_page_is_the_same_document(nexus: Nexus) -> None:
    index = nexus.http.get("/").text
    for path in ("/app", "/app/models", "/app/c/no-such", "/app/a/b/c"):
        assert nexus.http.get(path).text == index
    assert nexus.http.get("/apps").status_code == 404
    assert nexus.http.get("/v1/nothing").headers["content-type"].startswith("application/json")


def test_assets_are_kept_for_ever_and_pages_are_not(nexus: Nexus) -> None:
    script = json.loads(BUILD.read_text())["scripts"][0]
    assert "immutable" in nexus.http.get(script).headers["cache-control"]
    assert nexus.http.get("/sw.js").headers["cache-control"] == "no-cache"
    assert nexus.http.get("/assets/nothing-ABCDEFGH.js").status_code == 404
    for path in ("/assets/../index.html", "/assets/%2e%2e/index.html", "/frames/../index.html", "/assets/.br"):
        answer = nexus.http.get(path)
        assert answer.status_code in (400, 404), path


def test_frames_have_no_origin_and_no_network(nexus: Nexus) -> None:
    for name in ("diagram.html", "artifact.html"):
        policy = nexus.http.get(f"/frames/{name}").headers["content-security-policy"]
        assert policy.startswith("sandbox allow-scripts;") and "default-src 'none'" in policy
        assert "connect-src" not in policy and "allow-same-origin" not in policy and "frame-ancestors 'self'" in policy


def test_the_first_page_is_small(nexus: Nexus) -> None:
    built = json.loads(BUILD.read_text())

    def weight(path: str) -> int:
        with nexus.http.stream("GET", path, headers={"Accept-Encoding": "br"}) as answer:
            assert answer.headers.get("content-encoding") == "br" or int(answer.headers["content-length"]) < 256
            return len(b"".join(answer.iter_raw()))

    assert sum(map(weight, built["scripts"])) <= 110_000
    assert weight(built["style"]) <= 12_000


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_the_page_is_compressed(nexus: Nexus, coding: str) -> None:
    path = json.loads(BUILD.read_text())["scripts"][0]
    with nexus.http.stream("GET", path, headers={"Accept-Encoding": coding}) as answer:
        packed = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == coding and "Accept-Encoding" in answer.headers["vary"]
    plain = nexus.http.get(path, headers={"Accept-Encoding": "identity"})
    assert len(packed) < len(plain.content) / 2


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
