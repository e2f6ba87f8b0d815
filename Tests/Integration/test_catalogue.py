"""The catalogue as its users meet it: events as they come, many files, strange names, checkpoints, cards, and commands."""

import json
import os
import pty
import struct
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.catalogue import changes, ollama_store, show, small, state, take_in
from support.polling import until
from support.program import BINARIES, MODEL, environment
from support.servers import Nexus, command

Start = Callable[..., Nexus]


# Events as they come


def stream(server: Nexus, path: str, count: int, **headers: str) -> list[tuple[str, dict[str, Any]]]:
    """The first events of a stream, with their ids."""
    found = []
    with server.http.stream("GET", path, headers={"Accept": "text/event-stream"} | headers) as answer:
        assert answer.status_code == 200 and answer.headers["content-type"] == "text/event-stream"
        number = ""
        for line in answer.iter_lines():
            if line.startswith("id:"):
                number = line[3:].strip()
            if line.startswith("data:"):
                found.append((number, json.loads(line[5:])))
                if len(found) == count:
                    break
    return found


def test_events_come_as_they_happen_and_go_on_after_a_broken_line(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    until(lambda: state(server, "tiny-chat") == "ready", "ready")
    got: list[tuple[str, dict[str, Any]]] = []
    # From the first one on: what was before the client came is told, too.
    reader = threading.Thread(target=lambda: got.extend(stream(server, "/api/v1/models/events?after=0", 5)))
    reader.start()
    take_in(server, small(tmp_path / "m" / "late.gguf"))
    server.http.patch("/api/v1/models/late", json={"rating": 3})
    reader.join(20)
    assert not reader.is_alive()
    assert [event["event"] for _, event in got] == [
        "files_found", "load_started", "load_finished", "files_found", "described"]
    numbers = [int(number) for number, _ in got]
    assert numbers == sorted(numbers) and all(number == event["number"] for number, (_, event) in zip(numbers, got))
    rest = stream(server, "/api/v1/models/events", 1, **{"Last-Event-ID": str(numbers[3])})
    assert [event["event"] for _, event in rest] == ["described"]
    of_one = stream(server, "/api/v1/models/late/events?after=0", 2)
    assert [event["model"] for _, event in of_one] == ["late", "late"]
    page = server.http.get(f"/api/v1/models/events?after={numbers[0]}&limit=2").json()["events"]
    assert [event["number"] for event in page] == numbers[1:3]


def test_followers_do_not_hold_the_end_up(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    seen = threading.Event()

    def follow() -> None:
        with httpx.stream("GET", f"{server.url}/api/v1/models/events?after=0", timeout=60, headers={
                "Accept": "text/event-stream"}) as answer:
            for _ in answer.iter_lines():
                seen.set()

    reader = threading.Thread(target=follow)
    reader.start()
    assert seen.wait(20)
    server.stop(seconds=8)
    reader.join(10)
    assert not reader.is_alive()


# Folders


def test_ten_thousand_models(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    content = small(tmp_path / "one.gguf").read_bytes()
    for number in range(10_000):
        folder = tmp_path / "many" / f"{number // 100:02}"
        if number % 100 == 0:
            folder.mkdir(parents=True)
        # Each hundredth has the same name in every folder.
        name = "same" if number % 100 == 0 else f"m{number:05}"
        (folder / f"{name}.gguf").write_bytes(content)
    report = server.http.post("/api/v1/models/import", json={"path": str(tmp_path / "many")}, timeout=300).json()
    assert report["problems"] == [] and len(report["added"]) == len(set(report["added"])) == 10_000
    assert {"same", "01/same", "99/same", "m09999"} <= set(report["added"])
    assert server.http.get("/api/v1/models?limit=1").json()["total"] == 10_001
    again = server.http.post("/api/v1/models/import", json={"path": str(tmp_path / "many")}, timeout=300).json()
    assert len(again["unchanged"]) == 10_000


def test_many_models_of_one_name(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    for number in range(40):
        # The folder above has the same name everywhere, too.
        small(tmp_path / "m" / str(number) / "same" / "same.gguf")
    report = take_in(server, tmp_path / "m")
    assert report["problems"] == [] and len(set(report["added"])) == 40
    assert {"same", "same/same", "same-2", "same-9"} <= set(report["added"])


STRANGE = [
    "\x1b[31mred\x1b[0m.gguf", "two\nlines.gguf", "\u202egpj.gguf", "a b;rm -rf ~.gguf", "$(reboot).gguf",
    "-rf.gguf", "..gguf", "\u0430\u0440\u0440le.gguf", "'quoted\".gguf", "%2e%2e%2f.gguf", "\U0001f600.gguf",
]


def test_names_with_hostile_characters(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    for name in STRANGE:
        small(tmp_path / "m" / name)
    data = ["--data-dir", tmp_path / "data"]
    done = command(tmp_path, "models", "import", tmp_path / "m", *data)
    assert done.returncode == 0 and done.stdout.count("added  ") == len(STRANGE), done.stderr
    listed = server.http.get("/api/v1/models?origin=folder").json()["models"]
    assert {model["files"][0]["path"] for model in listed} == {str(tmp_path / "m" / name) for name in STRANGE}
    for model in listed:
        assert all(character.isascii() and (character.isalnum() or character in "-_.+@/:") for character in model["name"])
        # Whatever the file is called, it is shown on its line and steers nothing.
        shown = command(tmp_path, "models", "show", model["name"], *data)
        assert shown.returncode == 0, shown.stderr
        for character in ("\x1b", "\u202e"):
            assert character not in shown.stdout
        assert len([line for line in shown.stdout.splitlines() if line.startswith("  weights")]) == 1
    refused = command(tmp_path, "models", "show", "\x1b[31mred", *data)
    assert refused.returncode == 1 and "\x1b" not in refused.stderr and "U+001B" in refused.stderr


def checkpoint(folder: Path, shards: int = 1, config: bool = True) -> Path:
    """A folder as trainers save it, with weights of one small tensor each."""
    folder.mkdir(parents=True)
    names = {}
    for number in range(1, shards + 1):
        file = "model.safetensors" if shards == 1 else f"model-{number:05}-of-{shards:05}.safetensors"
        header = json.dumps({f"layer.{number}": {"dtype": "F16", "shape": [4, 8], "data_offsets": [0, 64]}}).encode()
        (folder / file).write_bytes(struct.pack("<Q", len(header)) + header + bytes(64))
        names[f"layer.{number}"] = file
    if shards > 1:
        (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": names}))
    if config:
        (folder / "config.json").write_text(json.dumps({
            "architectures": ["LlamaForCausalLM"], "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
            "max_position_embeddings": 4096, "vocab_size": 100}))
    return folder


def test_checkpoints_are_models_as_a_whole(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    checkpoint(tmp_path / "m" / "small-llama")
    checkpoint(tmp_path / "m" / "large-llama", shards=3)
    checkpoint(tmp_path / "m" / "adapter", config=False)
    report = take_in(server, tmp_path / "m")
    assert sorted(report["added"]) == ["large-llama:F16", "small-llama:F16"]
    assert "config.json" in report["problems"][0]["reason"]
    model = show(server, "large-llama")
    assert [file["role"] for file in model["files"]] == ["weights"] * 3 + ["other"] * 2
    assert model["metadata"]["format"] == "safetensors" and model["metadata"]["parameter_count"] == 96
    assert model["metadata"]["architecture"] == "LlamaForCausalLM" and model["metadata"]["context_length"] == 4096
    assert server.http.get("/api/v1/models?format=safetensors").json()["total"] == 2
    shard = tmp_path / "m" / "large-llama" / "model-00002-of-00003.safetensors"
    assert take_in(server, shard)["unchanged"] == ["large-llama:F16"]
    shard.write_bytes(struct.pack("<Q", 2) + b"[]")
    torn = take_in(server, tmp_path / "m" / "large-llama")
    assert torn["added"] == [] and "model-00002-of-00003" in json.dumps(torn["problems"])


CARD = """---
language: en
license: "apache-2.0"
---
# Small

A **card**.
"""


def test_a_card_beside_the_files(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    small(tmp_path / "carded" / "carded-F16.gguf")
    (tmp_path / "carded" / "README.md").write_text(CARD)
    small(tmp_path / "plain" / "plain-F16.gguf")
    (tmp_path / "plain" / "README.md").write_text("# My models\n")
    take_in(server, tmp_path / "carded" / "carded-F16.gguf")
    take_in(server, tmp_path / "plain")
    model = show(server, "carded")
    assert model["texts"]["card"] == CARD and model["metadata"]["license"] == "apache-2.0"
    assert "card" not in show(server, "plain")["texts"]
    data = ["--data-dir", tmp_path / "data"]
    assert command(tmp_path, "models", "show", "carded", "--text", "card", *data).stdout == CARD + "\n"
    none = command(tmp_path, "models", "show", "plain", "--text", "card", *data)
    assert none.returncode == 1 and "no card" in none.stderr


# What is measured and said of a model


def test_what_was_measured_here_is_shown(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    assert show(server, "tiny-chat")["benchmarks"] == []
    done = server.http.post("/api/v1/speed", json={"model": "tiny-chat"}, timeout=120)
    assert done.status_code == 200, done.text
    measured = show(server, "tiny-chat")["benchmarks"]
    assert len(measured) == len(done.json()["runs"]) and measured[0]["kind"] == "speed"
    assert measured[0]["values"]["tokens_per_second"] > 0
    shown = command(tmp_path, "models", "show", "tiny-chat", "--data-dir", tmp_path / "data").stdout
    assert "measured" in shown and "tokens/s" in shown


# Commands


def test_opinions_and_events_from_the_terminal(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    data = ["--data-dir", tmp_path / "data"]
    take_in(server, small(tmp_path / "m" / "good.gguf"))
    edited = command(tmp_path, "models", "edit", "good", "--rating", "4", "--notes", "Sums.", "--tags", "a, b", *data)
    assert edited.returncode == 0 and "4 of 5" in edited.stdout and "a, b" in edited.stdout, edited.stderr
    command(tmp_path, "models", "edit", "good", "--clear", "rating", "--tags", ",", *data)
    model = show(server, "good")
    assert (model["rating"], model["notes"], model["tags"]) == (None, "Sums.", [])
    nothing = command(tmp_path, "models", "edit", "good", *data)
    assert nothing.returncode == 1 and "--rating" in nothing.stderr
    events = command(tmp_path, "models", "events", "good", *data).stdout.splitlines()
    assert "unknown → downloaded" in events[0] and "described" in events[-1]
    command(tmp_path, "models", "rm", "good", *data)
    assert "deleted" in command(tmp_path, "models", "events", "good", *data).stdout
    follower = subprocess.Popen(
        [BINARIES / "nexus", "models", "events", "--follow", "--json", *map(str, data)], stdout=subprocess.PIPE,
        text=True, env=environment(tmp_path), cwd=tmp_path)
    try:
        assert follower.stdout
        take_in(server, small(tmp_path / "m" / "next.gguf"))
        for line in follower.stdout:
            if json.loads(line)["model"] == "next":
                break
    finally:
        follower.terminate()
        follower.wait(10)


def test_an_import_that_brings_nothing_has_failed(tmp_path: Path) -> None:
    data = ["--data-dir", tmp_path / "data"]
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 10**18, 0))
    bad = command(tmp_path, "models", "import", "bad.gguf", *data)
    assert bad.returncode == 1 and "tensor count" in bad.stdout and "No model was taken in" in bad.stderr
    (tmp_path / "empty").mkdir()
    empty = command(tmp_path, "models", "import", "empty", *data)
    assert empty.returncode == 1 and empty.stdout == "" and str(tmp_path / "empty") in empty.stderr


def test_what_the_configuration_serves_is_not_deleted_by_the_way(tmp_path: Path) -> None:
    data = ["--data-dir", tmp_path / "data"]
    listed = command(tmp_path, "models", "list", *data)
    assert "tiny-chat" in listed.stdout, listed.stderr
    refused = command(tmp_path, "models", "rm", "tiny-chat", *data)
    assert refused.returncode == 1 and "configuration" in refused.stderr and "--force" in refused.stderr
    assert "deleted tiny-chat" in command(tmp_path, "models", "rm", "--force", "tiny-chat", *data).stdout
    assert MODEL.exists()
    # The next platform has it again.
    assert "tiny-chat" in command(tmp_path, "models", "list", *data).stdout


def test_many_commands_at_once_without_a_server(tmp_path: Path) -> None:
    data = ["--data-dir", tmp_path / "data"]
    count = 12
    for number in range(count):
        small(tmp_path / f"f{number}" / f"c{number}.gguf")
    done: list[subprocess.CompletedProcess[str]] = []

    def one(number: int) -> None:
        done.append(command(tmp_path, "models", "import", f"f{number}", *data))
        # Several requests of one command, while other commands end.
        done.append(command(tmp_path, "models", "show", f"c{number}", *data))

    threads = [threading.Thread(target=one, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(done) == 2 * count
    assert [result.stderr for result in done if result.returncode] == []
    listed = json.loads(command(tmp_path, "models", "list", "--json", *data).stdout)
    assert {f"c{number}" for number in range(count)} <= {model["name"] for model in listed["models"]}
    assert not (tmp_path / "data" / "nexus.sock").exists()


def terminal(folder: Path, *arguments: str, **variables: str) -> str:
    """What a command writes where a person looks."""
    outer, inner = pty.openpty()
    try:
        subprocess.run(
            [BINARIES / "nexus", *arguments], stdout=inner, stderr=inner, stdin=subprocess.DEVNULL, cwd=folder, timeout=60,
            env=environment(folder, TERM="xterm", **variables), check=True)
        return os.read(outer, 65_536).decode()
    finally:
        os.close(inner)
        os.close(outer)


def test_colours_are_for_people_who_want_them(tmp_path: Path) -> None:
    arguments = ["models", "list", "--data-dir", str(tmp_path / "data")]
    assert "\x1b[1m" in terminal(tmp_path, *arguments)
    assert "\x1b" not in terminal(tmp_path, *arguments, NO_COLOR="1")


def test_a_store_whose_model_serves_is_not_changed(start: Start, tmp_path: Path) -> None:
    store = ollama_store(tmp_path / "ollama")
    server = start(folder=tmp_path)
    take_in(server, store)
    before = sorted((path.name, path.stat().st_mtime_ns) for path in store.rglob("*"))
    assert take_in(server, store)["unchanged"] == ["greeter:1.8m"]
    assert changes(server, "greeter:1.8m") == ["files_found"]
    assert sorted((path.name, path.stat().st_mtime_ns) for path in store.rglob("*")) == before
    assert show(server, "greeter:1.8m")["byte_count"] == MODEL.stat().st_size


@pytest.mark.parametrize("accept", ["application/json", "*/*"])
def test_events_are_a_list_for_those_who_do_not_stream(nexus: Nexus, accept: str) -> None:
    answer = nexus.http.get("/api/v1/models/events?limit=1", headers={"Accept": accept})
    assert len(answer.json()["events"]) == 1
