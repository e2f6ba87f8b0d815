"""Deployments made at run time: kinds, versions, swaps under load, memory for one, faults, and the commands of the terminal."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from support.docker import IMAGE, Docker
from support.polling import until
from support.program import BINARIES, MODEL, is_running
from support.servers import NAME, Engine, Nexus, command
from support.talk import ENDLESS, STORY, SUM, ask

Start = Callable[..., Nexus]
DEPLOYMENTS = "/api/v1/deployments"


def make(server: Nexus, name: str, **body: Any) -> dict[str, Any]:
    members = {"name": name, "model": str(MODEL), **body}
    answer = server.http.post(DEPLOYMENTS, json={key: value for key, value in members.items() if value is not None})
    assert answer.status_code == 201, answer.text
    return answer.json()


def show(server: Nexus, name: str) -> dict[str, Any]:
    answer = server.http.get(f"{DEPLOYMENTS}/{name}")
    assert answer.status_code == 200, answer.text
    server._note_workers()
    return answer.json()


def order(server: Nexus, name: str, word: str, **body: Any) -> dict[str, Any]:
    answer = server.http.post(f"{DEPLOYMENTS}/{name}/{word}", json=body)
    assert answer.status_code == 200, answer.text
    server._note_workers()
    return answer.json()


def change(server: Nexus, name: str, **body: Any) -> dict[str, Any]:
    answer = server.http.patch(f"{DEPLOYMENTS}/{name}", json=body)
    assert answer.status_code == 200, answer.text
    server._note_workers()
    return answer.json()


def error(answer: httpx.Response) -> dict[str, Any]:
    """An error in OpenAI's shape, or as the platform's own API tells it (RFC 9457), under the same names."""
    body = answer.json()
    return body.get("error") or body | {"message": body["detail"], "param": body.get("parameter")}


def say(server: Nexus, model: str, **options: Any) -> httpx.Response:
    body = {"model": model, "messages": SUM, "temperature": 0, **options}
    return server.http.post("/v1/chat/completions", json=body)


def content(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return answer.json()["choices"][0]["message"]["content"]


def pids(server: Nexus, name: str) -> list[int]:
    return [replica["process_id"] for replica in show(server, name)["replicas"] if "process_id" in replica]


def cli(server: Nexus, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return command(server.folder, *arguments, "--data-dir", server.folder / "data")


class Load:
    """Fifty requests a second in the background, each by the real client; every failure is kept."""

    RATE = 50
    THREADS = 8

    def __init__(self, server: Nexus, model: str) -> None:
        self.failures: list[str] = []
        self.answers = 0
        self._client = server.client()
        self._model = model
        self._lock = threading.Lock()
        self._next = time.monotonic()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(self.THREADS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._client.close()

    def _run(self) -> None:
        while not self._over.is_set():
            with self._lock:
                self._next = max(self._next + 1 / self.RATE, time.monotonic() - 1)
                pause = self._next - time.monotonic()
            if pause > 0:
                self._over.wait(pause)
            try:
                text = ask(self._client, SUM, model=self._model, max_tokens=4)
                if not text.startswith("7"):
                    raise AssertionError(text)
                self.answers += 1
            except Exception as failure:  # noqa: BLE001
                self.failures.append(repr(failure))


# Life


def test_a_deployment_is_loaded_by_its_first_request(start: Start) -> None:
    server = start()
    made = make(server, "second", context_tokens=256, aliases=["other"], remark="for tests")
    assert (made["stage"], made["version"], made["origin"]) == ("unloaded", 1, "api")
    assert made["memory"]["predicted_bytes"] > 1 << 20
    assert content(say(server, "second")) == "7"
    loaded = show(server, "second")
    assert loaded["stage"] == "ready" and loaded["replicas"][0]["context_tokens"] == 256
    assert loaded["memory"]["resident_bytes"] > 1 << 20
    with server.client() as client:
        listed = {model.id: model.model_extra or {} for model in client.models.list()}
        assert listed["second"]["status"] == {"value": "loaded"} and "other" in listed["second"]["aliases"]
        assert listed["second"]["architecture"]["input_modalities"] == ["text"]
        assert client.models.retrieve("other").id == "second"
        assert ask(client, SUM, model="other") == "7"
    stopped = order(server, "second", "stop")
    assert stopped["stage"] == "stopped" and stopped["replicas"] == []
    refused = say(server, "second")
    assert refused.status_code == 503 and "nexus deploy start second" in error(refused)["hint"]
    assert order(server, "second", "start")["stage"] == "ready"
    before = pids(server, "second")
    assert order(server, "second", "restart")["stage"] == "ready"
    assert until(lambda: [p for p in pids(server, "second") if p not in before], "a new process")
    until(lambda: not any(map(is_running, before)), "the old one is gone")
    assert server.http.delete(f"{DEPLOYMENTS}/second").status_code == 204
    assert say(server, "second").status_code == 404 and server.http.get(f"{DEPLOYMENTS}/second").status_code == 404


def test_a_stream_tells_what_it_waits_for(start: Start) -> None:
    server = start("--hosting.allowCommands")
    # What loads quickly is not told of: the answer comes before anybody would wonder.
    slow = ["sh", "-c", 'sleep 1; exec "$0" "$@"', str(BINARIES / "nexus-engine")]
    options = ["--model", "${MODEL}", "--port", "${PORT}", "--alias", "${NAME}"]
    make(server, "cold", kind="command", command=[*slow, *options])
    body = {"model": "cold", "messages": SUM, "temperature": 0, "stream": True}
    with server.http.stream("POST", "/v1/chat/completions", json=body) as answer:
        lines = [line for line in answer.iter_lines() if line]
    words = [line for line in lines if line.startswith(":")]
    assert ": loading" in words and ": ready" in words
    assert lines.index(": loading") < next(i for i, line in enumerate(lines) if line.startswith("data: "))
    assert lines[-1] == "data: [DONE]"
    # The real client reads over comments, and gets what is waited for where it asks for it.
    assert content(say(server, "cold", keep_alive=0)) == "7"
    until(lambda: show(server, "cold")["stage"] == "unloaded", "it left after the request that kept it for no time")
    with server.client() as client:
        chunks = list(client.chat.completions.create(
            model="cold", messages=SUM, temperature=0, stream=True, extra_body={"return_progress": True}))
    stages = [chunk.model_extra["nexus"]["stage"] for chunk in chunks if "stage" in (chunk.model_extra or {}).get("nexus", {})]
    assert "loading" in stages
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "7"


def test_what_is_wrong_is_refused(start: Start, tmp_path: Path) -> None:
    server = start()

    def refusal(status: int, **body: Any) -> dict[str, Any]:
        answer = server.http.post(DEPLOYMENTS, json=body)
        assert answer.status_code == status, answer.text
        return error(answer)

    assert refusal(400, name="x", model=str(tmp_path / "no.gguf"))["param"] == "model"
    assert refusal(400, name="a b", model=str(MODEL))["param"] == "name"
    assert refusal(409, name=NAME, model=str(MODEL))["message"].startswith(f"The name '{NAME}' is taken")
    assert refusal(409, name="x", model=str(MODEL), aliases=[NAME])
    assert refusal(400, name="x", model=str(MODEL), context=4)["param"] == "context"
    assert refusal(400, name="x", model=str(MODEL), fallback=["nobody"])["param"] == "fallback"
    assert refusal(400, name="x", model=str(MODEL), engine="b0")["param"] == "engine"
    for body in ({"kind": "command", "command": ["true"]}, {"kind": "container", "image": "x"}):
        assert "Unix socket" in refusal(400, name="x", **body)["hint"]
    assert server.http.post(DEPLOYMENTS, content="name=x").status_code == 415
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert server.http.post(f"{DEPLOYMENTS}/{NAME}/stop", headers=foreign).status_code == 403
    assert server.http.delete(f"{DEPLOYMENTS}/{NAME}").status_code == 409
    for method, path in (("GET", ""), ("PATCH", ""), ("POST", "/start"), ("GET", "/logs"), ("POST", "/rollback")):
        assert server.http.request(method, f"{DEPLOYMENTS}/nobody{path}", json={}).status_code == 404
    make(server, "x")
    assert server.http.post(f"{DEPLOYMENTS}/x/rollback", json={}).status_code == 404
    stale = server.http.patch(f"{DEPLOYMENTS}/x", json={"replicas": 2, "if_version": 9})
    assert stale.status_code == 409 and "Version 1" in error(stale)["message"]


# Versions


def test_a_swap_and_a_rollback_under_load_fail_no_request(start: Start) -> None:
    server = start()
    make(server, "busy", context_tokens=256, start=True)
    with Load(server, "busy") as load:
        until(lambda: load.answers > 20 or load.failures, "requests come", 30)
        for tokens in (512, 384):
            changed = change(server, "busy", context_tokens=tokens, note=f"{tokens} tokens")
            assert changed["configuration"]["context_tokens"] == tokens
            now = load.answers
            until(lambda: load.answers > now + 20 or load.failures, "requests go on", 30)
        back = order(server, "busy", "rollback")
        assert back["configuration"]["context_tokens"] == 512 and back["version"] == 4
        now = load.answers
        until(lambda: load.answers > now + 20 or load.failures, "requests go on", 30)
        order(server, "busy", "restart")
        now = load.answers
        until(lambda: load.answers > now + 20 or load.failures, "requests go on", 30)
    assert load.failures == [] and load.answers > 80
    until(lambda: len(pids(server, "busy")) == 1, "the old ones have ended")
    versions = server.http.get(f"{DEPLOYMENTS}/busy/versions").json()["versions"]
    assert [(v["version"], v["state"], v["note"]) for v in versions] == [
        (1, "superseded", ""), (2, "superseded", "512 tokens"), (3, "superseded", "384 tokens"),
        (4, "active", "rolled back to version 2")]
    difference = server.http.get(f"{DEPLOYMENTS}/busy/diff", params={"from": 1, "to": 3}).json()
    assert difference["changes"] == [{"path": "context_tokens", "before": 256, "after": 384}]


def test_an_answer_that_is_being_written_ends_with_the_old_version(start: Start) -> None:
    server = start()
    make(server, "talk", context_tokens=512, start=True)
    with server.client() as client:
        chunks = iter(client.chat.completions.create(
            model="talk", messages=STORY, stream=True, max_tokens=300, **ENDLESS))
        next(chunks)
        old = pids(server, "talk")
        change(server, "talk", context_tokens=256)
        assert old[0] in pids(server, "talk") and is_running(old[0])
        assert ask(client, SUM, model="talk") == "7"
        assert [chunk for chunk in chunks][-1].choices[0].finish_reason in ("length", "stop")
    until(lambda: not is_running(old[0]), "the old one is gone")


def test_a_version_that_cannot_be_loaded_leaves_the_old_one(start: Start) -> None:
    server = start()
    make(server, "steady", start=True)
    before = pids(server, "steady")
    refused = server.http.patch(f"{DEPLOYMENTS}/steady", json={"arguments": ["--no-such-option"]})
    assert refused.status_code == 503, refused.text
    assert "--no-such-option" in error(refused)["message"]
    assert content(say(server, "steady")) == "7" and pids(server, "steady") == before
    versions = server.http.get(f"{DEPLOYMENTS}/steady/versions").json()["versions"]
    assert [v["state"] for v in versions] == ["active", "failed"] and "--no-such-option" in versions[1]["reason"]


# Memory


def budget(server: Nexus, share: float) -> str:
    """So much of what the starter model takes, as a setting."""
    return str(int(show(server, NAME)["memory"]["predicted_bytes"] * share))


def test_two_models_and_memory_for_one(start: Start) -> None:
    most = budget(start(), 1.5)
    models = "\n".join(f"  {name}: {{path: {MODEL}, autostart: false}}" for name in "abc")
    server = start(configuration=f"models:\n{models}\nhosting: {{memoryMax: {most}}}\n", model=None)
    for name in "abacabac":
        assert content(say(server, name)) == "7"
        stages = {one["name"]: one["stage"] for one in server.http.get(DEPLOYMENTS).json()["deployments"]}
        server._note_workers()
        assert stages[name] == "ready" and list(stages.values()).count("ready") == 1, stages
    # All at once: each comes in its turn, and none is refused.
    answers: list[str] = []

    def several(name: str) -> None:
        for _ in range(3):
            answers.append(content(say(server, name)))

    threads = [threading.Thread(target=several, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["7"] * 9


def test_what_does_not_fit_is_refused_with_its_numbers(start: Start) -> None:
    first = start()
    most = budget(first, 1.5)
    server = start("--hosting.memoryMax", most)
    answer = server.http.post(DEPLOYMENTS, json={"name": "wide", "model": str(MODEL), "replicas": 4})
    assert answer.status_code == 507 and error(answer)["code"] == "insufficient_memory"
    assert "MiB" in error(answer)["message"] and "hosting.memoryMax" in error(answer)["hint"]
    # What is pinned stays, and is named.
    change(server, NAME, pinned=True)
    make(server, "second")
    refused = say(server, "second")
    assert refused.status_code == 507 and NAME in error(refused)["hint"]
    assert order(server, NAME, "stop")["stage"] == "stopped"
    assert content(say(server, "second")) == "7"


# Faults


def test_a_server_that_is_killed_forgets_nothing(start: Start) -> None:
    server = start()
    folder = server.folder
    make(server, "kept", context_tokens=256, note="first")
    change(server, "kept", context_tokens=512, note="second")
    order(server, "kept", "rollback", note="third")
    make(server, "off", start=True)
    order(server, "off", "stop")
    make(server, "gone")
    assert server.http.delete(f"{DEPLOYMENTS}/gone").status_code == 204
    server._note_workers()
    server.kill()
    server.discard()
    until(lambda: not any(map(is_running, server._workers)), "workers end with their server")
    again = start(folder=folder)
    found = {one["name"]: one for one in again.http.get(DEPLOYMENTS).json()["deployments"]}
    assert set(found) == {NAME, "kept", "off"}
    assert found["kept"]["configuration"]["context_tokens"] == 256 and found["kept"]["version"] == 3
    assert found["off"]["stage"] == "stopped" and found["kept"]["stage"] == "unloaded"
    versions = again.http.get(f"{DEPLOYMENTS}/kept/versions").json()["versions"]
    assert [v["note"] for v in versions] == ["first", "second", "third"]
    assert content(say(again, "kept")) == "7"


def test_an_engine_that_dies_while_loading_tells_why(start: Start, tmp_path: Path) -> None:
    server = start()
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(MODEL.read_bytes()[: MODEL.stat().st_size // 2])
    make(server, "broken", model=str(broken))
    refused = say(server, "broken")
    assert refused.status_code == 503, refused.text
    assert "could not be started: " in error(refused)["message"]
    reason = error(refused)["message"].split("could not be started: ")[1]
    report = show(server, "broken")
    assert report["stage"] == "failed" and reason in report["failure"]
    assert any(line[:40] in reason for line in report["log_tail"]), (reason, report["log_tail"])
    # Others go on, and a good file mends it.
    assert content(say(server, NAME)) == "7"
    broken.write_bytes(MODEL.read_bytes())
    assert order(server, "broken", "start")["stage"] == "ready"


def test_a_file_that_is_replaced_under_a_worker(start: Start, tmp_path: Path) -> None:
    server = start()
    file = tmp_path / "mine.gguf"
    shutil.copy(MODEL, file)
    make(server, "mine", model=str(file), start=True)
    shutil.copy(MODEL, tmp_path / "next.gguf")
    os.replace(tmp_path / "next.gguf", file)
    assert show(server, "mine")["file_replaced"] is True
    assert content(say(server, "mine")) == "7"
    assert "file_replaced" not in order(server, "mine", "restart")
    log = server.http.get(f"{DEPLOYMENTS}/mine/logs").json()["lines"]
    assert sum("was replaced" in line["text"] for line in log) == 1


def test_a_model_in_use_is_not_deleted(start: Start, tmp_path: Path) -> None:
    server = start()
    shutil.copy(MODEL, tmp_path / "shared.gguf")
    answer = server.http.post("/api/v1/models/import", json={"path": str(tmp_path / "shared.gguf"), "name": "shared"})
    assert answer.status_code == 200
    make(server, "user", model="shared", start=True)
    refused = server.http.delete("/api/v1/models/shared")
    assert refused.status_code == 409 and "user" in error(refused)["message"]
    until(lambda: server.http.get("/api/v1/models/shared").json()["state"] == "ready", "the catalogue knows")
    # An answer keeps a deployment, too.
    with server.client() as client:
        chunks = iter(client.chat.completions.create(model="user", messages=STORY, stream=True, **ENDLESS))
        next(chunks)
        busy = server.http.delete(f"{DEPLOYMENTS}/user")
        assert busy.status_code == 409 and "answers 1" in error(busy)["message"]
        chunks.close()
    order(server, "user", "stop")
    until(lambda: server.http.get("/api/v1/models/shared").json()["state"] == "stopped", "the catalogue knows")
    assert server.http.delete("/api/v1/models/shared").status_code == 200


def test_another_model_answers_when_one_cannot(start: Start) -> None:
    server = start()
    make(server, "first", kind="remote", url="http://127.0.0.1:9/v1", model=None, fallback=[NAME])
    answer = say(server, "first")
    assert content(answer) == "7"
    assert answer.headers["x-nexus-model"] == NAME and answer.headers["x-nexus-fallback-for"] == "first"
    # What is wrong with the request is nobody's failure.
    assert say(server, "first", temperature="hot").status_code == 400
    assert "fallback" not in change(server, "first", fallback=None)["configuration"]
    assert say(server, "first").status_code == 503


# Replicas


def test_replicas_share_the_work_and_stand_in_for_each_other(start: Start) -> None:
    server = start()
    make(server, "many", replicas=2, parallel=1, start=True)
    until(lambda: [one["state"] for one in show(server, "many")["replicas"]] == ["ready"] * 2, "both are ready")
    two = pids(server, "many")
    with server.client() as client:

        def both_answer() -> bool:
            """Two answers at once, which may end before anybody looks."""
            streams = [
                client.chat.completions.create(model="many", messages=STORY, stream=True, **ENDLESS) for _ in range(2)]
            busy = [replica["in_flight"] for replica in show(server, "many")["replicas"]]
            for chunks in streams:
                chunks.close()
            return busy == [1, 1]

        until(both_answer, "each has one of two answers")
    os.kill(two[0], signal.SIGKILL)
    for _ in range(5):
        assert content(say(server, "many")) == "7"
    scaled = order(server, "many", "scale", replicas=1)
    assert scaled["version"] == 2
    until(lambda: len(pids(server, "many")) == 1, "one is left")
    assert content(say(server, "many")) == "7"


# Kinds


def test_a_program_of_any_kind(start: Start) -> None:
    server = start()
    run = f"'{BINARIES / 'nexus-engine'}' --model ${{MODEL}} --port ${{PORT}} --alias ${{NAME}}"
    made = cli(server, "deploy", "start", MODEL, "--name", "child", "--run", run, "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["stage"] == "ready"
    assert content(say(server, "child")) == "7"
    (pid,) = pids(server, "child")
    os.kill(pid, signal.SIGKILL)
    until(lambda: (found := pids(server, "child")) and found[0] != pid, "it is started again")
    assert content(say(server, "child")) == "7"
    # The API on the port may change it, but not what it runs.
    assert change(server, "child", remark="mine")["version"] == 2
    answer = server.http.patch(f"{DEPLOYMENTS}/child", json={"command": ["true"]})
    assert answer.status_code == 400
    failing = cli(server, "deploy", "start", "bad", "--run", "sh -c 'echo one; echo two >&2; exit 3'", "--set", "restart=never")
    assert failing.returncode == 1 and "two" in failing.stderr
    last = pids(server, "child")[0]
    order(server, "child", "stop")
    assert not is_running(last)


def test_a_server_elsewhere(start: Start, begin: Callable[..., Engine]) -> None:
    engine = begin("--alias", "far", "--api-key", "sesame")
    server = start()
    body = {"kind": "remote", "url": f"{engine.url}/v1", "upstream_model": "far", "api_key": "sesame", "model": None}
    make(server, "near", **body, health_path="/health", start=True)
    with server.client() as client:
        assert ask(client, SUM, model="near") == "7"
        models = {model.id: model.model_extra or {} for model in client.models.list()}
        assert "near" in models
    shown = show(server, "near")
    assert shown["stage"] == "ready" and "sesame" not in json.dumps(shown)
    assert "sesame" not in server.http.get(f"{DEPLOYMENTS}/near/versions").text
    engine.stop()
    refused = say(server, "near")
    assert refused.status_code == 503 and int(refused.headers["retry-after"]) >= 1


@contextmanager
def docker(folder: Path) -> Iterator[Docker]:
    folder.mkdir()
    stub = Docker(folder)
    try:
        yield stub
    finally:
        stub.close()


def test_a_container_over_the_engines_protocol(start: Start, tmp_path: Path) -> None:
    """Against a stub of the Docker Engine API: see `support/docker.py`."""
    with docker(tmp_path / "docker") as stub:
        server = start("--hosting.dockerSocket", str(stub.path), "--hosting.allowCommands")
        made = server.http.post(DEPLOYMENTS, json={
            "name": "boxed", "kind": "container", "image": IMAGE, "port": 8000, "memory_max": 256 << 20,
            "environment": {"LANG": "C"}, "binds": ["/models:/models:ro"], "start": True})
        assert made.status_code == 201, made.text
        assert content(say(server, "boxed")) == "7"
        (container,) = stub.containers.values()
        assert container.wanted["HostConfig"]["Memory"] == 256 << 20
        assert container.wanted["HostConfig"]["Binds"] == ["/models:/models:ro"]
        assert show(server, "boxed")["replicas"][0]["process_id"] == container.process.pid
        assert any("ready" in line["text"] for line in server.http.get(f"{DEPLOYMENTS}/boxed/logs").json()["lines"])
        # A swap makes a second one, and removes the first.
        change(server, "boxed", environment={"LANG": "C.UTF-8"})
        assert content(say(server, "boxed")) == "7"
        until(lambda: len(stub.containers) == 1 and stub.made == 2, "one container is left")
        order(server, "boxed", "stop")
        until(lambda: not stub.containers, "none is left")
        missing = server.http.post(DEPLOYMENTS, json={
            "name": "none", "kind": "container", "image": "no/such:image", "start": True})
        assert missing.status_code == 503 and "No such image" in error(missing)["message"]


# The terminal


def test_the_commands_of_the_terminal(start: Start) -> None:
    server = start()

    def run(*arguments: str | Path) -> str:
        done = cli(server, "deploy", *arguments)
        assert done.returncode == 0, done.stderr
        server._note_workers()
        return done.stdout

    assert "ready" in run("start", MODEL, "--name", "one", "--context-tokens", "256", "--note", "why")
    assert "ready" in run("--model", str(MODEL), "--name", "two", "--set", "priority=high")
    assert "ready" in run("start", "one")
    rows = {line.split()[0]: line.split() for line in run("list").splitlines()[1:]}
    assert rows["one"][1:3] == ["ready", "engine"] and set(rows) == {NAME, "one", "two"}
    assert json.loads(run("status", "two", "--json"))["configuration"]["priority"] == "high"
    assert "version       2 of 2" in run("change", "one", "--context-tokens", "512", "--note", "more")
    assert "why" in run("versions", "one") and "active" in run("versions", "one")
    assert run("diff", "one").splitlines() == ["- context_tokens  256", "+ context_tokens  512"]
    assert "version       3 of 3" in run("rollback", "one")
    assert "version 3 is active" in run("logs", "one")
    assert "stopped" in run("stop", "one") and "ready" in run("restart", "one")
    assert run("rm", "one") == "removed one\n"
    unknown = cli(server, "deploy", "status", "one")
    assert unknown.returncode == 1 and "no deployment 'one'" in unknown.stderr
    assert cli(server, "deploy").returncode == 2
    assert "deploy rollback" in cli(server, "deploy", "--help").stdout


def test_a_log_is_followed(start: Start) -> None:
    server = start()
    make(server, "loud")
    seen: list[dict[str, Any]] = []
    with server.http.stream("GET", f"{DEPLOYMENTS}/loud/logs", params={"follow": "true"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        threading.Thread(target=lambda: say(server, "loud")).start()
        lines = answer.iter_lines()
        while not seen or seen[-1]["text"] != "ready":
            if (line := next(lines)).startswith("data: "):
                seen.append(json.loads(line[6:]))
    assert [line["number"] for line in seen] == list(range(1, len(seen) + 1))
    assert seen[0]["stream"] == "event" and seen[0]["text"].startswith("started")
    # The server ends although somebody reads.
    with server.http.stream("GET", f"{DEPLOYMENTS}/loud/logs", params={"follow": "true", "tail": 1}) as answer:
        lines = answer.iter_lines()
        next(lines)
        server.process.send_signal(signal.SIGTERM)
        assert all(not line or line.startswith(("data: ", "id: ", ":")) for line in lines)
    assert server.wait() == 0
    server.check_nothing_left()
