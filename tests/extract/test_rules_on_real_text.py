"""No rule of the vocabulary eats article text: every paragraph and sentence that real pages are known to hold."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

from newswire.extract.lines import Line, Place, fold
from newswire.extract.rules import Rulebook
from newswire.outlets import GENERIC, Outlet

ANYWHERE = Outlet(id=GENERIC, name="Generic", language="und", timezone="Europe/Berlin", hosts=("*",))
PLACE = Place(tag="p", hint="", region=None, hidden=False)
SCRIPT = re.compile(r"<script[^>]*ld\+json[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
BODY = re.compile(r'"articleBody"\s*:\s*("(?:[^"\\]|\\.)*")')
SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”“’»›)]*\s+(?=[A-ZÄÖÜÀÉÊÈÇ«„\"“])")
# Link lines, credits and datelines that the labels or the structured data count as text.
KNOWN = (
    "Lesen Sie hier: Gefährliche",
    "Fotos: NIKOLAI VON",
    "Produktion: HOLMES PRODUCTION",
    "Am 13. Mai",
    "Lesen Sie mehr",
    "À LIRE AUSSI",
)


def _paragraphs(folder: Path) -> Iterator[str]:
    for row in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(row)
        gold = case["gold"]
        for section in gold.get("sections", []):
            yield from (*section["headline"], *section["paragraphs"])
        yield from (*gold.get("summary", []), *gold.get("with_", []))
        yield from _stated(gzip.decompress((folder / case["html"]).read_bytes()).decode("utf-8", "replace"))


def _stated(page: str) -> Iterator[str]:
    for block in SCRIPT.findall(page):
        for literal in BODY.findall(block):
            text: Any = json.loads(literal, strict=False)
            broken = re.sub(r"</?(?:p|br|div|h\d|li|ul)[^>]*>", "\n", unescape(text))
            yield from re.sub(r"<[^>]+>", "", broken).split("\n")


def test_no_rule_eats_a_paragraph_or_a_sentence(shared: Path) -> None:
    rules = Rulebook(ANYWHERE, "dmy")
    whole = {fold(paragraph) for paragraph in _paragraphs(shared / "eval")}
    texts = whole | {fold(sentence) for paragraph in whole for sentence in SENTENCE_END.split(paragraph)}
    assert len(texts) > 4000
    eaten = [text for text in sorted(texts) if rules.label(Line(text, PLACE)) and not text.startswith(KNOWN)]
    assert eaten == []
