"""Images, recordings, and a projector of random numbers for the starter model: no real one is at hand. What the model says of
an image means nothing; that it says the same of the same is what tests look at."""

import base64
import struct
import zlib
from pathlib import Path

import gguf
import numpy

from .program import MODEL

ROWS = 36
"""How many tokens an image takes."""


def projector(path: Path, seed: int = 1) -> Path:
    """A projector as in LLaVA: images of 48 by 48 pixels in patches of 8 by 8."""
    random = numpy.random.default_rng(seed)
    text = int(gguf.GGUFReader(MODEL).fields["llama.embedding_length"].contents())
    width, feed_forward, layers = 64, 128, 2
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_string("general.type", "mmproj")
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_string("clip.projector_type", "mlp")
    writer.add_bool("clip.use_gelu", True)
    for name, value in {
        "image_size": 48, "patch_size": 8, "embedding_length": width, "feed_forward_length": feed_forward,
        "block_count": layers, "attention.head_count": 4, "projection_dim": text,
    }.items():
        writer.add_uint32(f"clip.vision.{name}", value)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-5)
    writer.add_array("clip.vision.image_mean", [0.5, 0.5, 0.5])
    writer.add_array("clip.vision.image_std", [0.5, 0.5, 0.5])

    def add(name: str, *shape: int, center: float = 0.0) -> None:
        writer.add_tensor(name, (center + random.uniform(-0.3, 0.3, shape)).astype(numpy.float32))

    def linear(name: str, inputs: int, outputs: int) -> None:
        add(f"{name}.weight", outputs, inputs)
        add(f"{name}.bias", outputs)

    def norm(name: str) -> None:
        add(f"{name}.weight", width, center=1.0)
        add(f"{name}.bias", width)

    add("v.patch_embd.weight", width, 3, 8, 8)
    add("v.patch_embd.bias", width)
    add("v.position_embd.weight", ROWS, width)
    for layer in range(layers):
        for part in ["attn_q", "attn_k", "attn_v", "attn_out"]:
            linear(f"v.blk.{layer}.{part}", width, width)
        norm(f"v.blk.{layer}.ln1")
        norm(f"v.blk.{layer}.ln2")
        linear(f"v.blk.{layer}.ffn_up", width, feed_forward)
        linear(f"v.blk.{layer}.ffn_down", feed_forward, width)
    norm("v.post_ln")
    linear("mm.0", width, width)
    linear("mm.2", width, text)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, pixels: bytes) -> bytes:
    """A PNG file; `pixels` are three bytes each, with a byte before each row."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(pixels)) + _chunk(b"IEND", b""))


def image(seed: int, width: int = 40, height: int = 30) -> bytes:
    """Random pixels; the same seed makes the same image."""
    random = numpy.random.default_rng(seed)
    rows = [b"\x00" + random.integers(0, 256, width * 3, numpy.uint8).tobytes() for _ in range(height)]
    return png(width, height, b"".join(rows))


def part(content: bytes) -> dict[str, object]:
    """A part of a message that holds an image."""
    return {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(content).decode()}}
