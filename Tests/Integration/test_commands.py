"""The commands of `nexus` as people type them."""

import json
from pathlib import Path

import pytest
from support.program import MODEL
from support.servers import Nexus, command

CONFIGURATION = """\
server: {port: 1234}
storage: {url: "postgresql://user:SECRETVALUE1@nowhere/x"}
telemetry: {otlp: {headers: {authorization: SECRETVALUE2}}}
models:
  remote: {url: "http://127.0.0.1:9/v1", upstreamModel: other, apiKey: SECRETVALUE3}
profiles:
  small: {engine: {parallel: 1}}
"""


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    (tmp_path / "nexus.yaml").write_text(CONFIGURATION)
    return tmp_path


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["help"], []])
def test_help_names_every_command(tmp_path: Path, arguments: list[str]) -> None:
    done = command(tmp_path, *arguments)
    assert done.returncode == 0 and done.stderr == ""
    for name in ("serve", "chat", "engine", "config show"):
        assert f"\n  {name}" in done.stdout


def test_help_of_a_command_names_its_settings(tmp_path: Path) -> None:
    done = command(tmp_path, "serve", "--help")
    assert done.returncode == 0
    for name in ("--model FILE", "--port PORT", "--storage.url", "--models.<name>.path", "--server.tls.certificate"):
        assert name in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 120


def test_the_version(tmp_path: Path) -> None:
    for arguments in (["version"], ["--version"]):
        done = command(tmp_path, *arguments)
        assert done.returncode == 0 and done.stdout.startswith("Llama Nexus ")


def test_the_table_tells_where_each_value_comes_from(configured: Path) -> None:
    done = command(
        configured, "config", "show", "--config", "nexus.yaml", "--host", "0.0.0.0", "--profile", "small",
        variables={"NEXUS_LOG_LEVEL": "debug"})
    assert done.returncode == 0
    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in done.stdout.splitlines()}
    assert rows["server.host"].split() == ["0.0.0.0", "--host"]
    assert rows["server.port"].split() == ["1234", "nexus.yaml:1:16"]
    assert rows["log.level"].split() == ["debug", "NEXUS_LOG_LEVEL"]
    assert rows["log.format"].split() == ["auto", "default"]
    assert rows["engine.parallel"].startswith("1 ") and rows["engine.parallel"].endswith("(profile small)")
    assert rows["models.remote.upstreamModel"].startswith("other ")


def test_json_and_yaml_say_the_same(configured: Path) -> None:
    shown = command(configured, "config", "show", "--config", "nexus.yaml", "--format", "json")
    entries = {entry["key"]: entry for entry in json.loads(shown.stdout)}
    assert entries["server.port"] == {
        "key": "server.port", "value": 1234, "source": "nexus.yaml:1:16", "secret": False}
    assert entries["storage.url"]["secret"] is True
    exported = command(configured, "config", "show", "--config", "nexus.yaml", "--format", "yaml")
    (configured / "again.yaml").write_text(exported.stdout)
    again = command(configured, "config", "show", "--config", "again.yaml", "--format", "json")
    values = {entry["key"]: entry["value"] for entry in json.loads(again.stdout)}
    assert all(
        values.get(key) == entry["value"] for key, entry in entries.items() if not entry["secret"]), again.stderr


@pytest.mark.parametrize("style", ["table", "json", "yaml"])
def test_secrets_are_never_shown(configured: Path, style: str) -> None:
    done = command(
        configured, "config", "show", "--config", "nexus.yaml", "--format", style,
        variables={"NEXUS_TELEMETRY_OTLP_HEADERS": "x=SECRETVALUE4"})
    assert done.returncode == 0 and "SECRETVALUE" not in done.stdout + done.stderr


def test_every_mistake_is_told_with_line_and_suggestion(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(
        "server:\n  prot: 1\n  host: 7\nmodels:\n  a: {url: 'http://x', apiKey: [SECRETVALUE]}\n")
    done = command(tmp_path, "serve", "--config", "bad.yaml", "--port", "99999")
    assert done.returncode == 78 and done.stdout == ""
    assert "bad.yaml:2:3: server.prot is not a known key; did you mean server.port?" in done.stderr
    assert "bad.yaml:3:" in done.stderr and "--port: server.port must be an integer" in done.stderr
    assert "SECRETVALUE" not in done.stderr


@pytest.mark.parametrize("text", ["server: [", "a: &x [*x]", "\t- x", "server: {port: 1, port: 2}", "\x00"])
def test_files_that_are_no_configuration(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    done = command(tmp_path, "config", "show", "--config", "bad.yaml")
    assert done.returncode == 78 and "bad.yaml:" in done.stderr


def test_a_profile_that_does_not_exist(configured: Path) -> None:
    done = command(configured, "config", "show", "--config", "nexus.yaml", "--profile", "smal")
    assert done.returncode == 78 and "small" in done.stderr


@pytest.mark.parametrize("arguments", [["sevre"], ["serve", "--prot", "1"], ["chat", "a", "b"], ["config"]])
def test_command_lines_that_are_not_understood(tmp_path: Path, arguments: list[str]) -> None:
    done = command(tmp_path, *arguments)
    assert done.returncode == 2 and done.stdout == "" and "--help" in done.stderr


def test_chat_asks_a_running_server(nexus: Nexus, tmp_path: Path) -> None:
    done = command(tmp_path, "chat", "What is 3 + 4?", "--temperature", "0", "--url", nexus.url)
    assert (done.returncode, done.stdout) == (0, "7\n"), done.stderr
    assert nexus.url in done.stderr


def test_chat_starts_an_engine_of_its_own(tmp_path: Path) -> None:
    done = command(tmp_path, "chat", "What is 3 + 4?", "--temperature", "0", "--model", MODEL)
    assert (done.returncode, done.stdout) == (0, "7\n"), done.stderr


def test_chat_reads_a_conversation_from_a_pipe(nexus: Nexus, tmp_path: Path) -> None:
    done = command(
        tmp_path, "chat", "--temperature", "0", "-u", nexus.url, stdin="My name is Zorin.\nWhat is my name?\n")
    assert (done.returncode, done.stdout) == (0, "Hello Zorin!\nYour name is Zorin.\n"), done.stderr


def test_chat_tells_when_nobody_answers(nexus: Nexus, tmp_path: Path) -> None:
    nobody = command(tmp_path, "chat", "hi", "--url", "http://127.0.0.1:9")
    assert nobody.returncode == 1 and "nexus serve" in nobody.stderr
    unknown = command(tmp_path, "chat", "hi", "--url", nexus.url, "--name", "other")
    assert unknown.returncode == 1 and "tiny-chat" in unknown.stderr


@pytest.mark.parametrize("words", ["users list", "limits list", "deploy list", "budgets list"])
def test_a_command_that_ends_at_once_complains_of_nothing(tmp_path: Path, words: str) -> None:
    for _ in range(6):
        done = command(tmp_path, *words.split(), "--data-dir", tmp_path / "data")
        assert done.returncode == 0, done.stderr
        told = [line for line in done.stderr.splitlines() if "a key for secrets was made" not in line]
        assert told == [], "parts that were still starting are no trouble"
