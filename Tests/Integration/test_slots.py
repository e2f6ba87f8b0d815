"""What slots hold, in files: saved, restored and erased as llama-server does it; and contexts that are shifted."""

import contextlib
import random
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.polling import until
from support.servers import Engine

PROMPT = "Once upon a time there was a king who had three sons and a golden bird in his garden. "
Start = Callable[..., Engine]


@pytest.fixture
def start(begin: Start, tmp_path: Path) -> Start:
    """Starts engines over one folder of slots."""
    return partial(begin, "--slot-save-path", str(tmp_path / "slots"))


def complete(engine: Engine, prompt: str, **more: Any) -> dict[str, Any]:
    body = {"prompt": prompt, "temperature": 0, "max_tokens": 16, "ignore_eos": True} | more
    answer = httpx.post(f"{engine.url}/v1/completions", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def cached(answer: dict[str, Any]) -> int:
    return answer["usage"]["prompt_tokens_details"]["cached_tokens"]


def act(engine: Engine, slot: int | str, action: str, filename: Any = None) -> httpx.Response:
    body = {} if filename is None else {"filename": filename}
    return httpx.post(f"{engine.url}/slots/{slot}", params={"action": action}, json=body, timeout=60)


def suppressed(call: Callable[..., Any], *arguments: Any) -> None:
    """A call to a server that is killed meanwhile."""
    with contextlib.suppress(httpx.HTTPError):
        call(*arguments)


def unfinished(folder: Path) -> list[Path]:
    return list((folder / "slots").glob(".writing-*"))


def test_a_slot_survives_a_restart(start: Start, tmp_path: Path) -> None:
    engine = start()
    first = complete(engine, PROMPT, id_slot=1)
    tokens = first["usage"]["total_tokens"] - 1  # the last one was written and not read
    saved = act(engine, 1, "save", "king.bin")
    assert saved.status_code == 200, saved.text
    body = saved.json()
    assert set(body) == {"id_slot", "filename", "n_saved", "n_written", "timings"}
    assert (body["id_slot"], body["filename"], body["n_saved"]) == (1, "king.bin", tokens)
    assert body["n_written"] == (tmp_path / "slots" / "king.bin").stat().st_size
    assert body["timings"]["save_ms"] > 0
    engine.stop()

    engine = start()
    restored = act(engine, 0, "restore", "king.bin")
    assert restored.status_code == 200, restored.text
    assert set(restored.json()) == {"id_slot", "filename", "n_restored", "n_read", "timings"}
    assert restored.json()["n_restored"] == tokens
    assert restored.json()["n_read"] == body["n_written"]
    again = complete(engine, PROMPT, id_slot=0)
    assert cached(again) == first["usage"]["prompt_tokens"] - 1
    assert again["choices"][0]["text"] == first["choices"][0]["text"]
    turn = complete(engine, PROMPT + first["choices"][0]["text"] + " and then", id_slot=0)
    assert cached(turn) >= first["usage"]["prompt_tokens"]
    engine.stop()


def test_what_was_erased_is_computed_anew(start: Start) -> None:
    engine = start()
    complete(engine, PROMPT, id_slot=2)
    assert cached(complete(engine, PROMPT, id_slot=2)) > 0
    erased = act(engine, 2, "erase")
    assert erased.status_code == 200 and set(erased.json()) == {"id_slot", "n_erased"}
    assert erased.json()["n_erased"] > 0
    assert cached(complete(engine, PROMPT, id_slot=2)) == 0
    engine.stop()


def test_names_lead_nowhere_else(start: Start, tmp_path: Path) -> None:
    engine = start()
    complete(engine, PROMPT, id_slot=0)
    names = ["../king", "/etc/passwd", "a/b", "..", "", ".hidden", "a\n", "x" * 256, 7, None, "a\\b"]
    for name in names:
        for action in ("save", "restore"):
            answer = act(engine, 0, action, name)
            assert answer.status_code == 400, (name, answer.text)
            assert "filename" in answer.text
    assert not list((tmp_path / "slots").glob("**/*"))
    engine.stop()


def test_damaged_and_foreign_files_are_told_and_never_loaded(start: Start, tmp_path: Path) -> None:
    engine = start()
    complete(engine, PROMPT, id_slot=0)
    assert act(engine, 0, "save", "good").status_code == 200
    good = (tmp_path / "slots" / "good").read_bytes()
    dice = random.Random(5)
    for _ in range(20):
        bad = bytearray(good)
        if dice.random() < 0.5:
            bad = bad[: dice.randrange(len(bad))]
        else:
            bad[dice.randrange(len(bad))] ^= 1 << dice.randrange(8)
        (tmp_path / "slots" / "bad").write_bytes(bad)
        answer = act(engine, 1, "restore", "bad")
        assert answer.status_code == 400, answer.text
    assert act(engine, 1, "restore", "missing").status_code == 400
    assert act(engine, 99, "restore", "good").status_code == 400
    assert act(engine, 1, "restore", "good").status_code == 200
    engine.stop()
    # The same model with other numbers in its cache is another one.
    engine = start("--cache-type-k", "q8_0")
    answer = act(engine, 0, "restore", "good")
    assert answer.status_code == 400 and "another model" in answer.text
    assert cached(complete(engine, PROMPT)) == 0
    engine.stop()


def test_a_kill_while_saving_leaves_whole_files_only(start: Start, tmp_path: Path) -> None:
    text = ""
    for round_ in range(4):
        engine = start()
        if round_ > 0:
            assert act(engine, 0, "restore", "slot").status_code == 200
        text = complete(engine, PROMPT * (8 + round_), id_slot=0)["choices"][0]["text"]
        assert act(engine, 0, "save", "slot").status_code == 200
        saving = threading.Thread(target=lambda: suppressed(act, engine, 0, "save", "slot"))
        saving.start()
        until(lambda: unfinished(tmp_path) or not saving.is_alive(), "a file that is being written, or written")
        engine.kill()
        saving.join()
    engine = start()
    assert act(engine, 0, "restore", "slot").status_code == 200
    assert [path.name for path in (tmp_path / "slots").iterdir()] == ["slot"]
    assert complete(engine, PROMPT * 11, id_slot=0)["choices"][0]["text"] == text
    engine.stop()


def test_nothing_is_saved_and_restored_too(start: Start, tmp_path: Path) -> None:
    engine = start()
    saved = act(engine, 1, "save", "nothing")
    assert saved.status_code == 200, saved.text
    assert saved.json()["n_saved"] == 0
    assert saved.json()["n_written"] == (tmp_path / "slots" / "nothing").stat().st_size
    complete(engine, PROMPT, id_slot=1)
    restored = act(engine, 1, "restore", "nothing")
    assert restored.status_code == 200 and restored.json()["n_restored"] == 0
    assert act(engine, 1, "save", "again").json()["n_saved"] == 0, "what the slot held is gone"
    assert cached(complete(engine, PROMPT, id_slot=1)) == 0
    engine.stop()


def test_without_a_folder_there_are_no_slot_actions(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    try:
        answer = act(engine, 0, "save", "a")
        assert answer.status_code == 501
        assert "--slot-save-path" in answer.text and answer.json()["error"]["type"] == "not_supported_error"
    finally:
        engine.stop()


def test_contexts_are_shifted_only_when_asked(tmp_path: Path) -> None:
    engine = Engine(tmp_path, "-c", "256", "-np", "2", "-kvu")
    try:
        plain = complete(engine, PROMPT, max_tokens=600)
        assert plain["usage"]["total_tokens"] == 256
        assert plain["choices"][0]["finish_reason"] == "length"
    finally:
        engine.stop()
    engine = Engine(tmp_path, "-c", "256", "-np", "2", "-kvu", "--context-shift", "--keep", "8")
    try:
        for more in ({}, {"n_keep": -1}, {"n_keep": 0, "n_discard": 20}):
            shifted = complete(engine, PROMPT, max_tokens=600, **more)
            assert shifted["usage"]["completion_tokens"] == 600
            # What the cache has of the prompt is what it was before anything moved.
            again = complete(engine, PROMPT, max_tokens=16)["choices"][0]["text"]
            assert plain["choices"][0]["text"].startswith(again)
        too_long = httpx.post(
            f"{engine.url}/v1/completions", json={"prompt": PROMPT * 20, "max_tokens": 4}, timeout=60)
        assert too_long.status_code == 400
    finally:
        engine.stop()


def test_a_compressed_cache_still_answers(tmp_path: Path) -> None:
    engine = Engine(tmp_path, "--kv-compress", "96")
    try:
        answer = complete(engine, PROMPT * 12, max_tokens=200)
        assert answer["usage"]["completion_tokens"] == 200
        cache = httpx.get(f"{engine.url}/cache", timeout=10).json()
        assert cache["totals"]["tokens_dropped"] > 150
    finally:
        engine.stop()
