"""Rows as lines of CSV or JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from newswire.export.cells import as_cell, as_json

Rows = Iterable[Mapping[str, Any]]


def write_csv(rows: Rows, columns: Sequence[str], out: TextIO, *, raw: bool = False) -> int:
    """A line with the columns' names, then one per row; how many rows. Quoted as RFC 4180 says, lines end in LF."""
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow([as_cell(name, raw=raw) for name in columns])
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 (the last count is the answer)
        lines.writerow([as_cell(row[name], raw=raw) for name in columns])
    return count


def write_jsonl(rows: Rows, out: TextIO) -> int:
    """One JSON object per line, with every column, null ones too; how many."""
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007
        out.write(json.dumps({name: as_json(value) for name, value in row.items()}, ensure_ascii=False) + "\n")
    return count
