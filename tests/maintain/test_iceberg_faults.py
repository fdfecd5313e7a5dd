"""Where an Iceberg table cannot be written, the error names it and says what to do, and no address of a database."""

from __future__ import annotations

import shutil
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from maintain import damage
from maintain.test_iceberg import check_same, table_of
from newswire import account
from newswire.errors import PublishError
from newswire.settings import Settings
from newswire.world import World
from postgres import own_schema

SECRET = "very-secret"


@contextmanager
def before_commit(act: Callable[[Any], None]) -> Iterator[None]:
    """Once, before the catalog learns of a commit whose files are written: `act`, as another program would.

    It gets the connection on which the commit is about to come.
    """
    done = False

    def watch(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal done
        if statement.startswith("UPDATE iceberg_tables") and not done:
            done = True
            act(connection.connection)

    sa.event.listen(sa.engine.Engine, "before_cursor_execute", watch)
    try:
        yield
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", watch)
    assert done


def fail(world: World) -> str:
    """The error of a copy; nothing that a log would print of it tells the database's own words."""
    with pytest.raises(PublishError) as told:
        account.copy_to_iceberg(world)
    printed = "".join(traceback.format_exception(told.value))
    assert SECRET not in printed
    assert "[SQL" not in printed
    assert "sqlalche.me" not in printed
    return str(told.value)


def correct(data: Path) -> None:
    damage.change(damage.files(data, "articles")[0], damage.put("headline", "Berichtigt"))


def ask(data: Path, *statements: str) -> Callable[[Any], None]:
    """Another program at the catalog."""

    def act(_own: Any) -> None:
        with closing(sqlite3.connect(data / "lake" / "catalog.db", isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    return act


def test_a_database_that_another_program_locks(data: Path, world: World) -> None:
    account.copy_to_iceberg(world)
    correct(data)
    with closing(sqlite3.connect(data / "lake" / "catalog.db", isolation_level=None)) as other:
        with before_commit(lambda _own: other.execute("BEGIN EXCLUSIVE") and None):
            told = fail(world)
        assert "Iceberg table newswire.articles: OperationalError; the datasets are whole" in told
        assert "locked by no other program, then run again" in told
        other.execute("ROLLBACK")
    account.copy_to_iceberg(world)
    check_same(data)


def test_a_database_that_may_not_be_written(data: Path, world: World, outlets: Path) -> None:
    account.copy_to_iceberg(world)
    correct(data)
    address = f"sqlite:///file:{data}/lake/catalog.db?mode=ro&uri=true"
    told = fail(World(Settings(storage=str(data), outlets_dir=outlets, state_url=address)))
    assert "Iceberg table newswire.articles: OperationalError" in told
    assert "may be written to" in told
    assert str(data) not in told
    account.copy_to_iceberg(world)
    check_same(data)


def test_the_catalogs_own_tables_are_dropped(data: Path, world: World) -> None:
    account.copy_to_iceberg(world)
    correct(data)
    with before_commit(ask(data, "DROP TABLE iceberg_tables")):
        told = fail(world)
    assert "Iceberg table newswire.articles: OperationalError" in told
    account.copy_to_iceberg(world)
    check_same(data)


def test_a_table_that_somebody_drops_meanwhile_is_made_anew_by_the_next(data: Path, world: World) -> None:
    account.copy_to_iceberg(world)
    correct(data)
    with before_commit(ask(data, "DELETE FROM iceberg_tables WHERE table_name = 'articles'")):
        told = fail(world)
    assert "Iceberg table newswire.articles: changed or dropped by somebody else meanwhile" in told
    assert told.endswith("run again")
    account.copy_to_iceberg(world)
    check_same(data)


def test_what_somebody_else_commits_meanwhile_is_kept(data: Path, world: World) -> None:
    account.copy_to_iceberg(world)
    correct(data)

    def commit(_own: Any) -> None:
        from pyiceberg.catalog.sql import SqlCatalog

        catalog = SqlCatalog("newswire", uri=world.catalog_url, warehouse=f"file://{data}/lake")
        with catalog.load_table("newswire.articles").transaction() as other:
            other.set_properties({"comment": "looked at"})
        catalog.engine.dispose()

    with before_commit(commit):
        account.copy_to_iceberg(world)
    check_same(data)
    assert table_of(data, "articles").properties["comment"] == "looked at"


@pytest.mark.parametrize("torn", ["*.metadata.json", "*-m0.avro"])
def test_a_file_of_the_table_is_torn(data: Path, world: World, torn: str) -> None:
    account.copy_to_iceberg(world)
    correct(data)
    for file in (data / "lake").glob(f"newswire/articles/metadata/{torn}"):
        file.write_bytes(file.read_bytes()[:40])
    told = fail(world)
    assert "Iceberg table newswire.articles: cannot be written" in told
    assert f"remove {data}/lake: it is made anew" in told
    shutil.rmtree(data / "lake")
    account.copy_to_iceberg(World(world.settings, world.clock))
    check_same(data)


def test_a_catalog_that_outlives_the_tables_lists_new_ones(
    data: Path, outlets: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As with the connection newswire_state: removing the folder is enough to have them made anew."""
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    world = World(Settings(storage=str(data), outlets_dir=outlets, state_url=url))
    account.copy_to_iceberg(world)
    shutil.rmtree(data / "lake")
    account.copy_to_iceberg(world)
    assert "newswire.articles: its files are gone; making it anew" in caplog.text
    check_same(data, url)


def test_a_postgres_that_ends_the_connection_or_lets_nobody_write(data: Path, outlets: Path) -> None:
    with own_schema("faults") as plain:
        url = sa.engine.make_url(plain).set(password=SECRET).render_as_string(hide_password=False)
        world = World(Settings(storage=str(data), outlets_dir=outlets, state_url=url))
        account.copy_to_iceberg(world)
        correct(data)
        admin = sa.create_engine(plain, poolclass=sa.pool.NullPool)

        def end(own: Any) -> None:
            with admin.connect() as connection:
                connection.execute(sa.select(sa.func.pg_terminate_backend(own.dbapi_connection.info.backend_pid)))

        with before_commit(end):
            told = fail(world)
        assert "Iceberg table newswire.articles: OperationalError" in told
        forbidden = sa.engine.make_url(url)
        options = f"{forbidden.query['options']} -cdefault_transaction_read_only=on"
        address = forbidden.update_query_dict({"options": options}).render_as_string(hide_password=False)
        told = fail(World(Settings(storage=str(data), outlets_dir=outlets, state_url=address)))
        assert "newswire.articles: InternalError" in told
        assert "may be written to" in told
        admin.dispose()
        account.copy_to_iceberg(world)
        check_same(data, url)
