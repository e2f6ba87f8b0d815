"""What operators see: metrics, logs, traces, and the description of the API."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator

import openai
import pytest
from support.collector import Collector, attributes
from support.polling import until
from support.servers import NAME, Nexus
from support.talk import SUM, ask, stream

SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{((?:\w+="(?:[^"\\\n]|\\.)*",?)*)\})? ([-+]?[\d.]+(?:e[-+]?\d+)?|[+-]Inf|NaN)$')


def parse(text: str) -> dict[str, float]:
    """Prometheus' text format, strictly: every sample belongs to a family that was declared."""
    assert text.endswith("\n")
    kinds: dict[str, str] = {}
    samples: dict[str, float] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in kinds and kind in ("counter", "gauge", "histogram")
            kinds[name] = kind
        elif not line.startswith("# HELP "):
            found = SAMPLE.match(line)
            assert found, line
            base = re.sub(r"_(bucket|sum|count)$", "", found[1])
            assert found[1] in kinds or kinds.get(base) == "histogram", line
            key = line.rpartition(" ")[0]
            assert key not in samples, f"twice: {key}"
            samples[key] = float(found[3])
    return samples


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


def test_metrics_can_be_read_and_count(nexus: Nexus, client: openai.OpenAI) -> None:
    def read() -> dict[str, float]:
        answer = nexus.http.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        return parse(answer.text)

    before = read()
    usage = client.chat.completions.create(model=NAME, messages=SUM, temperature=0).usage
    assert usage is not None
    stopped = f'nexus_generations_total{{model="{NAME}",outcome="stop"}}'
    written = f'nexus_tokens_total{{model="{NAME}",kind="completion"}}'
    after = until(lambda: now if (now := read()).get(stopped, 0) > before.get(stopped, 0) else None, "it counts")
    assert after[stopped] == before.get(stopped, 0) + 1
    assert after[written] == before.get(written, 0) + usage.completion_tokens
    for name in ("nexus_time_to_first_token_seconds", "nexus_generation_duration_seconds"):
        count = after[f'{name}_count{{model="{NAME}"}}']
        assert count == after[f'{name}_bucket{{model="{NAME}",le="+Inf"}}'] >= 1


def test_paths_that_do_not_exist_make_no_new_series(nexus: Nexus) -> None:
    for number in range(20):
        nexus.http.get(f"/invented/{number}")
    assert "invented" not in nexus.http.get("/metrics").text


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_finds_nothing_wrong(nexus: Nexus) -> None:
    text = nexus.http.get("/metrics").text
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_log_line_is_an_object_and_has_the_clients_id(start: Callable[..., Nexus]) -> None:
    server = start("--log-level", "debug")
    with server.client() as client:
        for request_id in ("client-id-one", "client-id-two"):
            ask(client, SUM, extra_headers={"X-Request-Id": request_id})

    def found() -> bool:
        lines = [line for line in server.logs() if line.get("request_id") == "client-id-one"]
        return {"http", "engine"} <= {line["logger"].split(".")[0] for line in lines}

    until(found, "the id is in our line and in the worker's")
    for line in server.logs():
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line["time"]) and line["level"] and line["logger"]


def test_nothing_secret_is_logged(start: Callable[..., Nexus]) -> None:
    server = start(
        "--log-level", "trace",
        configuration="models: {away: {url: 'http://127.0.0.1:9', apiKey: SECRETVALUE1}}")
    with server.client(api_key="SECRETVALUE2") as client:
        ask(client, SUM)
        with pytest.raises(openai.InternalServerError) as failure:
            ask(client, SUM, model="away")
        assert failure.value.code == "model_unavailable"
    server.http.get("/ready", headers={"Authorization": "Bearer SECRETVALUE3", "Cookie": "a=SECRETVALUE4"})
    server.stop()
    assert "SECRETVALUE" not in "\n".join(server.errors + server.output)


def test_traces_go_on_through_the_server(start: Callable[..., Nexus], collector: Collector) -> None:
    server = start(
        "--telemetry.otlp.endpoint", collector.url, "--telemetry.otlp.headers", "x-team=llama", "--log-level", "debug")
    trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    with server.client() as client:
        stream(client, SUM, extra_headers={"traceparent": f"00-{trace}-{parent}-01"})
    spans = until(lambda: found if len(found := collector.of_trace(trace)) >= 2 else None, "two spans", 15)
    outer = next(span for span in spans if span["parentSpanId"] == parent)
    inner = next(span for span in spans if span["parentSpanId"] == outer["spanId"])
    assert attributes(outer)["http.response.status_code"] in (200, "200")
    said = attributes(inner)
    assert said["gen_ai.operation.name"] == "chat" and said["gen_ai.request.model"] == NAME
    assert int(said["gen_ai.usage.input_tokens"]) > 0 and int(said["gen_ai.usage.output_tokens"]) > 0
    assert collector.headers[0]["x-team"] == "llama"
    until(
        lambda: any(
            line["logger"].startswith("engine") and line.get("trace_id") == trace for line in server.logs()),
        "the worker's line has the trace's id")


def test_the_description_of_the_api(nexus: Nexus) -> None:
    document = nexus.http.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1") and document["info"]["title"] and document["info"]["version"]
    operations = [
        operation for path in document["paths"].values() for method, operation in path.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids)) and {"createChatCompletion", "listModels", "listWorkerEvents"} <= set(ids)
    assert all(operation["responses"] and operation["summary"] for operation in operations)
    for path, methods in document["paths"].items():
        names = set(re.findall(r"\{(\w+)\}", path))
        for operation in methods.values():
            declared = {item["name"] for item in operation.get("parameters", []) if item["in"] == "path"}
            assert declared == names, path
