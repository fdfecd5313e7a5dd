"""Archive pages by date: one address a day, read as a list of links or as a sitemap, for backfill."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from newswire import urls
from newswire.discover.said import Entry, SourceError
from newswire.discover.search import Search
from newswire.discover.section import articles
from newswire.discover.sitemap import listed
from newswire.errors import NewswireError
from newswire.sources import Source

# Ten years of days: at two seconds each, two hours. More is asked for in several runs.
_MOST_PAGES = 3_700
# A house that has closed its archive would otherwise fill the report with one line a day.
_TOLD = 5


def find_in_archive(source: Source, search: Search) -> Iterator[Entry]:
    """The articles of each day's page, newest day first; without days asked for, only where the file says so (`days`).

    A page that does not answer leaves an error and spares the others. Raises SourceError when none answers.
    """
    if search.since is None and source.days is None:
        search.remarks.append(f"{urls.shown(source.at)}: an archive is read when a run names its days (`since`)")
        return
    addresses = source.pages(search.first_day(source), search.last_day())
    asked, failures = 0, []
    for url in islice(addresses, _MOST_PAGES):
        asked += 1
        try:
            yield from _entries(search.fetch_source(url), url)
        except (SourceError, NewswireError) as error:
            failures.append(f"outlet {search.outlet.id}: archive {urls.shown(url)}: {error}")
    if asked and len(failures) == asked:
        raise SourceError(f"none of {asked} days answered; the newest said: {failures[0]}")
    search.errors.extend(failures[:_TOLD])
    if len(failures) > _TOLD:
        search.errors.append(f"outlet {search.outlet.id}: archive: {len(failures) - _TOLD} more days did not answer")
    if (next_url := next(addresses, None)) is not None:
        search.errors.append(
            f"outlet {search.outlet.id}: archive: {_MOST_PAGES} days were read; for {urls.shown(next_url)} and what is "
            "older start another run"
        )


def _entries(document: bytes, url: str) -> Iterator[Entry]:
    start = document.lstrip(b"\xef\xbb\xbf \t\r\n")[:500].lower()
    is_xml = document[:2] == b"\x1f\x8b" or (start.startswith(b"<?xml") and b"<html" not in start)
    yield from listed(document, url) if is_xml else articles(document, url)
