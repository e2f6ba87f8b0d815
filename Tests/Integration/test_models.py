"""The model catalogue: imports, life cycle, deletion, and the commands of the terminal that reach it over the socket."""

import json
import os
import shutil
import struct
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gguf
import httpx
import pytest
from support.catalogue import PREFIX, changes, ollama_store, show, small, state, take_in
from support.polling import until
from support.program import BINARIES, MODEL
from support.servers import Nexus, command

Start = Callable[..., Nexus]


# What the configuration names


def test_a_configured_model_is_there_with_what_its_file_tells(nexus: Nexus) -> None:
    until(lambda: state(nexus, "tiny-chat") == "ready", "ready")
    model = show(nexus, "tiny-chat")
    assert model["origin"] == {"kind": "configuration"}
    assert model["metadata"]["architecture"] == "llama" and model["metadata"]["has_chat_template"] is True
    assert model["byte_count"] == MODEL.stat().st_size and model["files"][0]["standing"] == "unchanged"
    assert "{%" in model["texts"]["chat_template"]
    assert model["used_by"] == ["tiny-chat"] and model["next_states"] == ["stopped", "unloading"]


def test_the_life_of_a_worker_becomes_events(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    until(lambda: changes(server, "tiny-chat") == ["files_found", "load_started", "load_finished"], "three events")
    os.kill(server.worker_pid(), 9)
    expected = ["files_found", "load_started", "load_finished", "crashed", "load_started", "load_finished"]
    until(lambda: changes(server, "tiny-chat") == expected, "a crash and another start")
    server.stop()
    again = start(folder=tmp_path)
    expected += ["unload_started", "unload_finished", "load_started", "load_finished"]
    until(lambda: changes(again, "tiny-chat") == expected, "an orderly end and a start")


def test_what_a_killed_platform_left_is_set_right(start: Start, tmp_path: Path) -> None:
    first = start(folder=tmp_path)
    until(lambda: state(first, "tiny-chat") == "ready", "ready")
    first.kill()
    second = start("--models.tiny-chat.autostart=false", folder=tmp_path, ready=False)
    until(lambda: "platform_lost" in changes(second, "tiny-chat"), "the loss is noted")
    assert show(second, "tiny-chat")["state"] == "stopped"


def test_usage_is_counted_and_survives(start: Start, tmp_path: Path) -> None:
    first = start(folder=tmp_path)
    client = first.client()
    for _ in range(3):
        client.chat.completions.create(
            model="tiny-chat", messages=[{"role": "user", "content": "hi"}], max_tokens=4, temperature=0)
    first.stop()
    second = start(folder=tmp_path)
    usage = show(second, "tiny-chat")["usage"]
    assert usage["requests"] == 3 and usage["prompt_tokens"] > 0 and 3 <= usage["completion_tokens"] <= 12
    listed = second.http.get("/api/v1/models/usage").json()["usage"]
    assert [entry["model"] for entry in listed] == ["tiny-chat"]


# Folders


def test_a_folder_with_everything_in_it(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    root = tmp_path / "models"
    small(root / "Qwen2.5-0.5B-Instruct-Q4_K_M.gguf")
    for part in (1, 2):
        small(root / "big" / f"Big-70B-Q8_0-0000{part}-of-00002.gguf")
    small(root / "torn" / "Torn-F16-00001-of-00003.gguf")
    small(root / "eyes" / "Seer-F16.gguf")
    projector = root / "eyes" / "mmproj-Seer-F16.gguf"
    writer = gguf.GGUFWriter(projector, "clip")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    (root / "notes.txt").write_text("nothing")
    (root / "empty.gguf").write_bytes(b"")
    (root / "loop").symlink_to(root)
    (root / "again.gguf").symlink_to(root / "Qwen2.5-0.5B-Instruct-Q4_K_M.gguf")
    with open(os.fsencode(root) + b"/latin-\xe9.gguf", "wb") as file:
        file.write(b"GGUF")
    report = take_in(server, root)
    assert sorted(report["added"]) == ["Big-70B:Q8_0", "Qwen2.5-0.5B-Instruct:Q4_K_M", "Seer:F16"]
    reasons = {Path(problem["place"]).name: problem["reason"] for problem in report["problems"]}
    assert "1 are here" in reasons["Torn-F16-00001-of-00003.gguf"]
    assert "UTF-8" in reasons["latin-\\xe9.gguf"]
    assert "magic" in reasons["empty.gguf"]
    assert len(show(server, "Big-70B")["files"]) == 2
    assert [file["role"] for file in show(server, "Seer:F16")["files"]] == ["weights", "projector"]
    again = take_in(server, root)
    assert again["added"] == [] and sorted(again["unchanged"]) == sorted(report["added"])


def test_two_files_of_one_name_get_two_names(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    small(tmp_path / "m" / "a" / "x-F16.gguf", "one")
    small(tmp_path / "m" / "b" / "x-F16.gguf", "two")
    assert sorted(take_in(server, tmp_path / "m")["added"]) == ["b/x:F16", "x:F16"]
    assert show(server, "b/x:F16")["metadata"]["title"] == "two"


def test_two_imports_of_one_file_at_once(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    file = small(tmp_path / "m" / "once.gguf")
    reports: list[dict[str, Any]] = []
    threads = [threading.Thread(target=lambda: reports.append(take_in(server, file))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(reports) == 3
    assert sorted(name for report in reports for name in report["added"]) == ["once"]
    assert server.http.get("/api/v1/models?search=once").json()["total"] == 1


def test_a_folder_of_a_hundred_thousand_files(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    root = tmp_path / "many"
    root.mkdir()
    for number in range(100_000):
        os.close(os.open(root / f"{number}.txt", os.O_CREAT | os.O_WRONLY))
    small(root / "needle.gguf")
    assert take_in(server, root)["added"] == ["needle"]
    shutil.rmtree(root)


def broken_files() -> dict[str, tuple[bytes, str]]:
    head = b"GGUF" + struct.pack("<I", 3)

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    def tensor(name: str, offset: int) -> bytes:
        return text(name) + struct.pack("<IQIQ", 1, 32, 0, offset)

    overlapping = head + struct.pack("<QQ", 2, 0) + tensor("first", 0) + tensor("second", 0)
    overlapping += bytes(-len(overlapping) % 32) + bytes(256)
    return {
        "tensors": (head + struct.pack("<QQ", 10**18, 0), "tensor count"),
        "metadata": (head + struct.pack("<QQ", 0, 10**18), "metadata count"),
        "overlapping": (overlapping, "'second'"),
        "version": (b"GGUF" + struct.pack("<IQQ", 99, 0, 0), "version"),
        "magic": (b"PK\x03\x04" + bytes(100), "magic"),
    }


@pytest.mark.parametrize("kind", broken_files())
def test_a_damaged_file_is_refused_with_the_fields_name(nexus: Nexus, tmp_path: Path, kind: str) -> None:
    content, field = broken_files()[kind]
    (tmp_path / "bad.gguf").write_bytes(content)
    report = take_in(nexus, tmp_path / "bad.gguf")
    assert report["added"] == [] and field in report["problems"][0]["reason"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "path"), ({"path": ""}, "path"), ({"path": 7}, "path"), ({"path": "relative/x.gguf"}, "relative"),
        ({"path": "/nowhere/at/all"}, "/nowhere"), ({"path": "/etc/passwd"}, ".gguf"), ({"path": "/dev/null"}, "neither"),
        ({"path": "/tmp", "kind": "zip"}, "kind"), ({"path": "/tmp", "kind": "ollama"}, "Ollama"),
        ({"path": str(MODEL), "name": "../up"}, "name"), ({"path": str(MODEL), "name": "mod\u0435l"}, "U+0435"),
        ({"path": str(MODEL), "name": ""}, "name"),
    ])
def test_orders_that_make_no_sense(nexus: Nexus, body: dict[str, Any], word: str) -> None:
    answer = nexus.http.post("/api/v1/models/import", json=body)
    assert answer.status_code == 400 and word in answer.json()["detail"] + str(answer.json()["parameter"]), answer.text


@pytest.mark.parametrize("name", ["..", ".hidden", "a:b:c", "a//b", "a/../b", "\u0430bc", "x" * 300, "a b", "a:"])
def test_names_that_no_model_can_have(nexus: Nexus, name: str) -> None:
    assert nexus.http.get("/api/v1/models/" + quote(name, safe="").replace(".", "%2E")).status_code == 400


# Files that change


def test_files_that_changed_or_went_are_told(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    file = small(tmp_path / "m" / "moody.gguf")
    take_in(server, file)
    os.utime(file, (1, 1))
    assert show(server, "moody")["files"][0]["standing"] == "changed"
    assert show(server, "moody")["state"] == "downloaded"
    file.unlink()
    assert show(server, "moody")["files"][0]["standing"] == "vanished"
    assert show(server, "moody")["state"] == "unknown"
    small(file, "back")
    assert take_in(server, file)["refreshed"] == ["moody"]
    assert show(server, "moody")["state"] == "downloaded" and show(server, "moody")["metadata"]["title"] == "back"
    assert changes(server, "moody") == ["files_found", "files_changed", "files_lost", "refreshed", "files_found"]


def test_a_file_that_is_replaced_under_a_running_worker_is_told(start: Start, tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    shutil.copy(MODEL, own)
    server = start(folder=tmp_path, model=own)
    until(lambda: state(server, "own") == "ready", "ready")
    other = small(tmp_path / "other.gguf")
    other.replace(own)
    # Nobody asks for the model: the catalogue looks by itself.
    until(lambda: "files_changed" in changes(server, "own"), "the change is noticed", 20)
    events = server.http.get("/api/v1/models/own/events").json()["events"]
    said = [event["detail"] for event in events if event["event"] == "files_changed"]
    assert len(said) == 1 and str(own) in said[0] and "another file" in said[0]
    model = show(server, "own")
    assert model["files"][0]["standing"] == "changed" and model["state"] == "ready"
    with server.client() as client:
        answer = client.chat.completions.create(
            model="own", messages=[{"role": "user", "content": "What is 3 + 4?"}], temperature=0)
    assert answer.choices[0].message.content == "7"


# Ollama


def test_an_ollama_store_is_used_where_it_lies(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    store = ollama_store(
        tmp_path / "ollama" / "models", template=b"{{ .Prompt }}", system=b"You are kind.",
        params=json.dumps({"temperature": 0.3, "stop": ["<|x|>"], "num_ctx": 512, "num_predict": -1}).encode(),
        license=b"MIT")
    before = sorted(path.stat().st_ino for path in (store / "blobs").iterdir())
    assert take_in(server, tmp_path / "ollama")["added"] == ["greeter:1.8m"]
    model = show(server, "greeter")
    assert model["defaults"] == {
        "parameters": {"temperature": 0.3, "stop": ["<|x|>"]}, "system": "You are kind.", "context_tokens": 512}
    assert model["texts"]["license"] == "MIT" and model["origin"]["kind"] == "ollama"
    assert Path(model["files"][0]["path"]).parent == store / "blobs"
    checked = server.http.post("/api/v1/models/greeter/check?digests=true").json()["files"][0]
    assert checked["digest_matches"] is True
    # The blob stays Ollama's, whatever is ordered.
    assert server.http.delete("/api/v1/models/greeter?files=true").json()["removed_files"] == []
    assert sorted(path.stat().st_ino for path in (store / "blobs").iterdir()) == before


def test_a_blob_that_rotted_is_found_by_its_digest(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    store = ollama_store(tmp_path / "models")
    take_in(server, store)
    path = Path(show(server, "greeter")["files"][0]["path"])
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    checked = server.http.post("/api/v1/models/greeter/check?digests=true").json()["files"][0]
    assert checked["digest_matches"] is False and checked["standing"] == "changed"


@pytest.mark.parametrize(
    ("digest", "word"),
    [
        ("sha256:../../../../etc/passwd", "digits"), ("sha256:" + "0" * 64, "not in the store"),
        ("sha256:" + "A" * 64, "digits"), ("md5:" + "0" * 32, "digits"), ("", "digits"),
    ])
def test_a_manifest_that_points_out_of_its_store(nexus: Nexus, tmp_path: Path, digest: str, word: str) -> None:
    store = ollama_store(tmp_path / "models")
    (store / "manifests/registry.ollama.ai/library/greeter/1.8m").write_text(
        json.dumps({"layers": [{"mediaType": PREFIX + "model", "digest": digest, "size": 1}]}))
    report = take_in(nexus, store)
    assert report["added"] == [] and word in report["problems"][0]["reason"]


def test_a_blob_that_is_a_link_out_of_the_store(nexus: Nexus, tmp_path: Path) -> None:
    store = ollama_store(tmp_path / "models")
    for path in (store / "blobs").iterdir():
        if path.stat().st_size == MODEL.stat().st_size:
            path.unlink()
            path.symlink_to(MODEL)
    report = take_in(nexus, store)
    assert report["added"] == [] and "leads out of the store" in report["problems"][0]["reason"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"layers": 7}', '{"layers": [{}]}', '{"layers": []}', "x" * 2_000_000])
def test_manifests_that_are_none(nexus: Nexus, tmp_path: Path, text: str) -> None:
    store = ollama_store(tmp_path / "models")
    (store / "manifests/registry.ollama.ai/library/greeter/1.8m").write_text(text)
    report = take_in(nexus, store)
    assert report["added"] == [] and len(report["problems"]) == 1


# llama-swap


def test_a_llama_swap_file_gives_models_and_deployments(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    file = small(tmp_path / "m" / "swap me.gguf")
    (tmp_path / "swap.yaml").write_text(f"""\
healthCheckTimeout: 60
startPort: 10001
macros:
  server: /usr/bin/llama-server --port ${{PORT}}
models:
  "small":
    cmd: |
      ${{server}}
      -m '{file}' -c 2048
    aliases: [little, mini]
    ttl: 300
    env: ["KEY=secret"]
    checkEndpoint: /up
  "broken":
    cmd: ${{nothing}}
groups:
  pair: {{swap: false, exclusive: true, members: [small]}}
""")
    report = take_in(server, tmp_path / "swap.yaml")
    assert report["added"] == ["small"]
    deployment = report["deployments"][0]
    assert deployment["command"] == [
        "/usr/bin/llama-server", "--port", "${PORT}", "-m", str(file), "-c", "2048"]
    assert deployment["aliases"] == ["little", "mini"] and deployment["idle_seconds"] == 300
    assert deployment["environment"] == ["KEY"] and "secret" not in json.dumps(report)
    assert deployment["group"] == {"name": "pair", "swap": False, "exclusive": True, "persistent": False}
    assert "${nothing}" in report["problems"][0]["reason"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)), "aliases"),
        ("models: [", "YAML"), ("models: 7", "models"), ("{}", "models"), ("x" * 2_000_000, "bytes"),
    ])
def test_llama_swap_files_that_are_bombs_or_none(nexus: Nexus, tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    answer = nexus.http.post("/api/v1/models/import", json={"path": str(tmp_path / "bad.yaml")})
    assert answer.status_code == 400 and word in answer.json()["detail"]


@pytest.mark.parametrize(
    ("macros", "word"),
    [
        ({f"m{i}": f"${{m{i + 1}}}" * 3 for i in range(30)}, "name each other more than 8 times"),
        ({f"m{i}": f"${{m{i + 1}}}" * 200 for i in range(4)} | {"m4": "x" * 8}, "bytes with its macros filled in"),
        ({"m0": "${m0}"}, "name each other"), ({}, "names the macro '${m0}'"),
    ])
def test_macros_that_grow_without_end(nexus: Nexus, tmp_path: Path, macros: dict[str, str], word: str) -> None:
    document = {"macros": {"m30": "x"} | macros, "models": {"a": {"cmd": "${m0}"}}}
    (tmp_path / "bad.yaml").write_text(json.dumps(document))
    report = take_in(nexus, tmp_path / "bad.yaml")
    assert "deployments" not in report and word in report["problems"][0]["reason"]


# Lists, opinions, deletion


def test_lists_are_filtered_sorted_and_paged(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    for index in range(12):
        small(tmp_path / "m" / f"zoo-{index:02}.gguf")
    take_in(server, tmp_path / "m")

    def names(query: str) -> list[str]:
        return [model["name"] for model in server.http.get("/api/v1/models?" + query).json()["models"]]

    assert names("search=ZOO&limit=3") == ["zoo-00", "zoo-01", "zoo-02"]
    assert names("search=zoo&limit=3&offset=10") == ["zoo-10", "zoo-11"]
    assert names("search=zoo&sort=-name&limit=1") == ["zoo-11"]
    assert names("sort=-size&limit=1") == ["tiny-chat"]
    assert names("origin=configuration") == ["tiny-chat"]
    assert names("search=%25") == [] and names("search=zoo_0") == []
    for query in ("limit=0", "limit=1001", "sort=color", "state=happy", "offset=-1", "origin=moon"):
        assert server.http.get("/api/v1/models?" + query).status_code == 400


def test_rating_notes_and_tags(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    take_in(server, small(tmp_path / "m.gguf"), name="org/nice:v1")
    path = "/api/v1/models/org%2Fnice%3Av1"
    said = server.http.patch(path, json={"rating": 4, "notes": "Good at sums.", "tags": ["math", "math", "small"]}).json()
    assert (said["rating"], said["notes"], said["tags"]) == (4, "Good at sums.", ["math", "small"])
    assert server.http.get("/api/v1/models?tag=math").json()["total"] == 1
    said = server.http.patch(path, json={"rating": None}).json()
    assert (said["rating"], said["notes"]) == (None, "Good at sums.")
    for body in ({"rating": 6}, {"rating": "5"}, {"tags": "x"}, {"name": "y"}, {"tags": [""]}, {"notes": "\0"}):
        assert server.http.patch(path, json=body).status_code == 400, body


def test_deletion_while_in_use_is_refused(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    until(lambda: state(server, "tiny-chat") == "ready", "ready")
    refused = server.http.delete("/api/v1/models/tiny-chat")
    assert refused.status_code == 409 and "in use by tiny-chat" in refused.json()["detail"]
    pid = server.worker_pid()
    done = server.http.delete("/api/v1/models/tiny-chat?force=true")
    assert done.status_code == 200 and done.json()["removed_files"] == [], done.text
    assert not Path(f"/proc/{pid}").exists() and MODEL.exists()
    assert server.http.get("/api/v1/models/tiny-chat").status_code == 404
    assert changes(server, "tiny-chat")[-1] == "deleted"


def test_deletion_keeps_files_that_were_only_found(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    file = small(tmp_path / "m" / "mine.gguf")
    take_in(server, file)
    assert server.http.delete("/api/v1/models/mine").json() == {"deleted": "mine", "removed_files": []}
    assert file.exists()
    take_in(server, file)
    assert server.http.delete("/api/v1/models/mine?files=true").json()["removed_files"] == [str(file)]
    assert not file.exists()


# The commands


def test_commands_ask_the_running_server(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    data = ["--data-dir", tmp_path / "data"]
    small(tmp_path / "m" / "typed.gguf")
    done = command(tmp_path, "models", "import", "m/typed.gguf", "--name", "org/typed:v2", *data)
    assert done.returncode == 0 and "added  org/typed:v2" in done.stdout, done.stderr
    assert show(server, "org/typed:v2")["origin"]["kind"] == "folder"
    listed = json.loads(command(tmp_path, "models", "list", "--json", "--search", "typed", *data).stdout)
    assert [model["name"] for model in listed["models"]] == ["org/typed:v2"]
    table = command(tmp_path, "models", "list", *data).stdout
    assert "\x1b" not in table and table.splitlines()[0].split()[:2] == ["NAME", "STATE"]
    shown = command(tmp_path, "models", "show", "org/typed:v2", "--check", *data)
    assert "files_found" in shown.stdout and "sha256" in shown.stdout, shown.stderr
    gone = command(tmp_path, "models", "rm", "org/typed:v2", *data)
    assert gone.returncode == 0 and "deleted org/typed:v2" in gone.stdout
    again = command(tmp_path, "models", "rm", "org/typed:v2", *data)
    assert again.returncode == 1 and "no model 'org/typed:v2'" in again.stderr and again.stdout == ""


def test_commands_work_without_a_server(tmp_path: Path) -> None:
    data = ["--data-dir", tmp_path / "data"]
    small(tmp_path / "lonely.gguf")
    assert "added  lonely" in command(tmp_path, "models", "import", "lonely.gguf", *data).stdout
    listed = json.loads(command(tmp_path, "models", "list", "--json", *data).stdout)
    assert "lonely" in [model["name"] for model in listed["models"]]
    assert not (tmp_path / "data" / "nexus.sock").exists()


def test_both_spellings_and_the_help(tmp_path: Path) -> None:
    (tmp_path / "llama-nexus").symlink_to(BINARIES / "nexus")
    shown = subprocess.run([tmp_path / "llama-nexus", "models", "--help"], capture_output=True, text=True, timeout=30)
    assert shown.returncode == 0 and "Usage: llama-nexus models <command>" in shown.stdout
    for name in ("models list", "models show", "models import", "models rm"):
        assert f"\n  {name}" in shown.stdout
    assert "models <command>" in command(tmp_path, "--help").stdout
    wrong = command(tmp_path, "models", "lst")
    assert wrong.returncode == 2 and "models list" in wrong.stderr


# The socket


def test_the_socket_of_the_data_directory(start: Start, tmp_path: Path) -> None:
    server = start(folder=tmp_path)
    socket = tmp_path / "data" / "nexus.sock"
    assert socket.stat().st_mode & 0o777 == 0o600
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://nexus") as client:
        assert client.get("/v1/models").json() == server.http.get("/v1/models").json()
    second = command(tmp_path, "serve", "--port", "0", "--data-dir", tmp_path / "data", "--model", MODEL)
    assert second.returncode == 1 and f"process {server.pid}" in second.stderr and "--data-dir" in second.stderr
    server.kill()
    assert socket.exists()
    third = start(folder=tmp_path)
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://nexus") as client:
        assert client.get("/health").status_code == 200
    third.stop()
    assert not socket.exists()


def test_a_data_directory_whose_path_is_too_long_for_a_socket(start: Start, tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    start(folder=deep)
    done = command(deep, "models", "list", "--json", "--data-dir", deep / "data")
    assert done.returncode == 0 and json.loads(done.stdout)["total"] >= 1, done.stderr
