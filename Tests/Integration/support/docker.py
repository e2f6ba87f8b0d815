"""The part of the Docker Engine's API that a deployment uses, over a Unix socket. "Containers" are processes of `nexus-engine`.

This is a stub of the protocol (Docker Engine API v1.43, https://docs.docker.com/reference/api/engine/version/v1.43/): no real
Docker Engine runs in the tests. What is sent is checked as strictly as the Engine would.
"""

import json
import re
import socketserver
import struct
import subprocess
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .program import BINARIES, MODEL, environment

IMAGE = "nexus/engine:test"
PORT = 8000


class Container:
    """A process, and what it writes."""

    def __init__(self, number: int, wanted: dict[str, Any], folder: Path) -> None:
        self.id = f"{number:064x}"
        self.wanted = wanted
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.host_port: int | None = None
        self.log = bytearray()
        self.changed = threading.Condition()
        self.is_over = False

    def start(self) -> None:
        command = self.wanted.get("Cmd") or [
            str(BINARIES / "nexus-engine"), "--model", str(MODEL), "--port", "0", "--alias", "boxed"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
            env=environment(self.folder))
        for number, stream in ((1, self.process.stdout), (2, self.process.stderr)):
            threading.Thread(target=self._read, args=(number, stream), daemon=True).start()

    def _read(self, number: int, stream: Any) -> None:
        for line in iter(stream.readline, b""):
            with self.changed:
                if number == 1 and b'"ready"' in line:
                    self.host_port = json.loads(line)["port"]
                # The frames of the Engine: stream, three zeros, length.
                self.log += struct.pack(">BxxxI", number, len(line)) + line
                self.changed.notify_all()
        with self.changed:
            self.is_over = True
            self.changed.notify_all()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def inspection(self) -> dict[str, Any]:
        status = self.process.poll() if self.process else None
        is_running = self.process is not None and status is None
        bound = [{"HostIp": "127.0.0.1", "HostPort": str(self.host_port)}] if self.host_port else None
        return {
            "Id": self.id,
            "State": {
                "Running": is_running, "ExitCode": status or 0,
                "Pid": self.process.pid if is_running and self.process else 0},
            "NetworkSettings": {"Ports": {f"{PORT}/tcp": bound}},
        }


class Docker:
    """A stub that listens on a Unix socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "docker.sock"
        self.containers: dict[str, Container] = {}
        self.calls: list[str] = []
        self.made = 0
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def address_string(self) -> str:
                return "unix"

            def log_message(self, *_: Any) -> None:
                pass

            def _handle(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                stub.answer(self, json.loads(self.rfile.read(length)) if length else None)

            do_GET = do_POST = do_DELETE = _handle  # noqa: N815

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True

        self.server = Server(str(self.path), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        for container in self.containers.values():
            container.stop()

    def answer(self, handler: BaseHTTPRequestHandler, body: dict[str, Any] | None) -> None:
        url = urlsplit(handler.path)
        query = parse_qs(url.query)
        match = re.fullmatch(r"/v1\.43(/containers)(?:/([^/]+))?(?:/([a-z]+))?", url.path)
        if match is None:
            return self.send(handler, 404, {"message": "page not found"})
        name, verb = match[2], match[3]
        self.calls.append(f"{handler.command} {verb or name if name in ('create', 'json') else verb or 'container'}")
        if name == "create":
            return self.create(handler, body or {})
        if name == "json":
            wanted = json.loads(query["filters"][0])["label"][0]
            key, _, value = wanted.partition("=")
            found = [c for c in self.containers.values() if c.wanted["Labels"].get(key) == value]
            return self.send(handler, 200, [{"Id": c.id} for c in found])
        container = self.containers.get(name)
        if container is None:
            return self.send(handler, 404, {"message": f"No such container: {name}"})
        if handler.command == "DELETE":
            container.stop()
            del self.containers[name]
            return self.send(handler, 204, None)
        if verb == "start":
            container.start()
            return self.send(handler, 204, None)
        if verb == "stop":
            container.stop()
            return self.send(handler, 204, None)
        if verb == "json":
            return self.send(handler, 200, container.inspection())
        if verb == "logs":
            return self.follow(handler, container)
        return self.send(handler, 404, {"message": "page not found"})

    def create(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        if body["Image"] != IMAGE:
            return self.send(handler, 404, {"message": f"No such image: {body['Image']}"})
        assert body["ExposedPorts"] == {f"{PORT}/tcp": {}}
        assert body["HostConfig"]["PortBindings"] == {f"{PORT}/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}
        assert all("=" in variable for variable in body["Env"])
        self.made += 1
        container = Container(self.made, body, self.folder)
        self.containers[container.id] = container
        return self.send(handler, 201, {"Id": container.id, "Warnings": []})

    @staticmethod
    def follow(handler: BaseHTTPRequestHandler, container: Container) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/vnd.docker.multiplexed-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        sent = 0
        while True:
            with container.changed:
                container.changed.wait_for(lambda: len(container.log) > sent or container.is_over, 60)
                piece = bytes(container.log[sent:])
                is_over = container.is_over
            sent += len(piece)
            try:
                if piece:
                    handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                    handler.wfile.flush()
                if is_over:
                    handler.wfile.write(b"0\r\n\r\n")
                    return
            except OSError:
                return

    @staticmethod
    def send(handler: BaseHTTPRequestHandler, status: int, body: Any) -> None:
        text = b"" if body is None else json.dumps(body).encode()
        handler.send_response(status)
        if status != 204:
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)
