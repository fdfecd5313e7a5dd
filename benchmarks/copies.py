"""Real pages told again: edited copies that must be found, and pairs on one subject that must not be linked."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from newswire.errors import ExtractError
from newswire.extract import extract_page
from newswire.outlets import GENERIC, Outlet
from newswire.records import Capture, Lead, WarcRef

EVAL = Path(__file__).resolve().parents[2] / "shared" / "eval"
# A teaser of a few lines is no text that outlets syndicate.
_FEWEST_WORDS = 60
_WORD = re.compile(r"\w+")
# One text in two outlets, with the same sentences in it: a copy that the pages themselves hold.
SYNDICATED = {frozenset(("fr_lemonde_1", "fr_bfmtv_2"))}
# At so many bits of difference or fewer two 64-bit fingerprints count as near-duplicates (Manku et al., WWW 2007).
SIMHASH_BITS = 3


class Text(NamedTuple):
    """An article: paragraphs in reading order."""

    name: str
    lang: str
    paragraphs: tuple[str, ...]

    @property
    def body(self) -> str:
        return "\n\n".join(self.paragraphs)

    @property
    def words(self) -> int:
        return len(_WORD.findall(self.body))


Edit = Callable[[Text, Text, random.Random], str]


def read_pages(every: int = 1) -> list[Text]:
    """The evaluation's pages as our extractor reads them, every `every`-th. Pages with next to no text are left out."""
    outlet = Outlet(id=GENERIC, name="Generic", language="und", timezone="Europe/Berlin", hosts=("*",))
    texts = []
    for line in (EVAL / "cases.jsonl").read_text(encoding="utf-8").splitlines()[::every]:
        case = json.loads(line)
        page = gzip.decompress((EVAL / case["html"]).read_bytes())
        lead = Lead(outlet_id=GENERIC, url=case["url"], canonical_url=case["url"], found_by="folder", found_in="eval")
        capture = Capture(
            lead=lead, url=case["url"], status=200, content_type="text/html; charset=utf-8", digest="", size=len(page),
            captured_at=datetime(2026, 11, 1, tzinfo=UTC), warc=WarcRef(file="eval", offset=0),
        )  # fmt: skip
        try:
            read = extract_page(page, capture=capture, outlet=outlet)
        except ExtractError:
            continue
        text = Text(case["id"], read.lang, read.body)
        if text.words >= _FEWEST_WORDS:
            texts.append(text)
    return texts


def _framed(text: Text, other: Text, chance: random.Random) -> str:
    """An outlet's own first and last lines around the agency's text."""
    own = other.body.split()
    head = " ".join(own[: min(30, text.words // 5)])
    tail = " ".join(own[-min(30, text.words // 5) :])
    return f"{head}\n\nBERLIN (AFP) – {text.body}\n\n{tail}"


def _changed(share: float) -> Edit:
    """Every n-th word another one: replaced, dropped or followed by one more."""

    def edit(text: Text, other: Text, chance: random.Random) -> str:
        foreign = other.body.split()
        words: list[str] = []
        for word in text.body.split():
            if chance.random() >= share:
                words.append(word)
            else:
                words += chance.choice(([chance.choice(foreign)], [chance.choice(foreign)], [], [word, "so"]))
        return " ".join(words)

    return edit


def _cut(share: float) -> Edit:
    """The beginning is kept, as newsrooms cut from the end."""

    def edit(text: Text, other: Text, chance: random.Random) -> str:
        words = text.body.split()
        return " ".join(words[: math.ceil(share * len(words))])

    return edit


def _thinned(text: Text, other: Text, chance: random.Random) -> str:
    """Sentences dropped here and there until 70 % are left."""
    sentences = re.split(r"(?<=[.!?])\s+", text.body)
    kept = sorted(chance.sample(range(len(sentences)), math.ceil(0.7 * len(sentences))))
    return " ".join(sentences[place] for place in kept)


def _widened(text: Text, other: Text, chance: random.Random) -> str:
    """Own paragraphs between the agency's: as many words again."""
    own = iter(itertools.islice(itertools.cycle(other.body.split()), text.words))
    parts = []
    for paragraph in text.paragraphs:
        parts += [paragraph, " ".join(itertools.islice(own, len(paragraph.split())))]
    return "\n\n".join(parts)


def _cut_and_widened(text: Text, other: Text, chance: random.Random) -> str:
    half = _cut(0.7)(text, other, chance)
    return half + "\n\n" + " ".join(other.body.split()[: len(half.split()) // 2])


EDITS: dict[str, Edit] = {
    "own first and last lines": _framed,
    "5 % of the words changed": _changed(0.05),
    "10 % changed": _changed(0.10),
    "20 % changed": _changed(0.20),
    "cut to 70 %": _cut(0.7),
    "cut to 50 %": _cut(0.5),
    "sentences dropped, 70 % left": _thinned,
    "as many own words between": _widened,
    "cut to 70 %, a third own": _cut_and_widened,
}


def same_subject(texts: Sequence[Text], count: int) -> list[tuple[Text, Text]]:
    """Pairs of different articles that share most rare words: the same people, places and things."""
    words = [{w for w in _WORD.findall(text.body) if w[0].isupper() and len(w) > 3} for text in texts]
    holders = Counter(word for own in words for word in own)
    weight = {word: math.log(len(texts) / held) for word, held in holders.items()}
    scored = []
    for one, other in itertools.combinations(range(len(texts)), 2):
        syndicated = frozenset((texts[one].name, texts[other].name)) in SYNDICATED
        if texts[one].lang == texts[other].lang and not syndicated:
            common = sum(weight[word] for word in words[one] & words[other])
            scored.append((common / math.sqrt(len(words[one]) * len(words[other]) or 1), one, other))
    scored.sort(reverse=True)
    return [(texts[one], texts[other]) for _, one, other in scored[:count]]


def _quoting(text: Text, other: Text, chance: random.Random) -> tuple[str, str]:
    """Both hold the same two quoted sentences."""
    said = " ".join(re.split(r"(?<=[.!?])\s+", text.body)[:2])
    return text.body, f"{other.body}\n\n„{said}“"


def _boilerplate(text: Text, other: Text, chance: random.Random) -> tuple[str, str]:
    """The same forty words below both."""
    notice = " ".join(chance.choices(text.body.split() + other.body.split(), k=40))
    return f"{text.body}\n\n{notice}", f"{other.body}\n\n{notice}"


def _following_up(text: Text, other: Text, chance: random.Random) -> tuple[str, str]:
    """A later article that repeats background: two fifths of the earlier one, if that is no more than a third of it."""
    words = text.body.split()
    background = words[-max(1, min(other.words // 2, 2 * len(words) // 5)) :]
    return text.body, f"{other.body}\n\n{' '.join(background)}"


HARDER: dict[str, Callable[[Text, Text, random.Random], tuple[str, str]]] = {
    "the same two sentences quoted": _quoting,
    "the same forty words of boilerplate": _boilerplate,
    "a follow-up that repeats background": _following_up,
}


def simhash(text: str) -> int:
    """The plain 64-bit fingerprint over words and their counts (Charikar, STOC 2002)."""
    sums = [0] * 64
    for word, count in Counter(_WORD.findall(text.casefold())).items():
        number = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
        for bit in range(64):
            sums[bit] += count if number >> bit & 1 else -count
    return sum(1 << bit for bit, total in enumerate(sums) if total > 0)


def simhash_distance(one: str, other: str) -> int:
    """In how many of 64 bits the two fingerprints differ."""
    return (simhash(one) ^ simhash(other)).bit_count()


def pairs_to_part(texts: Sequence[Text], count: int, chance: random.Random) -> Iterator[tuple[str, str, str]]:
    """`(kind, one text, the other)` of pairs that must not be linked."""
    subject = same_subject(texts, count)
    yield from (("on one subject", one.body, other.body) for one, other in subject)
    for kind, make in HARDER.items():
        yield from ((kind, *make(one, other, chance)) for one, other in subject)
