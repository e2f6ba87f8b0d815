"""A server that speaks OpenAI's API and misbehaves as it is told, for what no real model does on purpose."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """One request; `upstream.answer` decides."""

    protocol_version = "HTTP/1.1"
    body: dict[str, Any]

    def do_POST(self) -> None:
        self.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        upstream: Upstream = self.server.upstream  # type: ignore[attr-defined]
        with upstream.lock:
            upstream.requests.append(self.body)
        self.close_connection = True
        upstream.answer(self)

    def refuse(self, status: int, code: str, **headers: str) -> None:
        body = json.dumps({"error": {"message": f"told to fail: {code}", "code": code, "type": "x"}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()

    def chunk(self, text: str | None = None, finish: str | None = None, logprob: float | None = None) -> None:
        choice: dict[str, Any] = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}
        if logprob is not None:
            choice["logprobs"] = {"content": [{"token": text, "logprob": logprob, "bytes": None, "top_logprobs": []}]}
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5} if finish else None
        self.send_text("data: " + json.dumps({"choices": [choice], "usage": usage}) + "\n\n")

    def say(self, text: str, logprob: float | None = None) -> None:
        self.begin()
        self.chunk(text, logprob=logprob)
        self.chunk(finish="stop")
        self.send_text("data: [DONE]\n\n")

    def send_text(self, text: str) -> None:
        try:
            self.wfile.write(text.encode())
            self.wfile.flush()
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        pass


class Upstream:
    """Runs while it is entered."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[dict[str, Any]] = []
        self.lock = threading.Lock()
        #: Set at the end, for answers that wait for something that never comes.
        self.over = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.upstream = self  # type: ignore[attr-defined]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    def __enter__(self) -> "Upstream":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def saying(text: str, logprob: float | None = None) -> Answer:
    return lambda handler: handler.say(text, logprob)


def refusing(status: int, code: str, **headers: str) -> Answer:
    return lambda handler: handler.refuse(status, code, **headers)


def silent(handler: Handler) -> None:
    """Begins at once and says nothing, until the test is over."""
    handler.begin()
    handler.server.upstream.over.wait(30)  # type: ignore[attr-defined]


def mute(handler: Handler) -> None:
    """Does not even answer with a status."""
    handler.server.upstream.over.wait(30)  # type: ignore[attr-defined]


def garbage(handler: Handler) -> None:
    handler.begin()
    handler.send_text("data: {broken\n\n")


def cut(handler: Handler) -> None:
    """Ends after a few words, without an end."""
    handler.begin()
    handler.chunk("half an ")
