"""Models that the tests make of the starter model."""

from pathlib import Path

import gguf
import numpy

from .program import MODEL


def _metadata(reader: gguf.GGUFReader, writer: gguf.GGUFWriter, without: set[str]) -> None:
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture" or field.name in without:
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)


def without_bytes(path: Path) -> Path:
    """The starter model with a vocabulary that knows ASCII and no single bytes, and without a chat template."""
    reader = gguf.GGUFReader(MODEL)
    writer = gguf.GGUFWriter(path, "llama")
    _metadata(reader, writer, {
        "tokenizer.ggml.model", "tokenizer.ggml.pre", "tokenizer.ggml.tokens", "tokenizer.ggml.merges",
        "tokenizer.ggml.scores", "tokenizer.ggml.token_type", "tokenizer.chat_template"})
    count = len(reader.fields["tokenizer.ggml.tokens"].data)
    characters = [chr(code) for code in range(33, 127)] + ["\u2581"]
    words = [f"<word{index}>" for index in range(count - len(characters) - 3)]
    tokens = ["<unk>", "<s>", "</s>", *characters, *words]
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(index) for index in range(count)])
    writer.add_token_types(kinds + [gguf.TokenType.NORMAL] * (count - 3))
    _finish(reader, writer)
    return path


def with_gap_tokens(path: Path) -> Path:
    """The starter model with the last tokens of its vocabulary as those around gaps, which it was not trained to fill."""
    reader = gguf.GGUFReader(MODEL)
    writer = gguf.GGUFWriter(path, reader.fields["general.architecture"].contents())
    _metadata(reader, writer, set())
    count = len(reader.fields["tokenizer.ggml.tokens"].data)
    for index, name in enumerate(("pre", "suf", "mid")):
        writer.add_uint32(f"tokenizer.ggml.fim_{name}_token_id", count - 3 + index)
    _finish(reader, writer)
    return path


def _finish(reader: gguf.GGUFReader, writer: gguf.GGUFWriter) -> None:
    """The same weights, and everything to the disk."""
    for tensor in reader.tensors:
        writer.add_tensor(
            tensor.name, numpy.array(tensor.data), raw_shape=tensor.data.shape, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def adapter(path: Path, seed: int, scale: float = 0.3) -> Path:
    """A LoRA adapter of random numbers for the starter model."""
    reader = gguf.GGUFReader(MODEL)
    numbers = numpy.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 8.0)
    writer.add_string("adapter.lora.task_name", f"task {seed}")
    for tensor in reader.tensors:
        if tensor.name.endswith(("attn_q.weight", "ffn_down.weight")):
            inputs, outputs = (int(size) for size in tensor.shape)
            for half, shape in (("lora_a", (4, inputs)), ("lora_b", (outputs, 4))):
                data = numbers.uniform(-scale, scale, shape).astype(numpy.float32)
                writer.add_tensor(f"{tensor.name}.{half}", data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def control_vector(path: Path, layers: int, length: int, seed: int) -> Path:
    """Random directions for the layers from 1 to `layers`."""
    numbers = numpy.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "controlvector")
    writer.add_string("controlvector.model_hint", "llama")
    writer.add_uint32("controlvector.layer_count", layers)
    for layer in range(1, layers + 1):
        writer.add_tensor(f"direction.{layer}", numbers.uniform(-1.5, 1.5, length).astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def random_llama(
    path: Path, width: int, layers: int, feed_forward: int, heads: int = 4, seed: int = 1, context: int = 2048,
) -> Path:
    """A model of another size than the starter model with its vocabulary and random numbers in F16. It writes nonsense."""
    reader = gguf.GGUFReader(MODEL)
    writer = gguf.GGUFWriter(path, "llama")
    _metadata(reader, writer, {
        "general.name", "general.file_type", "general.description", "general.license", "llama.context_length",
        "llama.embedding_length", "llama.block_count", "llama.feed_forward_length", "llama.attention.head_count",
        "llama.attention.head_count_kv", "llama.rope.dimension_count"})
    writer.add_name(path.stem)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(feed_forward)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_rope_dimension_count(width // heads)
    numbers = numpy.random.default_rng(seed)
    tokens = len(reader.fields["tokenizer.ggml.tokens"].data)

    def matrix(name: str, outputs: int, inputs: int) -> None:
        data = numbers.normal(0, inputs ** -0.5, (outputs, inputs))
        writer.add_tensor(f"{name}.weight", data.astype(numpy.float16))

    def norm(name: str) -> None:
        writer.add_tensor(f"{name}.weight", numpy.ones(width, dtype=numpy.float32))

    matrix("token_embd", tokens, width)
    norm("output_norm")
    for layer in range(layers):
        norm(f"blk.{layer}.attn_norm")
        norm(f"blk.{layer}.ffn_norm")
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            matrix(f"blk.{layer}.{name}", width, width)
        matrix(f"blk.{layer}.ffn_gate", feed_forward, width)
        matrix(f"blk.{layer}.ffn_up", feed_forward, width)
        matrix(f"blk.{layer}.ffn_down", width, feed_forward)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
