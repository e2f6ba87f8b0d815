"""Model files of random weights, of several families: what they write means nothing, what they take is real."""

from dataclasses import dataclass, field
from pathlib import Path

import gguf
import numpy

#: Bytes of a block of so many numbers, for types that are written here.
BLOCKS = {
    gguf.GGMLQuantizationType.F32: (1, 4), gguf.GGMLQuantizationType.F16: (1, 2),
    gguf.GGMLQuantizationType.Q8_0: (32, 34), gguf.GGMLQuantizationType.Q4_0: (32, 18),
    gguf.GGMLQuantizationType.Q4_K: (256, 144), gguf.GGMLQuantizationType.Q6_K: (256, 210),
}
#: Tokens before the words: unknown, begin, end, and the bytes.
WORDS_START = 3 + 256


@dataclass(frozen=True)
class Family:
    """A model to be written. `kind` is llama.cpp's name of the architecture."""

    name: str
    kind: str = "llama"
    layers: int = 4
    width: int = 512
    heads: int = 8
    kv_heads: int = 8
    head: int = 64
    feed_forward: int = 1024
    vocabulary: int = 2_000
    context: int = 32_768
    type: gguf.GGMLQuantizationType = gguf.GGMLQuantizationType.F16
    #: Experts, and how many of them a token visits.
    experts: int = 0
    used: int = 0
    window: int = 0
    is_tied: bool = False
    extra: dict[str, int] = field(default_factory=dict)


class Writer:
    """One file on its way. Matrices repeat some random rows, because only their bytes count."""

    def __init__(self, family: Family, path: Path) -> None:
        self.family = family
        self.file = gguf.GGUFWriter(path, family.kind)
        self.chance = numpy.random.default_rng(7)

    def matrix(self, name: str, *shape: int, type: gguf.GGMLQuantizationType | None = None) -> None:
        """`shape` has the inputs first, as ggml counts."""
        kind = type or self.family.type
        inputs, rows = shape[0], int(numpy.prod(shape[1:]))
        length, size = BLOCKS[kind]
        if inputs % length:
            kind, (length, size) = gguf.GGMLQuantizationType.F16, (1, 2)
        row = self._rows(kind, inputs // length, min(rows, 64))
        data = numpy.tile(row, (-(-rows // len(row)), 1))[:rows].reshape(*reversed(shape[1:]), inputs // length * size)
        self.file.add_tensor(name, data, raw_dtype=kind)

    def _rows(self, kind: gguf.GGMLQuantizationType, blocks: int, count: int) -> numpy.ndarray:
        length, size = BLOCKS[kind]
        if kind in (gguf.GGMLQuantizationType.F32, gguf.GGMLQuantizationType.F16):
            number = numpy.float32 if size == 4 else numpy.float16
            return self.chance.normal(0, 0.02, (count, blocks)).astype(number).view(numpy.uint8)
        data = self.chance.integers(0, 256, (count, blocks, size), numpy.uint8)
        scale = numpy.frombuffer(numpy.float16(0.0005).tobytes(), numpy.uint8)
        data[:, :, :2] = scale
        if kind == gguf.GGMLQuantizationType.Q4_K:
            data[:, :, 2:4] = scale
        if kind == gguf.GGMLQuantizationType.Q6_K:
            data[:, :, :2] = self.chance.integers(0, 256, (count, blocks, 2), numpy.uint8)
            data[:, :, -2:] = scale
        return data.reshape(count, blocks * size)

    def ones(self, name: str, count: int) -> None:
        self.file.add_tensor(name, numpy.ones(count, numpy.float32))

    def numbers(self, name: str, *shape: int, value: float = 0.01) -> None:
        """32-bit numbers; inputs first."""
        self.file.add_tensor(name, numpy.full(tuple(reversed(shape)), value, numpy.float32))


def made(family: Family, folder: Path) -> Path:
    """Writes the model, unless it is there, and gives its path."""
    path = folder / f"{family.name}.gguf"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    writer = Writer(family, unfinished)
    _describe(writer)
    {"mamba": _mamba, "bert": _bert}.get(family.kind, _transformer)(writer)
    writer.file.write_header_to_file()
    writer.file.write_kv_data_to_file()
    writer.file.write_tensors_to_file()
    writer.file.close()
    unfinished.rename(path)
    return path


def _describe(writer: Writer) -> None:
    family, file = writer.family, writer.file
    file.add_context_length(family.context)
    file.add_embedding_length(family.width)
    file.add_block_count(family.layers)
    file.add_feed_forward_length(family.feed_forward)
    file.add_vocab_size(family.vocabulary)
    if family.kind == "bert":
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        words += [f"▁w{number}" for number in range(family.vocabulary - len(words))]
        file.add_tokenizer_model("bert")
        file.add_tokenizer_pre("default")
        file.add_token_list(words)
        file.add_token_types([gguf.TokenType.NORMAL] * len(words))
        file.add_token_type_count(2)
        file.add_pad_token_id(0)
        file.add_unk_token_id(1)
        file.add_bos_token_id(2)
        file.add_eos_token_id(3)
        file.add_sep_token_id(3)
        file.add_mask_token_id(4)
    else:
        words = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
        words += [f"▁w{number}" for number in range(family.vocabulary - len(words))]
        kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
        kinds += [gguf.TokenType.BYTE] * 256
        file.add_tokenizer_model("llama")
        file.add_token_list(words)
        file.add_token_scores([-float(index) for index in range(len(words))])
        file.add_token_types(kinds + [gguf.TokenType.NORMAL] * (len(words) - len(kinds)))
        file.add_bos_token_id(1)
        file.add_eos_token_id(2)
        file.add_unk_token_id(0)
    for key, value in family.extra.items():
        file.add_uint32(f"{family.kind}.{key}", value)


def _transformer(writer: Writer) -> None:
    family, file = writer.family, writer.file
    file.add_head_count(family.heads)
    file.add_head_count_kv(family.kv_heads)
    file.add_key_length(family.head)
    file.add_value_length(family.head)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_rope_dimension_count(family.head)
    file.add_rope_freq_base(10_000.0)
    if family.window:
        file.add_sliding_window(family.window)
    if family.experts:
        file.add_expert_count(family.experts)
        file.add_expert_used_count(family.used)
        file.add_expert_feed_forward_length(family.feed_forward)
    writer.matrix("token_embd.weight", family.width, family.vocabulary)
    writer.ones("output_norm.weight", family.width)
    if not family.is_tied:
        writer.matrix("output.weight", family.width, family.vocabulary)
    for layer in range(family.layers):
        _layer(writer, f"blk.{layer}")


def _layer(writer: Writer, name: str) -> None:
    family = writer.family
    width, inner = family.width, family.feed_forward
    writer.ones(f"{name}.attn_norm.weight", width)
    writer.matrix(f"{name}.attn_q.weight", width, family.heads * family.head)
    writer.matrix(f"{name}.attn_k.weight", width, family.kv_heads * family.head)
    writer.matrix(f"{name}.attn_v.weight", width, family.kv_heads * family.head)
    writer.matrix(f"{name}.attn_output.weight", family.heads * family.head, width)
    writer.ones(f"{name}.ffn_norm.weight", width)
    if family.kind in ("qwen3", "qwen3moe", "gemma3"):
        writer.ones(f"{name}.attn_q_norm.weight", family.head)
        writer.ones(f"{name}.attn_k_norm.weight", family.head)
    if family.kind == "gemma3":
        writer.ones(f"{name}.post_attention_norm.weight", width)
        writer.ones(f"{name}.post_ffw_norm.weight", width)
    if family.experts:
        writer.matrix(f"{name}.ffn_gate_inp.weight", width, family.experts, type=gguf.GGMLQuantizationType.F32)
        writer.matrix(f"{name}.ffn_gate_exps.weight", width, inner, family.experts)
        writer.matrix(f"{name}.ffn_up_exps.weight", width, inner, family.experts)
        writer.matrix(f"{name}.ffn_down_exps.weight", inner, width, family.experts)
    else:
        writer.matrix(f"{name}.ffn_gate.weight", width, inner)
        writer.matrix(f"{name}.ffn_up.weight", width, inner)
        writer.matrix(f"{name}.ffn_down.weight", inner, width)


def _mamba(writer: Writer) -> None:
    family, file = writer.family, writer.file
    inner, state, kernel, rank = 2 * family.width, 16, 4, family.width // 16
    file.add_ssm_conv_kernel(kernel)
    file.add_ssm_inner_size(inner)
    file.add_ssm_state_size(state)
    file.add_ssm_time_step_rank(rank)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_head_count(0)
    writer.matrix("token_embd.weight", family.width, family.vocabulary)
    writer.ones("output_norm.weight", family.width)
    for layer in range(family.layers):
        name = f"blk.{layer}"
        writer.ones(f"{name}.attn_norm.weight", family.width)
        writer.matrix(f"{name}.ssm_in.weight", family.width, 2 * inner)
        writer.numbers(f"{name}.ssm_conv1d.weight", kernel, inner)
        writer.numbers(f"{name}.ssm_conv1d.bias", inner)
        writer.matrix(f"{name}.ssm_x.weight", inner, rank + 2 * state)
        writer.matrix(f"{name}.ssm_dt.weight", rank, inner)
        writer.numbers(f"{name}.ssm_dt.bias", inner)
        writer.numbers(f"{name}.ssm_a", state, inner, value=-1)
        writer.ones(f"{name}.ssm_d", inner)
        writer.matrix(f"{name}.ssm_out.weight", inner, family.width)


def _bert(writer: Writer) -> None:
    family, file = writer.family, writer.file
    width, inner = family.width, family.feed_forward
    file.add_head_count(family.heads)
    file.add_layer_norm_eps(1e-12)
    file.add_causal_attention(False)
    file.add_pooling_type(gguf.PoolingType.MEAN)
    writer.matrix("token_embd.weight", width, family.vocabulary)
    writer.numbers("position_embd.weight", width, family.context)
    writer.numbers("token_types.weight", width, 2)

    def norm(name: str) -> None:
        writer.ones(f"{name}.weight", width)
        writer.numbers(f"{name}.bias", width)

    norm("token_embd_norm")
    for layer in range(family.layers):
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.matrix(f"blk.{layer}.{part}.weight", width, width)
            writer.numbers(f"blk.{layer}.{part}.bias", width)
        norm(f"blk.{layer}.attn_output_norm")
        writer.matrix(f"blk.{layer}.ffn_up.weight", width, inner)
        writer.numbers(f"blk.{layer}.ffn_up.bias", inner)
        writer.matrix(f"blk.{layer}.ffn_down.weight", inner, width)
        writer.numbers(f"blk.{layer}.ffn_down.bias", width)
        norm(f"blk.{layer}.layer_output_norm")
