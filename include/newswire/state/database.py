"""A connection to the database, SQLite or Postgres, and what its users share: keys, UTC, one way to write a row."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from newswire.state.tables import META


def sqlite_url(file: Path) -> str:
    """The address of a database file. In a folder's name `%41`, `?` or `#` would otherwise lead to another file."""
    return sa.URL.create("sqlite", database=str(file)).render_as_string(hide_password=False)


def url_key(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def in_utc(moment: datetime) -> datetime:
    """SQLite gives back what it was given without its zone, which always is UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@contextmanager
def _alone(file: str) -> Iterator[None]:
    """SQLite does not wait for another process while either of them turns to WAL: measured, one start in 240 failed."""
    with Path(f"{file}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Database:
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
            for table in META.sorted_tables:
                with self._engine.begin() as connection:
                    connection.execute(sa.schema.CreateTable(table, if_not_exists=True))

    def _insert(self, table: sa.Table, row: dict[str, object]) -> sqlite.Insert | postgresql.Insert:
        """An insert that can say what to do when the row is there."""
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        return insert(table).values(**row)

    def _upsert(self, connection: sa.Connection, table: sa.Table, row: dict[str, object]) -> None:
        keys = [column.name for column in table.primary_key]
        rest = {name: value for name, value in row.items() if name not in keys}
        connection.execute(self._insert(table, row).on_conflict_do_update(index_elements=keys, set_=rest))
