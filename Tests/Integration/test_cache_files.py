"""The prefix cache's files: what survives a restart, and what must not come back."""

import hashlib
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.polling import until
from support.program import MODEL
from support.servers import Engine

SYSTEM = "You answer in one short sentence. " * 6
Start = Callable[..., Engine]


@pytest.fixture
def start(begin: Start, tmp_path: Path) -> Start:
    """Starts engines over one cache folder."""
    return partial(begin, "--cache-dir", str(tmp_path / "cache"))


def ask(engine: Engine, text: str = "What is 3 + 4?", tenant: str | None = None, **more: Any) -> dict[str, Any]:
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}]
    answer = httpx.post(
        f"{engine.url}/v1/chat/completions", json={"messages": messages, "temperature": 0, "max_tokens": 24} | more,
        headers={} if tenant is None else {"X-Nexus-Tenant": tenant}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def text(answer: dict[str, Any]) -> str:
    return answer["choices"][0]["message"]["content"]


def cached(answer: dict[str, Any]) -> tuple[int, str]:
    count = answer["usage"]["prompt_tokens_details"]["cached_tokens"]
    assert answer["nexus"]["cache"]["cached_tokens"] == count
    return count, answer["nexus"]["cache"]["tier"]


def totals(engine: Engine) -> dict[str, int]:
    return httpx.get(f"{engine.url}/cache", timeout=10).json()["totals"]


def states(folder: Path) -> list[Path]:
    return sorted((folder / "cache").glob("*/*.state"))


def test_a_prompt_is_found_again_after_a_restart(start: Start, tmp_path: Path) -> None:
    engine = start()
    first = ask(engine)
    assert cached(first) == (0, "none")
    engine.stop()
    assert states(tmp_path)
    engine = start()
    second = ask(engine)
    count, tier = cached(second)
    assert tier == "disk" and count >= first["usage"]["prompt_tokens"] - 1
    assert text(second) == text(first)
    assert cached(ask(engine))[1] == "memory"
    engine.stop()


@pytest.mark.parametrize("other", [("-ctk", "q8_0"), ("-c", "512")])
def test_other_settings_do_not_take_it_and_leave_it(start: Start, tmp_path: Path, other: tuple[str, ...]) -> None:
    engine = start()
    ask(engine)
    engine.stop()
    before = states(tmp_path)
    engine = start(*other)
    assert cached(ask(engine)) == (0, "none")
    assert totals(engine)["rejected_files"] == 0
    engine.stop()
    assert set(before) < set(states(tmp_path))
    engine = start()
    assert cached(ask(engine))[1] == "disk"
    engine.stop()


def test_one_tenants_state_is_not_anothers(start: Start) -> None:
    engine = start()
    ask(engine, tenant="a")
    engine.stop()
    engine = start()
    assert cached(ask(engine, tenant="b")) == (0, "none")
    assert cached(ask(engine)) == (0, "none")
    assert cached(ask(engine, tenant="a"))[1] == "disk"
    engine.stop()


@pytest.mark.parametrize("place", [0.0, 0.001, 0.5, 0.9999])
def test_a_damaged_file_is_counted_and_the_answer_is_right(start: Start, tmp_path: Path, place: float) -> None:
    engine = start()
    first = ask(engine)
    engine.stop()
    files = states(tmp_path)
    for file in files:
        content = bytearray(file.read_bytes())
        content[int(len(content) * place)] ^= 0x10
        file.write_bytes(content)
    engine = start()
    second = ask(engine)
    assert cached(second) == (0, "none") and text(second) == text(first)
    assert totals(engine)["rejected_files"] >= 1
    assert any("damaged" in line for line in engine.errors)
    engine.stop()
    engine = start()
    assert cached(ask(engine))[1] == "disk", "it was computed and kept again"
    engine.stop()


def test_what_was_used_again_survives_a_kill(start: Start, tmp_path: Path) -> None:
    engine = start()
    for _ in range(4):
        first = ask(engine)
    until(lambda: states(tmp_path), "a file, while the engine has nothing to do")
    engine.kill()
    engine = start()
    second = ask(engine)
    assert cached(second)[1] == "disk" and text(second) == text(first)
    engine.stop()


def test_killed_at_any_moment_it_starts_again_and_answers_right(start: Start, tmp_path: Path) -> None:
    chance = random.Random(7)
    questions = [f"What is {number} + 2?" for number in range(6)]
    expected: dict[str, str] = {}
    for _ in range(6):
        # Little memory: states go to the disk all the time.
        engine = start("--cache-ram", "0", "-c", "512", "--ctx-seq", "256")
        assert not list((tmp_path / "cache").glob("*/.writing-*"))
        assert totals(engine)["rejected_files"] == 0
        for question in questions:
            answer = text(ask(engine, question))
            assert expected.setdefault(question, answer) == answer
        deadline = time.monotonic() + chance.random() / 50
        while time.monotonic() < deadline:
            ask(engine, chance.choice(questions))
        engine.kill()
        assert states(tmp_path)
    engine = start("--cache-ram", "0", "-c", "512", "--ctx-seq", "256")
    assert any(cached(ask(engine, question))[1] == "disk" for question in questions)
    assert totals(engine)["rejected_files"] == 0
    engine.stop()


def test_a_folder_that_cannot_be_used_is_told_and_the_engine_serves(start: Start, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("I am a file")
    engine = start()
    assert cached(ask(engine)) == (0, "none")
    assert cached(ask(engine))[1] == "memory"
    assert any("cannot use its folder" in line for line in engine.errors)
    engine.stop()


def test_the_disk_tier_is_listed_and_a_node_that_goes_takes_its_file(start: Start, tmp_path: Path) -> None:
    engine = start()
    ask(engine)
    engine.stop()
    engine = start()
    listing = httpx.get(f"{engine.url}/cache", timeout=10).json()
    disk = next(tier for tier in listing["tiers"] if tier["tier"] == "disk")
    assert disk["bytes"] == sum(file.stat().st_size for file in states(tmp_path)) and disk["nodes"] >= 1
    for node in [node["id"] for node in listing["nodes"] if node["parent"] is None]:
        assert httpx.delete(f"{engine.url}/cache/{node}", timeout=10).status_code == 200
    until(lambda: not states(tmp_path), "the files are gone")
    assert cached(ask(engine)) == (0, "none")
    engine.stop()


def test_a_receipt_names_the_model_the_template_and_the_build(start: Start) -> None:
    engine = start()
    one, two = (ask(engine, seed=5, temperature=1, nexus={"reproducible": True}) for _ in range(2))
    receipt = one["nexus"]["receipt"]
    assert receipt == two["nexus"]["receipt"] and text(one) == text(two)
    assert receipt["model"] == hashlib.sha256(MODEL.read_bytes()).hexdigest()
    assert len(receipt["template"]) == 64 and receipt["seed"] == 5 and "llama.cpp" in receipt["build"]
    assert "receipt" not in ask(engine)["nexus"]
    engine.stop()
