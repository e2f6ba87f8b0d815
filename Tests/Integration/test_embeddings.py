"""`nexus engine --embeddings` and `--reranking` with the `openai` client and llama-server's endpoints."""

import math
import random
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import pytest
from support.polling import until
from support.program import BINARIES, MODEL, environment
from support.servers import NAME, Engine

WORDS = "what is the capital of France Spain a story about my name count to nine weather in please tell me and 7".split()


def texts(count: int, seed: int) -> list[str]:
    """Texts of 1 to 150 words."""
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=chance.choice([1, 2, 5, 12, 40, 150]))) for _ in range(count)]


def cosine(left: list[float], right: list[float]) -> float:
    product = sum(a * b for a, b in zip(left, right, strict=True))
    return product / math.sqrt(sum(a * a for a in left) * sum(b * b for b in right))


def expect_same(left: list[float], right: list[float]) -> None:
    """The starter model's weights have 8 bits: a sum in another order can round to the next of 256 steps."""
    assert cosine(left, right) >= 0.9999
    assert max(abs(a - b) for a, b in zip(left, right, strict=True)) <= 1e-3


def client_of(engine: Engine) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{engine.url}/v1", api_key="none", max_retries=0, timeout=60)


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = Engine(tmp_path_factory.mktemp("embedder"), "--embeddings", "--pooling", "mean", "--ctx-seq", "512")
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def client(embedder: Engine) -> Iterator[openai.OpenAI]:
    with client_of(embedder) as client:
        yield client


def vectors(client: openai.OpenAI, inputs: list[str]) -> list[list[float]]:
    answer = client.embeddings.create(model=NAME, input=inputs)
    assert [entry.index for entry in answer.data] == list(range(len(inputs)))
    return [entry.embedding for entry in answer.data]


def test_many_texts_at_once_equal_each_alone(client: openai.OpenAI) -> None:
    inputs = texts(200, seed=1)
    together = vectors(client, inputs)
    for text, vector in zip(inputs, together, strict=True):
        expect_same(vectors(client, [text])[0], vector)
        assert abs(sum(number * number for number in vector) - 1) < 1e-5


def test_callers_at_once_get_what_each_gets_alone(client: openai.OpenAI, embedder: Engine) -> None:
    requests = [texts(5, seed) for seed in range(2, 26)]
    alone = [vectors(client, inputs) for inputs in requests]
    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(lambda inputs: vectors(client, inputs), requests))
    for left, right in zip(alone, together, strict=True):
        for one, other in zip(left, right, strict=True):
            expect_same(one, other)
    until(lambda: embedder.live() == 0, "no request left")


def test_base64_and_float_are_equal(client: openai.OpenAI) -> None:
    # Without a format the client asks for base 64 and unpacks it.
    packed = client.embeddings.create(model=NAME, input="What is 3 + 4?")
    plain = client.embeddings.create(model=NAME, input="What is 3 + 4?", encoding_format="float")
    assert packed.data[0].embedding == plain.data[0].embedding
    assert packed.usage.prompt_tokens == packed.usage.total_tokens > 3


def test_tokens_are_as_good_as_their_text(client: openai.OpenAI, embedder: Engine) -> None:
    text = "What is the capital of France?"
    body = {"content": text, "add_special": True}
    tokens = httpx.post(f"{embedder.url}/tokenize", json=body, timeout=10).json()["tokens"]
    answer = client.embeddings.create(model=NAME, input=[tokens, tokens[:3]])
    expect_same(answer.data[0].embedding, vectors(client, [text])[0])
    assert answer.usage.prompt_tokens == len(tokens) + 3
    expect_same(client.embeddings.create(model=NAME, input=tokens).data[0].embedding, answer.data[0].embedding)


def test_shorter_vectors_have_length_one(client: openai.OpenAI) -> None:
    whole = vectors(client, ["Hello!"])[0]
    short = client.embeddings.create(model=NAME, input="Hello!", dimensions=16).data[0].embedding
    assert len(short) == 16
    expect_same(short, [number / math.sqrt(sum(n * n for n in whole[:16])) for number in whole[:16]])
    with pytest.raises(openai.BadRequestError, match="dimensions"):
        client.embeddings.create(model=NAME, input="Hello!", dimensions=len(whole) + 1)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"input": "word " * 3000}, ["512", "tokens"]), ({"input": ["fine", "word " * 3000]}, ["input[1]", "512"]),
        ({"input": []}, ["empty"]), ({"input": ["a", []]}, ["input[1]", "empty"]), ({"input": 5}, ["input"]),
        ({"input": [-1]}, ["input[0]"]), ({"input": [1, 2**40]}, ["input[1]"]), ({"input": [1.5]}, ["input[0]"]),
        ({"input": ["a"] * 2049}, ["2049", "2048"]), ({"input": "a", "dimensions": -1}, ["dimensions"]),
        ({"input": {"content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}}, ["content[0].type"]),
        ({"input": "a", "truncate_prompt_tokens": 513}, ["513", "512"]),
        ({"input": [999999]}, ["vocabulary"]), ({"input": "a", "encoding_format": "int8"}, ["base64"]),
        ({}, ["input"]),
    ])
def test_what_cannot_be_embedded_is_refused(embedder: Engine, body: dict, words: list[str]) -> None:
    answer = httpx.post(f"{embedder.url}/v1/embeddings", json=body, timeout=10)
    assert answer.status_code == 400, answer.text
    for word in words:
        assert word in answer.json()["error"]["message"]


def test_any_name_and_unknown_fields_are_taken(client: openai.OpenAI) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input="a", user="u", extra_body={"x": [1]})
    assert answer.model == "text-embedding-3-small"


def test_a_long_text_is_cut_where_that_is_asked_for(client: openai.OpenAI, embedder: Engine) -> None:
    long = client.embeddings.create(model=NAME, input="word " * 3000, extra_body={"truncate": True})
    assert long.usage.prompt_tokens == 512
    short = client.embeddings.create(model=NAME, input="word " * 3000, extra_body={"truncate_prompt_tokens": 20})
    assert short.usage.prompt_tokens == 20


def test_mixed_inputs_are_one_sequence(embedder: Engine) -> None:
    def ask(given: object) -> dict:
        answer = httpx.post(f"{embedder.url}/v1/embeddings", json={"input": given}, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert len(ask([12, 34, "string", 56])["data"]) == 1
    assert len(ask([[12, 34, 56], [12, "string", 34]])["data"]) == 2
    parts = [{"type": "text", "text": "What is "}, {"type": "text", "text": "3 + 4?"}]
    same = ask(["What is 3 + 4?", {"content": parts}, {"prompt_string": "What is 3 + 4?"}])["data"]
    assert same[0]["embedding"] == same[1]["embedding"] == same[2]["embedding"]


def test_a_single_text_is_not_held_up_by_a_thousand(client: openai.OpenAI, embedder: Engine) -> None:
    many = texts(1000, seed=9)
    with ThreadPoolExecutor(1) as pool:
        began = embedder.heartbeat()["steps"]
        whole = pool.submit(vectors, client, many)
        until(lambda: embedder.heartbeat()["steps"] > began, "the thousand are being computed")
        assert len(vectors(client, ["Hello!"])) == 1
        assert not whole.done()
        assert len(whole.result()) == 1000


def test_clients_that_vanish_leave_nothing(client: openai.OpenAI, embedder: Engine) -> None:
    inputs = ["word " * 300] * 400
    for _ in range(4):
        with pytest.raises(httpx.TimeoutException):
            httpx.post(f"{embedder.url}/v1/embeddings", json={"input": inputs}, timeout=0.2)
    until(lambda: embedder.live() == 0, "no request left", 20)
    assert len(vectors(client, ["Hello!"])) == 1


def test_requests_beyond_the_queue_are_refused_with_a_time_to_wait(tmp_path: Path) -> None:
    engine = Engine(tmp_path, "--embeddings", "--pooling", "mean", "--queue-max", "1")

    def ask(_: int) -> httpx.Response:
        return httpx.post(f"{engine.url}/v1/embeddings", json={"input": ["word " * 300] * 20}, timeout=60)

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(ask, range(24)))
    assert {answer.status_code for answer in answers} == {200, 429}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers if answer.status_code == 429)
    assert engine.live() == 0
    engine.stop()


def test_each_kind_of_server_says_what_the_other_is_for(engine: Engine, embedder: Engine) -> None:
    answer = httpx.post(f"{engine.url}/v1/embeddings", json={"input": "a"}, timeout=10)
    assert answer.status_code == 501 and "--embeddings" in answer.json()["error"]["message"]
    answer = httpx.post(f"{engine.url}/v1/rerank", json={"query": "a", "documents": ["b"]}, timeout=10)
    assert answer.status_code == 501 and "--reranking" in answer.json()["error"]["message"]
    answer = httpx.post(f"{embedder.url}/v1/rerank", json={"query": "a", "documents": ["b"]}, timeout=10)
    assert answer.status_code == 501 and "--reranking" in answer.json()["error"]["message"]
    chat = {"messages": [{"role": "user", "content": "Hello!"}]}
    for path, body in [("/v1/chat/completions", chat), ("/v1/completions", {"prompt": "a"})]:
        answer = httpx.post(f"{embedder.url}{path}", json=body, timeout=10)
        assert answer.status_code == 501 and "writes no text" in answer.json()["error"]["message"]
    assert httpx.get(f"{embedder.url}/v1/models", timeout=10).json()["data"][0]["id"] == NAME


def test_vectors_of_tokens(tmp_path: Path) -> None:
    engine = Engine(tmp_path, "--embeddings", "--pooling", "none")
    tokens = httpx.post(f"{engine.url}/tokenize", json={"content": "Hello, you!", "add_special": True}).json()["tokens"]
    native = httpx.post(f"{engine.url}/embeddings", json={"input": "Hello, you!"}).json()
    assert len(native) == 1 and len(native[0]["embedding"]) == len(tokens)
    pooled = httpx.post(f"{engine.url}/v1/embeddings", json={"input": "Hello!"})
    assert pooled.status_code == 400 and "--pooling" in pooled.json()["error"]["message"]
    engine.stop()


def test_a_model_without_a_head_does_not_rank(tmp_path: Path) -> None:
    done = subprocess.run(
        [BINARIES / "nexus-engine", "--model", MODEL, "--port", "0", "--reranking"], env=environment(tmp_path),
        capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and done.stdout == ""
    assert "no head" in done.stderr
