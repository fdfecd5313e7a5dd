"""The datasets once more as Iceberg tables, for those who outgrow plain files: what changed is overwritten.

What was written is remembered in the tables' own properties, in the same commit as its rows. So a rerun adds nothing,
and what a killed run did not write the next one does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from newswire.errors import PublishError, SettingsError
from newswire.publish.iceberg_months import sync_months
from newswire.publish.iceberg_runs import sync_runs
from newswire.publish.iceberg_table import NAMESPACE
from newswire.publish.lock import only_writer
from newswire.schemas import Dataset
from newswire.store import Store

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

FOLDER = "lake"
_PIP = "pip install 'pyiceberg[sql-sqlite,pyarrow]>=0.10' (with newswire_state: pyiceberg[sql-postgres,pyarrow])"
_DATABASE = (
    "see that the catalog's database (that of the connection newswire_state, else lake/catalog.db) answers, may be "
    "written to and is locked by no other program"
)


def write_iceberg(store: Store, datasets: Sequence[Dataset], catalog_url: str) -> dict[str, int]:
    """Bring the tables `newswire.<dataset>` up to the datasets; how many partitions of each were written or dropped.

    A partition of the ledger and of runs is a run, else it is that of the files. Holds one partition in memory, or
    several small ones. Raises SettingsError without pyiceberg, PublishError when a table cannot be written.
    """
    done: dict[str, int] = {}
    with only_writer(store, FOLDER), _opened(store, catalog_url) as catalog:
        for dataset in datasets:
            sync = sync_runs if "run" in dataset.partition else sync_months
            with _naming(store, dataset):
                done[dataset.name] = sync(store, catalog, dataset)
    return done


@contextmanager
def _opened(store: Store, url: str) -> Iterator[Catalog]:
    """The catalog; its connections are closed at the end."""
    try:
        from pyiceberg.catalog.sql import SqlCatalog
    except ImportError as error:
        raise SettingsError(
            f"Iceberg tables want a package that is missing ({error.name}): {_PIP}, or switch newswire_iceberg off"
        ) from None
    warehouse = f"file://{store.at(FOLDER)}" if store.is_local else store.url(FOLDER)
    if "?" in warehouse or "#" in warehouse:
        # pyiceberg takes what follows for a URL's query, and would write all files over each other.
        raise SettingsError(
            f"Iceberg tables cannot lie below {store.root}: it has a ? or # in its name; rename the folder and set "
            "newswire_storage, or switch newswire_iceberg off"
        )
    with ExitStack() as held:
        try:
            catalog = SqlCatalog(NAMESPACE, uri=url, warehouse=warehouse, **_keys(store))
            held.callback(catalog.engine.dispose)
            catalog.create_namespace_if_not_exists(NAMESPACE)
        except Exception as error:
            # SQLAlchemy's own words may hold the address of the database.
            raise PublishError(
                f"the Iceberg catalog cannot be opened ({type(error).__name__}); see that the database of the "
                "connection newswire_state answers, or switch newswire_iceberg off"
            ) from None
        yield catalog


def _keys(store: Store) -> dict[str, str]:
    """How the storage's bucket is reached, in Iceberg's words. They are not written into the catalog."""
    if store.is_local:
        return {}
    said = store.reach()
    # Without a region the library would ask Amazon for it, whoever's service this is; obstore takes the same one.
    region = said.pop("region", "us-east-1")
    return {"s3.region": region, **{f"s3.{name.replace('_', '-')}": value for name, value in said.items()}}


@contextmanager
def _naming(store: Store, dataset: Dataset) -> Iterator[None]:
    """Raises PublishError that names the table and says what to do.

    pyiceberg's exceptions have no parent but Exception, and what it meets in a spoilt file of its own it raises as it
    comes. Of an error of the database only the kind is told: SQLAlchemy's words may hold its address.
    """
    from pyiceberg.exceptions import CommitFailedException, CommitStateUnknownException, NoSuchTableError

    table = f"Iceberg table {NAMESPACE}.{dataset.name}"
    try:
        yield
    except PublishError:
        raise
    except Exception as error:
        kind = type(error).__name__
        if _is_of_database(error):
            raise PublishError(f"{table}: {kind}; the datasets are whole: {_DATABASE}, then run again") from None
        why = " ".join(str(error).split())[:300]
        if isinstance(error, CommitFailedException | CommitStateUnknownException | NoSuchTableError):
            raise PublishError(
                f"{table}: changed or dropped by somebody else meanwhile ({kind}: {why}); the datasets are whole: run "
                "again"
            ) from None
        raise PublishError(
            f"{table}: cannot be written ({kind}: {why}); the datasets are whole. Mend it, or remove "
            f"{store.url(FOLDER)}: it is made anew from them"
        ) from error


def _is_of_database(error: BaseException | None) -> bool:
    """Whether SQLAlchemy has raised it, or what it was raised from."""
    from sqlalchemy.exc import SQLAlchemyError

    while error is not None and not isinstance(error, SQLAlchemyError):
        error = error.__cause__ or error.__context__
    return error is not None
