"""The audit trail: what is written down, that nobody changes it unseen, and that it leaves with `nexus audit`."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from support.servers import NAME, Nexus, command


def entries(server: Nexus, **query: str) -> list[dict]:
    return server.http.get("/api/v1/audit", params=query).json()["entries"]


def test_orders_are_written_down_before_they_are_answered(start: Callable[..., Nexus]) -> None:
    server = start()
    assert server.http.post(f"/api/v1/deployments/{NAME}/stop", headers={"X-Request-Id": "stop-1"}).status_code == 200
    assert server.http.delete("/api/v1/deployments/nobody").status_code == 404
    found = entries(server, action="order")
    assert [(entry["outcome"], entry["target"], entry["details"]["operation"]) for entry in found] == [
        ("refused", "deployments:nobody", "removeDeployment"), ("succeeded", f"deployments:{NAME}", "stopDeployment")]
    assert found[1]["request_id"] == "stop-1" and found[1]["address"] == "127.0.0.1"
    assert found[1]["details"]["parameters"] == [f"name={NAME}"]
    # Reading and answering leave no entry.
    before = entries(server)[0]["sequence"]
    server.client().models.list()
    assert server.http.get("/api/v1/deployments").status_code == 200
    assert entries(server)[0]["sequence"] == before


def test_pages_of_the_trail(start: Callable[..., Nexus]) -> None:
    server = start()
    for number in range(5):
        server.http.delete(f"/api/v1/deployments/none{number}")
    first = server.http.get("/api/v1/audit?limit=3&action=order").json()
    second = server.http.get(f"/api/v1/audit?limit=3&action=order&before={first['next']}").json()
    assert [entry["target"] for entry in first["entries"] + second["entries"]] == [
        f"deployments:none{number}" for number in reversed(range(5))]
    assert "next" not in second
    for query in ("limit=0", "limit=1001", "before=0", "before=x", "from=-1", "outcome=maybe", "limit=1e3",
                  f"before={2**70}", "user=%00", "action=" + "a" * 300):
        answer = server.http.get(f"/api/v1/audit?{query}")
        assert answer.status_code == 400, query


def test_refusals_are_written_down_and_a_flood_is_counted(start: Callable[..., Nexus]) -> None:
    server = start()
    for _ in range(40):
        assert server.http.post("/v1/chat/completions", headers={"Origin": "https://evil.example"}).status_code == 403
    # An order is durable when it is answered, and everything before it too.
    server.http.delete("/api/v1/deployments/nobody")
    found = entries(server, action="refusal", limit="1000")
    assert len(found) == 20 and found[0]["outcome"] == "refused"
    assert found[0]["details"] == {"method": "POST", "operation": "createChatCompletion", "status": 403}


def exported(server: Nexus) -> list[str]:
    answer = server.http.get("/api/v1/audit/export")
    assert answer.headers["content-type"] == "application/jsonl"
    return answer.text.splitlines()


def test_the_chain_is_what_the_documentation_says(start: Callable[..., Nexus]) -> None:
    server = start()
    for number in range(3):
        server.http.delete(f"/api/v1/deployments/none{number}")
    previous = "0" * 64
    lines = exported(server)
    for number, line in enumerate(lines, 1):
        record = json.loads(line)
        digest = record.pop("hash")
        assert record["sequence"] == number and record["previous"] == previous
        text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(text.encode()).hexdigest() == digest
        previous = digest
    answer = server.http.get("/api/v1/audit/verify").json()
    assert answer == {"intact": True, "entries": len(lines), "hash": previous}
    assert server.http.get(f"/api/v1/audit/verify?anchor={len(lines)}:{previous}").json()["intact"]
    cut = server.http.get(f"/api/v1/audit/verify?anchor=999:{previous}").json()
    assert not cut["intact"] and cut["fault"]["kind"] == "cut"
    assert server.http.get("/api/v1/audit/verify?anchor=nothing").status_code == 400
    # Whoever takes the trail away is in it.
    assert json.loads(lines[-1])["action"] == "audit_read"


def test_a_trail_survives_its_server_and_leaves_with_the_command(start: Callable[..., Nexus], tmp_path: Path) -> None:
    server = start()
    server.http.delete("/api/v1/deployments/nobody")
    file = tmp_path / "trail.jsonl"
    data = ("--data-dir", server.folder / "data")
    done = command(tmp_path, "audit", "list", *data)
    assert done.returncode == 0 and "removeDeployment" in done.stdout, done.stderr
    assert command(tmp_path, "audit", "export", file, *data).returncode == 0
    assert command(tmp_path, "audit", "export", file, *data).returncode != 0, "a file was replaced"
    server.stop()
    done = command(tmp_path, "audit", "verify", file)
    assert done.returncode == 0 and "as they were written" in done.stdout
    # Without a server: the same trail goes on.
    done = command(tmp_path, "audit", "list", "--json", *data)
    actions = [entry["action"] for entry in json.loads(done.stdout)["entries"]]
    assert actions[0] == "stopped" and "started" in actions and actions.count("stopped") == 1
    lines = file.read_text().splitlines()
    for number, change in enumerate((
            lambda line: line.replace("refused", "succeeded", 1), lambda line: line[:-9], lambda line: ""), 2):
        broken = [*lines]
        index = next(index for index, line in enumerate(lines) if '"order"' in line)
        broken[index] = change(broken[index])
        file.write_text("\n".join(line for line in broken if line) + "\n")
        done = command(tmp_path, "audit", "verify", file)
        assert done.returncode != 0 and f"Entry {index + 1} " in done.stderr, (number, done.stderr)


def test_whoever_changes_the_database_is_found(start: Callable[..., Nexus]) -> None:
    server = start()
    for number in range(4):
        server.http.delete(f"/api/v1/deployments/none{number}")
    with sqlite3.connect(server.folder / "data" / "nexus.db") as database:
        for order in ("DELETE FROM audit_entries", "UPDATE audit_entries SET line = ''"):
            with pytest.raises(sqlite3.DatabaseError, match="audit trail"):
                database.execute(order)
        database.execute("DROP TRIGGER audit_entries_stay")
        database.execute(
            "UPDATE audit_entries SET line = replace(line, 'none1', 'none9') WHERE line LIKE '%none1%'")
    answer = server.http.get("/api/v1/audit/verify").json()
    assert not answer["intact"] and answer["fault"]["kind"] == "changed"
    assert answer["entries"] == answer["fault"]["sequence"] - 1


def test_killed_at_any_moment_no_acknowledged_order_is_missing(start: Callable[..., Nexus]) -> None:
    server = start()
    answered = []
    with httpx.Client(base_url=server.url, timeout=10) as http:
        for number in range(30):
            if http.delete(f"/api/v1/deployments/gone{number}").status_code == 404:
                answered.append(f"deployments:gone{number}")
    server.kill()
    again = start(folder=server.folder)
    found = {entry["target"] for entry in entries(again, action="order", limit="1000")}
    assert set(answered) <= found and len(answered) == 30
    assert again.http.get("/api/v1/audit/verify").json()["intact"]
