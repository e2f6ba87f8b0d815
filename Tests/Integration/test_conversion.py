"""Checkpoints become GGUF files: read by gguf-py, served by the engine, beside what NumPy and the tokenizers' own programs say."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import httpx
import numpy
import pytest
from support.checkpoints import CORPUS, LLAMA3, QWEN2, Decoder, byte_level, json_pieces, sentence_pieces
from support.encoder_checkpoints import Encoder, random_encoder
from support.program import Program
from support.servers import Engine, command

TEXTS = [*CORPUS, "call <tool> now", " leading and trailing ", "1999's 12.5% — “quoted”…", "ÀÉÎ x²", "日本語テスト"]
SCALED = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32}
#: Class, how it is stored, and settings: what differs between the families and their generations.
CHECKPOINTS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "llama": ("Llama", {}, {"rope_scaling": SCALED, "rope_theta": 500000.0}),
    "llama-tied-in-shards": ("Llama", {"shards": 3}, {"tie_word_embeddings": True, "num_key_value_heads": 1}),
    "llama-with-biases": ("Llama", {"kind": "F16"}, {"attention_bias": True, "num_key_value_heads": 4}),
    "llama-stretched": ("Llama", {}, {"rope_scaling": {"rope_type": "linear", "factor": 2.0}, "head_dim": 32}),
    "mistral": ("Mistral", {"kind": "BF16"}, {"sliding_window": None}),
    "qwen2": ("Qwen2", {"kind": "BF16"}, {"tie_word_embeddings": True, "rope_theta": 1e6, "use_sliding_window": False}),
    "qwen2-in-shards": ("Qwen2", {"shards": 2, "kind": "F16"}, {"sliding_window": 32, "use_sliding_window": False}),
    "qwen3": ("Qwen3", {}, {"head_dim": 32, "tie_word_embeddings": True, "rope_theta": 1e6}),
    "qwen3-grouped": ("Qwen3", {"kind": "F16"}, {"num_key_value_heads": 1}),
}
#: Without 16-bit numbers on the way: flash attention has them whatever the cache's type is.
EXACT = ("--cache-type-k", "f32", "--cache-type-v", "f32", "--flash-attn", "off")


def convert(folder: Path, file: Path, *options: str) -> dict[str, Any]:
    done = command(folder.parent, "models", "convert", folder, file, "--data-dir", folder.parent / "own", "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(folder: Path, *options: str) -> str:
    """Converts what cannot be converted. Nothing is left, and the reason is one line."""
    file = folder.parent / "refused.gguf"
    done = command(folder.parent, "models", "convert", folder, file, "--data-dir", folder.parent / "own", *options)
    assert done.returncode == 1 and not done.stdout, done.stdout
    assert not list(folder.parent.glob("refused*"))
    assert done.stderr.strip().count("\n") == 0, done.stderr
    return done.stderr


def tokenizer(kind: str, folder: Path) -> Callable[[str], list[int]]:
    """Makes the family's tokenizer; what turns a text into ids, special tokens included."""
    trained = byte_level(folder, LLAMA3 if kind == "Llama" else QWEN2, kind == "Llama", ignore_merges=kind == "Llama")
    return lambda text: trained.encode(text).ids


def checkpoint(name: str, folder: Path) -> tuple[Decoder, Callable[[str], list[int]]]:
    kind, stored, settings = CHECKPOINTS[name]
    if kind == "Mistral":
        pieces = sentence_pieces(folder)
        encode: Callable[[str], list[int]] = lambda text: [1, *pieces.encode(text)]  # noqa: E731
    else:
        encode = tokenizer(kind, folder)
    decoder = Decoder(folder, kind, 416, **settings)
    decoder.save(**stored)
    return decoder, encode


def ids(engine: Engine, text: str) -> list[int]:
    answer = httpx.post(f"{engine.url}/tokenize", json={"content": text, "add_special": True}, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()["tokens"]


def logprobs(engine: Engine, tokens: list[int], count: int) -> numpy.ndarray:
    """The engine's, of the token after these, for each of the vocabulary."""
    body = {"prompt": tokens, "n_predict": 1, "n_probs": count, "temperature": 0, "cache_prompt": False}
    answer = httpx.post(f"{engine.url}/completion", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    found = numpy.full(count, -numpy.inf)
    for entry in answer.json()["completion_probabilities"][0]["top_logprobs"]:
        found[entry["id"]] = entry["logprob"]
    assert numpy.isfinite(found).all()
    return found


def prompts(encode: Callable[[str], list[int]]) -> list[list[int]]:
    """Short and long ones: past the first tokens the positions matter."""
    return [encode("the sun"), encode(CORPUS[0]), encode(" ".join(CORPUS))[:100]]


def values(path: Path) -> dict[str, numpy.ndarray]:
    """All tensors as numbers, by gguf-py, with the outermost axis first."""
    found = {}
    for tensor in gguf.GGUFReader(path).tensors:
        numbers = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        found[tensor.name] = numbers.reshape(tuple(int(size) for size in reversed(tensor.shape)))
    return found


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_decoder_gives_the_logits_of_its_checkpoint(name: str, tmp_path: Path, begin_with: Callable[..., Engine]) -> None:
    decoder, encode = checkpoint(name, tmp_path / "checkpoint")
    answer = convert(decoder.folder, tmp_path / "model.gguf", "--type", "f32")
    assert answer["architecture"] == ("llama" if name == "mistral" else decoder.kind.lower())
    assert answer["parameters"] == sum(tensor.size for tensor in decoder.tensors.values()) + len(decoder.computed())
    engine = begin_with(tmp_path / "model.gguf", *EXACT)
    for text in TEXTS:
        assert ids(engine, text) == encode(text), text
    for tokens in prompts(encode):
        numpy.testing.assert_allclose(logprobs(engine, tokens, 416), decoder.logprobs(tokens), atol=5e-5)


@pytest.mark.parametrize(("kind", "share", "divergence"), [("f16", 2e-3, 1e-4), ("bf16", 0.02, 5e-3), ("q8_0", 0.05, 0.05)])
@pytest.mark.parametrize("name", ["llama", "qwen2", "qwen3"])
def test_smaller_types_stay_near(
    name: str, kind: str, share: float, divergence: float, tmp_path: Path, begin_with: Callable[..., Engine]
) -> None:
    """What 16 and 8 bits cost: a share of the logits' range, and the Kullback-Leibler divergence. llama.cpp rounds states too."""
    decoder, encode = checkpoint(name, tmp_path / "checkpoint")
    convert(decoder.folder, tmp_path / "model.gguf", "--type", kind)
    engine = begin_with(tmp_path / "model.gguf", *EXACT)
    for tokens in prompts(encode):
        found, expected = logprobs(engine, tokens, 416), decoder.logprobs(tokens)
        assert numpy.abs(found - expected).max() < share * (expected.max() - expected.min())
        assert (numpy.exp(expected) * (expected - found)).sum() < divergence


@pytest.mark.parametrize("kind", ["f32", "f16", "bf16", "q8_0"])
def test_gguf_py_reads_the_numbers_of_the_checkpoint(kind: str, tmp_path: Path) -> None:
    decoder, _ = checkpoint("qwen3", tmp_path / "checkpoint")
    path = tmp_path / "model.gguf"
    convert(decoder.folder, path, "--type", kind, "--name", "A name")
    reader = gguf.GGUFReader(path)
    fields = {key: field.contents() for key, field in reader.fields.items()}
    assert fields["general.architecture"] == "qwen3" and fields["general.name"] == "A name"
    assert fields["general.license"] == "mit" and fields["general.file_type"] == {
        "f32": 0, "f16": 1, "bf16": 32, "q8_0": 7}[kind]
    assert fields["qwen3.attention.key_length"] == 32 and fields["qwen3.attention.head_count_kv"] == 2
    assert fields["tokenizer.ggml.model"] == "gpt2" and fields["tokenizer.ggml.pre"] == "qwen2"
    assert len(fields["tokenizer.ggml.tokens"]) == 416 and fields["tokenizer.chat_template"].startswith("{% for")
    wanted = {"f32": "F32", "f16": "F16", "bf16": "BF16", "q8_0": "Q8_0"}[kind]
    for tensor in reader.tensors:
        is_matrix = len(tensor.shape) == 2
        assert tensor.tensor_type.name == (wanted if is_matrix else "F32"), tensor.name
    found = values(path)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN3, 2)
    assert {names.get_name(name, (".weight",)) for name in decoder.tensors} == set(found)
    for name, numbers in decoder.tensors.items():
        there = found[names.get_name(name, (".weight",)) or ""]
        assert there.shape == numbers.shape
        kind_there = getattr(gguf.GGMLQuantizationType, wanted if numbers.ndim == 2 else "F32")
        # Bit for bit what gguf-py itself would have written.
        expected = gguf.quants.dequantize(gguf.quants.quantize(numbers, kind_there), kind_there)
        numpy.testing.assert_array_equal(there, expected.reshape(numbers.shape), err_msg=name)


def test_rows_that_make_no_blocks_stay_16_bits(tmp_path: Path) -> None:
    """A matrix of 80 columns has no whole blocks of 32."""
    encode = tokenizer("Llama", tmp_path / "checkpoint")
    assert encode("a")
    decoder = Decoder(tmp_path / "checkpoint", "Llama", 416, intermediate_size=80)
    decoder.save()
    convert(decoder.folder, tmp_path / "model.gguf", "--type", "q8_0")
    kinds = {tensor.name: tensor.tensor_type.name for tensor in gguf.GGUFReader(tmp_path / "model.gguf").tensors}
    assert kinds["blk.0.ffn_down.weight"] == "F16" and kinds["blk.0.ffn_up.weight"] == "Q8_0"


def test_llama_queries_and_keys_are_turned_as_llama_cpp_does(tmp_path: Path) -> None:
    decoder, _ = checkpoint("llama", tmp_path / "checkpoint")
    convert(decoder.folder, tmp_path / "model.gguf", "--type", "f32")
    found = values(tmp_path / "model.gguf")
    for part, heads in (("q", 4), ("k", 2)):
        numbers = decoder.tensors[f"model.layers.1.self_attn.{part}_proj.weight"]
        turned = numbers.reshape(heads, 2, -1, numbers.shape[1]).swapaxes(1, 2).reshape(numbers.shape)
        numpy.testing.assert_array_equal(found[f"blk.1.attn_{part}.weight"], turned)


@pytest.mark.parametrize("source", ["tokenizer.model", "tokenizer.json"])
def test_sentence_pieces_from_either_file(source: str, tmp_path: Path, begin_with: Callable[..., Engine]) -> None:
    folder = tmp_path / "checkpoint"
    if source == "tokenizer.model":
        pieces = sentence_pieces(folder)
        encode: Callable[[str], list[int]] = lambda text: [1, *pieces.encode(text)]  # noqa: E731
    else:
        trained = json_pieces(folder)
        encode = lambda text: trained.encode(text).ids  # noqa: E731
    Decoder(folder, "Llama", 512).save()
    convert(folder, tmp_path / "model.gguf")
    fields = gguf.GGUFReader(tmp_path / "model.gguf").fields
    assert fields["tokenizer.ggml.model"].contents() == "llama"
    engine = begin_with(tmp_path / "model.gguf")
    for text in TEXTS:
        if "<tool>" not in text:
            assert ids(engine, text) == encode(text), text


@pytest.mark.parametrize("pooling", [None, "mean_tokens", "cls_token"])
@pytest.mark.parametrize("kind", ["f32", "f16", "q8_0"])
def test_an_encoder_gives_the_vectors_of_its_checkpoint(
    kind: str, pooling: str | None, tmp_path: Path, begin_with: Callable[..., Engine]
) -> None:
    encoder = random_encoder(tmp_path / "checkpoint", pooling=pooling)
    convert(tmp_path / "checkpoint", tmp_path / "model.gguf", "--type", kind)
    engine = begin_with(tmp_path / "model.gguf", "--embeddings")
    texts = [text for text in TEXTS if len(encoder.tokens(text)) <= 128]
    for text in texts:
        assert ids(engine, text) == encoder.tokens(text), text
    with engine.client() as client:
        answer = client.embeddings.create(model="any", input=texts)
    for text, entry in zip(texts, answer.data, strict=True):
        near = float(numpy.array(entry.embedding) @ encoder.vector(text))
        assert near >= {"f32": 0.999999, "f16": 0.99999, "q8_0": 0.999}[kind], text


def test_a_classifier_keeps_its_head_and_its_labels(tmp_path: Path, begin_with: Callable[..., Engine]) -> None:
    encoder = random_encoder(tmp_path / "checkpoint", labels=["sun", "rain", "snow"])
    (tmp_path / "checkpoint/tokenizer.json").rename(tmp_path / "kept.json")
    convert(tmp_path / "checkpoint", tmp_path / "model.gguf", "--type", "f32")
    engine = begin_with(tmp_path / "model.gguf", "--embeddings", "--pooling", "rank")
    for text in ["the sun", "rain falls on the town"]:
        assert ids(engine, text) == encoder.tokens(text), "the same vocabulary in vocab.txt"
        answer = httpx.post(
            f"{engine.url}/classify", json={"input": text, "use_activation": False}, timeout=30).json()
        assert answer["labels"] == ["sun", "rain", "snow"]
        assert answer["data"][0]["probs"] == pytest.approx(list(encoder.scores(text)), abs=5e-3)


# What is refused


def write_header(path: Path, header: dict[str, Any], data: bytes = b"") -> None:
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def change_settings(folder: Path, **settings: Any) -> None:
    config = json.loads((folder / "config.json").read_text()) | settings
    (folder / "config.json").write_text(json.dumps(config))


def tensors(folder: Path, change: Callable[[dict[str, numpy.ndarray], str], None]) -> None:
    """Changes the weights; the name is that of one matrix."""
    decoder = Decoder(folder, "Llama", 416)
    change(decoder.tensors, "model.layers.1.mlp.up_proj.weight")
    decoder.save()


def overlap(folder: Path) -> None:
    entry = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}
    write_header(folder / "model.safetensors", {"a": entry, "b": entry}, bytes(16))


def widen(found: dict[str, numpy.ndarray], name: str) -> None:
    found[name] = numpy.zeros((96, 63), numpy.float32)


def claim(folder: Path, shape: list[int], end: int) -> None:
    write_header(
        folder / "model.safetensors", {"a": {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}}, bytes(16))


def truncate(folder: Path, share: float) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def lose_a_shard(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    Decoder(folder, "Llama", 416).save(shards=2)
    (folder / "model-00002-of-00002.safetensors").unlink()


def pickle_the_weights(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


#: What is done to a good checkpoint, and words of the answer.
DAMAGES: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "a tensor is missing": (
        lambda f: tensors(f, lambda t, n: t.__delitem__(n)), ["missing", "layers.1.mlp.up_proj.weight", "[96, 64]"]),
    "a tensor of the wrong shape": (
        lambda f: tensors(f, widen), ["wrong shape", "layers.1.mlp.up_proj.weight", "[96, 63]", "[96, 64]"]),
    "a tensor too many": (
        lambda f: tensors(f, lambda t, n: t.__setitem__("model.extra.weight", t[n])), ["extra.weight", "[96, 64]"]),
    "an unknown architecture": (
        lambda f: change_settings(f, architectures=["MambaForCausalLM"]),
        ["MambaForCausalLM", "LlamaForCausalLM", "Qwen3ForCausalLM", "BertModel"]),
    "overlapping offsets": (overlap, ["'b'", "another tensor has too", "model.safetensors"]),
    "10^18 bytes of header": (
        lambda f: (f / "model.safetensors").write_bytes((10**18).to_bytes(8, "little") + b"{}"),
        ["header length", "1000000000000000000", "33554432"]),
    "10^18 numbers in 16 bytes": (lambda f: claim(f, [10**8, 10**9], 16), ["a.data_offsets", "16 bytes", "400000000000000000"]),
    "10^18 numbers": (lambda f: claim(f, [10**9, 10**9], 16), ["a.shape", "1000000000, 1000000000", "2^61"]),
    "more numbers than 64 bits count": (lambda f: claim(f, [10**18, 10**18], 16), ["a.shape", "impossible"]),
    "offsets past the end": (lambda f: claim(f, [10**17], 4 * 10**17), ["a.data_offsets", "16"]),
    "10^18 layers": (lambda f: change_settings(f, num_hidden_layers=10**18), ["num_hidden_layers", "4096"]),
    "cut in the weights": (lambda f: truncate(f, 0.7), ["data_offsets", "model.safetensors"]),
    "cut in the header": (lambda f: truncate(f, 0.001), ["ends too early", "model.safetensors"]),
    "an empty file": (lambda f: truncate(f, 0), ["ends too early"]),
    "a shard is not there": (lose_a_shard, ["model-00002-of-00002.safetensors", "no such file"]),
    "a shard elsewhere": (
        lambda f: (f / "model.safetensors.index.json").write_text('{"weight_map": {"a": "../../secret"}}'),
        ["weight_map.a", "../../secret"]),
    "a pickle": (pickle_the_weights, ["pytorch_model.bin", "pickle", "run any program", "model.safetensors"]),
    "quantised weights": (
        lambda f: change_settings(f, quantization_config={"quant_method": "gptq"}), ["quantization_config", "gptq"]),
    "no tokenizer": (lambda f: (f / "tokenizer.json").unlink(), ["tokenizer.json", "tokenizer.model"]),
    "another tokenizer": (
        lambda f: (f / "tokenizer.json").write_text('{"model": {"type": "WordLevel", "vocab": {"a": 0}}}'),
        ["tokenizer", "WordLevel"]),
    "settings that are no JSON": (lambda f: (f / "config.json").write_text("{,}"), ["config.json", "line 1"]),
    "no settings": (lambda f: (f / "config.json").unlink(), ["config.json", "no such file"]),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_refused_by_its_name(damage: str, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    byte_level(folder, LLAMA3, begins=True)
    Decoder(folder, "Llama", 416).save()
    change, words = DAMAGES[damage]
    change(folder)
    reason = refused(folder)
    for word in words:
        assert word in reason, reason


def test_a_pickle_by_itself_and_a_lone_file_are_refused(tmp_path: Path) -> None:
    pickle = tmp_path / "model.pt"
    pickle.write_bytes(b"\x80\x02}q\x00.")
    assert "pickle" in refused(pickle) and "run any program" in refused(pickle)
    lone = tmp_path / "model.safetensors"
    write_header(lone, {})
    assert "the folder that it lies in" in refused(lone)


def test_a_number_too_large_and_a_file_that_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    byte_level(folder, LLAMA3, begins=True)
    decoder = Decoder(folder, "Llama", 416)
    decoder.tensors["lm_head.weight"][3, 5] = 1e6
    decoder.save()
    reason = refused(folder, "--type", "f16")
    assert "lm_head.weight" in reason and "bf16 or f32" in reason
    assert convert(folder, tmp_path / "model.gguf", "--type", "q8_0")["type"] == "q8_0"
    again = command(tmp_path, "models", "convert", folder, tmp_path / "model.gguf", "--data-dir", tmp_path / "own")
    assert again.returncode == 1 and "a file is there already" in again.stderr
    assert convert(folder, tmp_path / "model.gguf", "--type", "bf16", "--force")["type"] == "bf16"
    decoder.tensors["lm_head.weight"][3, 5] = numpy.nan
    decoder.save()
    assert "lm_head.weight" in refused(folder, "--type", "q8_0")


@pytest.fixture
def begin_with(tmp_path: Path) -> Any:
    """Starts engines with files of the test's own; all are ended in order."""
    started: list[Program] = []

    def start(model: Path, *arguments: str) -> Engine:
        engine = Engine(tmp_path, *arguments, model=model)
        started.append(engine)
        return engine

    yield start
    for engine in started:
        engine.stop() if isinstance(engine, Engine) else engine.kill()
