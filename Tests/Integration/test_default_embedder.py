"""The sentence encoder that set-up fetches: converted by the program under test, beside its checkpoint in NumPy, as `embed`."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import gguf
import numpy
import openai
import pytest
from support.encoder_checkpoints import Encoder
from support.encoders import minilm, random_encoder
from support.polling import until
from support.program import MODEL, REPOSITORY
from support.servers import Nexus, command

Start = Callable[..., Nexus]
FILE = "models/all-MiniLM-L6-v2-F16.gguf"


def sentences() -> list[str]:
    """First sentences of the project's own paragraphs, and what pages do not have."""
    found = [
        "I", "?", "Café déjà vu: naïve résumés cost $5!", "你好，世界。机器学习", "Привет, как дела?", "🦙🦙 llamas 🎉",
        "def f(x):\n    return x + 1", "WHAT IS THE CAPITAL OF FRANCE", "what is the capital of france?", "e\u0301 and é",
        "antidisestablishmentarianism supercalifragilisticexpialidocious", "1234567890 3.14159 10^18 0xDEADBEEF",
        "tabs\tand\nnew lines   and spaces", "The stock market fell sharply on Tuesday.", "…—“quoted” ‘text’ ½ ™",
    ]
    for page in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"):
        paragraphs = (REPOSITORY / page).read_text(encoding="utf-8").split("\n\n")
        found += [paragraph.split(". ")[0][:160] for paragraph in paragraphs if len(paragraph) > 40]
    return found


@pytest.fixture(scope="module")
def source() -> Path:
    module = minilm()
    try:
        return module.source()
    except module.MiniLMError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def cache(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of set-up's with a file that this build has converted."""
    folder = tmp_path_factory.mktemp("cache")
    (folder / "models").mkdir()
    done = command(
        folder, "models", "convert", source, folder / FILE, "--name", "all-MiniLM-L6-v2", "--data-dir", folder / "own")
    assert done.returncode == 0, done.stderr
    yield folder
    shutil.rmtree(folder)


def test_it_is_what_its_checkpoint_is(cache: Path) -> None:
    fields = {key: field.contents() for key, field in gguf.GGUFReader(cache / FILE).fields.items()}
    assert fields["general.architecture"] == "bert" and fields["general.license"] == "apache-2.0"
    assert fields["bert.pooling_type"] == int(gguf.PoolingType.MEAN) and fields["bert.embedding_length"] == 384
    assert fields["tokenizer.ggml.model"] == "bert" and len(fields["tokenizer.ggml.tokens"]) == 30522


def test_embed_gives_the_vectors_of_the_checkpoint(source: Path, cache: Path, start: Start) -> None:
    encoder = Encoder(source, numpy.float32)
    texts = sentences()
    assert len(texts) >= 50 and len({len(encoder.tokens(text)) for text in texts}) >= 20
    server = start(variables={"NEXUS_CACHE_DIR": str(cache)})
    with server.client() as client:
        answer = client.embeddings.create(model="embed", input=texts)
        alone = client.embeddings.create(model="embed", input=texts[-1], encoding_format="float").data[0].embedding
    assert answer.usage.prompt_tokens == sum(len(encoder.tokens(text)) for text in texts)
    found = numpy.array([entry.embedding for entry in answer.data])
    assert found.shape == (len(texts), 384)
    for text, vector in zip(texts, found, strict=True):
        # Of 16-bit matrices; the bound that must hold is 0.999.
        assert float(vector @ encoder.vector(text)) >= 0.9999, text
    assert float(found[-1] @ alone) >= 0.9999


def test_embed_waits_beside_the_starter_model(tmp_path: Path, start: Start) -> None:
    (tmp_path / "cache/models").mkdir(parents=True)
    random_encoder(tmp_path / "cache" / FILE, ranks=False)
    server = start(folder=tmp_path, variables={"NEXUS_CACHE_DIR": str(tmp_path / "cache")})
    with server.client() as client:
        assert {model.id for model in client.models.list()} == {"tiny-chat", "embed"}
        assert server.worker("embed")["state"] == "stopped", "it takes no memory before it is asked"
        question = {"messages": [{"role": "user", "content": "What is 3 + 4?"}], "temperature": 0}
        answer = server.http.post("/v1/chat/completions", json=question).json()
        assert answer["model"] == "tiny-chat", "it stays the one that is asked when none is named"
        assert len(client.embeddings.create(model="embed", input="the cat").data[0].embedding) == 64
        assert server.worker("embed")["state"] == "ready"
    until(lambda: "embed" in server.http.get("/api/v1/models").text, "the catalogue knows it")
    assert any("embed" in line for line in server.output), "it is announced"


def test_a_model_of_ones_own_called_embed_is_kept(tmp_path: Path, start: Start) -> None:
    (tmp_path / "cache/models").mkdir(parents=True)
    random_encoder(tmp_path / "cache" / FILE, ranks=False)
    server = start(
        configuration=f"models: {{embed: {{path: {MODEL}}}}}", model=None, folder=tmp_path,
        variables={"NEXUS_CACHE_DIR": str(tmp_path / "cache")})
    with server.client() as client:
        assert [model.id for model in client.models.list()] == ["embed"]
        with pytest.raises(openai.APIStatusError) as failure:
            client.embeddings.create(model="embed", input="a")
    assert failure.value.status_code == 501


def test_without_the_file_nothing_is_served_as_embed(start: Start) -> None:
    server = start()
    with server.client() as client:
        assert [model.id for model in client.models.list()] == ["tiny-chat"]
        with pytest.raises(openai.NotFoundError):
            client.embeddings.create(model="embed", input="a")
