"""Which articles must be linked anew, and the writing of links. A mark outlives a killed run: the next one sees it."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import pyarrow as pa

from newswire.publish.lock import only_writer
from newswire.publish.merge import Row, read_groups, replace
from newswire.publish.signatures import Difference, Place, Signatures, Spoilt, State
from newswire.schemas import LINKS
from newswire.store import Store

_log = logging.getLogger("newswire")
_MARKS = "work/unlinked/*"
# Articles that are linked and written at a time: what is kept of them takes 2 KB each, their texts twice that.
_AT_ONCE = 20_000
_NOTHING: Mapping[Any, Any] = MappingProxyType({})


class Unlinked(NamedTuple):
    """What linking is asked for, by day of publication.

    `fresh` are articles that are new or have changed, with `month`, `version` and `seen_at`; `gone` what is kept and no
    longer holds; `suspects` what a killed run was writing.
    """

    fresh: Sequence[Row]
    gone: Mapping[int, Collection[str]]
    suspects: Mapping[int, Collection[str]]


class Linked(NamedTuple):
    """What linking answers: `{month: (ids, rows)}` of the links dataset, where the rows of `ids` go and `rows` come;
    whole days of stories to keep; and the stories looked at, by day.
    """

    months: Mapping[str, tuple[Collection[str], Sequence[Row]]]
    days: Mapping[int, Sequence[Row]]
    looked_at: Mapping[int, Collection[str]]


Link = Callable[[Unlinked, Callable[[int], list[Row]]], Linked]


def mark_unlinked(store: Store, outlet_id: str, rows: Collection[tuple[str, Row]]) -> None:
    """Note the months of new and revised articles, before they are written.

    Other articles make another mark: whoever links forgets the marks it saw, and none that came meanwhile.
    """
    if not rows:
        return
    versions = sorted(f"{row['article_id']} {row['content_hash']}" for _, row in rows)
    token = hashlib.sha256("\n".join(versions).encode()).hexdigest()[:16]
    months = sorted({month for month, _ in rows})
    store.write_bytes(f"work/unlinked/{outlet_id}.{token}", "\n".join(months).encode())


def relink(store: Store, link: Link, version: str) -> tuple[list[str], list[str]]:
    """Link what was marked, and what the kept signatures do not know; returns the months read and those that changed.

    `link` gets what has changed and a function that reads the stories kept of a day of publication, counted from 1970.
    The links of other months change where a cluster crosses the border. `version` names the code that links: signatures
    of another one are made anew.
    """
    with only_writer(store, "links"):
        marks = store.glob(_MARKS)
        for outlet_id in {_outlet_of(mark) for mark in marks}:
            # A mark precedes its articles: let a lane that is publishing at this moment come to its end.
            with only_writer(store, outlet_id):
                pass
        asked = {(_outlet_of(mark), month) for mark in marks for month in store.read_bytes(mark).decode().splitlines()}
        kept = Signatures(store, version)
        try:
            months, changed = _link_all(kept, link, asked)
        except Spoilt as error:
            _log.warning("links: %s; making them anew from the articles", error)
            kept.forget()
            months, changed = _link_all(kept, link, asked)
        for mark in marks:
            store.remove(mark)
    return months, changed


def _link_all(kept: Signatures, link: Link, asked: Collection[Place]) -> tuple[list[str], list[str]]:
    kept.check()
    changed = _make_good(kept, link)
    places = sorted({*asked, *kept.unread()})
    months = sorted({month for _, month in places})
    for month in months:
        for part in _parts({place: kept.difference(place) for place in places if place[1] == month}):
            fresh = [row for place, found in part.items() for row in kept.read_fresh(place, found.fresh)]
            gone: defaultdict[int, list[str]] = defaultdict(list)
            for found in part.values():
                for identity, state in found.gone.items():
                    gone[state.day].append(identity)
            changed |= _write(kept, link(Unlinked(fresh, gone, {}), kept.read_day), learned=part)
    return months, sorted(changed)


def _parts(found: Mapping[Place, Difference]) -> Iterator[dict[Place, Difference]]:
    """A month's differences in parts of `_AT_ONCE` articles, by day. What is gone goes with the first."""
    days = Counter(state.day for one in found.values() for state in one.fresh.values())
    part_of: dict[int, int] = {}
    held = 0
    for day in sorted(days):
        part_of[day] = held // _AT_ONCE
        held += days[day]
    for part in sorted({0, *part_of.values()}):
        yield {
            place: Difference(
                {identity: state for identity, state in one.fresh.items() if part_of[state.day] == part},
                one.gone if part == 0 else {},
            )
            for place, one in found.items()
        }


def _make_good(kept: Signatures, link: Link) -> set[str]:
    """Undo what a killed run has half written: what it did not come to learn is fresh again afterwards."""
    days, months = kept.begun()
    gone: dict[int, list[str]] = {}
    if not days and not months:
        return set()
    known = cache(kept.known)
    for day, ids in days.items():
        held = [row for row in kept.read_day(day) if row["article_id"] in set(ids)]
        states = {row["article_id"]: known((row["source_id"], row["month"])).get(row["article_id"]) for row in held}
        gone[day] = [row["article_id"] for row in held if states[row["article_id"]] != State(row["version"], day)]
    return _write(kept, link(Unlinked((), gone, days), kept.read_day), unsure=months)


def _write(
    kept: Signatures,
    linked: Linked,
    *,
    learned: Mapping[Place, Difference] = _NOTHING,
    unsure: Mapping[str, Collection[str]] = _NOTHING,
) -> set[str]:
    """Write links, what is kept of the stories, and that they were `learned`; the months whose links changed.

    `unsure` are more rows that go. The note of what is being written goes last: until then all of it can be undone.
    """
    months = {month: ({*ids, *unsure.get(month, ())}, rows) for month, (ids, rows) in linked.months.items()}
    months |= {month: (set(ids), ()) for month, ids in unsure.items() if month not in months}
    kept.begin(linked.looked_at, {month: ids for month, (ids, _) in months.items()})
    changed = {month for month, (ids, rows) in sorted(months.items()) if _rewrite(kept.store, month, ids, rows)}
    for day, stories in sorted(linked.days.items()):
        kept.write_day(day, stories)
    for place, found in learned.items():
        kept.learn(place, found)
    kept.end(linked.days, [month for month, (_, rows) in months.items() if rows])
    return changed


def _rewrite(store: Store, month: str, ids: Collection[str], rows: Sequence[Row]) -> bool:
    file = LINKS.file(month)
    table = pa.concat_tables([LINKS.schema.empty_table(), *read_groups(store, LINKS, file)])
    others = [row for row in table.to_pylist() if row["article_id"] not in ids]
    return replace(store, LINKS, file, sorted((*others, *rows), key=lambda row: str(row["article_id"])))


def _outlet_of(mark: str) -> str:
    return mark.rsplit("/", 1)[1].split(".")[0]
