"""How much two texts have in common, exactly."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from newswire.link.words import RUN, Numbers, count_words

# Half of the shorter text is copy, not a shared subject: quotations, boilerplate and repeated background stay below it
# (benchmarks/bench_links.py).
ENOUGH = 0.5
# So much at least of the leader's text, or of its own, has a member that joins a cluster through another member.
RELATED = 0.25
# A quotation or a sentence of boilerplate is no evidence, even where a text holds little else.
FEWEST_WORDS = 20
# A live blog or a morning's survey holds many stories whole. It is none of them, nor are they one.
LEAST_OF_LONGER = 0.2


class Common(NamedTuple):
    """`words` of the shorter text stand in runs of four or more that the other text has too.

    `share` is theirs among the words of the shorter text, 0 to 1.
    """

    words: int
    share: float


def compare(one: Numbers, other: Numbers) -> Common:
    """What two texts have in common; the order of the two makes no difference."""
    if (len(one), one.tobytes()) > (len(other), other.tobytes()):
        one, other = other, one
    if not len(one):
        return Common(0, 0.0)
    # By half the time of numpy's isin: the texts are short.
    known = np.sort(other)
    found = known[np.minimum(np.searchsorted(known, one), len(known) - 1)] == one
    total = count_words(one)
    covered = np.zeros(total, bool)
    for place in range(RUN):
        covered[place : place + len(found)] |= found
    words = int(covered.sum())
    return Common(words, round(words / total, 4))


def jaccard(one: Numbers, other: Numbers) -> float:
    """The runs that both texts have, each once, among all of both; 0 to 1."""
    common = len(np.intersect1d(one, other))
    every = len(np.unique(one)) + len(np.unique(other)) - common
    return round(common / every, 4) if every else 0.0


def is_copy(common: Common, one: Numbers, other: Numbers) -> bool:
    longest = max(count_words(one), count_words(other))
    return common.share >= ENOUGH and common.words >= FEWEST_WORDS and common.words >= LEAST_OF_LONGER * longest


def may_be_copy(one: Numbers, other: Numbers) -> bool:
    """False where the lengths alone forbid it."""
    shorter, longer = sorted((count_words(one), count_words(other)))
    return shorter >= FEWEST_WORDS and shorter >= LEAST_OF_LONGER * longer
