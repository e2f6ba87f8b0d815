"""Models behind another server: two hops, keys, and an upstream that dies."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
import pytest
from support.servers import NAME, Nexus
from support.talk import ENDLESS, STORY, SUM, WEATHER, ask, stream, text_of

Start = Callable[..., Nexus]


def front(start: Start, url: str) -> Nexus:
    """A server that has no model itself and asks `url`."""
    models = f"models: {{remote: {{url: '{url}/v1', upstreamModel: {NAME}, apiKey: KEYFORUPSTREAM}}}}"
    return start(configuration=models, model=None)


def test_answers_come_through_two_servers(start: Start, nexus: Nexus) -> None:
    with front(start, nexus.url).client() as client:
        assert [model.id for model in client.models.list()] == ["remote"]
        assert ask(client, SUM, model="remote") == "7"
        chunks = stream(client, STORY, model="remote", stream_options={"include_usage": True})
        with nexus.client() as direct:
            assert text_of(chunks) == ask(direct, STORY)
        assert len(chunks) > 10 and {chunk.model for chunk in chunks} == {"remote"}
        assert chunks[-1].usage is not None and chunks[-1].usage.completion_tokens > 10
        question = [{"role": "user", "content": "What is the weather in Paris?"}]
        answer = client.chat.completions.create(model="remote", messages=question, temperature=0, tools=[WEATHER])
        assert answer.choices[0].message.tool_calls
        assert json.loads(answer.choices[0].message.tool_calls[0].function.arguments) == {"city": "Paris"}


def test_refusals_come_through_two_servers(start: Start, nexus: Nexus) -> None:
    with front(start, nexus.url).client() as client:
        with pytest.raises(openai.BadRequestError) as failure:
            ask(client, [{"role": "user", "content": "word " * 3_000}], model="remote")
        assert failure.value.code == "context_length_exceeded" and "1024" in failure.value.message


def test_an_upstream_that_dies_in_mid_stream(start: Start) -> None:
    upstream = start()
    server = front(start, upstream.url)
    with server.client() as client:
        chunks = iter(client.chat.completions.create(model="remote", messages=STORY, stream=True, **ENDLESS))
        assert [next(chunks) for _ in range(5)]
        upstream.kill()
        with pytest.raises(openai.APIError) as failure:
            for _ in chunks:
                pass
        assert failure.value.code == "engine_failed"
        with pytest.raises(openai.InternalServerError) as refused:
            ask(client, SUM, model="remote")
        assert refused.value.code == "model_unavailable" and int(refused.value.response.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>no stream</html>"), (200, b"data: {broken\n\n"), (200, b"data: {}\n\n"), (200, b""),
        (500, b"oops"), (401, b'{"error":{"message":"bad key"}}'), (302, b""), (200, b"data: " + b"x" * 3_000_000),
    ],
    ids=["html", "broken", "empty-chunk", "nothing", "500", "401", "redirect", "long-line"],
)
def test_upstreams_that_speak_nonsense(start: Start, status: int, body: bytes) -> None:
    keys: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            keys.append(self.headers["Authorization"])
            self.send_response(status)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=upstream.serve_forever, args=(0.05,))
    thread.start()
    try:
        server = front(start, f"http://127.0.0.1:{upstream.server_address[1]}")
        with server.client() as client, pytest.raises(openai.APIStatusError) as failure:
            ask(client, SUM, model="remote")
        assert failure.value.status_code in (401, 500, 502) and failure.value.code
        # What fails before the first word may be sent again, twice at most.
        assert set(keys) == {"Bearer KEYFORUPSTREAM"} and len(keys) <= 3
        assert server.http.get("/ready").status_code == 200
    finally:
        upstream.shutdown()
        thread.join()
        upstream.server_close()
