"""Checkpoints of the BERT class as model hubs have them, random and real, and what transformers makes of them, in NumPy."""

import json
import math
from pathlib import Path
from typing import Any

import numpy
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from .checkpoints import CORPUS

#: The error function between points so near that what lies between is right to eight digits.
POINTS = numpy.linspace(-6, 6, 120_001)
ERF = numpy.array([math.erf(point) for point in POINTS])


def word_pieces(folder: Path) -> Tokenizer:
    """Trains WordPiece with lower case, and writes its `tokenizer.json` and `vocab.txt`."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", tokenizer.token_to_id("[CLS]")), ("[SEP]", tokenizer.token_to_id("[SEP]"))])
    tokenizer.save(str(folder / "tokenizer.json"))
    words = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    (folder / "vocab.txt").write_text("".join(f"{word}\n" for word, _ in words), encoding="utf-8")
    return tokenizer


class Encoder:
    """What `modeling_bert.py` and sentence-transformers compute."""

    def __init__(self, folder: Path, precision: type = numpy.float64) -> None:
        """Reads a checkpoint with its own names. Of a large one, 32-bit numbers are computed in half the time."""
        self.config: dict[str, Any] = json.loads((folder / "config.json").read_text())
        self.tensors = {
            name.removeprefix("bert."): tensor.astype(precision)
            for name, tensor in load_file(folder / "model.safetensors").items()
        }
        self.tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # Files of sentence-transformers tell how long batches are cut and filled.
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        pooling = folder / "1_Pooling/config.json"
        self.takes_first = pooling.exists() and json.loads(pooling.read_text())["pooling_mode_cls_token"]

    def tokens(self, text: str) -> list[int]:
        return self.tokenizer.encode(text).ids

    def vector(self, text: str) -> numpy.ndarray:
        """Of length 1."""
        states = self.states(self.tokens(text))
        vector = states[0] if self.takes_first else states.mean(axis=0)
        return vector / numpy.linalg.norm(vector)

    def scores(self, text: str) -> numpy.ndarray:
        """What a classifier says."""
        pooled = numpy.tanh(self._linear(self.states(self.tokens(text))[0], "pooler.dense"))
        return self._linear(pooled, "classifier")

    def states(self, tokens: list[int]) -> numpy.ndarray:
        t = self.tensors
        x = t["embeddings.word_embeddings.weight"][tokens] + t["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x + t["embeddings.position_embeddings.weight"][: len(tokens)], "embeddings.LayerNorm")
        for layer in range(self.config["num_hidden_layers"]):
            name = f"encoder.layer.{layer}"
            attended = self._linear(self._attention(x, f"{name}.attention.self"), f"{name}.attention.output.dense")
            x = self._norm(x + attended, f"{name}.attention.output.LayerNorm")
            inner = self._linear(x, f"{name}.intermediate.dense")
            inner = inner * 0.5 * (1 + numpy.interp(inner / math.sqrt(2), POINTS, ERF).astype(inner.dtype))
            x = self._norm(x + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        return x

    def _linear(self, x: numpy.ndarray, name: str) -> numpy.ndarray:
        return x @ self.tensors[f"{name}.weight"].T + self.tensors[f"{name}.bias"]

    def _norm(self, x: numpy.ndarray, name: str) -> numpy.ndarray:
        centered = x - x.mean(axis=-1, keepdims=True)
        scaled = centered / numpy.sqrt((centered**2).mean(axis=-1, keepdims=True) + self.config["layer_norm_eps"])
        return scaled * self.tensors[f"{name}.weight"] + self.tensors[f"{name}.bias"]

    def _attention(self, x: numpy.ndarray, name: str) -> numpy.ndarray:
        query, key, value = (
            self._linear(x, f"{name}.{part}").reshape(len(x), self.config["num_attention_heads"], -1).transpose(1, 0, 2)
            for part in ("query", "key", "value"))
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
        weights = numpy.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        return (weights @ value).transpose(1, 0, 2).reshape(x.shape)


def random_encoder(folder: Path, labels: list[str] | None = None, pooling: str | None = None, seed: int = 1) -> Encoder:
    """Writes a checkpoint with its tokenizer; the same seed gives the same one."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = word_pieces(folder).get_vocab_size()
    width, inner, layers, context = 64, 96, 2, 128
    config: dict[str, Any] = {
        "architectures": ["BertForSequenceClassification" if labels else "BertModel"], "hidden_size": width,
        "intermediate_size": inner, "num_hidden_layers": layers, "num_attention_heads": 4, "vocab_size": vocabulary,
        "max_position_embeddings": context, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu",
    }
    if labels:
        config["id2label"] = {str(index): label for index, label in enumerate(labels)}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True}))
    if pooling:
        (folder / "1_Pooling").mkdir(exist_ok=True)
        (folder / "modules.json").write_text(json.dumps([
            {"type": "sentence_transformers.models.Transformer", "path": ""},
            {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}]))
        modes = {f"pooling_mode_{mode}": mode == pooling for mode in ("cls_token", "mean_tokens", "max_tokens")}
        (folder / "1_Pooling/config.json").write_text(json.dumps(modes))
    save_file(random_tensors(config, len(labels or []), seed), folder / "model.safetensors")
    return Encoder(folder)


def random_tensors(config: dict[str, Any], label_count: int, seed: int) -> dict[str, numpy.ndarray]:
    chance = numpy.random.default_rng(seed)
    width, inner = config["hidden_size"], config["intermediate_size"]
    prefix = "bert." if label_count else ""
    found: dict[str, numpy.ndarray] = {}

    def add(name: str, *shape: int, around: float = 0, spread: float = 0.3) -> None:
        # Numbers that 16 bits hold exactly, so that the type of the file changes nothing.
        numbers = around + chance.uniform(-spread, spread, shape)
        found[name] = numbers.astype(numpy.float16).astype(numpy.float32)

    def linear(name: str, rows: int, columns: int) -> None:
        add(f"{name}.weight", rows, columns)
        add(f"{name}.bias", rows, spread=0.1)

    def norm(name: str) -> None:
        add(f"{name}.weight", width, around=1)
        add(f"{name}.bias", width)

    embeddings = f"{prefix}embeddings"
    add(f"{embeddings}.word_embeddings.weight", config["vocab_size"], width, spread=1)
    add(f"{embeddings}.position_embeddings.weight", config["max_position_embeddings"], width, spread=1)
    add(f"{embeddings}.token_type_embeddings.weight", 2, width, spread=1)
    norm(f"{embeddings}.LayerNorm")
    for layer in range(config["num_hidden_layers"]):
        name = f"{prefix}encoder.layer.{layer}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            linear(f"{name}.attention.{part}", width, width)
        norm(f"{name}.attention.output.LayerNorm")
        linear(f"{name}.intermediate.dense", inner, width)
        linear(f"{name}.output.dense", width, inner)
        norm(f"{name}.output.LayerNorm")
    linear(f"{prefix}pooler.dense", width, width)
    if label_count:
        linear("classifier", label_count, width)
    return found
