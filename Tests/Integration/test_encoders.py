"""Encoders end to end: a real model beside NumPy, cross-encoders, classifiers, and all of them behind `nexus serve`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy
import openai
import pytest
from support.encoders import WORDS, Reference, minilm, random_encoder
from support.servers import Engine, Nexus

SENTENCES = [
    "A man is playing a guitar on stage.", "Someone performs music with a string instrument.",
    "The stock market fell sharply on Tuesday.", "Café déjà vu: naïve résumés cost $5!", "I",
    "How do I reset my password? I've forgotten it, and the e-mail never arrives in my inbox.",
]
LABELS = ["weather", "animal", "question"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("encoders")


@pytest.fixture(scope="module")
def ranker(folder: Path) -> Iterator[tuple[Engine, Reference]]:
    path = random_encoder(folder / "ranker.gguf", ranks=True)
    engine = Engine(folder, "--reranking", model=path)
    yield engine, Reference(path, vocabulary())
    engine.stop()


@pytest.fixture(scope="module")
def classifier(folder: Path) -> Iterator[tuple[Engine, Reference]]:
    path = random_encoder(folder / "classifier.gguf", ranks=True, labels=LABELS)
    engine = Engine(folder, "--embeddings", "--pooling", "rank", model=path)
    yield engine, Reference(path, vocabulary())
    engine.stop()


@pytest.fixture(scope="module")
def real() -> tuple[Path, Reference]:
    module = minilm()
    try:
        path = module.model("f32")
    except module.MiniLMError as error:
        pytest.skip(str(error))
    return path, Reference(path, module.vocabulary(module.source()))


def vocabulary() -> list[str]:
    return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]


def post(engine: Engine, path: str, body: dict) -> httpx.Response:
    return httpx.post(f"{engine.url}{path}", json=body, timeout=30)


def test_a_real_model_gives_the_vectors_of_its_reference(folder: Path, real: tuple[Path, Reference]) -> None:
    path, reference = real
    engine = Engine(folder, "--embeddings", model=path)
    with engine.client() as client:
        answer = client.embeddings.create(model="any", input=SENTENCES)
    assert answer.usage.prompt_tokens == sum(len(reference.tokens(text)) for text in SENTENCES)
    vectors = numpy.array([entry.embedding for entry in answer.data])
    for text, vector in zip(SENTENCES, vectors, strict=True):
        assert float(vector @ reference.mean(text)) >= 0.9999, text
    # Sentences of the same meaning are nearer to each other than to any other.
    near = vectors @ vectors.T
    assert near[0, 1] > 0.4 and near[0, 1] > max(near[0, 2:].max(), near[1, 2:].max()) + 0.2
    engine.stop()


def test_a_cross_encoder_ranks_as_its_reference(ranker: tuple[Engine, Reference]) -> None:
    engine, reference = ranker
    query, documents = "what is red", ["the cat is red", "rain", "machine learning", "who is the blue dog in the sun"]
    answer = post(engine, "/v1/rerank", {"query": query, "documents": documents}).json()
    pairs = [reference.tokens(query) + reference.tokens(document)[1:] for document in documents]
    expected = [float(reference.scores(pair)[0]) for pair in pairs]
    assert answer["usage"]["prompt_tokens"] == sum(map(len, pairs))
    scores = {result["index"]: result["relevance_score"] for result in answer["results"]}
    assert [scores[index] for index in range(4)] == pytest.approx(expected, abs=1e-3)
    ranked = [result["relevance_score"] for result in answer["results"]]
    assert ranked == sorted(ranked, reverse=True)
    plain = post(engine, "/rerank", {"query": query, "texts": documents, "return_text": True, "top_n": 2}).json()
    assert [entry["text"] for entry in plain] == [documents[result["index"]] for result in answer["results"][:2]]


def test_documents_too_long_are_refused_or_cut(ranker: tuple[Engine, Reference]) -> None:
    engine, _ = ranker
    body = {"query": "what is red", "documents": ["a", "cat " * 500]}
    refused = post(engine, "/v1/rerank", body)
    assert refused.status_code == 400 and "documents[1]" == refused.json()["error"]["param"]
    assert "506" in refused.json()["error"]["message"] and "128" in refused.json()["error"]["message"]
    cut = post(engine, "/v1/rerank", body | {"truncate": True})
    assert cut.status_code == 200 and cut.json()["usage"]["prompt_tokens"] == 128 + 7
    few = post(engine, "/v1/rerank", body | {"max_tokens_per_doc": 3})
    assert few.json()["usage"]["prompt_tokens"] == 9 + 7


def test_a_classifier_gives_probabilities_of_its_labels(classifier: tuple[Engine, Reference]) -> None:
    engine, reference = classifier
    texts = ["rain", "the cat is red", "who is the dog"]
    answer = post(engine, "/classify", {"model": "m", "input": texts}).json()
    assert answer["object"] == "list" and answer["labels"] == LABELS and answer["model"] == "m"
    for text, entry in zip(texts, answer["data"], strict=True):
        scores = reference.scores(reference.tokens(text))
        powers = numpy.exp(scores - scores.max())
        assert entry["probs"] == pytest.approx(list(powers / powers.sum()), abs=1e-3)
        assert entry["label"] == LABELS[int(scores.argmax())] and entry["num_classes"] == 3
    raw = post(engine, "/classify", {"input": texts[0], "use_activation": False}).json()["data"][0]["probs"]
    assert raw == pytest.approx(list(reference.scores(reference.tokens(texts[0]))), abs=1e-3)
    refused = post(engine, "/v1/embeddings", {"input": "rain"})
    assert refused.status_code == 501 and refused.json()["error"]["type"] == "not_supported_error"


def test_the_platform_passes_vectors_ranks_and_classes_on(folder: Path, start: Callable[..., Nexus]) -> None:
    random_encoder(folder / "plain.gguf", ranks=False)
    random_encoder(folder / "head.gguf", ranks=True, labels=LABELS)
    models = f"""
models:
  vectors: {{path: {folder}/plain.gguf, kind: embeddings}}
  ranks: {{path: {folder}/head.gguf, kind: reranking}}
"""
    nexus = start(configuration=models, model=None)
    texts = ["the cat is red", "", "rain", "what is machine learning"]
    with nexus.client() as client:
        together = client.embeddings.create(model="vectors", input=texts)
        assert together.model == "vectors" and [entry.index for entry in together.data] == [0, 1, 2, 3]
        for text, entry in zip(texts, together.data, strict=True):
            alone = client.embeddings.create(model="vectors", input=text, encoding_format="float").data[0].embedding
            assert float(numpy.dot(alone, entry.embedding)) >= 0.9999
        assert len(client.embeddings.create(model="vectors", input="rain", dimensions=8).data[0].embedding) == 8
        with pytest.raises(openai.BadRequestError) as failure:
            client.embeddings.create(model="vectors", input=["a", "cat " * 500])
        assert failure.value.code == "context_length_exceeded" and failure.value.param == "input[1]"
        assert "502" in failure.value.message and "128" in failure.value.message
        with pytest.raises(openai.NotFoundError):
            client.embeddings.create(model="other", input="a")
        with pytest.raises(openai.APIStatusError) as unsupported:
            client.embeddings.create(model="ranks", input="a")
        assert unsupported.value.status_code == 501
        with pytest.raises(openai.APIStatusError) as silent:
            client.chat.completions.create(model="vectors", messages=[{"role": "user", "content": "a"}])
        assert silent.value.status_code == 501 and "writes no text" in silent.value.message
    ranked = nexus.http.post("/v1/rerank", json={"model": "ranks", "query": "rain", "documents": texts, "top_n": 2})
    assert len(ranked.json()["results"]) == 2 and ranked.json()["model"] == "ranks"
    classes = nexus.http.post("/classify", json={"model": "ranks", "input": texts}).json()
    assert classes["labels"] == LABELS and len(classes["data"]) == 4
    assert all(abs(sum(entry["probs"]) - 1) < 1e-5 for entry in classes["data"])
    counted = nexus.http.get("/metrics").text
    assert 'nexus_generations_total{model="vectors",outcome="read"}' in counted


def test_a_platform_in_front_of_another_passes_vectors_on(folder: Path, start: Callable[..., Nexus]) -> None:
    random_encoder(folder / "far.gguf", ranks=False)
    back = start(configuration=f"models: {{far: {{path: {folder}/far.gguf, kind: embeddings}}}}", model=None)
    front = start(configuration=f"models: {{near: {{url: '{back.url}/v1', upstreamModel: far}}}}", model=None)
    with front.client() as client, back.client() as direct:
        through = client.embeddings.create(model="near", input=["the cat", "rain"])
        there = direct.embeddings.create(model="far", input=["the cat", "rain"])
        assert [entry.embedding for entry in through.data] == [entry.embedding for entry in there.data]
        assert through.usage.prompt_tokens == there.usage.prompt_tokens
