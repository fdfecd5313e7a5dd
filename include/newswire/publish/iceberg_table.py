"""One dataset's Iceberg table: opened in today's schema, and its rows of some partitions put in another's place."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from newswire.schemas import Dataset

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.schema import Schema
    from pyiceberg.table import Table

NAMESPACE = "newswire"
_log = logging.getLogger("newswire")


def open_table(catalog: Catalog, dataset: Dataset, by: Sequence[str]) -> Table:
    """The table in today's schema, partitioned by these hive keys; made when there is none."""
    from pyiceberg.transforms import IdentityTransform

    name, wanted = f"{NAMESPACE}.{dataset.name}", _schema(dataset)
    table = _find(catalog, name) or catalog.create_table(
        name,
        schema=wanted,
        properties={
            "write.parquet.compression-codec": "zstd",
            "write.metadata.delete-after-commit.enabled": "true",
            "write.metadata.previous-versions-max": "20",
        },
    )
    if not table.spec().fields:
        with table.update_spec() as spec:
            for key in by:
                spec.add_field(key, IdentityTransform(), key)
    if set(_names(wanted)) - set(table.schema().column_names):
        # Rows of before have no value for what came later.
        known = {field.name for field in table.schema().fields}
        with table.update_schema() as update:
            update.union_by_name(pa.schema([f if f.name in known else f.with_nullable(True) for f in wanted]))
    return table


def with_keys(stored: Schema, dataset: Dataset, rows: pa.Table, keys: Sequence[pa.Array]) -> pa.Table:
    """Rows of the dataset and the values of its hive keys, as the table's schema wants them."""
    known = {field.name: field for field in stored.fields}
    schema = pa.schema([field.with_nullable(not known[field.name].required) for field in _schema(dataset)])
    return pa.Table.from_arrays([*rows.columns, *keys], schema=schema)


def any_of(partitions: Sequence[dict[str, str]]) -> BooleanExpression:
    """The rows of these partitions, each said by the values of its hive keys."""
    from pyiceberg.expressions import AlwaysFalse, AlwaysTrue, And, EqualTo, Or

    # Their constructors are typed otherwise with and without mypy's cache.
    equals: Any = EqualTo
    both: Any = And
    found: BooleanExpression = AlwaysFalse()
    for partition in partitions:
        one: BooleanExpression = AlwaysTrue()
        for key, value in partition.items():
            one = both(one, equals(key, value))
        found = Or(found, one)
    return found


@contextmanager
def quiet() -> Iterator[None]:
    """A partition that is new has nothing to overwrite; pyiceberg warns of it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Delete operation did not match any records")
        yield


def _find(catalog: Catalog, name: str) -> Table | None:
    from pyiceberg.exceptions import NoSuchTableError

    try:
        return catalog.load_table(name)
    except NoSuchTableError:
        return None
    except FileNotFoundError:
        # The catalog may lie in another place than the tables, and then outlives their folder.
        _log.warning("Iceberg table %s: its files are gone; making it anew from the dataset", name)
        catalog.drop_table(name)
        return None


def _schema(dataset: Dataset) -> pa.Schema:
    """The dataset's columns and its hive keys, as readers of the files see them."""
    keys = [pa.field(name, pa.string(), nullable=False) for name in dataset.partition]
    return pa.schema([*dataset.schema, *keys])


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
