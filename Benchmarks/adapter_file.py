"""Writes LoRA adapters of random numbers for a model file."""

import array
import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

#: Bytes of GGUF's values of a fixed size, by type.
VALUE_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
STRING, ARRAY, FLOAT = 8, 9, 6
F32 = 0
ALIGNMENT = 32


def write_adapter(path: Path, model: Path, suffixes: tuple[str, ...], rank: int, seed: int) -> None:
    """An adapter for all of a model's matrices whose names end with one of `suffixes`."""
    architecture, shapes = header(model)
    numbers = random.Random(seed)
    tensors: list[tuple[str, tuple[int, int], bytes]] = []
    for name, (inputs, outputs) in shapes.items():
        if name.endswith(suffixes):
            for half, shape in (("lora_a", (inputs, rank)), ("lora_b", (rank, outputs))):
                data = array.array("f", (numbers.uniform(-0.01, 0.01) for _ in range(shape[0] * shape[1])))
                tensors.append((f"{name}.{half}", shape, data.tobytes()))
    texts = {"general.type": "adapter", "general.architecture": architecture, "adapter.type": "lora"}
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(texts) + 1)
    for key, value in texts.items():
        head += text(key) + struct.pack("<I", STRING) + text(value)
    head += text("adapter.lora.alpha") + struct.pack("<If", FLOAT, float(rank))
    offset = 0
    for name, shape, data in tensors:
        head += text(name) + struct.pack("<IQQIQ", 2, *shape, F32, offset)
        offset += len(data) + -len(data) % ALIGNMENT
    with path.open("wb") as file:
        file.write(head + bytes(-len(head) % ALIGNMENT))
        for _, _, data in tensors:
            file.write(data + bytes(-len(data) % ALIGNMENT))


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def header(model: Path) -> tuple[str, dict[str, tuple[int, int]]]:
    """A model's architecture, and the sizes of its matrices by name."""
    with model.open("rb") as file:
        magic, _, tensors, values = read(file, "<4sIQQ")
        if magic != b"GGUF":
            raise ValueError(f"{model} is no GGUF file")
        architecture = ""
        for _ in range(values):
            key = read_text(file)
            value = read_value(file, read(file, "<I")[0])
            if key == "general.architecture":
                architecture = str(value)
        return architecture, dict(matrices(file, tensors))


def matrices(file: BinaryIO, count: int) -> Iterator[tuple[str, tuple[int, int]]]:
    for _ in range(count):
        name = read_text(file)
        sizes = read(file, f"<{read(file, '<I')[0]}Q")
        read(file, "<IQ")
        if len(sizes) == 2:
            yield name, (sizes[0], sizes[1])


def read(file: BinaryIO, form: str) -> tuple:
    return struct.unpack(form, file.read(struct.calcsize(form)))


def read_text(file: BinaryIO) -> str:
    return file.read(read(file, "<Q")[0]).decode(errors="replace")


def read_value(file: BinaryIO, kind: int) -> str | None:
    """A text; other values are skipped."""
    if kind == STRING:
        return read_text(file)
    if kind == ARRAY:
        inner, count = read(file, "<IQ")
        if inner in VALUE_BYTES:
            file.seek(VALUE_BYTES[inner] * count, 1)
        else:
            for _ in range(count):
                read_value(file, inner)
    else:
        file.seek(VALUE_BYTES[kind], 1)
    return None
