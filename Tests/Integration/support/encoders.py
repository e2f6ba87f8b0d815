"""BERT-like encoders: small ones of random numbers as GGUF files, a real one, and what they compute, in NumPy."""

import importlib.util
import math
import unicodedata
from pathlib import Path
from types import ModuleType

import gguf
import numpy

from .program import REPOSITORY

#: `[PAD] [UNK] [CLS] [SEP]` and words; of a text nothing else is known.
WORDS = "the cat dog sun rain red blue is what who capital of france paris machine learning a".split()
WIDTH, HEADS, LAYERS, CONTEXT = 64, 4, 2, 128


def minilm() -> ModuleType:
    """`scripts/minilm.py`, which makes the file of all-MiniLM-L6-v2."""
    spec = importlib.util.spec_from_file_location("minilm", REPOSITORY / "scripts/minilm.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def random_encoder(path: Path, ranks: bool, labels: list[str] | None = None, seed: int = 1) -> Path:
    """Writes a model file; the same seed gives the same one. `ranks` adds a head, `labels` names what it gives."""
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(2 * WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.RANK if ranks else gguf.PoolingType.MEAN)
    if labels:
        writer.add_array("bert.classifier.output_labels", labels)
    add_vocabulary(writer, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS])
    chance = numpy.random.default_rng(seed)

    def add(name: str, *shape: int, around: float = 0, spread: float) -> None:
        writer.add_tensor(name, (around + chance.uniform(-spread, spread, shape)).astype(numpy.float32))

    def linear(name: str, outputs: int, inputs: int) -> None:
        add(f"{name}.weight", outputs, inputs, spread=0.3)
        add(f"{name}.bias", outputs, spread=0.1)

    def norm(name: str) -> None:
        add(f"{name}.weight", WIDTH, around=1, spread=0.2)
        add(f"{name}.bias", WIDTH, spread=0.2)

    add("token_embd.weight", len(WORDS) + 5, WIDTH, spread=1)
    add("position_embd.weight", CONTEXT, WIDTH, spread=1)
    add("token_types.weight", 2, WIDTH, spread=1)
    norm("token_embd_norm")
    for layer in range(LAYERS):
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            linear(f"blk.{layer}.{part}", WIDTH, WIDTH)
        norm(f"blk.{layer}.attn_output_norm")
        linear(f"blk.{layer}.ffn_up", 2 * WIDTH, WIDTH)
        linear(f"blk.{layer}.ffn_down", WIDTH, 2 * WIDTH)
        norm(f"blk.{layer}.layer_output_norm")
    if ranks:
        linear("cls", WIDTH, WIDTH)
        linear("cls.output", len(labels or [""]), WIDTH)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def add_vocabulary(writer: gguf.GGUFWriter, words: list[str]) -> None:
    """WordPiece as llama.cpp has it: `▁` begins a word, instead of `##` going on with one."""
    special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
    tokens = [word if word in special else word[2:] if word.startswith("##") else "▁" + word for word in words]
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if word in special else gguf.TokenType.NORMAL for word in words])
    writer.add_token_type_count(2)
    writer.add_pad_token_id(words.index("[PAD]"))
    writer.add_unk_token_id(words.index("[UNK]"))
    writer.add_bos_token_id(words.index("[CLS]"))
    writer.add_eos_token_id(words.index("[SEP]"))
    writer.add_sep_token_id(words.index("[SEP]"))
    writer.add_mask_token_id(words.index("[MASK]"))


class Reference:
    """What an encoder of a GGUF file computes, in 64-bit numbers.

    Source: Devlin et al. 2018, "BERT", and its published weights' layout: post-norm layers, GELU by the error function.
    """

    def __init__(self, path: Path, words: list[str]) -> None:
        reader = gguf.GGUFReader(path)
        self.tensors = {tensor.name: numpy.asarray(tensor.data, numpy.float64) for tensor in reader.tensors}
        self.heads = int(reader.fields["bert.attention.head_count"].contents())
        self.layers = int(reader.fields["bert.block_count"].contents())
        self.ids = {word: index for index, word in enumerate(words)}

    def tokens(self, text: str) -> list[int]:
        """WordPiece with lower case and without accents, between `[CLS]` and `[SEP]`."""
        plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
        spaced = "".join(f" {c} " if unicodedata.category(c)[0] in "PS" else c for c in plain)
        found = [self.ids["[CLS]"]]
        for word in spaced.split():
            found += self.pieces(word)
        return [*found, self.ids["[SEP]"]]

    def pieces(self, word: str) -> list[int]:
        found, start = [], 0
        while start < len(word):
            prefix = "##" if start else ""
            end = next((end for end in range(len(word), start, -1) if prefix + word[start:end] in self.ids), None)
            if end is None:
                return [self.ids["[UNK]"]]
            found.append(self.ids[prefix + word[start:end]])
            start = end
        return found

    def states(self, tokens: list[int]) -> numpy.ndarray:
        """The last layer's vector of each token."""
        t = self.tensors
        x = t["token_embd.weight"][tokens] + t["position_embd.weight"][: len(tokens)] + t["token_types.weight"][0]
        x = self.norm(x, "token_embd_norm")
        for layer in range(self.layers):
            x = self.norm(x + self.attention(x, f"blk.{layer}"), f"blk.{layer}.attn_output_norm")
            up = self.linear(x, f"blk.{layer}.ffn_up")
            gelu = up * 0.5 * (1 + numpy.vectorize(math.erf)(up / math.sqrt(2)))
            x = self.norm(x + self.linear(gelu, f"blk.{layer}.ffn_down"), f"blk.{layer}.layer_output_norm")
        return x

    def mean(self, text: str) -> numpy.ndarray:
        vector = self.states(self.tokens(text)).mean(axis=0)
        return vector / numpy.linalg.norm(vector)

    def scores(self, tokens: list[int]) -> numpy.ndarray:
        """What the head says of a sequence."""
        return self.linear(numpy.tanh(self.linear(self.states(tokens)[0], "cls")), "cls.output")

    def linear(self, x: numpy.ndarray, name: str) -> numpy.ndarray:
        return x @ self.tensors[f"{name}.weight"].T + self.tensors[f"{name}.bias"]

    def norm(self, x: numpy.ndarray, name: str) -> numpy.ndarray:
        centered = x - x.mean(axis=-1, keepdims=True)
        scaled = centered / numpy.sqrt((centered**2).mean(axis=-1, keepdims=True) + 1e-12)
        return scaled * self.tensors[f"{name}.weight"] + self.tensors[f"{name}.bias"]

    def attention(self, x: numpy.ndarray, block: str) -> numpy.ndarray:
        split = [
            self.linear(x, f"{block}.attn_{part}").reshape(len(x), self.heads, -1).transpose(1, 0, 2) for part in "qkv"]
        query, key, value = split
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
        weights = numpy.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        return self.linear((weights @ value).transpose(1, 0, 2).reshape(x.shape), f"{block}.attn_output")
