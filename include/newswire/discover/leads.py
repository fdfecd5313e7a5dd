"""From an outlet's sources to leads: one per page, and an outcome for each that is not to be fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from newswire.discover.feed import Entry, FeedError, read_feed
from newswire.discover.folder import FolderError, list_pages
from newswire.errors import DiscoverError, NewswireError
from newswire.outlets import Outlet, Source
from newswire.records import FoundBy, Lead, Outcome
from newswire.urls import canonicalise, folder_urn, host_allowed, shown

# Servers refuse longer request lines (8 KiB is Apache's and nginx' default); a longer link is an attack or a mistake.
_LONGEST_URL = 8192


@dataclass(frozen=True, slots=True)
class Discovery:
    """The leads to fetch, in order; the outcomes of all others; a sentence for every source that did not answer."""

    leads: tuple[Lead, ...]
    outcomes: tuple[Outcome, ...]
    source_errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A lead, and why its address is none, if so: such a lead is named by its text, to be accounted for."""

    lead: Lead
    fault: str | None = None


def discover(
    outlet: Outlet,
    *,
    fetch_source: Callable[[str], bytes],
    urls: Sequence[str] = (),
    retries: Sequence[Lead] = (),
    since: date | None = None,
    until: date | None = None,
    limit: int | None = None,
) -> Discovery:
    """Find what to fetch: the given `urls` alone, or else all sources of the outlet and the `retries`.

    `since` and `until` are inclusive days in the outlet's zone; a lead without a date passes. `limit` counts leads.
    `fetch_source` returns a feed's bytes and raises NewswireError. Raises DiscoverError when every source failed and
    there is no lead at all.
    """
    errors: list[str] = []
    if urls:
        found = [_lead(outlet, url.strip(), "url", "form") for url in urls]
    else:
        found = [*_from_sources(outlet, fetch_source, errors), *(_Found(lead) for lead in retries)]
    if errors and not found and len(errors) == len(outlet.discover):
        raise DiscoverError("; ".join(errors))
    leads: list[Lead] = []
    outcomes: list[Outcome] = []
    for lead, fault in _first_of_each(found, () if urls else retries):
        reason = fault or _off_limits(lead, outlet) or _out_of_days(lead, outlet, since, until)
        if reason is None and limit is not None and len(leads) >= limit:
            reason = "limit"
        if reason is None:
            leads.append(lead)
        else:
            outcomes.append(Outcome(lead=lead, disposition="skipped", room="discover", reason=reason))
    return Discovery(leads=tuple(leads), outcomes=tuple(outcomes), source_errors=tuple(errors))


def _from_sources(outlet: Outlet, fetch_source: Callable[[str], bytes], errors: list[str]) -> list[_Found]:
    """All sources' leads; a source that fails leaves a sentence in `errors` and spares the others."""
    found: list[_Found] = []
    for source in outlet.discover:
        try:
            found += (
                _from_folder(outlet, source) if source.kind == "folder" else _from_feed(outlet, source, fetch_source)
            )
        except (FeedError, FolderError, NewswireError, OSError) as error:
            errors.append(f"outlet {outlet.id}: {source.kind} {_named(source)}: {error}")
    return found


def _from_feed(outlet: Outlet, source: Source, fetch_source: Callable[[str], bytes]) -> Iterator[_Found]:
    entries = read_feed(fetch_source(source.at), source.at)
    return (_lead(outlet, entry.link, "feed", source.at, entry) for entry in entries)


def _from_folder(outlet: Outlet, source: Source) -> Iterator[_Found]:
    urns = (folder_urn(outlet.id, path) for path in list_pages(Path(source.at)))
    return (_lead(outlet, urn, "folder", source.at) for urn in urns)


def _lead(outlet: Outlet, url: str, found_by: FoundBy, found_in: str, entry: Entry | None = None) -> _Found:
    canonical = _canonical(url)
    lead = Lead(
        outlet_id=outlet.id,
        url=url if canonical else _escaped(url),
        canonical_url=canonical or _escaped(url),
        found_by=found_by,
        found_in=shown(found_in),
    )
    if entry is not None:
        said = {name: getattr(entry, name) for name in ("title", "published_at", "updated_at", "lang")}
        lead = lead.model_copy(update=said)
    return _Found(lead, None if canonical else "not_http")


def _canonical(url: str) -> str | None:
    if len(url) > _LONGEST_URL or not url.isprintable():
        return None
    try:
        return canonicalise(url)
    except ValueError:
        return None


def _escaped(raw: str) -> str:
    return "".join(char if char.isprintable() else quote(char, errors="replace") for char in raw[:_LONGEST_URL])


def _first_of_each(found: Iterable[_Found], retries: Iterable[Lead]) -> Iterator[tuple[Lead, str | None]]:
    """One lead per page. What its source lists again keeps the count of its attempts: it must not go on for ever."""
    attempts = {lead.canonical_url: lead.attempts for lead in retries}
    seen: set[str] = set()
    for one in found:
        name = one.lead.canonical_url
        if name not in seen:
            seen.add(name)
            yield one.lead.model_copy(update={"attempts": attempts.get(name, 0)}), one.fault


def _off_limits(lead: Lead, outlet: Outlet) -> str | None:
    """Only a folder may bring a URN; the canonical spelling must be the outlet's own, too, for it is the identity."""
    if lead.url.startswith("urn:") and lead.found_by in ("folder", "retry"):
        return None
    if reason := outlet.refuses(lead.url):
        return reason
    return None if host_allowed(lead.canonical_url, outlet.hosts) else "foreign_host"


def _out_of_days(lead: Lead, outlet: Outlet, since: date | None, until: date | None) -> str | None:
    if lead.published_at is None:
        return None
    try:
        day = lead.published_at.astimezone(outlet.zone).date()
    except OverflowError:
        return None
    if since is not None and day < since:
        return "before_since"
    if until is not None and day > until:
        return "after_until"
    return None


def _named(source: Source) -> str:
    """A source for messages: without userinfo and query, which may carry a subscriber's key."""
    if source.kind == "folder":
        return source.at
    try:
        parts = urlsplit(source.at)
    except ValueError:
        return "(no URL)"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "…" if parts.query else "", ""))
