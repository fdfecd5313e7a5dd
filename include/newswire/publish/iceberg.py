"""The datasets once more as Iceberg tables, for those who outgrow plain files: a partition that changed is overwritten.

What was written is remembered in the tables' own properties, a digest of each partition's file, in the same commit as
its rows. So a rerun adds nothing, and what a killed run did not write the next one does.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from newswire.errors import PublishError, SettingsError
from newswire.publish.existing import month_in
from newswire.publish.inspection import dataset_files
from newswire.publish.lock import only_writer
from newswire.publish.merge import read_groups
from newswire.schemas import LEDGER, RUNS, Dataset
from newswire.store import Store

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.table import Table

NAMESPACE = "newswire"
FOLDER = "lake"
# The books of the runs are no data to analyse by the million, and compaction would write them all anew each week.
LEFT_OUT = (LEDGER, RUNS)
_MARK = "newswire.partition."
# What is held in memory and written in one commit: so many partitions, and not many more bytes of their files. Each
# commit costs a second; a killed run repeats no more than one.
_AT_ONCE = 64
_BYTES_AT_ONCE = 32_000_000
_PIP = "pip install 'pyiceberg[sql-sqlite,pyarrow]>=0.10' (with newswire_state: pyiceberg[sql-postgres,pyarrow])"


def write_iceberg(store: Store, datasets: Sequence[Dataset], catalog_url: str) -> dict[str, int]:
    """Bring the tables `newswire.<dataset>` up to the datasets; how many partitions of each were written or dropped.

    Holds one partition in memory, or several small ones. Raises SettingsError without pyiceberg, PublishError when a
    table cannot be written.
    """
    done: dict[str, int] = {}
    with only_writer(store, FOLDER), _opened(store, catalog_url) as catalog:
        for dataset in datasets:
            if dataset not in LEFT_OUT:
                done[dataset.name] = _sync(store, catalog, dataset)
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


def _sync(store: Store, catalog: Catalog, dataset: Dataset) -> int:
    files = dataset_files(store, dataset)
    try:
        table = _open_table(catalog, dataset)
        known = {name.removeprefix(_MARK): value for name, value in table.properties.items() if name.startswith(_MARK)}
        gone = sorted(known.keys() - {_partition(dataset, file) for file in files})
        count = len(gone)
        _drop(table, dataset, gone)
        for some in _batches(_changed(store, dataset, files, known)):
            count += _write(store, table, dataset, some)
    except (OSError, pa.ArrowException, ValueError) as error:
        why = " ".join(str(error).split())[:300]
        raise PublishError(
            f"Iceberg table {NAMESPACE}.{dataset.name}: cannot be written ({type(error).__name__}: {why}); the "
            f"datasets are whole. Mend it, or remove {store.url(FOLDER)}: it is made anew from them"
        ) from error
    return count


def _schema(dataset: Dataset) -> pa.Schema:
    """The dataset's columns and its hive keys, as readers of the files see them."""
    keys = [pa.field(name, pa.string(), nullable=False) for name in dataset.partition]
    return pa.schema([*dataset.schema, *keys])


def _open_table(catalog: Catalog, dataset: Dataset) -> Table:
    """The table in today's schema, partitioned like the files; made when there is none."""
    from pyiceberg.transforms import IdentityTransform

    name, wanted = f"{NAMESPACE}.{dataset.name}", _schema(dataset)
    properties = {
        "write.parquet.compression-codec": "zstd",
        "write.metadata.delete-after-commit.enabled": "true",
        "write.metadata.previous-versions-max": "20",
    }
    if catalog.table_exists(name):
        table = catalog.load_table(name)
    else:
        table = catalog.create_table(name, schema=wanted, properties=properties)
    if not table.spec().fields:
        with table.update_spec() as spec:
            for key in dataset.partition:
                spec.add_field(key, IdentityTransform(), key)
    if set(_names(wanted)) - set(table.schema().column_names):
        # Rows of before have no value for what came later.
        known = {field.name for field in table.schema().fields}
        with table.update_schema() as update:
            update.union_by_name(pa.schema([f if f.name in known else f.with_nullable(True) for f in wanted]))
    return table


def _names(fields: Any, above: str = "") -> Iterator[str]:
    """The columns and what is nested in them, as Iceberg names them."""
    for field in fields:
        yield f"{above}{field.name}"
        kind, path = field.type, f"{above}{field.name}."
        if pa.types.is_list(kind):
            yield f"{path}element"
            kind, path = kind.value_type, f"{path}element."
        if pa.types.is_struct(kind):
            yield from _names(kind.fields, path)


def _partition(dataset: Dataset, file: str) -> str:
    return "/".join(f"{key}={month_in(file, key)}" for key in dataset.partition)


class _Change(NamedTuple):
    """A file to write: what to remember of it, whether its rows differ from the table's, and its size in bytes."""

    file: str
    mark: str
    differs: bool
    size: int


def _changed(store: Store, dataset: Dataset, files: Sequence[str], known: Mapping[str, str]) -> Iterator[_Change]:
    """A file is read only where its version differs from what is remembered; a copied storage has other versions."""
    for file in files:
        digest, _, looks = known.get(_partition(dataset, file), "").partition(" ")
        now = hashlib.sha256(store.version(file).encode()).hexdigest()[:16]
        if looks != now:
            fresh = _digest(store, file)
            yield _Change(file, f"{fresh} {now}", fresh != digest, store.size(file))


def _batches(changes: Iterator[_Change]) -> Iterator[list[_Change]]:
    held: list[_Change] = []
    for change in changes:
        held.append(change)
        if len(held) == _AT_ONCE or sum(one.size for one in held if one.differs) >= _BYTES_AT_ONCE:
            yield held
            held = []
    if held:
        yield held


def _digest(store: Store, file: str) -> str:
    digest = hashlib.sha256()
    with store.open(file) as stream:
        while some := stream.read(1 << 20):
            digest.update(some)
    return digest.hexdigest()


def _write(store: Store, table: Table, dataset: Dataset, changes: Sequence[_Change]) -> int:
    """Overwrite partitions in one commit, their marks with them; how many had other rows."""
    files = [change.file for change in changes if change.differs]
    with table.transaction() as commit, _quiet():
        if files:
            rows = pa.concat_tables([_rows(store, table, dataset, file) for file in files])
            commit.overwrite(rows, overwrite_filter=_filter(dataset, files))
        commit.set_properties({f"{_MARK}{_partition(dataset, one.file)}": one.mark for one in changes})
    return len(files)


def _drop(table: Table, dataset: Dataset, gone: Sequence[str]) -> None:
    """Partitions whose file is no more: links that were dissolved."""
    if not gone:
        return
    with table.transaction() as commit, _quiet():
        commit.delete(_filter(dataset, [f"{dataset.name}/{partition}/" for partition in gone]))
        commit.remove_properties(*(f"{_MARK}{partition}" for partition in gone))


def _rows(store: Store, table: Table, dataset: Dataset, file: str) -> pa.Table:
    known = {field.name: field for field in table.schema().fields}
    schema = pa.schema([field.with_nullable(not known[field.name].required) for field in _schema(dataset)])
    rows = pa.concat_tables([dataset.schema.empty_table(), *read_groups(store, dataset, file)])
    keys = [pa.repeat(month_in(file, key), rows.num_rows) for key in dataset.partition]
    return pa.Table.from_arrays([*rows.columns, *keys], schema=schema)


def _filter(dataset: Dataset, files: Sequence[str]) -> BooleanExpression:
    """The rows of these files' partitions."""
    from pyiceberg.expressions import AlwaysFalse, AlwaysTrue, And, EqualTo, Or

    # Their constructors are typed otherwise with and without mypy's cache.
    equals: Any = EqualTo
    both: Any = And
    found: BooleanExpression = AlwaysFalse()
    for file in files:
        one: BooleanExpression = AlwaysTrue()
        for key in dataset.partition:
            one = both(one, equals(key, month_in(file, key)))
        found = Or(found, one)
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """A partition that is new has nothing to overwrite; pyiceberg warns of it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Delete operation did not match any records")
        yield
