"""Python's values as Arrow's and back, without pandas: `pa.array`, and instants with a zone, import it first.

That is half a second and 40 MB for each process that publishes, for nothing. Arrow's reader of JSON asks for no pandas,
is as fast, and says which column a value does not fit; it also refuses a fraction where whole numbers are due.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

import pyarrow as pa
import pyarrow.json as pj
from pydantic import ConfigDict, TypeAdapter

from newswire.schemas import INSTANT

_ROW: TypeAdapter[Any] = TypeAdapter(dict[str, Any], config=ConfigDict(ser_json_inf_nan="constants"))
_PLAIN = pa.timestamp("us")
# What is held as JSON at a time, and not one row more. Arrow's reader takes less than 2 GB.
_BYTES_AT_ONCE = 32 << 20


def table_of(schema: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table; a key that a row lacks is null, one that is no column is left out.

    Raises ValueError (pa.ArrowInvalid, or pydantic's) for a value that does not fit its column. Null is not looked
    for.
    """
    asked = pa.schema([field.with_nullable(True) for field in schema])
    parts = [_read(asked, told) for told in _blocks(rows)]
    if not parts:
        return empty_table(schema)
    table = pa.concat_tables(parts)
    return pa.Table.from_arrays(table.columns, schema=schema)


def empty_table(schema: pa.Schema) -> pa.Table:
    return pa.Table.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)


def rows_of(table: pa.Table | pa.RecordBatch) -> list[dict[str, Any]]:
    """What `to_pylist` gives."""
    kinds = {field.name: field.type for field in table.schema if _without_zone(field.type) != field.type}
    plain = pa.schema([pa.field(field.name, _without_zone(field.type)) for field in table.schema])
    rows: list[dict[str, Any]] = table.cast(plain).to_pylist()
    for name, kind in kinds.items():
        for row in rows:
            row[name] = _in_utc(row[name], kind)
    return rows


def texts_of(values: Collection[str]) -> pa.Array:
    """A column of text, sorted: what `pc.is_in` looks among."""
    return _column(pa.string(), sorted(values))


def keys_of(kind: pa.DataType, values: Collection[Any]) -> pa.Array:
    """The values of a key column of any type, in no order."""
    return _column(kind, list(values))


def places_of(places: Sequence[int]) -> pa.Array:
    """Row numbers: what `take` wants."""
    return pa.Array.from_buffers(pa.int64(), len(places), [None, pa.py_buffer(array("q", places))])


def _without_zone(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_list(kind):
        return pa.list_(_without_zone(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _without_zone(field.type)) for field in kind])
    return _PLAIN if kind == INSTANT else kind


def _in_utc(value: Any, kind: pa.DataType) -> Any:
    """The value with its zone again, wherever instants are within."""
    if value is None or kind == INSTANT:
        return value and value.replace(tzinfo=UTC)
    if pa.types.is_list(kind):
        return [_in_utc(one, kind.value_type) for one in value]
    if pa.types.is_struct(kind):
        return {field.name: _in_utc(value[field.name], field.type) for field in kind}
    return value


def _column(kind: pa.DataType, values: Sequence[Any]) -> pa.Array:
    column = table_of(pa.schema([("value", kind)]), [{"value": value} for value in values]).column(0)
    return column.combine_chunks()


def _blocks(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Lines of JSON, so many at a time that they are large enough."""
    lines, size = [], 0
    for row in rows:
        lines.append(_ROW.dump_json(row))
        size += len(lines[-1])
        if size >= _BYTES_AT_ONCE:
            yield b"\n".join(lines)
            lines, size = [], 0
    if lines:
        yield b"\n".join(lines)


def _read(schema: pa.Schema, told: bytes) -> pa.Table:
    return pj.read_json(
        pa.BufferReader(told),
        # One block: a row may not reach from one into the next.
        read_options=pj.ReadOptions(use_threads=False, block_size=len(told)),
        parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
    ).select(schema.names)
