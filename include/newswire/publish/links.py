"""Which articles must be linked anew, and the writing of links. A mark outlives a killed run: the next one sees it."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, partial
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa

from newswire.errors import Conflict, PublishError, StorageError
from newswire.publish.lock import only_writer
from newswire.publish.merge import Row, read_groups, replace
from newswire.publish.signatures import Difference, Place, Signatures, Spoilt, State
from newswire.schemas import LINKS
from newswire.store import Store

_log = logging.getLogger("newswire")
_MARKS = "work/unlinked/*"
# Articles that are linked and written at a time: what is kept of them takes 2 KB each, their texts twice that.
_AT_ONCE = 20_000
# So many files that cannot be read are named; each of them has a line in the log.
_MOST_NAMED = 5
_NOTHING: Mapping[Any, Any] = MappingProxyType({})
T = TypeVar("T")


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

    An outlet's month that cannot be read spares all others: its articles count as they were last read, with the links
    they had, and what is new in it waits. When the rest is written, PublishError names the file; its mark stays, so
    the next run that can read it makes it good.
    """
    unread: dict[Place, str] = {}
    with only_writer(store, "links"):
        marks = store.glob(_MARKS)
        for outlet_id in {_outlet_of(mark) for mark in marks}:
            # A mark precedes its articles: let a lane that is publishing at this moment come to its end.
            with only_writer(store, outlet_id):
                pass
        asked = {(_outlet_of(mark), month) for mark in marks for month in store.read_bytes(mark).decode().splitlines()}
        kept = Signatures(store, version)
        try:
            months, changed = _link_all(kept, link, asked, unread)
        except Spoilt as error:
            _log.warning("links: %s; making them anew from the articles", error)
            kept.forget()
            unread.clear()
            months, changed = _link_all(kept, link, asked, unread)
        for mark in marks:
            if _outlet_of(mark) not in {outlet_id for outlet_id, _ in unread}:
                store.remove(mark)
    if unread:
        raise PublishError(_tell_unread(unread))
    return months, changed


def _link_all(
    kept: Signatures, link: Link, asked: Collection[Place], unread: dict[Place, str]
) -> tuple[list[str], list[str]]:
    """Link month by month; the months looked at, and those that changed. What cannot be read goes to `unread`."""
    kept.check()
    changed = _make_good(kept, link)
    places = sorted({*asked, *kept.unread()})
    months = sorted({month for _, month in places})
    for month in months:
        found = _readable({place: partial(kept.difference, place) for place in places if place[1] == month}, unread)
        for part in _parts(found):
            wanted = {place: partial(kept.read_fresh, place, one.fresh) for place, one in part.items()}
            fresh = _readable({place: read for place, read in wanted.items() if place not in unread}, unread)
            if fresh:
                learned = {place: part[place] for place in fresh}
                unlinked = Unlinked([row for rows in fresh.values() for row in rows], _gone(learned), {})
                changed |= _write(kept, link(unlinked, kept.read_day), learned=learned)
    return months, sorted(changed)


def _readable(calls: Mapping[Place, Callable[[], T]], unread: dict[Place, str]) -> dict[Place, T]:
    """What each call gives. A file that cannot be read is noted with the reason, and the others are read all the same.

    Raises what is wrong with the storage or with what is kept, and no single outlet's fault.
    """
    found: dict[Place, T] = {}
    for place, call in calls.items():
        try:
            found[place] = call()
        except (Spoilt, Conflict):
            raise
        except (PublishError, StorageError) as error:
            if isinstance(error, StorageError) and error.unanswered:
                raise
            _log.error("links: %s %s waits: %s", *place, error)
            unread[place] = str(error)
    return found


def _tell_unread(unread: Mapping[Place, str]) -> str:
    outlets = ", ".join(sorted({outlet_id for outlet_id, _ in unread}))
    more = f"; and {len(unread) - _MOST_NAMED} more, see the log" if len(unread) > _MOST_NAMED else ""
    return (
        f"links: all are written but for new articles of {outlets}, whose links stay as they were until a run can read "
        f"them: {'; '.join(list(unread.values())[:_MOST_NAMED])}{more}"
    )


def _gone(learned: Mapping[Place, Difference]) -> dict[int, list[str]]:
    """What is no more as it was, by its day of publication."""
    gone: defaultdict[int, list[str]] = defaultdict(list)
    for found in learned.values():
        for identity, state in found.gone.items():
            gone[state.day].append(identity)
    return gone


def _parts(found: Mapping[Place, Difference]) -> Iterator[dict[Place, Difference]]:
    """A month's differences in parts of `_AT_ONCE` articles, by day.

    What is gone goes with what comes in its place: a file that cannot be read further on does not part them. What has
    no heir goes with the first.
    """
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
                {
                    identity: state
                    for identity, state in one.gone.items()
                    if (part_of[one.fresh[identity].day] if identity in one.fresh else 0) == part
                },
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
