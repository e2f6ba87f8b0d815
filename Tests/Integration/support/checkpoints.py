"""Checkpoints as model hubs have them: small ones of random numbers, their tokenizers, and what they compute, in NumPy."""

import json
import math
from pathlib import Path
from typing import Any

import numpy
import sentencepiece
from safetensors.numpy import save_file
from tokenizers import (
    AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers)

#: What the tokenizers are trained on, and texts that hold everything that they could split differently.
CORPUS = [
    "the sun rises over the hills and the rain falls on the town", "it's what they've said: we'll see, I'm sure",
    "numbers 1 12 123 1234 12345 and 3.14159", "Ünïcödé, 你好, здравствуй, e\u0301 and 🦙", "def f(x):\n    return x + 1\n\n",
    "tabs\tand  two   spaces\r\n\r\nnew lines", "WE'VE SHOUTED, it's loud!!! ... ??? <<>> ((()))",
]
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


def byte_level(folder: Path, pattern: str | None, begins: bool, ignore_merges: bool = False) -> Tokenizer:
    """Trains byte-level BPE and writes its `tokenizer.json`. `begins` adds a first token to each text."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    if pattern:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)])
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<|begin|>", "<|end|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_tokens([AddedToken("<tool>", normalized=False)])
    if begins:
        tokenizer.post_processor = processors.TemplateProcessing("<|begin|> $A", special_tokens=[("<|begin|>", 0)])
    else:
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "bos_token": "<|begin|>", "eos_token": "<|end|>", "add_bos_token": begins,
        "chat_template": "{% for m in messages %}{{ m.content }}{% endfor %}"}))
    return tokenizer


def sentence_pieces(folder: Path) -> sentencepiece.SentencePieceProcessor:
    """Trains SentencePiece's BPE with bytes as a way out, as LLaMA 2 has it, and writes its `tokenizer.model`."""
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / "corpus.txt"
    text.write_text("\n".join(line.replace("\n", " ") for line in CORPUS), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(folder / "tokenizer"), model_type="bpe", vocab_size=400, byte_fallback=True,
        character_coverage=0.98, normalization_rule_name="identity", remove_extra_whitespaces=False,
        split_digits=True, minloglevel=2, allow_whitespace_only_pieces=True)
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "add_bos_token": True, "add_eos_token": False}))
    return sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))


def json_pieces(folder: Path) -> Tokenizer:
    """The same kind of tokenizer with its merges in `tokenizer.json`, as the converted files of LLaMA 2 have it."""
    folder.mkdir(parents=True, exist_ok=True)
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    learner.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=200, show_progress=False))
    learned = json.loads(learner.to_str())["model"]
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *learned["vocab"]]
    merges = [tuple(merge) if isinstance(merge, list) else tuple(merge.split(" ")) for merge in learned["merges"]]
    tokenizer = Tokenizer(models.BPE(
        {token: index for index, token in enumerate(tokens)}, merges, unk_token="<unk>", byte_fallback=True,
        fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A", special_tokens=[("<s>", 1)])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}))
    return tokenizer


class Decoder:
    """A checkpoint of the LLaMA, Qwen 2 or Qwen 3 class, and what transformers computes with it, in 64-bit numbers.

    Source: `modeling_llama.py`, `modeling_qwen2.py`, `modeling_qwen3.py`: the halves of a head are turned together.
    """

    def __init__(self, folder: Path, kind: str, vocabulary: int, seed: int = 1, **settings: Any) -> None:
        self.folder, self.kind = folder, kind
        folder.mkdir(parents=True, exist_ok=True)
        self.config: dict[str, Any] = {
            "architectures": [f"{kind}ForCausalLM"], "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
            "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": vocabulary, "max_position_embeddings": 256,
            "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": False,
        } | settings
        self.head: int = self.config.get("head_dim") or 64 // self.config["num_attention_heads"]
        (folder / "config.json").write_text(json.dumps(self.config))
        (folder / "README.md").write_text("---\nlicense: mit\n---\n")
        self.chance = numpy.random.default_rng(seed)
        self.tensors = self._tensors()

    def _tensors(self) -> dict[str, numpy.ndarray]:
        c, found = self.config, {}
        width, inner = c["hidden_size"], c["intermediate_size"]
        queries, keys = c["num_attention_heads"] * self.head, c["num_key_value_heads"] * self.head

        def add(name: str, *shape: int, around: float = 0, spread: float = 0.25) -> None:
            numbers = around + self.chance.uniform(-spread, spread, shape)
            # Numbers that 16 bits hold exactly, so that the type of the file changes nothing.
            found[name] = numbers.astype(numpy.float16).astype(numpy.float32)

        add("model.embed_tokens.weight", c["vocab_size"], width, spread=1)
        add("model.norm.weight", width, around=1)
        if not c["tie_word_embeddings"]:
            add("lm_head.weight", c["vocab_size"], width)
        for layer in range(c["num_hidden_layers"]):
            name = f"model.layers.{layer}"
            for norm in ("input_layernorm", "post_attention_layernorm"):
                add(f"{name}.{norm}.weight", width, around=1)
            for part, rows in (("q", queries), ("k", keys), ("v", keys)):
                add(f"{name}.self_attn.{part}_proj.weight", rows, width)
                if self.kind == "Qwen2" or c.get("attention_bias"):
                    add(f"{name}.self_attn.{part}_proj.bias", rows)
                if self.kind == "Qwen3" and part != "v":
                    add(f"{name}.self_attn.{part}_norm.weight", self.head, around=1)
            add(f"{name}.self_attn.o_proj.weight", width, queries)
            if c.get("attention_bias"):
                add(f"{name}.self_attn.o_proj.bias", width)
            add(f"{name}.mlp.gate_proj.weight", inner, width)
            add(f"{name}.mlp.up_proj.weight", inner, width)
            add(f"{name}.mlp.down_proj.weight", width, inner)
        return found

    def save(self, shards: int = 1, kind: str = "F32") -> Path:
        """Writes the weights, in as many files as wanted; `BF16` through its own bytes, because NumPy has no such type."""
        names = list(self.tensors)
        if kind == "BF16":
            for name in names:
                self.tensors[name] = as_brain(self.tensors[name])
            write_brain(self.folder / "model.safetensors", self.tensors)
            return self.folder
        dtype = numpy.float16 if kind == "F16" else numpy.float32
        parts = [{name: self.tensors[name].astype(dtype) for name in names[part::shards]} for part in range(shards)]
        if shards == 1:
            save_file(parts[0], self.folder / "model.safetensors")
            return self.folder
        places = {}
        for part, tensors in enumerate(parts):
            file = f"model-{part + 1:05}-of-{shards:05}.safetensors"
            save_file(tensors, self.folder / file)
            places |= dict.fromkeys(tensors, file)
        (self.folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
        return self.folder

    def computed(self) -> list[float]:
        """Numbers that a converted file has and the checkpoint has not: by what LLaMA 3 divides each frequency."""
        scaling = self.config.get("rope_scaling") or {}
        return list(self._frequencies()) if scaling.get("rope_type") == "llama3" else []

    def logprobs(self, tokens: list[int]) -> numpy.ndarray:
        """Of the token after these, for each of the vocabulary."""
        t, c = self.tensors, self.config
        x = t["model.embed_tokens.weight"][tokens].astype(numpy.float64)
        for layer in range(c["num_hidden_layers"]):
            name = f"model.layers.{layer}"
            x = x + self._attention(self._norm(x, f"{name}.input_layernorm"), f"{name}.self_attn")
            inner = self._norm(x, f"{name}.post_attention_layernorm")
            gate = self._linear(inner, f"{name}.mlp.gate_proj")
            up = self._linear(inner, f"{name}.mlp.up_proj")
            x = x + self._linear(gate / (1 + numpy.exp(-gate)) * up, f"{name}.mlp.down_proj")
        head = t["model.embed_tokens.weight" if c["tie_word_embeddings"] else "lm_head.weight"]
        logits = self._norm(x, "model.norm")[-1] @ head.T
        return logits - logits.max() - math.log(numpy.exp(logits - logits.max()).sum())

    def _linear(self, x: numpy.ndarray, name: str) -> numpy.ndarray:
        return x @ self.tensors[f"{name}.weight"].T + self.tensors.get(f"{name}.bias", 0)

    def _norm(self, x: numpy.ndarray, name: str) -> numpy.ndarray:
        size = numpy.sqrt((x**2).mean(axis=-1, keepdims=True) + self.config["rms_norm_eps"])
        return x / size * self.tensors[f"{name}.weight"]

    def _attention(self, x: numpy.ndarray, name: str) -> numpy.ndarray:
        c = self.config
        query, key, value = (
            self._linear(x, f"{name}.{part}_proj").reshape(len(x), -1, self.head).transpose(1, 0, 2) for part in "qkv")
        if self.kind == "Qwen3":
            query, key = self._norm(query, f"{name}.q_norm"), self._norm(key, f"{name}.k_norm")
        query, key = self._turn(query), self._turn(key)
        repeats = c["num_attention_heads"] // c["num_key_value_heads"]
        key, value = key.repeat(repeats, axis=0), value.repeat(repeats, axis=0)
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(self.head)
        scores += numpy.triu(numpy.full(scores.shape[1:], -numpy.inf), k=1)
        weights = numpy.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        return self._linear((weights @ value).transpose(1, 0, 2).reshape(len(x), -1), f"{name}.o_proj")

    def _turn(self, x: numpy.ndarray) -> numpy.ndarray:
        half = self.head // 2
        angles = numpy.arange(x.shape[1])[:, None] * self._frequencies()[None, :]
        cosine, sine = numpy.cos(angles), numpy.sin(angles)
        first, second = x[..., :half], x[..., half:]
        return numpy.concatenate([first * cosine - second * sine, second * cosine + first * sine], axis=-1)

    def _frequencies(self) -> numpy.ndarray:
        base = self.config["rope_theta"] ** -(numpy.arange(0, self.head, 2) / self.head)
        scaling = self.config.get("rope_scaling")
        if not scaling:
            return base
        if scaling["rope_type"] == "linear":
            return base / scaling["factor"]
        assert scaling["rope_type"] == "llama3"
        length = 2 * math.pi / base
        old, low, high = (
            scaling[key] for key in ("original_max_position_embeddings", "low_freq_factor", "high_freq_factor"))
        smooth = (old / length - low) / (high - low)
        between = (1 - smooth) * base / scaling["factor"] + smooth * base
        return numpy.where(length < old / high, base, numpy.where(length > old / low, base / scaling["factor"], between))


def as_brain(numbers: numpy.ndarray) -> numpy.ndarray:
    """The numbers that the upper 16 bits hold."""
    return (numbers.astype(numpy.float32).view(numpy.uint32) & 0xFFFF0000).view(numpy.float32)


def write_brain(path: Path, tensors: dict[str, numpy.ndarray]) -> None:
    """A SafeTensors file in BF16: a length, a header of JSON, numbers."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        numbers = (tensor.view(numpy.uint32) >> 16).astype("<u2").tobytes()
        header[name] = {
            "dtype": "BF16", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
