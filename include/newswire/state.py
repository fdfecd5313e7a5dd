"""The small mutable database: HTTP validators, leads to try again or to revisit, hosts' rules, translation memory.

SQLite beside the datasets by default, Postgres where several machines work. Losing it costs requests, never articles:
the datasets and the archive do not depend on it.
"""

from __future__ import annotations

import fcntl
import hashlib
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from newswire.records import Lead, Validator

_META = sa.MetaData()
_VALIDATORS = sa.Table(
    "validators",
    _META,
    sa.Column("outlet_id", sa.String(64), primary_key=True),
    sa.Column("url_key", sa.String(64), primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("digest", sa.Text),
    sa.Column("kept_as", sa.String(64)),
    sa.Column("body", sa.LargeBinary),
)
_OPEN_LEADS = sa.Table(
    "open_leads",
    _META,
    sa.Column("outlet_id", sa.String(64), primary_key=True),
    sa.Column("url_key", sa.String(64), primary_key=True),
    sa.Column("lead", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text),
)
_MEMORY = sa.Table(
    "memory",
    _META,
    sa.Column("source_lang", sa.String(16), primary_key=True),
    sa.Column("target_lang", sa.String(16), primary_key=True),
    sa.Column("text_key", sa.String(64), primary_key=True),
    sa.Column("origin", sa.String(16), primary_key=True),
    sa.Column("source_text", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("engine", sa.Text),
    sa.Column("engine_version", sa.Text),
)
_NOTES = sa.Table(
    "host_notes",
    _META,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("host_key", sa.String(64), primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("until", sa.DateTime(timezone=True), nullable=False),
)
_REVISITS = sa.Table(
    "revisits",
    _META,
    sa.Column("outlet_id", sa.String(64), primary_key=True),
    sa.Column("url_key", sa.String(64), primary_key=True),
    sa.Column("lead", sa.Text, nullable=False),
    sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    sa.Column("next_try", sa.DateTime(timezone=True), nullable=False),
)
_TRIES = sa.Table(
    "tries",
    _META,
    sa.Column("source_lang", sa.String(16), primary_key=True),
    sa.Column("target_lang", sa.String(16), primary_key=True),
    sa.Column("text_key", sa.String(64), primary_key=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("next_try", sa.DateTime(timezone=True), nullable=False),
)
_SPENT = sa.Table(
    "spent",
    _META,
    sa.Column("night", sa.String(10), primary_key=True),
    sa.Column("characters", sa.BigInteger, nullable=False),
)
# A person's word outranks an imported memory, which outranks an engine; a draft is what a best-effort engine said.
ORIGINS = ("person", "import", "engine", "draft")


def text_key(text: str) -> str:
    """Texts that differ only in Unicode form or white space are one text: NFC, white space folded, hashed."""
    folded = " ".join(unicodedata.normalize("NFC", text).split())
    return hashlib.sha256(folded.encode()).hexdigest()


def _key(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def _in_utc(moment: datetime) -> datetime:
    """SQLite gives back what it was given without its zone, which always is UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@contextmanager
def _alone(file: str) -> Iterator[None]:
    """SQLite does not wait for another process while either of them turns to WAL: measured, one start in 240 failed."""
    with Path(f"{file}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Tried(NamedTuple):
    """How often engines were asked for a text in vain, why the last time, and from when on they may be asked again."""

    attempts: int
    reason: str | None
    next_try: datetime


class State:
    """A handle on the database; tables are made on first use."""

    def __init__(self, url: str) -> None:
        parsed = sa.engine.make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        # Lanes of one run write at the same time: wait for the lock instead of failing.
        options = {"connect_args": {"timeout": 60}} if parsed.get_backend_name() == "sqlite" else {}
        self._engine = sa.create_engine(parsed, poolclass=sa.pool.NullPool, **options)
        file = parsed.database if parsed.get_backend_name() == "sqlite" else None
        with _alone(file) if file else nullcontext():
            if file:
                with self._engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            for table in _META.sorted_tables:
                with self._engine.begin() as connection:
                    connection.execute(sa.schema.CreateTable(table, if_not_exists=True))

    def _upsert(self, connection: sa.Connection, table: sa.Table, row: dict[str, object]) -> None:
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        keys = [column.name for column in table.primary_key]
        rest = {name: value for name, value in row.items() if name not in keys}
        connection.execute(insert(table).values(**row).on_conflict_do_update(index_elements=keys, set_=rest))

    def validators(self, outlet_id: str, urls: Collection[str] | None = None) -> dict[str, Validator]:
        """What is known of these URLs of an outlet, or of all that it ever had, by URL."""
        if urls is None:
            return self._validators(_VALIDATORS.c.outlet_id == outlet_id)
        keys = sorted(map(_key, urls))
        found: dict[str, Validator] = {}
        # In parts: a database takes only so many parameters in one statement.
        for start in range(0, len(keys), 500):
            asked = _VALIDATORS.c.url_key.in_(keys[start : start + 500])
            found |= self._validators(sa.and_(_VALIDATORS.c.outlet_id == outlet_id, asked))
        return found

    def _validators(self, which: sa.ColumnElement[bool]) -> dict[str, Validator]:
        # Not the bodies: those of sitemaps are megabytes each.
        columns = [column for column in _VALIDATORS.c if column.name != "body"]
        with self._engine.connect() as connection:
            return {
                row.url: Validator(
                    url=row.url,
                    etag=row.etag,
                    last_modified=row.last_modified,
                    digest=row.digest,
                    kept_as=row.kept_as,
                )
                for row in connection.execute(sa.select(*columns).where(which))
            }

    def validator(self, outlet_id: str, url: str) -> Validator | None:
        """What is known of one URL: an outlet may have a hundred thousand."""
        query = sa.select(_VALIDATORS).where(_VALIDATORS.c.outlet_id == outlet_id, _VALIDATORS.c.url_key == _key(url))
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return Validator(**{name: getattr(row, name) for name in Validator.model_fields}) if row else None

    def body_of(self, outlet_id: str, url: str) -> bytes | None:
        """The body kept for a source that may answer 304 (feeds), or None."""
        query = sa.select(_VALIDATORS.c.body).where(
            _VALIDATORS.c.outlet_id == outlet_id, _VALIDATORS.c.url_key == _key(url)
        )
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def keep_validators(self, outlet_id: str, found: Iterable[Validator], body: bytes | None = None) -> None:
        """Remember what to ask with next time. Call it only when what was fetched is safely in the datasets."""
        with self._engine.begin() as connection:
            for one in found:
                row = {"outlet_id": outlet_id, "url_key": _key(one.url), "body": body, **one.model_dump()}
                self._upsert(connection, _VALIDATORS, row)

    def forget_sources(self, outlet_id: str, *, but: Iterable[str]) -> int:
        """Forget the kept bodies of an outlet's sources but those at these URLs; returns how many were forgotten."""
        asked = {_key(url) for url in but}
        sources = (_VALIDATORS.c.outlet_id == outlet_id) & _VALIDATORS.c.body.is_not(None)
        with self._engine.begin() as connection:
            kept = connection.execute(sa.select(_VALIDATORS.c.url_key).where(sources)).scalars()
            gone = [key for key in kept if key not in asked]
            for key in gone:
                connection.execute(sa.delete(_VALIDATORS).where(sources & (_VALIDATORS.c.url_key == key)))
        return len(gone)

    def open_leads(self, outlet_id: str) -> list[Lead]:
        """Leads that earlier runs could not finish, oldest attempt count first."""
        query = (
            sa.select(_OPEN_LEADS)
            .where(_OPEN_LEADS.c.outlet_id == outlet_id)
            .order_by(_OPEN_LEADS.c.attempts, _OPEN_LEADS.c.url_key)
        )
        with self._engine.connect() as connection:
            return [
                Lead.model_validate_json(row.lead).model_copy(update={"found_by": "retry", "attempts": row.attempts})
                for row in connection.execute(query)
            ]

    def settle(self, outlet_id: str, done: Sequence[Lead], still_open: Sequence[tuple[Lead, str]]) -> None:
        """Forget the leads that ended, keep the others with the reason."""
        with self._engine.begin() as connection:
            for lead in done:
                connection.execute(
                    sa.delete(_OPEN_LEADS).where(
                        _OPEN_LEADS.c.outlet_id == outlet_id, _OPEN_LEADS.c.url_key == _key(lead.canonical_url)
                    )
                )
            for lead, reason in still_open:
                row = {
                    "outlet_id": outlet_id,
                    "url_key": _key(lead.canonical_url),
                    "lead": lead.model_dump_json(exclude_defaults=True),
                    "attempts": lead.attempts,
                    "reason": reason,
                }
                self._upsert(connection, _OPEN_LEADS, row)

    def note(self, kind: str, key: str) -> tuple[str, datetime] | None:
        """What a host told us (its robots.txt, when to come back), and until when that counts, even when it is past."""
        query = sa.select(_NOTES).where(_NOTES.c.kind == kind, _NOTES.c.host_key == _key(key))
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return (row.text, _in_utc(row.until)) if row else None

    def keep_note(self, kind: str, key: str, text: str, until: datetime) -> None:
        """Keep a text until somebody keeps another one."""
        row = {"kind": kind, "host_key": _key(key), "host": key, "text": text, "until": _in_utc(until)}
        with self._engine.begin() as connection:
            self._upsert(connection, _NOTES, row)

    def due(self, outlet_id: str, at: datetime) -> list[Lead]:
        """Articles that were published lately and have to be asked for again, the longest overdue first."""
        query = (
            sa.select(_REVISITS)
            .where(_REVISITS.c.outlet_id == outlet_id, _REVISITS.c.next_try <= _in_utc(at))
            .order_by(_REVISITS.c.next_try, _REVISITS.c.url_key)
        )
        with self._engine.connect() as connection:
            return [
                Lead.model_validate_json(row.lead).model_copy(update={"found_by": "correction", "attempts": 0})
                for row in connection.execute(query)
            ]

    def visited_since(self, outlet_id: str) -> dict[str, datetime]:
        """From when on each scheduled article's revisits are counted, by canonical URL."""
        query = sa.select(_REVISITS).where(_REVISITS.c.outlet_id == outlet_id)
        with self._engine.connect() as connection:
            return {
                Lead.model_validate_json(row.lead).canonical_url: _in_utc(row.since)
                for row in connection.execute(query)
            }

    def schedule(self, outlet_id: str, visits: Iterable[tuple[Lead, datetime, datetime | None]]) -> None:
        """Keep when each lead is due again, and since when that is counted; None ends its revisits."""
        with self._engine.begin() as connection:
            for lead, since, next_try in visits:
                key = _key(lead.canonical_url)
                if next_try is None:
                    ended = (_REVISITS.c.outlet_id == outlet_id) & (_REVISITS.c.url_key == key)
                    connection.execute(sa.delete(_REVISITS).where(ended))
                    continue
                row = {
                    "outlet_id": outlet_id,
                    "url_key": key,
                    "lead": lead.model_dump_json(exclude_defaults=True),
                    "since": _in_utc(since),
                    "next_try": _in_utc(next_try),
                }
                self._upsert(connection, _REVISITS, row)

    def recall(self, source_lang: str, target_lang: str, texts: Iterable[str]) -> dict[str, sa.Row[tuple[object, ...]]]:
        """Known translations by `text_key`: rows with text, origin, engine, engine_version; the best origin wins."""
        keys = sorted({text_key(text) for text in texts})
        found: dict[str, sa.Row[tuple[object, ...]]] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(keys), 500):
                query = sa.select(_MEMORY).where(
                    _MEMORY.c.source_lang == source_lang,
                    _MEMORY.c.target_lang == target_lang,
                    _MEMORY.c.text_key.in_(keys[start : start + 500]),
                )
                for row in sorted(connection.execute(query), key=lambda r: -ORIGINS.index(r.origin)):
                    found[row.text_key] = row
        return found

    def remember(self, rows: Iterable[dict[str, str | None]]) -> int:
        """Keep translations: source_lang, target_lang, source_text, text, origin, and engine, engine_version if any."""
        count = 0
        with self._engine.begin() as connection:
            for row in rows:
                if row.get("origin") not in ORIGINS:
                    raise ValueError(f"origin {row.get('origin')!r} is none of {ORIGINS}")
                key = text_key(row["source_text"] or "")
                self._upsert(connection, _MEMORY, {"engine": None, "engine_version": None, **row, "text_key": key})
                count += 1
        return count

    def memories(self) -> list[sa.Row[tuple[object, ...]]]:
        """The whole translation memory, in a stable order."""
        order = (_MEMORY.c.source_lang, _MEMORY.c.target_lang, _MEMORY.c.text_key, _MEMORY.c.origin)
        with self._engine.connect() as connection:
            return list(connection.execute(sa.select(_MEMORY).order_by(*order)))

    def corrections(self) -> list[sa.Row[tuple[object, ...]]]:
        """What persons and imported memories say: rows as `memories` gives them, in its order."""
        order = (_MEMORY.c.source_lang, _MEMORY.c.target_lang, _MEMORY.c.text_key, _MEMORY.c.origin)
        query = sa.select(_MEMORY).where(_MEMORY.c.origin.in_(("person", "import"))).order_by(*order)
        with self._engine.connect() as connection:
            return list(connection.execute(query))

    def tried(self, source_lang: str, target_lang: str, texts: Iterable[str]) -> dict[str, Tried]:
        """What became of texts that no engine could translate, by `text_key`."""
        keys = sorted({text_key(text) for text in texts})
        found: dict[str, Tried] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(keys), 500):
                query = sa.select(_TRIES).where(
                    _TRIES.c.source_lang == source_lang,
                    _TRIES.c.target_lang == target_lang,
                    _TRIES.c.text_key.in_(keys[start : start + 500]),
                )
                for row in connection.execute(query):
                    found[row.text_key] = Tried(row.attempts, row.reason, _in_utc(row.next_try))
        return found

    def keep_tries(self, source_lang: str, target_lang: str, tries: Iterable[tuple[str, Tried]]) -> None:
        """Remember that texts were asked for in vain."""
        with self._engine.begin() as connection:
            for key, tried in sorted((text_key(text), tried) for text, tried in tries):
                row = {"source_lang": source_lang, "target_lang": target_lang, "text_key": key}
                self._upsert(connection, _TRIES, {**row, **tried._asdict(), "next_try": _in_utc(tried.next_try)})

    def spend(self, night: str, characters: int, most: int) -> bool:
        """Take characters from a night's budget, which all lanes share; False, and nothing taken, when it is used up.

        In one statement, so lanes that ask at the same time do not spend the same characters.
        """
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        with self._engine.begin() as connection:
            connection.execute(insert(_SPENT).values(night=night, characters=0).on_conflict_do_nothing())
            taken = connection.execute(
                sa.update(_SPENT)
                .where(_SPENT.c.night == night, _SPENT.c.characters + characters <= most)
                .values(characters=_SPENT.c.characters + characters)
            )
            return bool(taken.rowcount)
