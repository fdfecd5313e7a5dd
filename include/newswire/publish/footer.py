"""The footer of a Parquet file, read and written whole: what it takes to carry row groups into another file as bytes.

Parquet's footer is a Thrift structure in the compact protocol (https://parquet.apache.org/docs/file-format/metadata/
and Thrift's "compact protocol" specification). pyarrow reads and writes it, but lets nobody put a row group where it
does not itself encode it; compressing a month's texts anew for each night is most of what publishing would cost.
Fields are kept as found, known or not: a structure is `{field id: (type, value)}` in the order of its ids.
"""

from __future__ import annotations

from typing import Any

MAGIC = b"PAR1"
_TRUE, _FALSE, _BYTE, _I16, _I32, I64, _DOUBLE, _BINARY, LIST, _SET, _MAP, STRUCT = range(1, 13)
# Types and values as the protocol has them; a list is its items' type and the items.
Struct = dict[int, tuple[int, Any]]


class FooterError(ValueError):
    """These bytes are no footer, or no page, that this code can carry over."""


def parse_footer(tail: bytes) -> Struct:
    """The footer from a file's last bytes, of which it must be the end. Raises FooterError."""
    size = footer_size(tail)
    if size > len(tail):
        raise FooterError("the footer is cut off")
    return parse_struct(tail[-size:])[0]


def parse_struct(data: bytes, begin: int = 0) -> tuple[Struct, int]:
    """The structure that begins there, and where it ends. Raises FooterError."""
    reader = _Reader(data, begin)
    try:
        return reader.read_struct(), reader.at
    except (IndexError, RecursionError) as error:
        raise FooterError("a structure is torn") from error


def footer_size(tail: bytes) -> int:
    """Bytes from where the footer begins to the end of the file."""
    if tail[-4:] != MAGIC or len(tail) < 8:
        raise FooterError("no Parquet file, or an encrypted one")
    return int.from_bytes(tail[-8:-4], "little") + 8


def footer_bytes(footer: Struct) -> bytes:
    """The footer with its length and the magic number: the end of a file."""
    out = struct_bytes(footer)
    return out + len(out).to_bytes(4, "little") + MAGIC


def struct_bytes(value: Struct) -> bytes:
    out = bytearray()
    _write_struct(out, value)
    return bytes(out)


class _Reader:
    def __init__(self, data: bytes, begin: int) -> None:
        self._data, self.at = data, begin

    def read_struct(self) -> Struct:
        found: Struct = {}
        field = 0
        while head := self._byte():
            kind = head & 0x0F
            field = field + (head >> 4) if head >> 4 else _zigzag(self._varint())
            found[field] = (kind, self._value(kind))
        return found

    def _value(self, kind: int) -> Any:
        if kind in (_TRUE, _FALSE):
            return kind == _TRUE
        if kind in (_I16, _I32, I64):
            return _zigzag(self._varint())
        if kind == _BINARY:
            return self._take(self._varint())
        if kind == STRUCT:
            return self.read_struct()
        if kind in (LIST, _SET):
            return self._items()
        if kind in (_BYTE, _DOUBLE):
            return self._take(1 if kind == _BYTE else 8)
        raise FooterError(f"the footer holds a value of type {kind}")

    def _items(self) -> tuple[int, list[Any]]:
        head = self._byte()
        kind, count = head & 0x0F, head >> 4
        if count == 15:
            count = self._varint()
        if kind in (_TRUE, _FALSE):
            return kind, [self._byte() for _ in range(count)]
        return kind, [self._value(kind) for _ in range(count)]

    def _byte(self) -> int:
        value = self._data[self.at]
        self.at += 1
        return value

    def _take(self, count: int) -> bytes:
        self.at += count
        return self._data[self.at - count : self.at]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7


def _write_struct(out: bytearray, value: Struct) -> None:
    last = 0
    for field in sorted(value):
        kind, content = value[field]
        if kind in (_TRUE, _FALSE):
            kind = _TRUE if content else _FALSE
        if 0 < field - last < 16:
            out.append((field - last) << 4 | kind)
        else:
            out.append(kind)
            _write_varint(out, field << 1)
        _write_value(out, kind, content)
        last = field
    out.append(0)


def _write_value(out: bytearray, kind: int, value: Any) -> None:
    if kind in (_I16, _I32, I64):
        _write_varint(out, value << 1 if value >= 0 else (-value << 1) - 1)
    elif kind == _BINARY:
        _write_varint(out, len(value))
        out += value
    elif kind == STRUCT:
        _write_struct(out, value)
    elif kind in (LIST, _SET):
        _write_items(out, *value)
    elif kind in (_BYTE, _DOUBLE):
        out += value


def _write_items(out: bytearray, kind: int, items: list[Any]) -> None:
    if len(items) < 15:
        out.append(len(items) << 4 | kind)
    else:
        out.append(0xF0 | kind)
        _write_varint(out, len(items))
    for item in items:
        if kind in (_TRUE, _FALSE):
            out.append(item)
        else:
            _write_value(out, kind, item)


def _write_varint(out: bytearray, value: int) -> None:
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _zigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)
