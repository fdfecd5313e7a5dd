"""What Newswire's rules cost: the gold text that is missing and the rule that cut it, and what stayed wrongly."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from typing import NamedTuple

import extractor
from evaluation import Case, Row

from newswire.errors import ExtractError
from newswire.extract.lines import Line
from newswire.extract.page import open_page
from newswire.records import Extraction

# A text is taken to be where at least this share of its word runs is.
_THERE = 0.3
_RUN = 4
# A line this long may be the beginning of a longer one.
_SHORTENED = 900


class Loss(NamedTuple):
    """A gold text that is missing (`lost`) or a text that should be (`kept`), and the rule or place it was found in."""

    page: str
    kind: str
    rule: str
    text: str


class Sight(NamedTuple):
    """What is known of a page after reading: its extraction, or why there is none, and its lines."""

    found: Extraction | None
    refused: str | None
    lines: list[Line]


def losses(case: Case, row: Row) -> list[Loss]:
    """Every gold paragraph and segment that the page lost, and every unwanted segment that it kept."""
    lost = [("paragraph lost", text) for text in row.get("_miss", ())]
    lost += [("segment lost", text) for text in row.get("_lost", ())]
    kept = row.get("_kept", ())
    if not lost and not kept:
        return []
    sight = look(case)
    named = [Loss(case["id"], kind, _rule(text, sight), text) for kind, text in lost]
    return named + [Loss(case["id"], "segment kept", _place(text, sight), text) for text in kept]


def look(case: Case) -> Sight:
    payload, capture = extractor.captured(case["_html"], case["url"])
    found, refused, lines = None, None, []
    try:
        found = extractor.read(case["_html"], case["url"])
    except ExtractError as error:
        refused = f"page refused: {error.reason}"
    with contextlib.suppress(ExtractError):
        lines = open_page(payload, capture, extractor.OUTLET).lines
    return Sight(found, refused, lines)


def _rule(text: str, sight: Sight) -> str:
    """The rule under which most of a text was cut; else why it is not in the result."""
    if sight.found is None:
        return sight.refused or "page refused"
    extraction = sight.found
    places = [(line.rule, _whole(line.text, sight.lines)) for line in extraction.stripped]
    places += [("hidden on the page", line.text) for line in sight.lines if line.place.hidden]
    places += [("kept as headline", extraction.headline), ("kept as description", extraction.description or "")]
    rule = _fullest(text, places)
    if rule == "outside_body":
        # No rule cut it: whoever chose the body left it out.
        return f"outside_body, chosen by {extraction.basis.get('body', 'an unknown route')}"
    if rule is None:
        in_body = _fullest(text, [("kept, but in other words or pieces", line) for line in extraction.body])
        rule = in_body or "in no line of the page"
    return rule


def _whole(text: str, lines: list[Line]) -> str:
    """The account shortens long lines; a loss may lie behind the cut."""
    if len(text) < _SHORTENED:
        return text
    return next((line.text for line in lines if line.text.startswith(text)), text)


def _place(text: str, sight: Sight) -> str:
    """What kind of line holds a text that should not have stayed."""
    bare = _bare(text)
    if sight.found and sight.found.description and bare in _bare(sight.found.description):
        return "description"
    body = {_bare(line) for line in sight.found.body} if sight.found else set()
    for line in sight.lines:
        own = _bare(line.text)
        if own in body and (bare in own or (len(own) > 10 and own in bare)):
            return _kind(line)
    return "over several lines"


def _kind(line: Line) -> str:
    hint = next((place.hint for place in line.place.chain(4) if place.hint), "")
    shape = "link" if line.linked >= 0.5 else "sentence" if line.is_sentence else "short line"
    region = f" in {line.place.region}" if line.place.region else ""
    return f"{shape}, {line.place.tag}{region}" + (f" ({' '.join(hint.split()[:4])[:60]})" if hint else "")


def _fullest(text: str, places: Iterable[tuple[str, str]]) -> str | None:
    """The name whose texts together hold most of a text's word runs, or None when none holds enough."""
    wanted = _runs(text)
    held: dict[str, set[tuple[str, ...]]] = {}
    for name, place in places:
        if shared := wanted & _runs(place, len(next(iter(wanted), ()))):
            held.setdefault(name, set()).update(shared)
    best = max(held, key=lambda name: len(held[name]), default=None)
    return best if best is not None and len(held[best]) >= _THERE * len(wanted) else None


def _runs(text: str, size: int = 0) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    size = size or max(1, min(_RUN, len(words)))
    return {tuple(words[n : n + size]) for n in range(len(words) - size + 1)}


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)
