"""The articles asked for, written a batch at a time: memory does not grow with them, and their order is as stored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from newswire import read
from newswire.errors import OrderError
from newswire.export import ninjs
from newswire.export.destination import writing_text
from newswire.export.lines import write_csv, write_jsonl
from newswire.read import Wanted
from newswire.schemas import ARTICLES

FORMATS = ("csv", "jsonl", "ninjs")


def export(
    storage: str,
    wanted: Wanted,
    form: str,
    path: Path | None,
    *,
    columns: Sequence[str] | None = None,
    raw: bool = False,
    bom: bool = False,
) -> int:
    """Write the articles to a file, or to standard output where `path` is None; how many.

    Sorted by outlet and month, then as stored: the same storage gives the same bytes. Raises OrderError for a format
    or a file that is none, and what `read.articles` raises; a file is then as it was.
    """
    if form not in FORMATS:
        raise OrderError(f"format {form!r} is none of {', '.join(FORMATS)}")
    if form == "ninjs" and columns is not None:
        raise OrderError("an item of ninjs has the standard's properties; leave the columns out, or choose jsonl")
    given = list(ninjs.COLUMNS if form == "ninjs" else columns or read.columns_of(ARTICLES))
    # Before the first byte is written: what is wrong with the order raises here.
    rows = read.article_rows(storage, wanted, given)
    with writing_text(path, bom=bom) as out:
        if form == "csv":
            return write_csv(rows, given, out, raw=raw)
        return write_jsonl(map(ninjs.item, rows) if form == "ninjs" else rows, out)
