"""What is kept: worker events in SQLite and in PostgreSQL, over restarts and crashes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.polling import until
from support.servers import Nexus

Start = Callable[..., Nexus]


def until_events(server: Nexus, expected: list[str]) -> None:
    until(lambda: server.events() == expected, f"events {expected}")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_events_survive_a_restart_and_a_crash(
    start: Start, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    where = ["--storage.url", request.getfixturevalue("postgres")] if kind == "postgres" else []
    first = start(*where, folder=tmp_path)
    until_events(first, ["started", "ready"])
    first.stop()
    second = start(*where, folder=tmp_path)
    until_events(second, ["started", "ready", "stopped", "started", "ready"])
    second.kill()
    third = start(*where, folder=tmp_path)
    until_events(third, ["started", "ready", "stopped", "started", "ready", "started", "ready"])
    times = [record["at"] for record in third.event_records()]
    assert times == sorted(times, reverse=True)
    assert (tmp_path / "data" / "nexus.db").exists() == (kind == "sqlite")


def test_the_number_of_events_can_be_limited(nexus: Nexus) -> None:
    until(lambda: len(nexus.event_records()) >= 2, "two events")
    assert len(nexus.http.get("/api/v1/workers/tiny-chat/events?limit=1").json()["events"]) == 1
    for limit in ("0", "1001", "many", "-1"):
        answer = nexus.http.get(f"/api/v1/workers/tiny-chat/events?limit={limit}")
        assert answer.status_code == 400 and "limit" in answer.json()["detail"]
    assert nexus.http.get("/api/v1/workers/nobody/events").status_code == 404
