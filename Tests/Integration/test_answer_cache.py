"""Answers that are given again: with the real `openai` client, through both streams and whole answers, over restarts."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest
from support.encoders import minilm, random_encoder
from support.polling import until
from support.servers import NAME, Nexus, command
from support.talk import CAPITAL, STORY, SUM, text_of

Start = Callable[..., Nexus]
ON = {"NEXUS_CACHE_ENABLED": "true"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nexus]:
    one = Nexus(tmp_path_factory.mktemp("cached"), variables=ON)
    yield one
    one.stop()


@pytest.fixture(autouse=True)
def empty(request: pytest.FixtureRequest) -> None:
    if "server" in request.fixturenames:
        request.getfixturevalue("server").http.delete("/api/v1/cache/answers", params={"all": "true"})


def chat(server: Nexus, messages: list[dict[str, str]] = CAPITAL, header: str | None = None, **options: Any) -> Any:
    headers = {"X-Nexus-Cache": header} if header else {}
    body = {"model": NAME, "messages": messages, "temperature": 0} | options
    return server.http.post("/v1/chat/completions", json=body, headers=headers)


def state(answer: Any) -> str:
    return str(answer.headers["X-Nexus-Cache"]).split(";")[0]


def test_a_whole_answer_is_given_again_and_says_so(server: Nexus) -> None:
    first, second = chat(server), chat(server)
    assert (state(first), state(second)) == ("miss", "hit")
    assert second.headers["X-Nexus-Model"] == NAME
    one, two = first.json(), second.json()
    assert two["choices"] == one["choices"] and two["id"] != one["id"]
    assert two["usage"]["total_tokens"] == one["usage"]["total_tokens"]
    assert two["usage"]["prompt_tokens_details"]["cached_tokens"] == two["usage"]["prompt_tokens"]
    report = two["nexus"]["answer_cache"]
    assert report["kind"] == "exact" and len(report["key"]) == 64 and report["age_ms"] >= 0
    assert "answer_cache" not in one.get("nexus", {})
    for answer in (first, second):
        assert float(answer.headers["X-Nexus-Overhead-Ms"]) >= 0 and float(answer.headers["X-Nexus-Queue-Ms"]) >= 0


def test_a_stream_is_given_again_in_the_same_pieces(server: Nexus) -> None:
    def ask() -> tuple[str, list[str | None], Any]:
        with server.client() as client:
            raw = client.chat.completions.with_raw_response.create(
                model=NAME, messages=STORY, temperature=0, stream=True, stream_options={"include_usage": True})
            chunks = list(raw.parse())
        pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
        return raw.headers["X-Nexus-Cache"], pieces, chunks[-1].usage

    (first, pieces, usage), (second, again, counted) = ask(), ask()
    assert (first, second) == ("miss", "hit") and pieces == again and len(pieces) > 10
    assert counted.completion_tokens == usage.completion_tokens
    assert counted.prompt_tokens_details.cached_tokens == counted.prompt_tokens
    whole = chat(server, STORY)
    assert state(whole) == "hit", "whole answers and streams are one"
    assert whole.json()["choices"][0]["message"]["content"] == "".join(piece or "" for piece in pieces)


def test_what_is_kept_follows_the_policy_and_the_client(server: Nexus) -> None:
    assert [state(chat(server, temperature=0.9)) for _ in range(2)] == ["bypass"] * 2
    assert [state(chat(server, temperature=0.9, seed=3)) for _ in range(2)] == ["miss", "hit"]
    assert [state(chat(server, temperature=0.9, header="use")) for _ in range(2)] == ["miss", "hit"]
    assert [state(chat(server, SUM, nexus={"cache": "use"}, temperature=1)) for _ in range(2)] == ["miss", "hit"]
    assert [state(chat(server, header=word)) for word in ("refresh", "auto", "off")] == ["miss", "hit", "bypass"]
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    assert [state(chat(server, tools=[tool])) for _ in range(2)] == ["bypass"] * 2
    assert [state(chat(server, tools=[tool], header="use")) for _ in range(2)] == ["miss", "hit"]
    assert chat(server, header="maybe").status_code == 400
    refused = chat(server, nexus={"cache": {"mode": "use", "ttl_s": 0}})
    assert refused.status_code == 400 and "nexus.cache.ttl_s" in refused.text


def test_choices_of_one_request_differ_and_come_again(server: Nexus) -> None:
    def ask() -> list[str]:
        answer = chat(server, STORY, header="use", temperature=1.5, n=3, max_tokens=12)
        return [choice["message"]["content"] for choice in answer.json()["choices"]]

    first = ask()
    assert len(set(first)) > 1 and ask() == first


def test_tenants_do_not_share(server: Nexus) -> None:
    def ask(tenant: str) -> str:
        body = {"model": NAME, "messages": CAPITAL, "temperature": 0}
        return state(server.http.post("/v1/chat/completions", json=body, headers={"X-Nexus-Tenant": tenant}))

    assert [ask("a"), ask("b"), ask("a"), ask("b")] == ["miss", "miss", "hit", "hit"]
    listed = server.http.get("/api/v1/cache/answers", params={"tenant": "a"}).json()["answers"]
    assert [line["tenant"] for line in listed] == ["a"] and "Paris" not in json.dumps(listed)


def test_answers_are_forgotten_by_key_model_tag_and_all(server: Nexus) -> None:
    key = chat(server).json() and chat(server).json()["nexus"]["answer_cache"]["key"]

    def forget(**query: str) -> int:
        return int(server.http.delete("/api/v1/cache/answers", params=query).raise_for_status().json()["forgotten"])

    assert forget(answer=key) == 1 and state(chat(server)) == "miss"
    assert forget(model=NAME) == 1 and forget(model=NAME) == 0
    chat(server, nexus={"cache": {"tags": ["geography"]}})
    chat(server, SUM)
    assert forget(tag="geography") == 1 and state(chat(server, SUM)) == "hit"
    assert forget(all="true") == 1
    for query in ({}, {"answer": "abc"}, {"answer": key, "model": NAME}):
        assert server.http.delete("/api/v1/cache/answers", params=query).status_code == 400


def test_the_same_request_at_once_is_computed_once(server: Nexus) -> None:
    def computed() -> int:
        text = server.http.get("/metrics").text
        return sum(int(float(line.split()[-1])) for line in text.splitlines()
                   if line.startswith("nexus_generations_total{"))

    before = computed()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: chat(server, STORY), range(8)))
    assert len({answer.json()["choices"][0]["message"]["content"] for answer in answers}) == 1
    assert computed() == before + 1
    assert sorted(state(answer) for answer in answers) == ["hit"] * 7 + ["miss"]


def test_answers_outlive_the_platform_and_damage_is_a_miss(start: Start, tmp_path: Path) -> None:
    first = start(folder=tmp_path, variables=ON)
    kept = chat(first, STORY).json()["choices"][0]["message"]["content"]
    chat(first, SUM)
    until(lambda: len(first.http.get("/api/v1/cache/answers").json()["answers"]) == 2, "they are written")
    first.stop()
    with sqlite3.connect(tmp_path / "data/nexus.db") as database:
        database.execute("UPDATE answers SET payload = x'0102' WHERE completion_tokens < 10")
    second = start(folder=tmp_path, variables=ON)
    again = chat(second, STORY)
    assert state(again) == "hit" and again.json()["choices"][0]["message"]["content"] == kept
    assert [state(chat(second, SUM)) for _ in range(2)] == ["miss", "hit"]
    assert "nexus_answer_cache_damaged_total 1" in second.http.get("/metrics").text


def test_another_version_of_a_deployment_does_not_find_them(server: Nexus) -> None:
    path = server.http.get("/api/v1/deployments").json()
    chat(server)
    assert state(chat(server)) == "hit" and path
    listed = server.http.get("/api/v1/cache/answers").json()
    assert listed["requests"]["hit"] >= 1 and listed["saved"]["completion_tokens"] >= 1
    done = server.http.patch(f"/api/v1/deployments/{NAME}", json={"parallel": 2})
    assert done.status_code < 300, done.text
    assert state(chat(server)) == "miss"


def test_commands_show_and_clear(server: Nexus) -> None:
    chat(server, nexus={"cache": {"tags": ["news"]}})
    chat(server)
    shown = command(server.folder, "cache", "stats", "--data-dir", server.folder / "data")
    assert shown.returncode == 0 and "news" in shown.stdout and "hits" in shown.stdout, shown.stderr
    cleared = command(server.folder, "cache", "clear", "--tag", "news", "--data-dir", server.folder / "data")
    assert cleared.returncode == 0 and "Forgotten: 1" in cleared.stdout, cleared.stderr
    nothing = command(server.folder, "cache", "clear", "--data-dir", server.folder / "data")
    assert nothing.returncode != 0 and "answer, model, tag" in nothing.stderr


def test_switched_off_it_does_nothing(start: Start) -> None:
    server = start()
    assert [state(chat(server, header="use")) for _ in range(2)] == ["bypass"] * 2
    assert server.http.get("/api/v1/cache/answers").json()["enabled"] is False


# Vectors and meaning.


def test_vectors_of_inputs_are_computed_once(start: Start, tmp_path: Path) -> None:
    (tmp_path / "cache/models").mkdir(parents=True)
    random_encoder(tmp_path / "cache/models/all-MiniLM-L6-v2-F16.gguf", ranks=False)
    server = start(folder=tmp_path, variables=ON | {"NEXUS_CACHE_DIR": str(tmp_path / "cache")})

    def embed(*texts: str) -> tuple[str, list[list[float]], int]:
        with server.client() as client:
            raw = client.embeddings.with_raw_response.create(model="embed", input=list(texts))
            answer = raw.parse()
        return raw.headers["X-Nexus-Cache"], [entry.embedding for entry in answer.data], answer.usage.prompt_tokens

    first, vectors, tokens = embed("the cat", "a dog")
    again, same, none = embed("a dog", "the cat")
    assert (first, again) == ("miss", "hit") and same == vectors[::-1] and tokens > none == 0
    mixed, three, some = embed("a dog", "new", "the cat")
    assert mixed == "miss" and [three[0], three[2]] == same and 0 < some < tokens


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The real sentence encoder, converted by this build."""
    module = minilm()
    try:
        source = module.source()
    except module.MiniLMError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("encoder")
    (folder / "models").mkdir()
    done = command(
        folder, "models", "convert", source, folder / "models/all-MiniLM-L6-v2-F16.gguf", "--name", "all-MiniLM-L6-v2",
        "--data-dir", folder / "own")
    assert done.returncode == 0, done.stderr
    yield folder
    shutil.rmtree(folder)


def test_questions_that_mean_the_same_get_the_same_answer(start: Start, encoder: Path) -> None:
    server = start(variables=ON | {"NEXUS_CACHE_DIR": str(encoder), "NEXUS_CACHE_SIMILAR_ENABLED": "true"})

    def ask(question: str, **options: Any) -> Any:
        return chat(server, [{"role": "user", "content": question}], max_tokens=8, **options)

    first = ask("What is the capital of France?")
    again = ask("Which city is the capital of France?")
    assert state(first) == "miss" and state(again) == "semantic", again.headers["X-Nexus-Cache"]
    assert again.json()["choices"] == first.json()["choices"]
    nexus = again.json()["nexus"]
    assert nexus["answer_cache"]["kind"] == "semantic" and nexus["answer_cache"]["similarity"] >= 0.85
    assert nexus["warnings"][0]["code"] == "similar_answer"
    for other in ("What is the capital of Spain?", "What is not the capital of France?", "How do I boil an egg?"):
        assert state(ask(other)) == "miss", other
    assert state(ask("What's the capital city of France?", nexus={"cache": {"similar": False}})) == "miss"
    with server.client() as client:
        stream = client.chat.completions.create(
            model=NAME, messages=[{"role": "user", "content": "Tell me which city is the capital of France."}],
            temperature=0, max_tokens=8, stream=True)
        assert text_of(list(stream)) == first.json()["choices"][0]["message"]["content"]


def test_calibration_prints_precision_and_recall_and_is_kept(start: Start, encoder: Path, tmp_path: Path) -> None:
    variables = ON | {"NEXUS_CACHE_DIR": str(encoder), "NEXUS_CACHE_SIMILAR_ENABLED": "true"}
    server = start(folder=tmp_path, variables=variables)
    where = ("--data-dir", tmp_path / "data")
    done = command(tmp_path, "cache", "calibrate", "--model", "embed", "--json", *where)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    found = report["recommended"]
    assert report["pairs"] >= 200 and report["kept"] is True
    assert found["precision"] >= 0.95 and found["recall"] > 0.3 and 0.5 <= found["threshold"] <= 1, found
    at = next(point for point in report["curve"] if point["threshold"] == found["threshold"])
    assert at["precision"] > at["precision_unguarded"] and at["recall_unguarded"] - at["recall"] <= 0.06, at
    print(json.dumps({key: report[key] for key in ("recommended", "mistakes", "mistakes_unguarded")}), at)

    status = server.http.get("/api/v1/cache/answers").json()["similar"]
    assert status["threshold"] == found["threshold"] and status["calibrated"]["pairs"] == report["pairs"]
    server.stop()
    server = start(folder=tmp_path, variables=variables)
    kept = server.http.get("/api/v1/cache/answers").json()["similar"]
    assert kept["threshold"] == found["threshold"]

    own = tmp_path / "pairs.tsv"
    own.write_text("same\tHow do I reset my password?\tHow can I reset my password?\ndifferent\tHow old are you?\tWho are you?\n")
    text = command(tmp_path, "cache", "calibrate", "--pairs", own, "--precision", "1", "--dry-run", *where)
    assert text.returncode == 0 and "2 pairs" in text.stdout and "precision" in text.stdout, text.stderr
    own.write_text("maybe\ta\tb\n")
    assert "Line 1" in command(tmp_path, "cache", "calibrate", "--pairs", own, *where).stderr
    assert command(tmp_path, "cache", "calibrate", "--model", "nobody", *where).returncode != 0


def test_a_model_that_makes_no_vectors_is_told(server: Nexus) -> None:
    done = command(server.folder, "cache", "calibrate", "--model", NAME, "--data-dir", server.folder / "data")
    assert done.returncode != 0 and done.stderr
    with server.client() as client, pytest.raises(openai.APIStatusError):
        client.embeddings.create(model=NAME, input="a")
