"""The few numbers by which texts with much in common find one another among tens of thousands.

A sample of the runs finds a text that is a part of another one; the runs are hashes, so every text samples the same.
Bands of a MinHash find texts that are alike as wholes; they hang on no single run. Measured on real pages, the samples
alone miss nothing: the bands are the second net (benchmarks/README.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from newswire.link.words import Numbers, mixed

# So many runs of a text are about its keys. Longer texts are sampled more thinly, by powers of two: what a thin sample
# holds of a run, every thicker one holds too. As a copy has at least a fifth of the longer text, that always suffices.
_SAMPLES = 64
# Texts of which a share J of the runs is common fall into one band with 1 - (1 - J^ROWS)^BANDS.
BANDS = 32
ROWS = 3
_SEED = 7
_FACTORS = np.array([0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3], dtype=np.uint64)
_STEP = np.uint64(0x589965CC75374CC3)
# Another version of rensa may order hashes otherwise: its bands must not be compared with these.
ALGORITHM = f"{RMinHash.ALGORITHM_VERSION}"


def find_keys(texts: Sequence[Numbers]) -> list[Numbers]:
    """The keys of each text, sorted, each once; none for a text without runs."""
    bands = iter(_bands([runs for runs in texts if len(runs)]))
    return [np.unique(np.concatenate([sampled(runs), next(bands)])) if len(runs) else runs for runs in texts]


def sampled(runs: Numbers) -> Numbers:
    kept: Numbers = runs[runs % sampling(len(runs)) == 0]
    return kept


def sampling(count: int) -> int:
    """One run in so many is a key of a text of `count` runs: a power of two."""
    return int(1 << max(0, (count // _SAMPLES).bit_length()))


def _bands(texts: Sequence[Numbers]) -> NDArray[np.uint32]:
    """One row of `BANDS` numbers for each text."""
    if not texts:
        return np.zeros((0, BANDS), np.uint32)
    ends = np.cumsum([0, *map(len, texts)])
    flat = np.concatenate(texts).astype(np.uint64)
    digests = RMinHash.digest_matrix_from_flat_token_hashes(flat, [int(end) for end in ends], BANDS * ROWS, _SEED)
    rows: NDArray[np.uint64] = np.array(digests.to_rows(), dtype=np.uint64).reshape(len(texts), BANDS, ROWS)
    with np.errstate(over="ignore"):
        band = (rows * _FACTORS).sum(axis=2, dtype=np.uint64) + np.arange(1, BANDS + 1, dtype=np.uint64) * _STEP
    keys: NDArray[np.uint32] = (mixed(band) >> np.uint64(32)).astype(np.uint32)
    return keys
