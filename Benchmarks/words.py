"""Prompts of a known length in tokens: each word is one token of the benchmark's model (see SyllableVocabulary)."""

import random

SYLLABLES = [consonant + vowel for consonant in "bdfklmnrst" for vowel in "aeiou"]


class Words:
    """Words by chance, the same ones from the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def text(self, tokens: int) -> str:
        words = ("".join(self._random.choices(SYLLABLES, k=3)) for _ in range(tokens))
        return " " + " ".join(words)
