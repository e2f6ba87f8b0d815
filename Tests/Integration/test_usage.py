"""Who may ask how much, and what was used: limits, budgets, prices, the ledger, over restarts and crashes."""

import csv
import io
import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest
from support.polling import until
from support.servers import NAME, Nexus, command

Start = Callable[..., Nexus]


def ask(client: openai.OpenAI, tokens: int = 8, **options: Any) -> Any:
    return client.chat.completions.create(
        model=NAME, messages=[{"role": "user", "content": "Hello!"}], max_tokens=tokens, **options)


def usage(server: Nexus, **query: str) -> dict[str, Any]:
    answer = server.http.get("/api/v1/usage", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def total(server: Nexus, name: str = "requests") -> Any:
    return usage(server)["total"][name]


def set_limits(server: Nexus, *limits: dict[str, Any]) -> httpx.Response:
    return server.http.put("/api/v1/limits", json={"limits": list(limits)})


def set_budget(server: Nexus, name: str, **budget: Any) -> None:
    answer = server.http.put(f"/api/v1/budgets/{name}", json=budget)
    assert answer.status_code == 200, answer.text


def account(server: Nexus, name: str) -> dict[str, Any]:
    budgets = server.http.get("/api/v1/budgets").json()["budgets"]
    accounts = next(budget for budget in budgets if budget["id"] == name)["accounts"]
    return accounts[0] if accounts else {"spent": 0, "reserved": 0}


PRICES = "gateway: { prices: { 'tiny*': { input: 1, output: 2 } } }\n"


def test_the_ledger_says_what_the_answers_said(start: Start) -> None:
    server = start(configuration=PRICES)
    with server.client(default_headers={"X-Nexus-Tag": "project"}) as client:
        first = ask(client)
        second = ask(client, stream=True, stream_options={"include_usage": True})
        streamed = [chunk.usage for chunk in second if chunk.usage][-1]
        with pytest.raises(openai.NotFoundError):
            client.chat.completions.create(model="nobody", messages=[{"role": "user", "content": "x"}])
    told = [first.usage, streamed]
    until(lambda: total(server) == 3, "all is written")
    sums = usage(server, by="hour", group="model,endpoint,tag")["usage"]
    row = next(row for row in sums if row["model"] == NAME)
    assert (row["endpoint"], row["tag"]) == ("/v1/chat/completions", "project")
    assert row["input_tokens"] == sum(usage.prompt_tokens for usage in told)
    assert row["output_tokens"] == sum(usage.completion_tokens for usage in told)
    cost = (row["input_tokens"] + 2 * row["output_tokens"]) / 1e6
    assert row["cost"] == pytest.approx(cost, rel=1e-9)
    assert row["engine_microseconds"] > 0
    # A name that nobody serves gets no line of its own.
    assert {row["model"] for row in sums} == {NAME, ""}
    assert next(row for row in sums if not row["model"])["failures"] == 1

    line = server.http.get("/api/v1/usage/requests", params={"request": first._request_id}).json()["requests"]
    assert [one["outcome"] for one in line] == ["finished"]
    assert line[0]["output_tokens"] == first.usage.completion_tokens

    text = server.http.get("/api/v1/usage", params={"group": "model", "by": "day", "format": "csv"}).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["model"]: int(row["requests"]) for row in rows} == {NAME: 2, "": 1}


def test_an_aborted_stream_is_counted_as_far_as_it_was_written(start: Start) -> None:
    server = start(configuration=PRICES)
    set_budget(server, "all", scope="everyone", amount=5, period="total")
    with server.client() as client:
        stream = ask(client, tokens=2_000, stream=True, extra_body={"ignore_eos": True})
        for number, _ in enumerate(stream):
            if number == 10:
                break
        stream.close()
    until(lambda: total(server) == 1, "it is written")
    record = server.http.get("/api/v1/usage/requests").json()["requests"][0]
    assert record["outcome"] == "aborted"
    assert 5 <= record["output_tokens"] < 2_000
    until(lambda: account(server, "all")["reserved"] == 0, "it is settled")
    assert account(server, "all")["spent"] == pytest.approx(record["cost"])


def test_limits_refuse_with_the_headers_that_clients_read(start: Start) -> None:
    server = start()
    limits = [
        {"id": "hour", "scope": "everyone", "amount": 3, "per": "hour"},
        {"id": "tokens", "scope": "model", "resource": "input_tokens", "amount": 100_000, "per": "minute", "burst": 100_000},
    ]
    assert set_limits(server, *limits).json()["limits"] == [
        {"id": "hour", "scope": "everyone", "subject": None, "model": None, "resource": "requests", "amount": 3, "per": "hour"},
        {"id": "tokens", "scope": "model", "subject": None, "model": None, "resource": "input_tokens",
         "amount": 100_000, "per": "minute", "burst": 100_000},
    ]
    with server.client() as client:
        raw = client.chat.completions.with_raw_response.create(
            model=NAME, messages=[{"role": "user", "content": "Hello!"}], max_tokens=4, n=2)
        assert raw.headers["x-ratelimit-limit-requests"] == "3"
        assert raw.headers["x-ratelimit-remaining-requests"] == "2"
        assert int(raw.headers["x-ratelimit-remaining-tokens"]) < 100_000
        assert raw.headers["ratelimit-policy"].startswith('"hour";q=3;w=3600, ')
        assert raw.headers["ratelimit"].startswith('"hour";r=2;t=')
        ask(client)
        with anthropic.Anthropic(base_url=server.url, api_key="none", max_retries=0) as claude:
            message = claude.messages.with_raw_response.create(
                model=NAME, max_tokens=4, messages=[{"role": "user", "content": "Hello!"}])
            assert message.headers["anthropic-ratelimit-requests-remaining"] == "0"
            assert message.headers["anthropic-ratelimit-requests-reset"].endswith("Z")
            with pytest.raises(anthropic.RateLimitError) as refused:
                claude.messages.create(model=NAME, max_tokens=4, messages=[{"role": "user", "content": "Hello!"}])
            assert refused.value.body["error"]["type"] == "rate_limit_error"
        with pytest.raises(openai.RateLimitError) as error:
            ask(client)
    assert error.value.code == "rate_limit_exceeded"
    assert 0 < int(error.value.response.headers["retry-after"]) <= 3_600
    assert error.value.response.headers["x-ratelimit-remaining-requests"] == "0"
    until(lambda: total(server, "refusals") == 2, "refusals are written, too")
    # Whoever counts in hours counts on after a restart.
    server.kill()
    again = start(folder=server.folder)
    with again.client() as client, pytest.raises(openai.RateLimitError):
        ask(client)


COUNTINGS = [
    ("/tokenize", {"content": "Once upon a time"}),
    ("/detokenize", {"tokens": [5, 6, 7]}),
    ("/apply-template", {"messages": [{"role": "user", "content": "Hello!"}]}),
    ("/v1/messages/count_tokens", {"model": NAME, "messages": [{"role": "user", "content": "Hello!"}]}),
    ("/v1/chat/completions/input_tokens", {"model": NAME, "messages": [{"role": "user", "content": "Hello!"}]}),
    ("/v1/responses/input_tokens", {"model": NAME, "input": "Hello!"}),
]


def test_counted_texts_are_held_to_limits(start: Start) -> None:
    server = start()
    answer = set_limits(
        server, {"id": "hour", "scope": "everyone", "amount": len(COUNTINGS) + 1, "per": "hour"},
        {"id": "text", "scope": "model", "resource": "input_tokens", "amount": 2_000, "per": "hour"})
    assert answer.status_code == 200, answer.text
    for number, (path, body) in enumerate(COUNTINGS):
        counted = server.http.post(path, json=body)
        assert counted.status_code == 200, counted.text
        kind = "anthropic-ratelimit-requests-remaining" if "messages/" in path else "x-ratelimit-remaining-requests"
        assert counted.headers[kind] == str(len(COUNTINGS) - number)
    # Who only looks after the servers takes nothing.
    assert server.http.get("/slots").status_code == 200
    # One that is too long as a whole is let in while nothing else was read; here something was.
    long = server.http.post("/tokenize", json={"content": "word " * 5_000})
    assert long.status_code == 429 and "'text'" in long.json()["error"]["message"]
    assert server.http.get("/props").status_code == 200
    for path, body in COUNTINGS:
        refused = server.http.post(path, json=body)
        assert refused.status_code == 429, refused.text
        assert 0 < int(refused.headers["retry-after"]) <= 3_600
        assert refused.headers["ratelimit"].startswith('"hour";r=0;t=')
    with server.client() as client, pytest.raises(openai.RateLimitError):
        ask(client)
    assert server.http.get("/slots").status_code == 200


def test_counted_texts_cost_nothing(start: Start) -> None:
    server = start(configuration=PRICES)
    set_budget(server, "money", scope="everyone", amount=0, period="total")
    set_budget(server, "tokens", scope="everyone", unit="tokens", amount=0, period="total")
    with server.client() as client, pytest.raises(openai.RateLimitError):
        ask(client)
    for path, body in COUNTINGS:
        assert server.http.post(path, json=body).status_code == 200
    assert server.http.post("/tokenize", json={"content": 5}).status_code == 400
    until(lambda: total(server) == len(COUNTINGS) + 1, "all is written")
    rows = usage(server, group="model,endpoint")["usage"]
    counted = [row for row in rows if row["endpoint"] != "/v1/chat/completions"]
    assert {row["endpoint"] for row in counted} == {path for path, _ in COUNTINGS}
    assert {row["model"] for row in counted} == {NAME}
    assert sum(row["requests"] for row in counted) == len(COUNTINGS) + 1
    assert sum(row["failures"] for row in counted) == 1
    assert all(row["cost"] == row["input_tokens"] == row["output_tokens"] == 0 for row in counted)
    for name in ("money", "tokens"):
        assert account(server, name)["spent"] == account(server, name)["reserved"] == 0


def test_budgets_hold_and_tell(start: Start) -> None:
    server = start(configuration=PRICES)
    set_budget(server, "tight", scope="everyone", unit="tokens", amount=150, period="day")
    set_budget(server, "soft", scope="everyone", amount=0, period="month", hard=False)
    with server.client() as client:
        raw = client.chat.completions.with_raw_response.create(
            model=NAME, messages=[{"role": "user", "content": "Hello!"}], max_tokens=8)
        assert raw.headers["x-nexus-budget-warning"] == "soft"
        spent = raw.parse().usage.total_tokens
        until(lambda: account(server, "tight") == {"subject": "*", "spent": spent, "reserved": 0, "left": 150 - spent},
              "it is settled")
        with pytest.raises(openai.RateLimitError) as error:
            ask(client, tokens=1_000)
        assert error.value.type == "insufficient_quota"
        assert 0 < int(error.value.response.headers["retry-after"]) <= 86_400
    assert server.http.delete("/api/v1/budgets/tight").status_code == 200
    assert server.http.delete("/api/v1/budgets/tight").status_code == 404


@pytest.mark.parametrize("body, field", [
    ({"limits": [{"id": "a b", "amount": 1, "per": "hour"}]}, "id"),
    ({"limits": [{"id": "a", "amount": 0, "per": "hour"}]}, "amount"),
    ({"limits": [{"id": "a", "amount": 1, "per": "year"}]}, "limits[0]"),
    ({"limits": [{"id": "a", "amount": 1, "per": "hour", "scope": "planet"}]}, "scope"),
    ({"limits": [{"id": "a", "amount": 1, "per": "hour", "adaptive": True}]}, "adaptive"),
    ({"limits": [{"id": "a", "amount": 1 << 51, "per": "day"}]}, "amount"),
    ({"limits": [{"id": "a", "amount": 1, "per": "day"}, {"id": "a", "amount": 2, "per": "day"}]}, "limits"),
    ({"limits": 7}, "limits"),
    ({}, "limits"),
])
def test_what_is_no_limit_is_refused_with_its_place(nexus: Nexus, body: dict[str, Any], field: str) -> None:
    answer = nexus.http.put("/api/v1/limits", json=body)
    assert answer.status_code == 400, answer.text
    assert field in f"{answer.json()['parameter']} {answer.json()['detail']}"


@pytest.mark.parametrize("path", [
    "/api/v1/usage?by=year", "/api/v1/usage?group=colour", "/api/v1/usage?from=yesterday", "/api/v1/usage?limit=0",
    "/api/v1/usage?from=2026-02-02&to=2026-02-01", "/api/v1/usage?format=xml", "/api/v1/usage/requests?limit=1001",
    "/api/v1/usage?from=2026-11-21TZ", "/api/v1/usage?to=2026-11-21T.Z", "/api/v1/usage?to=253402300799",
    "/api/v1/usage?from=9999-12-31",
])
def test_what_is_no_question_is_refused(nexus: Nexus, path: str) -> None:
    assert nexus.http.get(path).status_code == 400


@pytest.mark.parametrize("day", ["2026-02-30", "2026-02-29", "2026-04-31T12:00:00Z", "2026-13-01", "2026-01-00"])
@pytest.mark.parametrize("bound", ["from", "to"])
def test_days_that_do_not_exist_are_refused_with_their_place(nexus: Nexus, bound: str, day: str) -> None:
    answer = nexus.http.get("/api/v1/usage", params={bound: day})
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["parameter"] == bound and problem["detail"] == f"'{bound}' is no time."
    assert "calendar" in problem["hint"], problem


def test_the_leap_day_is_a_day(nexus: Nexus) -> None:
    assert nexus.http.get("/api/v1/usage?from=2024-02-29&to=2024-03-01").status_code == 200


def test_prices_are_set_and_come_before_the_configuration(start: Start) -> None:
    server = start(configuration=PRICES)
    body = {"prices": [{"model": NAME, "input_per_million": 10, "output_per_million": 0}]}
    shown = server.http.put("/api/v1/prices", json=body).json()["prices"]
    assert [(one["model"], one["source"]) for one in shown] == [(NAME, "api"), ("tiny*", "configuration")]
    with server.client() as client:
        answer = ask(client)
    until(lambda: total(server) == 1, "it is written")
    assert total(server, "cost") == pytest.approx(answer.usage.prompt_tokens * 10 / 1e6)
    wrong = server.http.put("/api/v1/prices", json={"prices": [{"model": "x", "input_per_million": -1}]})
    assert wrong.status_code == 400


def test_a_killed_server_loses_the_last_second_at_most(start: Start) -> None:
    server = start(configuration=PRICES)
    with server.client() as client:
        for _ in range(5):
            ask(client)
        until(lambda: total(server) == 5, "they are written", 3)
        ask(client)
    server.kill()
    again = start(folder=server.folder, configuration=PRICES)
    assert total(again) in (5, 6)


def test_what_a_killed_server_had_reserved_counts_as_used(start: Start) -> None:
    server = start(configuration=PRICES)
    set_budget(server, "all", scope="everyone", amount=5, period="total")
    with server.client() as client:
        stream = ask(client, tokens=5_000, stream=True, extra_body={"ignore_eos": True})
        next(iter(stream))
        held = account(server, "all")
        assert held["spent"] == 0 and held["reserved"] > 0
        server.kill()
        stream.close()
    again = start(folder=server.folder, configuration=PRICES)
    found = account(again, "all")
    assert found["reserved"] == 0
    assert found["spent"] == pytest.approx(held["reserved"])
    with again.client() as client:
        ask(client)


@pytest.fixture
def redis() -> Iterator[str]:
    """The socket of a private Redis."""
    folder = Path(tempfile.mkdtemp(prefix="nexus-redis-"))
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", folder / "redis.sock", "--save", "", "--dir", folder],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until((folder / "redis.sock").exists, "Redis listens")
    yield str(folder / "redis.sock")
    server.kill()
    server.wait(10)
    shutil.rmtree(folder)


def test_two_nodes_share_limits_and_budgets_by_redis(start: Start, redis: str) -> None:
    configuration = f"gateway: {{ store: redis, redis: 'unix:{redis}', prices: {{ 'tiny*': {{ input: 1, output: 2 }} }} }}\n"
    nodes = [start(configuration=configuration) for _ in range(2)]
    for node in nodes:
        set_limits(node, {"id": "both", "scope": "everyone", "amount": 4, "per": "day"})
        set_budget(node, "both", scope="everyone", amount=5, period="total")
    outcomes = []
    for number in range(6):
        with nodes[number % 2].client() as client:
            try:
                ask(client)
                outcomes.append("served")
            except openai.RateLimitError as error:
                outcomes.append(error.code)
    assert outcomes == ["served"] * 4 + ["rate_limit_exceeded"] * 2
    until(lambda: account(nodes[0], "both")["reserved"] == 0, "all is settled")
    until(lambda: sum(total(node) for node in nodes) == 4, "all is written")
    assert account(nodes[0], "both")["spent"] == pytest.approx(sum(total(node, "cost") for node in nodes))


def test_the_terminal_shows_and_sets(start: Start) -> None:
    server = start(configuration=PRICES)
    with server.client() as client:
        ask(client)
    until(lambda: total(server) == 1, "it is written")

    def run(*arguments: str) -> str:
        done = command(server.folder, *arguments, "--data-dir", str(server.folder / "data"))
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert NAME in run("usage") and "requests" in run("usage", "--by", "day", "--group", "user")
    assert "100" in run("limits", "set", "mine", "--amount", "100", "--for", "key")
    assert "each key" in run("limits", "list")
    assert run("limits", "set", "other", "--amount", "7", "--per", "second", "--burst", "9").count("\n") == 3
    assert "mine" not in run("limits", "rm", "mine")
    assert "12.500000" in run("budgets", "set", "team", "--amount", "12.5", "--for", "team")
    assert "team" in run("budgets", "list")
    assert "gone" in run("budgets", "rm", "team")
    assert run("budgets", "list") == "There are no budgets.\n"


class HeldUpstream(ThreadingHTTPServer):
    """Begins each answer, and ends it when it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        self.release = threading.Event()
        self.running = 0
        self.most = 0
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                with outer.lock:
                    outer.running += 1
                    outer.most = max(outer.most, outer.running)
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                self.tell({"index": 0, "delta": {"role": "assistant", "content": "Hello"}, "finish_reason": None})
                outer.release.wait(20)
                with outer.lock:
                    outer.running -= 1
                self.tell({"index": 0, "delta": {}, "finish_reason": "stop"})
                self.wfile.write(b"data: [DONE]\n\n")

            def tell(self, choice: dict[str, Any]) -> None:
                chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
                self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                self.wfile.flush()

            def log_message(self, *_: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def test_requests_wait_in_turn_for_a_server_that_takes_one_at_a_time(start: Start) -> None:
    upstream = HeldUpstream()
    url = f"http://127.0.0.1:{upstream.server_port}"
    server = start(configuration=f"models:\n  far: {{ url: '{url}', concurrency: 1 }}\n", model=None)
    body = {"model": "far", "messages": [{"role": "user", "content": "Hello!"}], "stream": True}
    with (
        server.http.stream("POST", "/v1/chat/completions", json=body) as first,
        server.http.stream("POST", "/v1/chat/completions", json=body) as second,
    ):
        lines = second.iter_lines()
        assert next(line for line in lines if line) == ": queued"
        late = server.http.post(
            "/v1/chat/completions", json={**body, "stream": False, "nexus": {"deadline_ms": 100}})
        assert late.status_code == 504, late.text
        upstream.release.set()
        assert "data: [DONE]" in list(first.iter_lines())
        assert "data: [DONE]" in list(lines)
    assert upstream.most == 1
    upstream.shutdown()
    upstream.server_close()
