"""WARC files, Newswire's own or Common Crawl's: a lead for each page of the outlet's hosts, told where the page lies.

What a WARC says of time is when a crawler came by: no lead takes a date from it, the page itself will tell.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator

from newswire import urls
from newswire.discover.said import Entry, SourceError
from newswire.discover.search import Search
from newswire.errors import NewswireError
from newswire.sources import Source


def find_in_warc(source: Source, search: Search) -> Iterator[Entry]:
    """The pages of a WARC file, or of all files that a pattern matches, in order. Raises SourceError for none.

    A file that is torn leaves an error and what came before the tear. Pages of other hosts are no leads: a file of
    Common Crawl holds all the world's. Nor are pages that are kept already: the file never says anything new of them.
    """
    files = _files(source.at)
    if not files:
        raise SourceError("names no file; put one there or correct the outlet")
    for file in files:
        yield from _pages(file, search)


def _pages(file: str, search: Search) -> Iterator[Entry]:
    foreign = known = 0
    newest: dict[str, Entry] = {}
    try:
        for page in search.read_warc(file):
            own = page.url.startswith(f"urn:newswire:{search.outlet.id}:")
            if not own and not (urls.is_http(page.url) and urls.host_allowed(page.url, search.outlet.hosts)):
                foreign += 1
                continue
            if search.is_known(page.url):
                known += 1
                continue
            # Of several captures of a page the last one counts.
            newest[page.url] = Entry(link=page.url, found_in=file, warc=page.warc)
    except NewswireError as error:
        search.errors.append(f"outlet {search.outlet.id}: warc {file}: {error}")
    yield from newest.values()
    if foreign or known:
        search.remarks.append(f"{file}: {foreign} pages of other hosts and {known} that are kept already left out")


def _files(at: str) -> list[str]:
    return [at] if "://" in at else sorted(glob.glob(at, recursive=True))  # noqa: PTH207 — a pattern from the root on
