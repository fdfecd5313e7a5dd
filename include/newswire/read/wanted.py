"""What a reader asks for: checked, then told to Arrow as folders to look into and a condition on rows."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import reduce
from operator import and_
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from newswire import schemas
from newswire.bounds import Bounds, microseconds, read_bounds
from newswire.errors import SettingsError
from newswire.read.scan import files_of, schema_of, versions_of
from newswire.schemas import ARTICLES, DATASETS, Dataset
from newswire.store import Store

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which articles: those that meet everything that is not None. An empty list is met by none."""

    since: date | datetime | None = None
    until: date | datetime | None = None
    outlets: Sequence[str] | None = None
    languages: Sequence[str] | None = None
    topics: Sequence[str] | None = None
    months: Sequence[str] | None = None

    def keys(self) -> dict[str, list[str]]:
        """The hive keys that are asked for. Raises SettingsError for what is no month."""
        keys = {}
        if self.outlets is not None:
            keys["source"] = names("outlets", self.outlets)
        if self.months is not None:
            keys["month"] = names("months", self.months)
            for month in keys["month"]:
                if not _MONTH.fullmatch(month):
                    raise SettingsError(f"months: {month!r} is no month; write for example '2026-03'")
        return keys

    def condition(self) -> ds.Expression | None:
        """What Arrow checks against the statistics of row groups before it reads them, and then against each row.

        No condition on month: it is the month of the first publication time ever seen and never changes, so a
        corrected published_at may lie in another.
        """
        found = list(self._conditions())
        return reduce(and_, found) if found else None

    def span(self) -> tuple[datetime | None, datetime | None]:
        """The first and the last instant that are asked for. Raises SettingsError when no instant is both."""
        first = None if self.since is None else _instant("since", self.since, time.min)
        last = None if self.until is None else _instant("until", self.until, time.max)
        if first is not None and last is not None and first > last:
            raise SettingsError(
                f"since: {self.since} is later than until: {self.until}; no article can be both, exchange them"
            )
        return first, last

    def _conditions(self) -> Iterator[ds.Expression]:
        first, last = self.span()
        if first is not None:
            since = pa.scalar(first, schemas.INSTANT)
            yield _seen(lambda moment: moment >= since)
        if last is not None:
            until = pa.scalar(last, schemas.INSTANT)
            yield _seen(lambda moment: moment <= until)
        if self.languages is not None:
            yield _in_languages(names("languages", self.languages))


def files_wanted(store: Store, wanted: Wanted) -> list[str]:
    """The files that may hold articles asked for. Raises SettingsError for an outlet this storage never heard of."""
    keys = wanted.keys()
    versions = versions_of(store, ARTICLES, keys)
    found = {_outlet_of(file) for file in versions}
    missing = [outlet for outlet in keys.get("source", []) if outlet not in found]
    if missing:
        _check_known(store, missing)
    first, last = wanted.span()
    if first is None and last is None:
        return list(versions)
    stated: dict[str, Bounds] = {}
    for outlet in sorted(found):
        stated |= read_bounds(store, outlet)
    return _not_missed(versions, stated, first, last)


def _not_missed(
    versions: Mapping[str, str], stated: Mapping[str, Bounds], first: datetime | None, last: datetime | None
) -> list[str]:
    """Without the files in which, as it is stated, no article lies between these times.

    A file that is replaced after it was listed is left out as it was when it was listed: what is read is then what one
    who came a moment earlier read. An article never moves to another file, so none is missed between two of them.
    """
    since, until = (None if moment is None else microseconds(moment) for moment in (first, last))
    return [
        file
        for file, version in versions.items()
        if file not in stated or not stated[file].misses(version, since, until)
    ]


def _outlet_of(file: str) -> str:
    return file.split("/")[1].removeprefix("source=")


def columns_of(dataset: Dataset) -> list[str]:
    """All columns that a reader sees, the hive keys last."""
    return list(schema_of(dataset).names)


def columns_wanted(dataset: Dataset, columns: Sequence[str] | None) -> list[str]:
    """The columns asked for, or all. Raises SettingsError for one that is none."""
    known = columns_of(dataset)
    given = known if columns is None else names("columns", columns)
    unknown = [name for name in given if name not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise SettingsError(f"dataset {dataset.name} has no column {unknown[0]!r}; {hint}it has {', '.join(known)}")
    return list(given)


def names(what: str, given: Sequence[str]) -> list[str]:
    """A list of texts. One text alone would be taken for a list of letters: raises SettingsError."""
    if isinstance(given, str):
        raise SettingsError(f"{what} is the text {given!r}; write a list: [{given!r}]")
    return list(given)


def _check_known(store: Store, outlets: Sequence[str]) -> None:
    """An outlet that was tried and gave no article is known. In an empty storage nothing can be told apart."""
    known: set[str] = set()
    for dataset in (one for one in DATASETS if "source" in one.partition):
        for file in files_of(store, dataset):
            known |= {part.removeprefix("source=") for part in file.split("/") if part.startswith("source=")}
        if known.issuperset(outlets):
            return
    unknown = next((outlet for outlet in outlets if outlet not in known), None)
    if known and unknown is not None:
        near = difflib.get_close_matches(unknown, sorted(known), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        listed = ", ".join(sorted(known))
        raise SettingsError(f"outlets: nothing is stored of {unknown!r}; {hint}the storage has {listed}")


def _seen(condition: Callable[[ds.Expression], ds.Expression]) -> ds.Expression:
    """The condition on published_at, or on first_seen_at where that is null, in a form that row statistics can use."""
    published = pc.field("published_at")
    return condition(published) | (published.is_null() & condition(pc.field("first_seen_at")))


def _instant(what: str, given: date | datetime, in_a_day: time) -> datetime:
    if not isinstance(given, date):
        raise SettingsError(f"{what} is {given!r}; write a day, date(2026, 3, 1), or an instant with its zone")
    if not isinstance(given, datetime):
        return datetime.combine(given, in_a_day, UTC)
    if given.tzinfo is None:
        raise SettingsError(f"{what} {given} has no time zone; write for example {given.replace(tzinfo=UTC)!r}")
    return given


def _in_languages(wanted: list[str]) -> ds.Expression:
    lang = pc.field("lang")
    exact: Any = lang.isin(pa.array(wanted, pa.string()))
    return reduce(lambda found, name: found | pc.starts_with(lang, f"{name}-"), wanted, exact)
