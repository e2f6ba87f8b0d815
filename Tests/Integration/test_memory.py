"""The memory plan: predictions beside what workers really take, what is learned from it, and how it is asked for."""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import httpx
import pytest
from support.polling import until
from support.program import MODEL
from support.servers import NAME, Engine, Nexus, command
from support.shapes import FIRST_WORD, Family, made

Start = Callable[..., Nexus]
#: Much cache, few weights.
WIDE = Family("wide", layers=3, width=512, heads=8, kv_heads=8, head=128, feed_forward=512, vocabulary=1_000)
WINDOWS = Family(
    "windows", "gemma3", layers=6, width=512, heads=4, kv_heads=2, head=256, feed_forward=1024, vocabulary=48_000,
    type=gguf.GGMLQuantizationType.Q8_0, window=512, is_tied=True)
EXPERTS = Family(
    "experts", "qwen3moe", layers=4, width=512, heads=8, kv_heads=2, head=128, feed_forward=512, vocabulary=8_000,
    type=gguf.GGMLQuantizationType.Q8_0, experts=24, used=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def estimate(server: Nexus, model: Path | str, *arguments: str, **settings: Any) -> dict[str, Any]:
    body = {"model": str(model), **settings} | ({"arguments": list(arguments)} if arguments else {})
    answer = server.http.post("/api/v1/memory/estimate", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def fill(url: str, tokens: int, prompts: int = 1) -> None:
    """Prompts of so many tokens, none of which begins as another one."""
    for number in range(prompts):
        prompt = [FIRST_WORD + (number * 31 + place * 7) % 500 for place in range(tokens)]
        answer = httpx.post(
            f"{url}/completion", json={"prompt": prompt, "n_predict": 2, "ignore_eos": True}, timeout=120)
        assert answer.status_code == 200, answer.text


def resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    found = {line.split()[0]: int(line.split()[1]) * 1024 for line in lines}
    return found["Rss:"] + found["Swap:"]


@pytest.mark.parametrize(("family", "options", "tokens", "prompts"), [
    (WIDE, ["-c", "16384", "--ctx-seq", "2048"], 2000, 4),
    (WIDE, ["-c", "16384", "--ctx-seq", "2048", "-ctk", "q8_0", "-ctv", "q4_0", "--no-mmap"], 2000, 4),
    (WIDE, ["-c", "4096", "-fa", "off", "-b", "1024", "-ub", "1024"], 4000, 1),
    (WINDOWS, ["-c", "16384", "--ctx-seq", "2048", "-np", "2"], 2000, 2),
    (EXPERTS, ["-c", "4096"], 2000, 1),
], ids=["cache", "quantised cache", "no flash attention", "windows", "experts"])
def test_a_worker_takes_what_was_predicted(
    nexus: Nexus, begin: Callable[..., Engine], folder: Path, family: Any, options: list[str], tokens: int, prompts: int
) -> None:
    model = made(family, folder)
    options = [*options, "--cache-ram", "0", "--threads", "2"]
    predicted = estimate(nexus, model, *options)["predicted"]["host_bytes"]
    engine = begin(*options, "--model", str(model))
    fill(engine.url, tokens, prompts)
    measured = resident(engine.pid)
    assert 0.9 < predicted / measured < 1.1, f"predicted {predicted >> 20} MiB, measured {measured >> 20} MiB"


def test_what_a_worker_took_corrects_the_next_prediction_also_after_a_restart(start: Start, folder: Path) -> None:
    model = made(EXPERTS, folder)
    configuration = f"models: {{experts: {{path: '{model}', contextTokens: 2048, parallel: 2, threads: 2}}}}"
    settings = {"ctx_size": 4096, "ctx_seq": 2048, "parallel": 2, "cache_ram": 0}
    server = start(configuration=configuration, model=None)
    before = estimate(server, "experts", **settings)
    assert before["correction"] == {"ratio": 1, "samples": 0} and before["path"] == str(model)
    answer = server.http.post(
        "/v1/completions", json={"model": "experts", "prompt": "w1 w2 w3 " * 120, "max_tokens": 2})
    assert answer.status_code == 200, answer.text

    def line() -> dict[str, Any] | None:
        plan = server.http.get("/api/v1/memory").json()
        found = next(line for line in plan["models"] if line["model"] == "experts")
        return found if found.get("correction", {}).get("samples") else None

    found = until(line, "a worker that something was learned from", 30)
    assert found["state"] == "ready" and {part["kind"] for part in found["parts"]} >= {"weights", "kv_cache", "process"}
    process = found["process"]
    assert process["anonymous_bytes"] < process["proportional_bytes"] <= process["resident_bytes"]
    after = estimate(server, "experts", **settings)
    assert after["correction"]["samples"] > 0
    needed, measured = after["needed"]["host_bytes"], found["measured"]["host_bytes"]
    # What the worker keeps of prefixes outside its cache is no part of it.
    assert 0.9 < needed / measured < 1.1, f"needed {needed >> 20} MiB, measured {measured >> 20} MiB"
    server.stop()
    again = start(configuration=configuration, model=None, folder=server.folder)
    until(lambda: estimate(again, "experts", **settings)["correction"]["samples"], "what was learned before", 20)
    kept = estimate(again, "experts", **settings)["correction"]
    assert kept["ratio"] == pytest.approx(after["correction"]["ratio"], rel=0.1)
    # Another setting has nothing to learn from.
    assert estimate(again, "experts", **(settings | {"cache_type_k": "q8_0"}))["correction"]["samples"] == 0
    usage = again.http.get("/api/v1/memory/preloading").json()
    assert [model["model"] for model in usage["models"]] == ["experts"]
    again.stop()


def test_an_estimate_moves_with_its_settings_and_is_quick(nexus: Nexus, folder: Path) -> None:
    model = made(WIDE, folder)
    times, bytes_before = [], 0
    for cells in range(1024, 32_768, 1024):
        began = time.perf_counter()
        answer = estimate(nexus, model, ctx_size=cells)
        times.append(time.perf_counter() - began)
        cache = answer["summary"]["kv_cache_bytes"]
        # 3 layers of 1,024 keys and 1,024 values of 2 bytes.
        assert cache == cells * 3 * 2048 * 2 and cache > bytes_before
        bytes_before = cache
    # Not a figure for anybody, but a header that is read again each time would show.
    assert statistics.median(times) < 0.5
    whole = estimate(nexus, model, ctx_size=8192, flash_attn="off")
    assert whole["summary"]["compute_bytes"] > estimate(nexus, model, ctx_size=8192)["summary"]["compute_bytes"]
    draft = estimate(nexus, model, ctx_size=8192, model_draft=str(MODEL))
    assert draft["summary"]["companions_bytes"] > MODEL.stat().st_size
    assert not estimate(nexus, model, ctx_size=100_000_000)["fits_alone"]


def test_a_file_that_was_replaced_is_read_again(nexus: Nexus, tmp_path: Path) -> None:
    small = made(Family("again", layers=1, width=128, heads=2, kv_heads=2, feed_forward=128), tmp_path)
    first = estimate(nexus, small, ctx_size=1024)["layers"]
    small.unlink()
    made(Family("again", layers=2, width=128, heads=2, kv_heads=2, feed_forward=128), tmp_path)
    assert (first, estimate(nexus, small, ctx_size=1024)["layers"]) == (1, 2)


@pytest.mark.parametrize(("body", "status", "word"), [
    ({"model": "nobody"}, 404, "nobody"), ({"model": "/etc/hostname"}, 400, "no GGUF"),
    ({"model": "/etc"}, 404, "/etc"),
    ({}, 400, "model"), ({"model": NAME, "ctx_size": -5}, 400, "ctx_size"),
    ({"model": NAME, "colour": 1}, 400, "colour"), ({"model": NAME, "lora": ["/none.gguf"]}, 404, "/none.gguf"),
    ({"model": NAME, "cache_type_v": "q8_0", "flash_attn": "off"}, 400, "flash"),
])
def test_what_cannot_be_predicted_says_why(nexus: Nexus, body: dict[str, Any], status: int, word: str) -> None:
    answer = nexus.http.post("/api/v1/memory/estimate", json=body)
    assert answer.status_code == status, answer.text
    assert word in answer.text


def test_the_command_shows_a_table_and_a_bar(tmp_path: Path) -> None:
    arguments = [
        "models", "memory", str(MODEL), "--ctx-size", "4096", "--cache-type-k", "q8_0", "--data-dir", tmp_path / "d"]
    shown = command(tmp_path, *arguments)
    assert shown.returncode == 0, shown.stderr
    assert "kv_cache" in shown.stdout and "4096 cells" in shown.stdout and "fits" in shown.stdout
    bar = next(line for line in shown.stdout.splitlines() if line.startswith("["))
    assert len(bar) == 50 and {"W", "K", "P"} & set(bar)
    answer = command(tmp_path, *arguments, "--json")
    parsed = json.loads(answer.stdout)
    assert parsed["cells"] == 4096
    assert sum(part["bytes"] for part in parsed["parts"]) == parsed["predicted"]["host_bytes"]
    refused = command(tmp_path, "models", "memory", "nobody", "--data-dir", tmp_path / "d")
    assert refused.returncode != 0 and "nobody" in refused.stderr
