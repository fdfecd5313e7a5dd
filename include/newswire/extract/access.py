"""Whether everybody may read the article: what the page states for machines, else what it tells its readers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from newswire.extract.lines import Line
from newswire.extract.structured import Structured
from newswire.vocabulary.labels import vocabulary

Access = Literal["free", "metered", "paywalled"]
# Facebook's `article:content_tier`, which most publishers' systems fill.
_TIERS: dict[str, Access] = {"free": "free", "metered": "metered", "locked": "paywalled"}
_TIER_NAMES = ("article:content_tier", "og:article:content_tier")
_LONGEST_LABEL = 160


def find_access(structured: Structured, near: Iterable[Line]) -> tuple[Access | None, str | None]:
    """`free`, `metered` or `paywalled`, and where that was found; None when the page does not say.

    `near` are the lines around the article's text. A tier beats schema.org's `isAccessibleForFree`, which cannot say
    `metered`.
    """
    if any(len(line.text) <= _LONGEST_LABEL and vocabulary().says_paid(line.text) for line in near):
        return "paywalled", "label"
    tier = _TIERS.get((structured.first(*_TIER_NAMES) or "").strip().lower())
    if tier is not None:
        return tier, "meta"
    free = _is_free(structured.article.get("isAccessibleForFree"))
    return (None, None) if free is None else ("free" if free else "paywalled", "jsonld")


def _is_free(value: Any) -> bool | None:
    """schema.org's boolean as templates write it: true, "True", "http://schema.org/True"."""
    if isinstance(value, bool):
        return value
    word = value.rsplit("/", 1)[-1].strip().lower() if isinstance(value, str) else ""
    return {"true": True, "false": False}.get(word)
