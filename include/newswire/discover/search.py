"""What every kind of source is given: the outlet, the days asked for, and ways to documents it does not open itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from newswire.errors import DiscoverError
from newswire.outlets import Outlet
from newswire.records import WarcRef
from newswire.sources import Source

# What a nightly run looks back on in a list of everything: a missed night or two lose nothing.
RECENT_DAYS = 3


@dataclass(frozen=True, slots=True)
class WarcPage:
    """A page that lies in a WARC file: its address, and where to read it."""

    url: str
    warc: WarcRef


def no_warc(path: str) -> Iterable[WarcPage]:
    raise DiscoverError(f"{path} cannot be read here: nobody has passed in a way to read WARC files")


@dataclass(frozen=True, slots=True)
class Search:
    """One discovery of one outlet. `today` is a day of the outlet's zone.

    `fetch_source` returns a document and raises NewswireError. `is_known` tells canonical URLs whose page is kept.
    `errors` are sentences for the report, `remarks` for the log.
    """

    outlet: Outlet
    fetch_source: Callable[[str], bytes]
    today: date
    since: date | None = None
    until: date | None = None
    is_known: Callable[[str], bool] = lambda _url: False
    read_warc: Callable[[str], Iterable[WarcPage]] = no_warc
    errors: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def first_day(self, source: Source) -> date:
        """The oldest day that counts in a list of everything: what the run asks for, or the source's last days."""
        if self.since is not None:
            return self.since
        return min(self.today, self.until or self.today) - timedelta(days=(source.days or RECENT_DAYS) - 1)

    def last_day(self) -> date:
        return min(self.today, self.until) if self.until else self.today
