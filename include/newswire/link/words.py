"""A text as a row of numbers, one for each run of four words: what copies have in common whatever their typography."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint32]

# Three words in a row recur between strangers; of a copy with every fifth word changed, few runs of five are left.
RUN = 4
# A live blog of a day has 15,000 words. What a hostile page holds beyond takes no part.
MOST_WORDS = 20_000
_MOST_CHARACTERS = 12 * MOST_WORDS
# 40 MB of words, more than a month of news has.
_MOST_KNOWN = 1 << 18
_WORD = re.compile(r"\w+")
# Soft hyphens and zero-width marks stand inside words without being seen.
_UNSEEN = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff]")
# Odd factors, so that the place of a word within its run counts.
_FACTORS = tuple(
    np.uint64(factor) for factor in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5)
)
_MIX = np.uint64(0x94D049BB133111EB)
_HALF = np.uint64(32)


def find_runs(text: str) -> Numbers:
    """One number of 32 bits for each run of `RUN` words, in reading order; none for a shorter text.

    Letter case, punctuation, line breaks and compatibility forms make no difference. A text of n words has
    n - RUN + 1 runs. Two different runs share a number once in four thousand million.
    """
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKC", text[:_MOST_CHARACTERS])).casefold()
    words = np.array([_NUMBERS[word] for word in _WORD.findall(seen)[:MOST_WORDS]], dtype=np.uint64)
    count = len(words) - RUN + 1
    if count < 1:
        return np.zeros(0, np.uint32)
    runs = np.zeros(count, np.uint64)
    for place, factor in enumerate(_FACTORS):
        runs += words[place : place + count] * factor
    return (mixed(runs) >> _HALF).astype(np.uint32)


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The same numbers, each spread over all 64 bits: their upper half is as good as random."""
    spread = (numbers ^ (numbers >> _HALF)) * _MIX
    spread = (spread ^ (spread >> _HALF)) * _MIX
    return spread ^ (spread >> _HALF)


def count_words(runs: Numbers) -> int:
    """How many words the text has whose runs these are; 0 for one too short to have any."""
    return len(runs) + RUN - 1 if len(runs) else 0


class _Numbers(dict[str, int]):
    """Words by their digests of 64 bits. Forgotten together when there are too many: news has few that are new."""

    def __missing__(self, word: str) -> int:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        # Surrogates cannot be encoded; two words that differ in nothing else may count as one.
        digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest()
        number = self[word] = int.from_bytes(digest, "big")
        return number


_NUMBERS = _Numbers()
