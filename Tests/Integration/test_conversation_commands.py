"""`nexus conversations …`: list, export, and what retention would remove."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from support.servers import Nexus, command


def talk(http: httpx.Client, title: str, *texts: str, **fields: object) -> str:
    id = http.post("/api/v1/conversations", json={"title": title} | fields).raise_for_status().json()["id"]
    for number, text in enumerate(texts):
        role = "assistant" if number % 2 else "user"
        http.post(f"/api/v1/conversations/{id}/messages", json={"role": role, "content": text}).raise_for_status()
    return id


@pytest.fixture
def server(start: Callable[..., Nexus]) -> Nexus:
    return start(model=None)


def run(server: Nexus, *arguments: object):  # noqa: ANN201
    return command(
        server.folder, "conversations", *map(str, arguments), "--data-dir", str(server.folder / "data"))


def test_one_conversation_is_exported_in_each_format(server: Nexus, tmp_path: Path) -> None:
    id = talk(server.http, "Tea & <cake>", "What of **tea**?", "It is fine.")
    done = run(server, "export", "--id", id)
    assert done.returncode == 0, done.stderr
    archive = json.loads(done.stdout)
    assert archive == server.http.get(f"/api/v1/conversations/{id}/export").json()
    done = run(server, "export", "--id", id, "--format", "markdown")
    assert done.stdout == server.http.get(f"/api/v1/conversations/{id}/export?format=markdown").text
    assert "It is fine." in done.stdout
    folder = tmp_path / "deep" / "files"
    done = run(server, "export", "--id", id, "--format", "pdf", "--output", folder)
    assert done.returncode == 0, done.stderr
    assert [file.name for file in folder.iterdir()] == [f"tea-cake-{id}.pdf"]
    assert (folder / f"tea-cake-{id}.pdf").read_bytes().startswith(b"%PDF-")
    assert f"tea-cake-{id}.pdf" in done.stdout and "Tea & <cake>" in done.stdout and "\x1b" not in done.stdout
    # Nothing is written over.
    again = run(server, "export", "--id", id, "--format", "pdf", "--output", folder)
    assert again.returncode != 0 and "is there already" in again.stderr


def test_all_are_exported_and_come_back(server: Nexus, start: Callable[..., Nexus], tmp_path: Path) -> None:
    ids = {talk(server.http, f"Talk {number}", "a", "b") for number in range(5)}
    archived = talk(server.http, "../../etc/passwd", "old")
    server.http.patch(f"/api/v1/conversations/{archived}", json={"archived": True}).raise_for_status()
    talk(server.http, "gone soon", "x", temporary=True)
    folder = tmp_path / "all"
    done = run(server, "export", "--all", "--output", folder, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert {file["conversation"] for file in answer["files"]} == ids | {archived}
    files = {file.name: file.stat().st_size for file in folder.iterdir()}
    assert files == {file["file"]: file["bytes"] for file in answer["files"]}
    assert f"etc-passwd-{archived}.json" in files
    other = start(model=None)
    for file in folder.iterdir():
        other.http.post("/api/v1/conversations/import", content=file.read_bytes()).raise_for_status()
    titles = [one["title"] for one in other.http.get("/api/v1/conversations").json()["conversations"]]
    assert {f"Talk {number}" for number in range(5)} <= set(titles)


@pytest.mark.parametrize(("arguments", "words"), [
    (("export",), "either --id ID or --all"),
    (("export", "--all", "--id", "conv_x", "--output", "x"), "either --id ID or --all"),
    (("export", "--all"), "--output"),
    (("export", "--id", "conv_none", "--format", "docx"), "json, markdown, pdf"),
    (("export", "--id", "conv_none"), "onversation"),
])
def test_what_cannot_be_exported_is_told(server: Nexus, arguments: tuple[str, ...], words: str) -> None:
    done = run(server, *arguments)
    assert done.returncode != 0 and words in done.stderr and done.stdout == "", done.stderr
    assert not (server.folder / "x").exists()


def test_they_are_listed(server: Nexus) -> None:
    assert run(server, "list").stdout == "There are no conversations.\n"
    id = talk(server.http, "Escape \x1b[31m", "a", "b", "c")
    done = run(server, "list")
    assert id in done.stdout and "Escape" in done.stdout and "\x1b" not in done.stdout
    assert json.loads(run(server, "list", "--json").stdout)["conversations"][0]["messages"] == 3


def test_retention_tells_what_would_go_and_removes_nothing(start: Callable[..., Nexus]) -> None:
    server = start(configuration="conversations:\n  keep: 36h\n  keepArchived: 2d\n", model=None)
    ids = [talk(server.http, "old", "x"), talk(server.http, "kept", "x", pinned=True)]
    with closing(sqlite3.connect(server.folder / "data" / "nexus.db")) as database, database:
        database.execute("UPDATE conversations SET updated = updated - 40 * 3600 * 1000000")
    talk(server.http, "new", "x")

    def line(name: str, *arguments: str) -> list[str]:
        done = run(server, "retention", *arguments)
        assert done.returncode == 0, done.stderr
        return next(line.split() for line in done.stdout.splitlines() if line.startswith(name))

    assert line("conversations") == ["conversations", "36", "h"] and line("archived") == ["archived", "2", "days"]
    assert line("conversations", "--dry-run")[:4] == ["conversations", "36", "h", "1"], "neither the pinned nor the new"
    assert line("archived", "--dry-run") == ["archived", "2", "days", "0"]
    told = json.loads(run(server, "retention", "--dry-run", "--json").stdout)
    assert told == server.http.get("/api/v1/retention").json()
    assert "would_remove" not in run(server, "retention", "--json").stdout
    for one in ids:
        assert server.http.get(f"/api/v1/conversations/{one}").status_code == 200
