"""What the page shows, read from the datasets and ready for the template: texts cut to length, links checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from newswire.errors import NewswireError
from newswire.urls import host_of, is_http, shown

if TYPE_CHECKING:
    import pandas

    from newswire.store import Store

DAG_ID = "news_ingest"
ARTICLES, REJECTS, EARLIER, FINDINGS = 50, 50, 10, 20
# A headline on the page; the dataset keeps it whole.
LONGEST = 300
NOT_WELL = ("skipped", "rejected", "failed")


@dataclass(frozen=True)
class Note:
    """One thing about an outlet's lane that a person should know. `bad`: something did not work."""

    outlet: str
    text: str
    bad: bool


@dataclass(frozen=True)
class Run:
    """A run's numbers per outlet in the order of the report's columns, and what went wrong in words.

    `href` is the run's page in Airflow; None for a run that a command made: Airflow knows nothing of it.
    """

    run_id: str
    href: str | None
    started: str
    columns: tuple[str, ...]
    rows: dict[str, list[int]]
    notes: tuple[Note, ...] = ()

    @property
    def total(self) -> list[int]:
        return [sum(numbers) for numbers in zip(*self.rows.values(), strict=True)]


@dataclass(frozen=True)
class Checked:
    """The last audit of the storage: when, what was looked at, and what is wrong, of `total` findings the first."""

    at: str
    summary: str
    is_well: bool
    total: int
    findings: tuple[str, ...]


@dataclass
class Desk:
    """All of the page. `trouble` tells what could not be read."""

    run: Run | None = None
    audit: Checked | None = None
    earlier: list[Run] = field(default_factory=list)
    articles: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[dict[str, Any]] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)


def gather(storage: str) -> Desk:
    """Read what the page shows. A dataset that cannot be read leaves its part empty and is named in `trouble`."""
    from newswire import read
    from newswire.store import Store

    desk = Desk()
    store = Store(storage)
    if store.is_local and not store.exists(""):
        return desk

    def attempt(reading: Callable[[], list[Any]]) -> list[Any]:
        try:
            return reading()
        except NewswireError as error:
            desk.trouble.append(str(error))
            return []

    found = attempt(lambda: _runs(read.runs(storage, 1 + EARLIER)))
    if found:
        notes = attempt(lambda: _notes(read.runs(storage, 1), read.ledger(storage, found[0].run_id)))
        notes = [*attempt(lambda: _remarks(read.remarks(storage, found[0].run_id))), *notes]
        desk.run = Run(**{**vars(found[0]), "notes": tuple(notes)})
        desk.earlier = found[1:]
    desk.audit = next(iter(attempt(lambda: _audit(store))), None)
    columns = ("headline", "headline_en", "lang", "translation_status", "source_id", "published_at", "canonical_url")
    desk.articles = attempt(lambda: [_article(row) for row in _rows(read.latest_articles(storage, ARTICLES, columns))])
    desk.rejects = attempt(lambda: [_reject(row) for row in _rows(read.latest_rejects(storage, REJECTS))])
    return desk


def _rows(frame: pandas.DataFrame) -> list[dict[str, Any]]:
    """Rows as dicts, with None for whatever pandas calls missing."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def _runs(frame: pandas.DataFrame) -> list[Run]:
    from newswire.report import COLUMNS

    # As in the printed report: a page that was not even sent again (304) is an unchanged one.
    numbers = frame.assign(unchanged=frame["unchanged"] + frame["not_modified"])
    return [
        Run(
            run_id=str(run_id),
            href=_run_page(lanes["dag_id"].iloc[0], str(run_id)),
            started=_time(lanes["started_at"].iloc[0]),
            columns=COLUMNS,
            rows={str(lane["source_id"]): [int(lane[name]) for name in COLUMNS] for lane in _rows(lanes)},
        )
        for run_id, lanes in numbers.groupby("run_id", sort=False)
    ]


def _run_page(dag_id: Any, run_id: str) -> str | None:
    """Relative to the News desk, so that it is right behind a path prefix too."""
    return f"../dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}" if isinstance(dag_id, str) else None


def _notes(lanes: pandas.DataFrame, ledger: pandas.DataFrame) -> list[Note]:
    notes = []
    for lane in _rows(lanes):
        outlet = lane["source_id"]
        if lane["stopped_at"]:
            why = _cut(shown(lane["stopped_why"] or "the task's log says why"))
            told = f"stopped at {lane['stopped_at']}; the next run tries its articles again ({why})"
            notes.append(Note(outlet, told, bad=True))
        for error in (lane["source_errors"] or "").splitlines():
            notes.append(Note(outlet, f"a source did not answer: {_cut(shown(error))}", bad=True))
        # An array, or None in a run of an earlier version.
        for one in () if lane["warnings"] is None else lane["warnings"]:
            notes.append(Note(outlet, f"{one['count']} published, worth a look: {one['check']}", bad=False))
        if not lane["reconciled"]:
            notes.append(Note(outlet, "the ledger does not add up; the log of the report task lists what", bad=True))
    ended = ledger[ledger["disposition"].isin(NOT_WELL)].groupby(["source_id", "disposition", "reason"], dropna=False)
    for (outlet, disposition, reason), count in ended.size().items():
        notes.append(Note(outlet, f"{count} {disposition}: {reason}", bad=disposition == "failed"))
    return notes


def _remarks(lines: list[str]) -> list[Note]:
    return [Note("outlets", line, bad=line.startswith("outlet file")) for line in lines]


def _audit(store: Store) -> list[Checked]:
    from newswire.maintenance import last_told

    told = last_told(store, "audit")
    if told is None:
        return []
    findings = tuple(_cut(line) for line in told.lines[:FINDINGS])
    return [Checked(_time(told.at), told.summary, told.is_well, told.count, findings)]


def _article(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "headline": _cut(row["headline"]),
        "headline_en": _cut(row["headline_en"] or ""),
        "lang": row["lang"],
        "status": row["translation_status"],
        "outlet": row["source_id"],
        "published": _time(row["published_at"]),
        "link": _link(row["canonical_url"]),
    }


def _reject(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": _cut(row["title"] or ""),
        "url": _cut(shown(row["url"])),
        "link": _link(row["url"]),
        "outlet": row["source_id"],
        "room": row["room"],
        "reason": row["reason_code"],
        "detail": _cut(row["detail"]),
        "seen": _time(row["seen_at"]),
        "resolved": row["resolved_by"] is not None,
    }


def _link(url: str) -> dict[str, str] | None:
    """The address and its host, or None for what a person should not be able to click."""
    return {"href": url, "host": host_of(url)} if is_http(url) else None


def _time(moment: Any) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
