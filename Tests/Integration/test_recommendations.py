"""Which models fit this machine and how fast they would be: rules, sentences, and what measuring changes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.models import random_llama
from support.program import MODEL
from support.servers import Nexus, command

Start = Callable[..., Nexus]
USES = [
    "chat", "code", "reasoning", "writing", "translation", "tool_use", "long_documents", "vision", "embeddings",
    "reranking"]
CONFIGURATION = """\
models:
  tiny-chat: {{path: "{model}"}}
  wider: {{path: "{wider}", autostart: false}}
  deeper: {{path: "{deeper}", autostart: false}}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nexus]:
    folder = tmp_path_factory.mktemp("recommend")
    wider = random_llama(folder / "wider.gguf", width=768, layers=6, feed_forward=2048)
    deeper = random_llama(folder / "deeper.gguf", width=512, layers=16, feed_forward=1408, seed=2)
    nexus = Nexus(
        folder, model=None, configuration=CONFIGURATION.format(model=MODEL, wider=wider, deeper=deeper))
    yield nexus
    nexus.stop()


def recommend(server: Nexus, use: str, **more: Any) -> dict[str, Any]:
    answer = server.http.get("/api/v1/models/recommend", params={"use": use, "limit": 200, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("use", USES)
def test_each_use_gets_an_answer_with_reasons(server: Nexus, use: str) -> None:
    answer = recommend(server, use)
    every = answer["recommendations"]
    assert answer["for"] == {"use": use} and answer["total"] == len(every) > 0
    fits = [one["fits"] for one in every]
    assert fits == sorted(fits, reverse=True), "what fits comes first"
    for one in every:
        codes = [reason["code"] for reason in one["reasons"]]
        assert codes[0] == "memory" and "quantization" in codes
        assert one["fits"] == (one["need_bytes"] <= answer["room"]["bytes"] * 0.95)
        assert "generation_speed" in codes or "prompt_speed" in codes
        assert ("download" in codes) == (one["source"] == "hub") == (one["download"] is not None)
        assert all(reason["text"] for reason in one["reasons"])
        if one["fits"]:
            assert one["alternatives"] == []
    if use not in ("embeddings", "reranking"):
        speeds = [one["generation"]["tokens_per_second"] for one in recommend(server, use, order="speed")[
            "recommendations"] if one["fits"]]
        assert speeds == sorted(speeds, reverse=True)


def test_models_that_are_here_come_with_their_real_size(server: Nexus) -> None:
    here = {one["name"]: one for one in recommend(server, "chat", downloads="false")["recommendations"]}
    assert set(here) == {"tiny-chat", "wider", "deeper"}
    assert here["tiny-chat"]["quantization"] == "Q8_0"
    assert here["tiny-chat"]["context_tokens"] == 1024
    assert MODEL.stat().st_size < here["tiny-chat"]["need_bytes"] < here["wider"]["need_bytes"]
    assert "context_limit" in [reason["code"] for reason in here["tiny-chat"]["reasons"]]


def test_more_context_needs_more_memory(server: Nexus) -> None:
    def need(context: str) -> dict[tuple[str, str], int]:
        answer = recommend(server, "chat", context=context, order="quality")
        return {
            (one["name"], one["quantization"]): one["need_bytes"]
            for one in answer["recommendations"] if one["cache_type"] == "f16"}

    short, long = need("2k"), need("8192")
    both = {model for model in short if model in long and model[0] not in ("tiny-chat", "wider", "deeper")}
    assert both and all(short[model] < long[model] for model in both)


def test_a_description_is_understood_and_told(server: Nexus) -> None:
    answer = recommend(server, "summarize long contracts")
    assert answer["for"]["use"] == "long_documents"
    assert answer["for"]["found_by"][0]["words"] == ["summarize", "long", "contracts"]


@pytest.mark.parametrize(("parameters", "told"), [
    ({}, "use"), ({"use": "trnslation"}, "Did you mean translation?"), ({"use": "zzz"}, "embeddings"),
    ({"use": "chat", "context": "12"}, "128"), ({"use": "chat", "context": "many"}, "32k"),
    ({"use": "chat", "order": "best"}, "balanced"), ({"use": "chat", "limit": "0"}, "limit"),
    ({"use": "chat", "parallel": "x"}, "parallel"), ({"use": "chat", "unfit": "maybe"}, "unfit"),
])
def test_what_is_not_understood_is_refused_with_what_is(
    server: Nexus, parameters: dict[str, str], told: str) -> None:
    answer = server.http.get("/api/v1/models/recommend", params=parameters)
    assert answer.status_code == 400 and told in answer.text


def test_the_command_says_the_same(server: Nexus) -> None:
    done = command(
        server.folder, "models", "recommend", "--use", "code", "--limit", "3", "--data-dir", server.folder / "data")
    assert done.returncode == 0, done.stderr
    assert "For code with 16384 tokens of context" in done.stdout and "  - needs " in done.stdout
    asked = command(
        server.folder, "models", "recommend", "--use", "code", "--limit", "3", "--json", "--data-dir",
        server.folder / "data")
    first = recommend(server, "code")["recommendations"][0]
    assert json.loads(asked.stdout)["recommendations"][0]["name"] == first["name"]
    wrong = command(
        server.folder, "models", "recommend", "--use", "zzz", "--data-dir", server.folder / "data")
    assert wrong.returncode != 0 and "embeddings" in wrong.stderr


def test_measured_runs_make_the_prediction(
    server: Nexus, record_property: Callable[[str, object], None]) -> None:
    """What each measurement changes, and how far the second and third model were predicted before they ran."""

    def told(name: str) -> dict[str, Any]:
        answer = recommend(server, "chat", downloads="false")
        return next(one for one in answer["recommendations"] if one["name"] == name)

    def measure(name: str) -> list[dict[str, Any]]:
        done = command(server.folder, "models", "benchmark", name, "--json", "--data-dir", server.folder / "data")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["runs"]

    before = told("wider")
    assert before["generation"]["basis"] == "probe" and before["generation"]["error"] is None
    assert any("no model ran yet" in reason["text"] for reason in before["reasons"])
    runs = measure("tiny-chat")
    assert [run["prompt_tokens"] for run in runs] == [128, 512]
    assert all(run["tokens_per_second"] > 0 and run["prompt_tokens_per_second"] > 0 for run in runs)
    assert all("llama.cpp" in run["engine"] for run in runs)
    kept = server.http.get("/api/v1/speed").json()["runs"]
    assert sorted(run["prompt_tokens"] for run in kept) == [128, 512]

    second = told("wider")
    assert second["generation"]["basis"] == "corrected" and second["generation"]["runs"] == 2
    assert any("of one model, how far off is not known" in reason["text"] for reason in second["reasons"])
    real = measure("wider")
    third = told("deeper")
    assert third["generation"]["basis"] == "fit" and third["generation"]["models"] == 2
    assert third["generation"]["error"]["mean"] <= third["generation"]["error"]["max"]
    assert any("that was left out off by" in reason["text"] for reason in third["reasons"])
    last = measure("deeper")
    final = told("deeper")
    assert final["generation"]["models"] == 3 and final["generation"]["runs"] == 6

    for name, prediction, measured in (("wider", second, real), ("deeper", third, last)):
        for what, speed in (("generation", "tokens_per_second"), ("prompt", "prompt_tokens_per_second")):
            share = prediction[what]["tokens_per_second"] / measured[-1][speed]
            record_property(f"{name}: predicted {what} by measured", round(share, 2))
            print(f"{name}: {what} predicted {prediction[what]['tokens_per_second']:.0f}, "
                  f"measured {measured[-1][speed]:.0f} tokens/s ({share:.2f})")
    print(json.dumps(recommend(server, "chat")["speed_model"]))
    # Measuring again replaces, and does not count twice.
    measure("tiny-chat")
    assert len(server.http.get("/api/v1/speed").json()["runs"]) == 6


def test_what_cannot_be_measured_is_refused(server: Nexus) -> None:
    answer = server.http.post("/api/v1/speed", json={"model": "nobody"})
    assert answer.status_code == 404 and "tiny-chat" in answer.text
    assert server.http.post("/api/v1/speed", json={}).status_code == 400
    done = command(
        server.folder, "models", "benchmark", "nobody", "--data-dir", server.folder / "data")
    assert done.returncode != 0 and "tiny-chat" in done.stderr


def test_a_file_that_is_no_model_is_told_and_the_others_judged(start: Start, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    server = start(
        model=None, ready=False, configuration=(
            f'models: {{good: {{path: "{MODEL}"}}, broken: {{path: "{broken}", autostart: false}}}}\n'))
    answer = recommend(server, "chat", downloads="false")
    assert [one["name"] for one in answer["recommendations"]] == ["good"]
    assert any("'broken'" in remark for remark in answer["remarks"])
    refused = server.http.post("/api/v1/speed", json={"model": "broken"})
    assert refused.status_code == 400 and "GGUF" in refused.text
