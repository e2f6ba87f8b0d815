"""Models that are not quantised yet: the starter model with all its weights in 16 bits, and large ones of random numbers."""

import random
from pathlib import Path

import gguf
import numpy

from .program import MODEL


def unquantized(path: Path) -> Path:
    """The starter model's weights as they come out of its file, as F16: the same model to a few thousandths."""
    reader = gguf.GGUFReader(MODEL)
    writer = described(reader, path)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    for tensor in reader.tensors:
        numbers = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        writer.add_tensor(tensor.name, numbers.astype(numpy.float16 if numbers.ndim > 1 else numpy.float32))
    return finish(writer, path)


def parts(model: Path, folder: Path) -> Path:
    """A model in two files, as `llama-gguf-split` makes them; the first one's path."""
    reader = gguf.GGUFReader(model)
    half = len(reader.tensors) // 2
    paths = [folder / f"{model.stem}-0000{number}-of-00002.gguf" for number in (1, 2)]
    for number, (path, tensors) in enumerate(zip(paths, (reader.tensors[:half], reader.tensors[half:]), strict=True)):
        writer = described(reader, path) if number == 0 else gguf.GGUFWriter(path, "llama")
        writer.add_key_value("split.no", number, gguf.GGUFValueType.UINT16)
        writer.add_key_value("split.count", 2, gguf.GGUFValueType.UINT16)
        writer.add_key_value("split.tensors.count", len(reader.tensors), gguf.GGUFValueType.INT32)
        for tensor in tensors:
            writer.add_tensor(tensor.name, tensor.data)
        finish(writer, path)
    return paths[0]


def described(reader: gguf.GGUFReader, path: Path) -> gguf.GGUFWriter:
    """A writer with everything that another file says of its model, but the type of its weights."""
    writer = gguf.GGUFWriter(path, "llama")
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        kind = field.types[0]
        writer.add_key_value(
            field.name, field.contents(), kind, field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None)
    return writer


def large(path: Path, matrices: int = 16, width: int = 1024) -> Path:
    """Random numbers in so many square matrices, a megabyte of them in each at the usual width. It cannot be run."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(512)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(width)
    writer.add_block_count(matrices)
    writer.add_head_count(8)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    chance = numpy.random.default_rng(3)
    for number in range(matrices):
        weights = chance.standard_normal((width, width), dtype=numpy.float32).astype(numpy.float16)
        writer.add_tensor(f"blk.{number}.ffn_up.weight", weights)
    return finish(writer, path)


def finish(writer: gguf.GGUFWriter, path: Path) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def words(path: Path, sentences: int = 400, seed: int = 1) -> Path:
    """A text of the sort that the starter model knows."""
    chance = random.Random(seed)
    names = "Tom Anna Peter Lisa Max Nina Paul Emma".split()
    things = "apple book chair dog egg flower glass hat island jacket key lamp map needle pencil ring".split()
    colors = "red blue green yellow black white brown purple".split()
    lines = []
    for _ in range(sentences):
        name, thing, color = chance.choice(names), chance.choice(things), chance.choice(colors)
        lines.append(chance.choice([
            f"{name} has a {color} {thing}.", f"The {thing} of {name} is {color}.",
            f"Where is the {color} {thing}? {name} has it.", f"My name is {name} and I like the {thing}."]))
    path.write_text(" ".join(lines))
    return path
