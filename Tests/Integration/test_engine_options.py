"""`nexus engine` started with the command lines that people write for llama-server."""

import json
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest
from support.program import BINARIES, MODEL, Program, environment
from support.talk import SUM

KEY = "sk-one"


class Stand(Program):
    """`nexus engine` in llama-server's place."""

    def __init__(self, folder: Path, *arguments: str | Path, **variables: str) -> None:
        command = [BINARIES / "nexus", "engine", *arguments, "--log-format", "json"]
        super().__init__(command, environment(folder, **variables), folder)
        self.ready = json.loads(self.line('"event":"ready"'))
        self.url = f"http://127.0.0.1:{self.ready['port']}"

    def client(self, key: str) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=key, max_retries=0, timeout=60)


def refuse(folder: Path, *arguments: str | Path, status: int, **variables: str) -> str:
    """The message of an engine that does not start."""
    done = subprocess.run(
        [str(BINARIES / "nexus"), "engine", *map(str, arguments)], env=environment(folder, **variables),
        capture_output=True, text=True, timeout=60, cwd=folder)
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    return done.stderr


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("stand")
    keys = folder / "keys"
    keys.write_text("# the team's\n\nsk-two\n")
    engine = Stand(
        folder, "-m", MODEL, "--host", "127.0.0.1", "--port", "0", "-c", "2048", "-np", "2", "-t", "1", "-b", "256",
        "-ub", "128", "--alias", "x,y", "--api-key", KEY, "--api-key-file", keys, "--metrics", "--slots", "--jinja",
        "-cb", "-fa", "auto", "-ngl", "0", "--no-webui", "--temp", "0", "--top-k", "1", "-kvu", "--no-warmup",
        "--reasoning-format", "auto", "-to", "60", "--log-disable", "--cache-reuse", "128",
        LLAMA_ARG_ALIAS="from-the-environment")
    yield engine
    assert engine.end() == 0, "\n".join(engine.errors[-20:])


@pytest.mark.parametrize("key", [KEY, "sk-two"])
def test_a_client_with_a_key_is_answered(stand: Stand, key: str) -> None:
    with stand.client(key) as client:
        assert [model.id for model in client.models.list()][0] == "x"
        answer = client.chat.completions.create(model="x", messages=SUM)
        assert "7" in (answer.choices[0].message.content or "")


@pytest.mark.parametrize("key", ["sk-three", "sk-on", "none"])
def test_a_client_without_a_key_is_not(stand: Stand, key: str) -> None:
    with stand.client(key) as client, pytest.raises(openai.AuthenticationError) as error:
        client.chat.completions.create(model="x", messages=SUM)
    assert error.value.status_code == 401 and error.value.code == "invalid_api_key"
    assert error.value.type == "authentication_error"


def test_which_paths_are_open(stand: Stand) -> None:
    for path, status in (("/health", 200), ("/ready", 200), ("/v1/models", 401), ("/metrics", 401), ("/x", 401)):
        assert httpx.get(f"{stand.url}{path}", timeout=10).status_code == status, path
    answer = httpx.get(f"{stand.url}/metrics", headers={"X-Api-Key": KEY}, timeout=10)
    assert answer.status_code == 200 and "nexus_engine_steps" in answer.text


def test_what_has_no_effect_is_told_and_no_key_is(stand: Stand) -> None:
    lines = [json.loads(line) for line in list(stand.errors)]
    options = {line["option"] for line in lines if "option" in line}
    assert {"-cb", "--jinja", "--no-warmup", "--log-disable", "--cache-reuse"} == options
    assert "sk-" not in "\n".join(stand.errors + stand.output)


def test_variables_of_llama_server(tmp_path: Path) -> None:
    engine = Stand(
        tmp_path, "--port", "0", LLAMA_ARG_MODEL=str(MODEL), LLAMA_ARG_ALIAS="env", LLAMA_ARG_N_PARALLEL="1",
        LLAMA_API_KEY=KEY, LLAMA_ARG_THREADS="1")
    assert engine.ready["model"] == "env"
    with engine.client(KEY) as client:
        assert client.models.list().data
    assert httpx.get(f"{engine.url}/v1/models", timeout=10).status_code == 401
    assert engine.end() == 0


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--ctx-siez", "1"], "did you mean --ctx-size?"),
        (["--mmproj-url", "http://x/p.gguf"], "not fetched"),
        (["--port", "x"], "an integer from 0 to 65535"),
        (["-np", "0"], "-np must be"),
    ])
def test_a_command_line_that_is_not_understood(tmp_path: Path, arguments: list[str], part: str) -> None:
    assert part in refuse(tmp_path, "-m", MODEL, *arguments, status=2)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "cannot be read" in refuse(tmp_path, "-m", MODEL, "--api-key-file", tmp_path / "none", status=1)
    empty = tmp_path / "keys"
    empty.write_text("# nobody\n")
    assert "no API key" in refuse(tmp_path, "-m", MODEL, "--api-key-file", empty, status=1)


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def adapter(architecture: str) -> bytes:
    """A GGUF file that says it is an adapter, with one tensor that no model has."""
    values = {"general.type": "adapter", "general.architecture": architecture, "adapter.type": "lora"}
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(values))
    head += b"".join(text(key) + struct.pack("<I", 8) + text(value) for key, value in values.items())
    head += text("stray.lora_a") + struct.pack("<IQIQ", 1, 1, 0, 0)
    return head + bytes(-len(head) % 32) + bytes(32)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"GGUF", "file ends"), (b"hello, I am no adapter", "magic"), (MODEL.read_bytes(), "general.type"),
        (adapter("gemma3"), "gemma3"), (adapter("llama"), "no tensor stray"),
    ])
def test_an_adapter_that_does_not_fit_ends_the_start(tmp_path: Path, content: bytes, part: str) -> None:
    file = tmp_path / "adapter.gguf"
    file.write_bytes(content)
    message = refuse(tmp_path, "-m", MODEL, "--port", "0", "--lora-scaled", f"{file}:0.5", status=1)
    assert "adapter.gguf cannot be used" in message and part in message


def test_help_and_version(tmp_path: Path) -> None:
    for argument, part in (("--help", "--ctx-size N"), ("-h", "Sampling where"), ("--version", ".")):
        done = subprocess.run(
            [str(BINARIES / "nexus"), "engine", argument], env=environment(tmp_path), capture_output=True, text=True,
            timeout=30)
        assert done.returncode == 0 and part in done.stdout
