"""schemathesis asks the server what its document allows and what it does not: nothing may end in status 500."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.servers import NAME, Nexus

#: Answers of these go on until the client has enough; and the first user that is made
#: closes the server to the rest, and a hub that is away is asked patiently.
ENDLESS = "^(stream|follow|lease|watch|createUser|listHubFiles)"
#: What is judged: no answer of the server's own failing, headers and bodies that are HTTP and JSON.
CHECKS = "told_in_words"


@pytest.mark.parametrize("part,examples", [("^/api/v1/", 12), ("^/(?!api/v1/)", 12)])
def test_no_request_of_the_document_breaks_the_server(
        start: Callable[..., Nexus], tmp_path: Path, part: str, examples: int) -> None:
    # A hub that is not there: downloads fail at once, and that is told as 502 in words of ours.
    server = start("--hub.url", "http://127.0.0.1:9", "--log-level", "warning")
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json", "--checks", CHECKS,
         "--include-path-regex", part, "--exclude-operation-id-regex", ENDLESS, "--max-examples", str(examples),
         "--generation-deterministic", "--seed", "7", "--workers", "1", "--phases", "examples,coverage,fuzzing",
         "--request-timeout", "30", "--max-time", "25", "--no-color", "--warnings", "off", "--continue-on-failure",
         "--no-shrink", "--suppress-health-check", "all"],
        capture_output=True, text=True, timeout=120, cwd=tmp_path,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "support.fuzzing", "PYTHONPATH": str(Path(__file__).parent)})
    # Own words for what cannot be had now are no failure of the server.
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    assert server.process.poll() is None
    assert not any("a handler failed" in line for line in server.errors), "\n".join(server.errors[-20:])
    answer = server.http.post("/v1/chat/completions", json={
        "model": NAME, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2})
    assert answer.status_code in (200, 404, 503)
