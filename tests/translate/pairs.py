"""Good human translations, to measure the guards and the detection of languages with."""

from __future__ import annotations

import csv
from pathlib import Path

from newswire.settings import PROJECT
from newswire.translate import read_tmx
from newswire.translate.fields import folded


def human_pairs() -> list[tuple[str, str, str]]:
    """Our own: the bundled newsroom's memory, written by hand, and a list made to be hard on the guards."""
    memory = [
        (str(row["source_lang"]), folded(str(row["source_text"])), folded(str(row["text"])))
        for row in read_tmx(PROJECT / "include" / "demo" / "memory.tmx")
    ]
    with (Path(__file__).parent / "human_pairs.tsv").open(encoding="utf-8", newline="") as lines:
        return memory + [(lang, folded(text), folded(said)) for lang, text, said in csv.reader(lines, delimiter="\t")]
