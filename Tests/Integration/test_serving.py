"""HTTPServing with clients of the field: WebSocket, files, compression, CORS and TLS, through `serving-fixture`."""

import gzip
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from support import certificates
from support.program import BINARIES, environment
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

MEBIBYTE = 1 << 20


@dataclass
class Fixture:
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def socket(self, path: str = "/echo", **options: object) -> ClientConnection:
        return connect(f"ws://127.0.0.1:{self.port}{path}", max_size=None, **options)  # type: ignore[arg-type]


def run(folder: Path, *arguments: str | Path) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [BINARIES / "serving-fixture", folder, *arguments], env=environment(folder), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(10) == 0


@pytest.fixture(scope="module")
def fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fixture]:
    folder = tmp_path_factory.mktemp("files")
    (folder / "page.html").write_text("<p>hello</p>" * 500)
    (folder / "app.js").write_bytes(b"let plain")
    (folder / "app.js.gz").write_bytes(gzip.compress(b"let packed"))
    (folder / ".hidden").write_text("secret")
    process, port = run(folder)
    yield Fixture(port, folder)
    end(process)


def test_messages_come_back(fixture: Fixture) -> None:
    with fixture.socket() as socket:
        for message in ("hello", "", "grüße 🦙", b"\x00\xff", b"", "x" * 70_000):
            socket.send(message)
            assert socket.recv(10) == message


def test_a_fragmented_message_is_one_message(fixture: Fixture) -> None:
    with fixture.socket() as socket:
        socket.send(["one ", "two ", "three"])
        assert socket.recv(10) == "one two three"


def test_the_largest_message(fixture: Fixture) -> None:
    with fixture.socket() as socket:
        socket.send(b"x" * MEBIBYTE)
        assert socket.recv(20) == b"x" * MEBIBYTE


def test_the_announcement_of_a_message_that_is_too_large(fixture: Fixture) -> None:
    with fixture.socket() as socket:
        socket.socket.sendall(b"\x82\xff" + (MEBIBYTE + 1).to_bytes(8, "big") + b"mask" + b"first bytes")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(10)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


def test_a_message_that_is_too_large(fixture: Fixture) -> None:
    with fixture.socket() as socket:
        with pytest.raises(ConnectionClosed) as closed:
            socket.send(b"x" * (MEBIBYTE + 1))
            socket.recv(10)
    # The rest of the message still comes when the server has closed; it must not cost the client the reason.
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


def test_pings_are_answered(fixture: Fixture) -> None:
    with fixture.socket() as socket:
        assert socket.ping(b"are you there").wait(5)


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
def test_a_close_is_answered_with_the_same_code(fixture: Fixture, code: int) -> None:
    with fixture.socket() as socket:
        socket.close(code, "bye")
    assert socket.protocol.close_rcvd is not None and socket.protocol.close_rcvd.code == code


def test_the_server_closes_with_a_code_and_a_reason(fixture: Fixture) -> None:
    with fixture.socket("/goodbye") as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(10)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "not you")


def test_extensions_are_declined_and_a_protocol_is_chosen(fixture: Fixture) -> None:
    with fixture.socket(compression="deflate", subprotocols=["other", "echo.v1"]) as socket:
        assert socket.response is not None and "Sec-WebSocket-Extensions" not in socket.response.headers
        assert socket.subprotocol == "echo.v1"


def test_pages_of_other_origins_may_not_connect(fixture: Fixture) -> None:
    with fixture.socket(origin="https://page.example") as socket:
        socket.send("x")
        assert socket.recv(10) == "x"
    with pytest.raises(InvalidStatus) as refused:
        fixture.socket(origin="https://evil.example")
    assert refused.value.response.status_code == 403
    assert httpx.get(f"{fixture.url}/echo").status_code == 426


def test_many_sockets_at_once(fixture: Fixture) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(fixture.socket()) for _ in range(50)]
        for number, socket in enumerate(sockets):
            socket.send(str(number))
        assert [socket.recv(10) for socket in sockets] == [str(number) for number in range(50)]


def test_files_have_tags_and_ranges(fixture: Fixture) -> None:
    url = f"{fixture.url}/files/page.html"
    whole = httpx.get(url, headers={"Accept-Encoding": "identity"})
    assert whole.status_code == 200 and whole.headers["content-type"].startswith("text/html")
    assert httpx.get(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    part = httpx.get(url, headers={"Range": "bytes=3-7", "Accept-Encoding": "identity"})
    assert (part.status_code, part.text) == (206, "hello")
    assert part.headers["content-range"] == f"bytes 3-7/{len(whole.content)}"
    assert httpx.get(url, headers={"Range": "bytes=999999-"}).status_code == 416
    head = httpx.head(url, headers={"Accept-Encoding": "identity"})
    assert head.content == b"" and head.headers["content-length"] == str(len(whole.content))


def test_files_that_were_compressed_before(fixture: Fixture) -> None:
    url = f"{fixture.url}/files/app.js"
    packed = httpx.get(url, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip" and packed.text == "let packed"
    plain = httpx.get(url, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.text == "let plain"
    assert packed.headers["etag"] != plain.headers["etag"]


@pytest.mark.parametrize("path", [".hidden", "../page.html", "%2e%2e/x", "nothing.txt", "", "page.html/"])
def test_files_that_are_not_served(fixture: Fixture, path: str) -> None:
    # A path that hides a dot segment is refused before anybody looks for it.
    assert httpx.get(f"{fixture.url}/files/{path}").status_code == (400 if "%2e" in path else 404)


@pytest.mark.parametrize("accepted", ["gzip", "br", "gzip;q=0, br", "identity", "br;q=0, gzip;q=0"])
def test_bodies_are_compressed_as_the_client_likes(fixture: Fixture, accepted: str) -> None:
    with httpx.stream("GET", f"{fixture.url}/text", headers={"Accept-Encoding": accepted}) as answer:
        raw = b"".join(answer.iter_raw())
    expected = {"gzip": "gzip", "br": "br", "gzip;q=0, br": "br"}.get(accepted)
    assert answer.headers.get("content-encoding") == expected
    assert (len(raw) < 2_000) == (expected is not None)
    if expected == "gzip":
        assert gzip.decompress(raw).startswith(b"All work")


def test_events_are_not_compressed(fixture: Fixture) -> None:
    answer = httpx.get(f"{fixture.url}/events", headers={"Accept-Encoding": "gzip, br"})
    assert "content-encoding" not in answer.headers and answer.text == "data: 1\n\ndata: 2\n\ndata: 3\n\n"


def test_chunked_bodies_arrive_whole(fixture: Fixture) -> None:
    sent = bytes(range(256)) * 4_000
    pieces = (sent[start : start + 7_000] for start in range(0, len(sent), 7_000))
    assert httpx.post(f"{fixture.url}/echo", content=pieces).content == sent


def test_cross_origin_answers(fixture: Fixture) -> None:
    listed = httpx.get(f"{fixture.url}/json", headers={"Origin": "https://page.example"})
    assert listed.headers["access-control-allow-origin"] == "https://page.example" and "Origin" in listed.headers["vary"]
    other = httpx.get(f"{fixture.url}/json", headers={"Origin": "https://page.example.evil"})
    assert "access-control-allow-origin" not in other.headers


def test_tls_is_verified_against_the_own_authority(tmp_path: Path) -> None:
    made = certificates.make(tmp_path)
    process, port = run(tmp_path, made.certificate, made.key)
    try:
        trust = ssl.create_default_context(cafile=str(made.authority))
        with httpx.Client(verify=trust, base_url=f"https://localhost:{port}") as client:
            assert client.get("/json").json() == {"ok": True}
            assert client.get("/text").http_version == "HTTP/1.1"
            assert client.post("/echo", content=b"x" * MEBIBYTE).content == b"x" * MEBIBYTE
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"https://localhost:{port}/json")
        with connect(f"wss://localhost:{port}/echo", ssl=trust) as socket:
            socket.send("over TLS")
            assert socket.recv(10) == "over TLS"
    finally:
        end(process)
