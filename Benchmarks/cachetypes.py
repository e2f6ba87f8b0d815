"""What a key-value cache in 8 bits saves, and what it costs in perplexity."""

import json
import subprocess
from pathlib import Path

from contenders import Setup
from report import Bar, Row, Section
from servers import ServerError

ROOT = Path(__file__).resolve().parent.parent
#: Texts that the model has not seen; outside the repository.
TEXTS = ROOT.parent / "shared/data/text"
MODEL = ROOT / "Models/tiny-chat.gguf"
TYPES = ["f16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"]
WINDOW_TOKENS = 512
#: Where a change of more than this in perplexity is a loss of quality.
PERPLEXITY_CHANGE_MAX = 0.01
#: A block of 32 numbers in 8 bits has a scale of 2 bytes: 34 bytes instead of 64.
MEMORY_SHARE_MAX = 0.54


def measure(setup: Setup) -> Section:
    text = TEXTS / "tinyshakespeare.txt"
    if not text.exists():
        return Section("Number formats of the cache", [], [f"Left out: there is no text at {text}."])
    pieces = 4 if setup.is_quick else 60
    found = {kind: perplexity(setup, text, kind, pieces) for kind in (TYPES[:2] if setup.is_quick else TYPES)}
    plain = found["f16"]
    rows = []
    for kind, figures in found.items():
        if kind == "f16":
            continue
        judged = kind == "q8_0"
        rows.append(Row(
            f"{kind}: bytes of a token in the cache", "bytes", figures["state_bytes_per_token"], "f16",
            plain["state_bytes_per_token"], less_is_better=True,
            bar=Bar(MEMORY_SHARE_MAX, at_least=False) if judged else None))
        rows.append(Row(
            f"{kind}: perplexity", "", figures["perplexity"], "f16", plain["perplexity"], less_is_better=True,
            bar=Bar(1 + PERPLEXITY_CHANGE_MAX, at_least=False) if judged else None))
    return Section("Number formats of the cache", rows, [
        f"{MODEL.name} on {text.name}, {plain['scored']:,} tokens scored: the second half of each window of "
        f"{WINDOW_TOKENS}. Keys and values have the same format; flash attention is on. The model is a toy, so only "
        "the change of its perplexity means anything.",
    ])


def perplexity(setup: Setup, text: Path, kind: str, pieces: int) -> dict[str, float]:
    done = subprocess.run(
        [setup.build / "bench-perplexity", "--model", MODEL, "--text", text, "--keys", kind, "--values", kind,
         "--threads", str(setup.threads), "--window", str(WINDOW_TOKENS), "--pieces", str(pieces)],
        capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise ServerError(f"bench-perplexity: {done.stderr.strip()}")
    return json.loads(done.stdout)
