"""The tests' own hub: Hugging Face's protocol on one port, its storage on another, and every fault that a test asks for."""

import hashlib
import json
import os
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

Content = bytes | Path


def git_name(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def sha256(content: Content) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass
class Asked:
    """A request as it came."""

    server: str
    method: str
    path: str
    headers: dict[str, str]
    number: int

    @property
    def range(self) -> tuple[int, int | None] | None:
        """First and last byte; no last one means to the end."""
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        return (int(found[1]), int(found[2]) if found[2] else None) if found else None


@dataclass
class Fault:
    """What is done instead of answering as one should. What is not set is done right."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    #: The connection is reset after so many bytes of the body.
    reset_after: int | None = None
    #: The body ends in order after so many bytes, although more were announced.
    close_after: int | None = None
    ignores_range: bool = False
    #: Added to both ends in Content-Range.
    range_shift: int = 0
    #: The byte in the middle is another one.
    damages: bool = False
    #: Bytes per second.
    rate: int | None = None


class Repository:
    def __init__(self, files: dict[str, Content], in_git: set[str] | None = None) -> None:
        self.files = files
        #: Files that the hub serves itself, and names by git.
        self.in_git = in_git or set()
        self.commit = hashlib.sha1(repr(sorted(files)).encode(), usedforsecurity=False).hexdigest()
        self.is_gated = False
        #: The hub also offers its chunked storage; the bridge that its redirects lead to speaks plain HTTP.
        self.is_in_xet = False
        #: Sizes that the listing tells instead of the true ones.
        self.listed_sizes: dict[str, int] = {}
        self._digests: dict[str, str] = {}

    def size(self, name: str) -> int:
        content = self.files[name]
        return len(content) if isinstance(content, bytes) else content.stat().st_size

    def digest(self, name: str) -> str:
        if name not in self._digests:
            content = self.files[name]
            is_small = name in self.in_git and isinstance(content, bytes)
            self._digests[name] = git_name(content) if is_small else sha256(content)
        return self._digests[name]

    def change(self, files: dict[str, Content]) -> None:
        self.files, self._digests = files, {}
        self.commit = hashlib.sha1((self.commit + repr(sorted(files))).encode(), usedforsecurity=False).hexdigest()

    def entry(self, name: str) -> dict[str, Any]:
        size = self.listed_sizes.get(name, self.size(name))
        entry: dict[str, Any] = {"type": "file", "path": name, "size": size, "oid": "0" * 40}
        if name in self.in_git:
            entry["oid"] = self.digest(name)
        else:
            entry["lfs"] = {"oid": self.digest(name), "size": size, "pointerSize": 134}
        return entry

    def sibling(self, name: str) -> dict[str, Any]:
        entry = self.entry(name)
        sibling = {"rfilename": name, "size": entry["size"], "blobId": entry["oid"]}
        if "lfs" in entry:
            sibling["lfs"] = {"sha256": entry["lfs"]["oid"], "size": entry["size"], "pointerSize": 134}
        return sibling


class Hub:
    """`faults` is asked for every request; `token` is what private and gated repositories want."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        #: Old names of repositories.
        self.renamed: dict[str, str] = {}
        self.token: str | None = None
        self.faults: Callable[[Asked], Fault | None] = lambda _: None
        self.asked: list[Asked] = []
        self.page_size = 1000
        #: Where the hub says that its next pages are, if not where they are.
        self.page_base: str | None = None
        #: Requests that a signed address is good for.
        self.signature_uses = 1 << 30
        self.body_bytes = 0
        self._signatures: dict[str, int] = {}
        self._lock = threading.Lock()
        self._servers = [self._serve("hub"), self._serve("storage")]
        self.url, self.storage_url = (f"http://127.0.0.1:{server.server_address[1]}" for server in self._servers)
        self._threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in self._servers]
        for thread in self._threads:
            thread.start()

    def add(self, name: str, files: dict[str, Content], in_git: set[str] | None = None) -> Repository:
        self.repositories[name] = Repository(files, in_git)
        return self.repositories[name]

    def of_storage(self) -> list[Asked]:
        return [asked for asked in list(self.asked) if asked.server == "storage"]

    def check_token_stayed(self) -> None:
        """The token went to the hub only."""
        assert not [asked for asked in self.of_storage() if "authorization" in asked.headers]

    def close(self) -> None:
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()

    # What the handlers use.

    def note(self, server: str, handler: BaseHTTPRequestHandler) -> Asked:
        with self._lock:
            headers = {name.lower(): value for name, value in handler.headers.items()}
            asked = Asked(server, handler.command, handler.path, headers, len(self.asked))
            self.asked.append(asked)
            return asked

    def sign(self) -> str:
        with self._lock:
            name = f"{len(self._signatures)}"
            self._signatures[name] = self.signature_uses
            return name

    def use(self, signature: str) -> bool:
        with self._lock:
            left = self._signatures.get(signature, 0)
            self._signatures[signature] = left - 1
            return left > 0

    def count(self, bytes_sent: int) -> None:
        with self._lock:
            self.body_bytes += bytes_sent

    def _serve(self, name: str) -> ThreadingHTTPServer:
        hub = self

        class Handler(_HubHandler if name == "hub" else _StorageHandler):
            pass

        Handler.hub, Handler.server_name = hub, name
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        return server


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    server_name = ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.asked = self.hub.note(self.server_name, self)
        self.fault = self.hub.faults(self.asked) or Fault()
        try:
            if self.fault.status is not None:
                self.answer(self.fault.status, self.fault.headers)
            else:
                self.act()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_HEAD = do_GET

    def act(self) -> None:
        raise NotImplementedError

    def answer(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_json(self, value: Any, headers: dict[str, str] | None = None) -> None:
        self.answer(200, {"Content-Type": "application/json", **(headers or {})}, json.dumps(value).encode())

    def answer_file(self, content: Content, headers: dict[str, str]) -> None:
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        wanted = None if self.fault.ignores_range else self.asked.range
        first, last = wanted or (0, None)
        last = size - 1 if last is None else last
        self.send_response(206 if wanted else 200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Accept-Ranges", "bytes")
        if wanted:
            shift = self.fault.range_shift
            self.send_header("Content-Range", f"bytes {first + shift}-{last + shift}/{size + shift}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        if self.command == "HEAD":
            return
        if isinstance(content, Path) and self.fault == Fault():
            self._send_file(content, first, last - first + 1)
        else:
            whole = content if isinstance(content, bytes) else content.read_bytes()
            self._send_bytes(whole[first : last + 1])

    def _send_file(self, path: Path, offset: int, count: int) -> None:
        self.wfile.flush()
        with path.open("rb") as file:
            while count > 0:
                sent = os.sendfile(self.connection.fileno(), file.fileno(), offset, min(count, 1 << 22))
                offset, count = offset + sent, count - sent
                self.hub.count(sent)

    def _send_bytes(self, body: bytes) -> None:
        fault = self.fault
        if fault.damages and body:
            middle = len(body) // 2
            body = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
        end = min(value for value in (fault.reset_after, fault.close_after, len(body)) if value is not None)
        step = 1 << 16 if fault.rate is None else max(1, min(1 << 14, fault.rate // 20))
        for start in range(0, end, step):
            piece = body[start : min(end, start + step)]
            self.wfile.write(piece)
            self.hub.count(len(piece))
            if fault.rate is not None:
                time.sleep(len(piece) / fault.rate)
        if fault.reset_after is not None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if end < len(body):
            self.close_connection = True
        if fault.reset_after is not None:
            self.connection.close()

    def log_message(self, *_: Any) -> None:
        pass


class _HubHandler(_Handler):
    def act(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if found := re.fullmatch(r"/api/models/(.+?)/(revision|tree)/([^/]+)", parts.path):
            name, what, revision = found[1], found[2], unquote(found[3])
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)", parts.path):
            name, what, revision = found[1], "revision", "main"
        elif found := re.fullmatch(r"/(.+?)/(resolve)/([^/]+)/(.+)", parts.path):
            name, what, revision = found[1], found[2], unquote(found[3])
        else:
            return self.answer(404, {"X-Error-Code": "RepoNotFound"})
        if new := self.hub.renamed.get(name):
            # Relative, as the hub's own client wants it.
            return self.answer(307, {"Location": self.path.replace(name, new, 1)})
        repository = self.hub.repositories.get(name)
        if self.refuses(repository):
            return None
        assert repository
        if revision not in ("main", repository.commit):
            return self.answer(404, {"X-Error-Code": "RevisionNotFound", "X-Error-Message": "Invalid rev id"})
        if what == "revision":
            if "blobs" in query:
                siblings = [repository.sibling(file) for file in repository.files]
            else:
                siblings = [{"rfilename": file} for file in repository.files]
            return self.answer_json({
                "id": name, "sha": repository.commit, "siblings": siblings, "private": False,
                "gated": "manual" if repository.is_gated else False})
        if what == "tree":
            return self.list(name, repository, int(query.get("cursor", ["0"])[0]))
        return self.resolve(repository, unquote(found[4]))

    def refuses(self, repository: Repository | None) -> bool:
        given = self.headers.get("Authorization")
        if self.hub.token is not None and given not in (None, f"Bearer {self.hub.token}"):
            self.answer(401, {"X-Error-Message": "Invalid credentials in Authorization header"})
        elif repository is None:
            self.answer(404 if given else 401, {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"})
        elif repository.is_gated and given is None:
            self.answer(401, {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access to model is restricted."})
        elif self.hub.token is not None and given is None:
            self.answer(401, {"X-Error-Code": "RepoNotFound"})
        else:
            return False
        return True

    def list(self, name: str, repository: Repository, start: int) -> None:
        names = sorted(repository.files)
        page = [repository.entry(file) for file in names[start : start + self.hub.page_size]]
        headers = {}
        if start + self.hub.page_size < len(names):
            cursor = start + self.hub.page_size
            headers["Link"] = (
                f'<{self.hub.page_base or self.hub.url}/api/models/{name}/tree/main?recursive=true&cursor={cursor}>; rel="next"')
        self.answer_json(page, headers)

    def resolve(self, repository: Repository, file: str) -> None:
        if file not in repository.files:
            return self.answer(404, {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found"})
        headers = {"X-Repo-Commit": repository.commit}
        if file in repository.in_git:
            return self.answer_file(repository.files[file], {**headers, "ETag": f'"{repository.digest(file)}"'})
        name = next(name for name, known in self.hub.repositories.items() if known is repository)
        location = f"{self.hub.storage_url}/{quote(name)}/{quote(file)}?X-Signature={self.hub.sign()}"
        if repository.is_in_xet:
            headers["X-Xet-Hash"] = "9" * 64
            headers["Link"] = f'<{self.hub.url}/api/models/{name}/xet-read-token/{repository.commit}>; rel="xet-auth"'
        return self.answer(302, {
            **headers, "Location": location, "X-Linked-Size": str(repository.size(file)),
            "X-Linked-Etag": f'"{repository.digest(file)}"'}, b"Found. Redirecting")


class _StorageHandler(_Handler):
    def act(self) -> None:
        parts = urlsplit(self.path)
        signature = parse_qs(parts.query).get("X-Signature", [""])[0]
        if not self.hub.use(signature):
            return self.answer(403, {"Content-Type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>")
        owner, name, file = unquote(parts.path).removeprefix("/").split("/", 2)
        repository = self.hub.repositories[f"{owner}/{name}"]
        content = repository.files[file]
        return self.answer_file(content, {"ETag": f'"{len(content) if isinstance(content, bytes) else 0:x}-1"'})


def main() -> None:
    """A hub of its own process with the files of a folder as one repository, for measurements: prints its addresses."""
    import sys

    folder = Path(sys.argv[1])
    hub = Hub()
    hub.add("test/model", {path.name: path for path in sorted(folder.iterdir())})
    for name in hub.repositories["test/model"].files:
        hub.repositories["test/model"].digest(name)
    sys.stdout.write(json.dumps({"hub": hub.url, "storage": hub.storage_url, "signature": hub.sign()}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    hub.close()


if __name__ == "__main__":
    main()
