"""Clients that want older libraries than the other tests have: `litellm` and `langchain-openai`, in an environment of their own."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.program import REPOSITORY
from support.servers import NAME, Nexus

CLIENTS = Path(__file__).parent / "clients"


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter; the first time it takes half a minute to install them."""
    done = subprocess.run(
        [REPOSITORY / "scripts" / "python.sh", "clients"], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def run(python: str, client: str, nexus: Nexus) -> dict[str, Any]:
    # Neither fetches a list of models nor reports to anybody.
    quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LANGSMITH_TRACING": "false", "PYTHONWARNINGS": "ignore"}
    keys = {"OPENAI_API_KEY": "none", "ANTHROPIC_API_KEY": "none"}
    done = subprocess.run(
        [python, CLIENTS / client, nexus.url, NAME], capture_output=True, text=True, timeout=180, check=False,
        env={**os.environ, **quiet, **keys})
    assert done.returncode == 0, done.stderr[-3_000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_litellm(python: str, nexus: Nexus) -> None:
    found = run(python, "litellm_client.py", nexus)
    for dialect in ("openai", "anthropic", "ollama"):
        answer = found[dialect]
        assert answer["whole"] == answer["stream"] == "7" and answer["tokens"] > 0, dialect
        assert answer["reason"] == "stop" and answer["failure"] in ("NotFoundError", "APIConnectionError"), answer
    assert found["openai"]["failure"] == found["anthropic"]["failure"] == "NotFoundError"


def test_langchain(python: str, nexus: Nexus) -> None:
    found = run(python, "langchain_client.py", nexus)
    assert found["whole"] == found["stream"] == found["responses"] == "7" and found["tokens"] > 0
    assert found["tools"] == [["get_weather", {"city": "Paris"}]] and found["structured"] == {"n": 7}
    assert found["response_id"].startswith("resp_") and "NotFound" in found["failure"]
