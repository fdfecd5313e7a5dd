"""One page, one lead, however many sources list it: what each of them says is kept where it is said best."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from newswire.discover.said import Entry
from newswire.outlets import Outlet
from newswire.records import FoundBy, Lead
from newswire.urls import canonicalise, shown

# Servers refuse longer request lines (8 KiB is Apache's and nginx' default); a longer link is an attack or a mistake.
_LONGEST_URL = 8192
_SAID = ("title", "published_at", "updated_at", "lang", "lastmod_at", "warc")
# Whose word on titles and times counts first: a feed is written for it, a link's text is a guess.
_TRUST: tuple[FoundBy, ...] = ("feed", "news_sitemap", "sitemap", "section", "archive")


@dataclass(frozen=True, slots=True)
class Found:
    """A lead, and why its address is none, if so: such a lead is named by its text, to be accounted for."""

    lead: Lead
    fault: str | None = None


def found(outlet: Outlet, entry: Entry, found_by: FoundBy, found_in: str) -> Found:
    """The lead that an entry of a source becomes."""
    canonical = _canonical(entry.link)
    lead = Lead(
        outlet_id=outlet.id,
        url=entry.link if canonical else _escaped(entry.link),
        canonical_url=canonical or _escaped(entry.link),
        found_by=found_by,
        found_in=shown(entry.found_in or found_in),
        **{name: getattr(entry, name) for name in _SAID},
    )
    return Found(lead, None if canonical else "not_http")


def first_of_each(every: Iterable[Found], retries: Iterable[Lead]) -> list[Found]:
    """One lead per page, where it was found first, with what all its sources say.

    What a source lists again keeps the count of its attempts: it must not go on for ever.
    """
    attempts = {lead.canonical_url: lead.attempts for lead in retries}
    groups: dict[str, list[Found]] = {}
    for one in every:
        groups.setdefault(one.lead.canonical_url, []).append(one)
    return [
        Found(_merged([one.lead for one in group], attempts.get(name, 0)), group[0].fault)
        for name, group in groups.items()
    ]


def _merged(leads: list[Lead], attempts: int) -> Lead:
    ranked = sorted(leads, key=lambda lead: _TRUST.index(lead.found_by) if lead.found_by in _TRUST else len(_TRUST))
    said: dict[str, Any] = {"attempts": attempts}
    for name in _SAID:
        said[name] = next((value for lead in ranked if (value := getattr(lead, name)) is not None), None)
    # A page that a live source lists is fetched: what lies in a file may be older.
    said["warc"] = leads[-1].warc if all(lead.warc for lead in leads) else None
    return leads[0].model_copy(update=said)


def _canonical(url: str) -> str | None:
    if len(url) > _LONGEST_URL or not url.isprintable():
        return None
    try:
        return canonicalise(url)
    except ValueError:
        return None


def _escaped(raw: str) -> str:
    return "".join(char if char.isprintable() else quote(char, errors="replace") for char in raw[:_LONGEST_URL])
