"""What a key-value cache in 8 bits saves, and what it costs in perplexity."""

import json
import random
import subprocess
import tempfile
from pathlib import Path

from contenders import Setup
from report import Bar, Row, Section
from servers import ServerError

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "Models/tiny-chat.gguf"
TYPES = ["f16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"]
#: As long as the conversations that the model was trained with.
WINDOW_TOKENS = 256
#: Where a change of more than this in perplexity is a loss of quality.
PERPLEXITY_CHANGE_MAX = 0.01
#: A block of 32 numbers in 8 bits has a scale of 2 bytes: 34 bytes instead of 64.
MEMORY_SHARE_MAX = 0.54
CONVERSATIONS = 1_000
COLORS = "red blue green yellow black white brown purple orange pink gray silver".split()
THINGS = "apple book chair dog egg flower glass hat island jacket key lamp map needle pencil ring shoe table".split()
SYLLABLES = "ba be bo da de do fa fi ga go ha ka ki la le lo ma mi mo na ne no pa po ra ri ro sa se ta ti to".split()


def measure(setup: Setup) -> Section:
    pieces = 20 if setup.is_quick else 300
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as text:
        text.write(conversations())
        text.flush()
        found = {
            kind: perplexity(setup, Path(text.name), kind, pieces)
            for kind in (TYPES[:2] if setup.is_quick else TYPES)}
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
        f"{MODEL.name} on conversations as it has learnt them, {plain['scored']:,} tokens scored: the second half of "
        f"each window of {WINDOW_TOKENS}. What it writes repeats names and things that were said before, which it can "
        "only know from the cache. Keys and values have the same format; flash attention is on.",
    ])


def conversations() -> str:
    """Stories about somebody, repetitions, and questions about facts that were told: what the starter model can do."""
    chance = random.Random(5)

    def name() -> str:
        return "".join(chance.choice(SYLLABLES) for _ in range(chance.randint(2, 4))).capitalize()

    def story() -> tuple[str, str]:
        who, color, thing = name(), chance.choice(COLORS), chance.choice(THINGS)
        return f"Tell me a story about {who}.", (
            f"Once upon a time, {who} found a {color} {thing} in the garden. {who} showed the {thing} to a friend. "
            f"They played with the {thing} all day. In the evening {who} put the {thing} away and went to sleep. The end.")

    def repetition() -> tuple[str, str]:
        words = " ".join(chance.choice([name().lower(), chance.choice(THINGS), chance.choice(COLORS)]) for _ in range(6))
        return f"Repeat: {words}", words

    def question() -> tuple[str, str]:
        facts = {name(): f"{chance.choice(COLORS)} {chance.choice(THINGS)}" for _ in range(5)}
        who = chance.choice(list(facts))
        told = "\n".join(f"{other} has a {thing}." for other, thing in facts.items())
        return f"Documents:\n{told}\n\nQuestion: What does {who} have?", f"{who} has a {facts[who]}."

    pairs = [chance.choice([story, story, repetition, question])() for _ in range(CONVERSATIONS)]
    return "".join(
        f"<|im_start|>user\n{asked}<|im_end|>\n<|im_start|>assistant\n{answered}<|im_end|>\n" for asked, answered in pairs)


def perplexity(setup: Setup, text: Path, kind: str, pieces: int) -> dict[str, float]:
    done = subprocess.run(
        [setup.build / "bench-perplexity", "--model", MODEL, "--text", text, "--keys", kind, "--values", kind,
         "--threads", str(setup.threads), "--window", str(WINDOW_TOKENS), "--pieces", str(pieces)],
        capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise ServerError(f"bench-perplexity: {done.stderr.strip()}")
    return json.loads(done.stdout)
