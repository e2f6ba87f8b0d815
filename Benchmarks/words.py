"""Prompts of a known length in tokens: each word is one token of the benchmark's model (see SyllableVocabulary)."""

import random

#: Words of a circle, as bench-model has them.
CIRCLE = 250
SYLLABLES = [consonant + vowel for consonant in "bdfklmnrst" for vowel in "aeiou"]


class Words:
    """Words by chance, the same ones from the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def text(self, tokens: int) -> str:
        words = ("".join(self._random.choices(SYLLABLES, k=3)) for _ in range(tokens))
        return " " + " ".join(words)

    def circle(self) -> str:
        """All words of one circle in their order: what the copying model has read this far it writes again."""
        start = CIRCLE * self._random.randrange(len(SYLLABLES) ** 3 // CIRCLE)
        return " " + " ".join(three_syllables(start + place) for place in range(CIRCLE))


def three_syllables(number: int) -> str:
    """The word of three syllables with this number, in the order of the vocabulary."""
    size = len(SYLLABLES)
    return SYLLABLES[number // size**2] + SYLLABLES[number // size % size] + SYLLABLES[number % size]
