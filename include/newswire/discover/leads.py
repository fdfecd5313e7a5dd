"""From an outlet's sources to leads: one per page, and an outcome for each that is not to be fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from newswire.discover.kinds import from_sources
from newswire.discover.merge import Found, first_of_each, found
from newswire.discover.said import Entry
from newswire.discover.search import Search, WarcPage, no_warc
from newswire.errors import DiscoverError
from newswire.outlets import Outlet
from newswire.records import Lead, Outcome
from newswire.urls import canonicalise, host_allowed


@dataclass(frozen=True, slots=True)
class Discovery:
    """The leads to fetch, in order; the outcomes of all others; a sentence for every source that did not answer.

    `remarks` tell how much of a list was left out on purpose: it is no lead, and not in the ledger.
    """

    leads: tuple[Lead, ...]
    outcomes: tuple[Outcome, ...]
    source_errors: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def discover(
    outlet: Outlet,
    *,
    fetch_source: Callable[[str], bytes],
    today: date,
    urls: Sequence[str] = (),
    retries: Sequence[Lead] = (),
    since: date | None = None,
    until: date | None = None,
    limit: int | None = None,
    is_known: Callable[[str], bool] = lambda _url: False,
    read_warc: Callable[[str], Iterable[WarcPage]] = no_warc,
) -> Discovery:
    """Find what to fetch: the given `urls` alone, or else all sources of the outlet and the `retries`.

    `since` and `until` are inclusive days in the outlet's zone, `today` is one; a lead without a date passes. `limit`
    counts leads. `fetch_source` returns a document's bytes and raises NewswireError; `is_known` tells the canonical
    URLs whose pages are kept; `read_warc` lists a WARC file. Raises DiscoverError when every source failed and there
    is no lead at all.
    """
    search = Search(outlet, fetch_source, today, since, until, _by_canonical(is_known), read_warc)
    if urls:
        every = [found(outlet, Entry(link=url.strip()), "url", "form") for url in urls]
    else:
        every, all_failed = from_sources(search)
        every += [Found(lead) for lead in retries]
        if all_failed and not every:
            raise DiscoverError("; ".join(search.errors))
    leads: list[Lead] = []
    outcomes: list[Outcome] = []
    for one in first_of_each(every, () if urls else retries):
        lead = one.lead
        reason = one.fault or _off_limits(lead, outlet) or _out_of_days(lead, outlet, since, until)
        if reason is None and limit is not None and len(leads) >= limit:
            reason = "limit"
        if reason is None:
            leads.append(lead)
        else:
            outcomes.append(Outcome(lead=lead, disposition="skipped", room="discover", reason=reason))
    return Discovery(tuple(leads), tuple(outcomes), tuple(search.errors), tuple(search.remarks))


def _by_canonical(is_known: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda url: (canonical := canonicalise(url)) is not None and is_known(canonical)


def _off_limits(lead: Lead, outlet: Outlet) -> str | None:
    """Only what lies on a disk may bring a URN; the canonical spelling must be the outlet's own, too: it identifies."""
    if lead.url.startswith("urn:") and lead.found_by in ("folder", "warc", "retry", "correction"):
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
