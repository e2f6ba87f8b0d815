"""Tokens guessed ahead: answers stay what they are, and a client sees what guesses were worth."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.program import BINARIES, MODEL, Program, environment

COPY = [{"role": "user", "content": "Repeat: one two three one two three one two three"}]


class Worker(Program):
    def __init__(self, folder: Path, *arguments: str | Path) -> None:
        command = [
            BINARIES / "nexus", "engine", "-m", MODEL, "--port", "0", "-t", "1", "-np", "2", "-c", "2048", "--temp", "0",
            "-ctk", "f32", "-ctv", "f32", "-fa", "off", "--metrics", *arguments, "--log-format", "json"]
        super().__init__(command, environment(folder), folder)
        ready = json.loads(self.line('"event":"ready"'))
        self.url = f"http://127.0.0.1:{ready['port']}"

    def ask(self, **fields: object) -> httpx.Response:
        body = {"messages": COPY, "max_tokens": 60} | fields
        return httpx.post(f"{self.url}/v1/chat/completions", json=body, timeout=60)


def started(folder: Path, *arguments: str | Path) -> Iterator[Worker]:
    worker = Worker(folder, *arguments)
    yield worker
    assert worker.end() == 0, "\n".join(worker.errors[-20:])


@pytest.fixture(scope="module")
def guessing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    yield from started(tmp_path_factory.mktemp("guessing"), "-md", MODEL, "--draft-max", "5", "--no-spec-tune")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    yield from started(tmp_path_factory.mktemp("plain"))


def test_answers_are_the_same_and_tell_of_guesses(guessing: Worker, plain: Worker) -> None:
    ours, theirs = guessing.ask().json(), plain.ask().json()
    assert ours["choices"] == theirs["choices"]
    assert ours["usage"]["completion_tokens"] == theirs["usage"]["completion_tokens"]
    assert 0 < ours["timings"]["draft_n_accepted"] <= ours["timings"]["draft_n"]
    assert "draft_n" not in theirs["timings"]


@pytest.mark.parametrize("fields", [{"speculative.n_max": 0}, {"speculative": {"n_max": 0}}])
def test_a_request_may_go_without(guessing: Worker, fields: dict[str, object]) -> None:
    assert "draft_n" not in guessing.ask(**fields).json()["timings"]


@pytest.mark.parametrize(("fields", "path"), [
    ({"speculative.n_max": -1}, "speculative.n_max"), ({"speculative": {"p_min": 2}}, "speculative.p_min"),
    ({"speculative": 3}, "speculative"), ({"speculative.n_min": 10**30}, "speculative.n_min"),
])
def test_a_wrong_limit_is_named(guessing: Worker, fields: dict[str, object], path: str) -> None:
    answer = guessing.ask(**fields)
    assert answer.status_code == 400
    assert path in answer.text


def test_slots_and_metrics_tell_of_guesses(guessing: Worker, plain: Worker) -> None:
    guessing.ask()
    assert all(slot["speculative"] for slot in httpx.get(f"{guessing.url}/slots").json())
    assert not any(slot["speculative"] for slot in httpx.get(f"{plain.url}/slots").json())
    metrics = httpx.get(f"{guessing.url}/metrics").text
    assert 'nexus_engine_draft_tokens{position="0"}' in metrics
    assert 'nexus_engine_draft_tokens_accepted{position="4"}' in metrics
    assert 'position="5"' not in metrics


def test_the_comparison_prints_a_table_and_ends(tmp_path: Path) -> None:
    prompt = tmp_path / "prompt"
    prompt.write_text("Repeat: one two three one two three")
    command = [
        BINARIES / "nexus", "engine", "-m", MODEL, "-md", MODEL, "-t", "1", "-n", "20", "--compare-speculation",
        "--prompt-file", prompt, "--log-level", "error"]
    done = subprocess.run(
        list(map(str, command)), env=environment(tmp_path), capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "tokens/s" in lines[0] and "same text" in lines[0]
    assert [line.split("  ")[0] for line in lines[1:5]] == ["plain", "look-up", "draft", "look-up and draft"]
