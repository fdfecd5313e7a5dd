"""Commands about the datasets: SQL on them, articles for other programs, and their documentation."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newswire.cli.parts import Commands
from newswire.errors import OrderError
from newswire.settings import PROJECT, Settings

if TYPE_CHECKING:
    from newswire.query import Answer

_ANSWERS = ("table", "csv", "jsonl", "parquet")
_EXPORTS = ("csv", "jsonl", "ninjs")
# A table is for eyes: more rows and longer texts than these belong into a file.
_TABLE_ROWS, _CELL = 200, 300
# What a terminal would obey instead of showing, and marks that turn the direction of writing.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def add(commands: Commands) -> None:
    """Declare these commands."""
    asked = commands.add_parser("query", help="SQL (DuckDB) on the datasets, each of which is a view; only reads")
    asked.add_argument("sql", metavar="SQL", help="for example: select source, count(*) from articles group by all")
    asked.add_argument(
        "--format", choices=_ANSWERS, help="default: by the ending of --output, else a table on a terminal, else csv"
    )
    _add_output(asked)
    asked.set_defaults(run=_query)
    export = commands.add_parser("export", help="articles as CSV, JSON Lines or ninjs 3 items (one per line)")
    export.add_argument("--since", type=_day, metavar="DAY", help="published on or after, for example 2026-11-22")
    export.add_argument("--until", type=_day, metavar="DAY", help="published on or before; or an instant with its zone")
    export.add_argument("--outlets", nargs="+", metavar="ID", help="whose articles (default: all)")
    export.add_argument("--languages", nargs="+", metavar="LANG", help="for example de fr; fr finds fr-CH too")
    export.add_argument("--topics", nargs="+", metavar="TOPIC", help="Media Topics by code (medtop:…) or English name")
    export.add_argument("--months", nargs="+", metavar="MONTH", help="months of the folders, for example 2026-11")
    export.add_argument("--columns", nargs="+", metavar="COLUMN", help="which, for csv and jsonl (default: all)")
    export.add_argument("--format", choices=_EXPORTS, help="default: by the ending of --output, else csv")
    _add_output(export)
    export.set_defaults(run=_export)
    docs = commands.add_parser("docs", help="write the data dictionary, docs/datasets.md, from the declared schemas")
    docs.set_defaults(run=_docs)


def _add_output(command: argparse.ArgumentParser) -> None:
    command.add_argument("--output", type=Path, metavar="FILE", help="write there instead of printing")
    command.add_argument("--raw", action="store_true", help="csv: leave texts that a spreadsheet would run as formulas")
    command.add_argument("--bom", action="store_true", help="csv: begin with a byte order mark, which Excel wants")


def _query(options: argparse.Namespace, settings: Settings) -> int:
    from newswire import query
    from newswire.export import write_csv, write_jsonl, writing_text

    form = options.format or _guess(options.output, _ANSWERS, "table" if sys.stdout.isatty() else "csv")
    if form == "parquet" and options.output is None and sys.stdout.isatty():
        raise OrderError("Parquet is nothing for a terminal; add --output FILE.parquet")
    answer = query.ask(settings.storage, options.sql)
    if form == "parquet":
        query.write_parquet(answer, options.output)
        return 0
    with writing_text(options.output, bom=options.bom and form == "csv") as out:
        if form == "csv":
            write_csv(answer.rows(), answer.columns, out, raw=options.raw)
        elif form == "jsonl":
            write_jsonl(answer.rows(), out)
        else:
            _write_table(answer, out)
    return 0


def _guess(output: Path | None, forms: tuple[str, ...], printed: str) -> str:
    """The format that a file's ending names. Raises OrderError for an ending that names none of them."""
    if output is None:
        return printed
    ending = output.suffix.lower().removeprefix(".")
    if ending not in forms:
        raise OrderError(f"{output}: say in which format with --format {'|'.join(forms)}")
    return ending


def _write_table(answer: Answer, out: Any) -> None:
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    from newswire.export.cells import as_cell

    table = Table(*(Column(Text(_UNSEEN.sub("�", name)), overflow="fold") for name in answer.columns))
    rows = answer.rows()
    for row in islice(rows, _TABLE_ROWS):
        table.add_row(*(Text(_shown(as_cell(row[name], raw=True))) for name in answer.columns))
    more = next(rows, None)
    Console(file=out, width=None if sys.stdout.isatty() else 160).print(table)
    if more is not None:
        print(f"newswire: the first {_TABLE_ROWS} rows; --format csv gives all of them", file=sys.stderr)


def _shown(text: str) -> str:
    plain = _UNSEEN.sub("�", text)
    return plain if len(plain) <= _CELL else f"{plain[:_CELL]}…"


def _export(options: argparse.Namespace, settings: Settings) -> int:
    from newswire.export import export
    from newswire.read import Wanted

    names = ("since", "until", "outlets", "languages", "topics", "months")
    wanted = Wanted(**{name: getattr(options, name) for name in names})
    form = {"raw": options.raw, "bom": options.bom, "columns": options.columns}
    kind = options.format or _guess(options.output, _EXPORTS, "csv")
    count = export(settings.storage, wanted, kind, options.output, **form)
    if options.output is not None:
        print(f"{count} articles in {options.output}")
    return 0


def _day(text: str) -> date | datetime:
    """A day, or an instant with its zone, in ISO 8601."""
    try:
        return date.fromisoformat(text) if len(text) <= len("2026-11-22") else datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither 2026-11-22 nor 2026-11-22T06:30+01:00") from None


def _docs(options: argparse.Namespace, settings: Settings) -> int:
    from newswire.dictionary import render

    page = PROJECT / "docs" / "datasets.md"
    page.write_text(render(), encoding="utf-8")
    print(f"{page.relative_to(PROJECT)} written")
    return 0
