"""What is kept: worker events in SQLite and in PostgreSQL, over restarts and crashes."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.polling import until
from support.servers import Nexus

Start = Callable[..., Nexus]


def run_postgres(folder: Path) -> subprocess.Popen[bytes]:
    """A server on a Unix socket in `folder`, not on the network; as another user where we are root."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))[-1].parent
    account = {}
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    subprocess.run(
        [binaries / "initdb", "-D", folder / "data", "--username=nexus", "--auth=trust", "--no-sync"],
        check=True, capture_output=True, cwd=folder, timeout=60, **account)
    server = subprocess.Popen(
        [binaries / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account)

    def answers() -> bool:
        asked = subprocess.run(
            [binaries / "psql", "-h", folder, "-U", "nexus", "-d", "postgres", "-c", "SELECT 1"], capture_output=True)
        return asked.returncode == 0

    until(answers, "PostgreSQL answers", 30)
    return server


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The URL of a private database."""
    # The path of a Unix socket must be short, and the other user must be able to enter.
    folder = Path(tempfile.mkdtemp(prefix="nexus-postgres-"))
    server = run_postgres(folder)
    yield f"postgresql://nexus@/postgres?host={folder}"
    server.send_signal(signal.SIGINT)
    server.wait(20)
    shutil.rmtree(folder)


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
