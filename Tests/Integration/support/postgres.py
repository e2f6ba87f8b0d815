"""A private PostgreSQL server."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .polling import until


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


@contextlib.contextmanager
def private_postgres() -> Iterator[str]:
    """The URL of a private database."""
    # The path of a Unix socket must be short, and the other user must be able to enter.
    folder = Path(tempfile.mkdtemp(prefix="nexus-postgres-"))
    server = run_postgres(folder)
    try:
        yield f"postgresql://nexus@/postgres?host={folder}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)
        shutil.rmtree(folder)
