"""Whether everybody may read the article: what the page states for machines, else what it tells its readers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from newswire.extract.lines import Line
from newswire.extract.structured import Structured
from newswire.vocabulary.kinds import kinds
from newswire.vocabulary.labels import vocabulary

Access = Literal["free", "metered", "paywalled"]
# Facebook's `article:content_tier`, which most publishers' systems fill.
_TIERS: dict[str, Access] = {"free": "free", "metered": "metered", "locked": "paywalled"}
_TIER_NAMES = ("article:content_tier", "og:article:content_tier")
_LONGEST_LABEL = 160
_LONGEST_MARK = 40
_LEVELS = 40
# What a house says there, it says on every page: an offer, not this article's state.
_HOUSE = frozenset({"nav", "footer", "aside", "dialog"})


def find_access(
    structured: Structured, near: Iterable[Line], above: Sequence[Line] = ()
) -> tuple[Access | None, str | None]:
    """`free`, `metered` or `paywalled`, and where that was found; None when the page does not say.

    `near` are the lines around the article's text, `above` those right over its headline, where badges stand. A tier
    beats schema.org's `isAccessibleForFree`, which cannot say `metered`.
    """
    own = [line for line in near if len(line.text) <= _LONGEST_LABEL and _is_own(line)]
    if any(kinds().metered.match(line.text) for line in own):
        return "metered", "label"
    if any(vocabulary().says_paid(line.text) for line in own):
        return "paywalled", "label"
    tier = _TIERS.get((structured.first(*_TIER_NAMES) or "").strip().lower())
    if tier is not None:
        return tier, "meta"
    free = _is_free(structured.article.get("isAccessibleForFree"))
    if free is False or _has_paid_part(structured.article.get("hasPart")):
        return "paywalled", "jsonld"
    if any(_is_own(line) and line.linked < 0.5 and _is_mark(line.text) for line in above):
        return "paywalled", "label"
    return ("free", "jsonld") if free else (None, None)


def _is_own(line: Line) -> bool:
    """False in menus, footers and the head of the site; the head of the article speaks of the article."""
    if line.place.region in _HOUSE:
        return False
    around = [place.tag for place in line.place.chain(_LEVELS)]
    return "header" not in around or "article" in around[around.index("header") :] or "main" in around


def _is_mark(text: str) -> bool:
    return len(text) <= _LONGEST_MARK and text.casefold().strip(" :|-") in kinds().subscriber_marks


def _has_paid_part(value: Any) -> bool:
    """True when the page marks an element of its own as not free (`hasPart` with a `cssSelector`)."""
    parts = value if isinstance(value, list) else [value]
    marked = (part for part in parts if isinstance(part, dict) and part.get("cssSelector"))
    return any(_is_free(part.get("isAccessibleForFree")) is False for part in marked)


def _is_free(value: Any) -> bool | None:
    """schema.org's boolean as templates write it: true, "True", "http://schema.org/True"."""
    if isinstance(value, bool):
        return value
    word = value.rsplit("/", 1)[-1].strip().lower() if isinstance(value, str) else ""
    return {"true": True, "false": False}.get(word)
