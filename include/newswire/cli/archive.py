"""The command that reads the archive again with today's code."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from newswire.cli.parts import Commands, existing_world, told_once
from newswire.settings import Settings


def add(commands: Commands) -> None:
    """Declare this command."""
    again = commands.add_parser("reprocess", help="read the archive, or WARC files, with today's code; asks no server")
    again.add_argument("files", nargs="*", metavar="WARC", help="read the pages of these files only")
    again.add_argument("--outlets", nargs="+", default=[], metavar="ID", help="whose archive (default: all)")
    again.add_argument("--since", metavar="DAY", help="captured on or after this day, for example 2026-11-22")
    again.add_argument("--until", metavar="DAY", help="captured on or before this day")
    again.add_argument(
        "--from-rejects",
        nargs="+",
        default=[],
        metavar="REASON",
        help="only pages that were refused, for these reasons or for all; after mending what refused them",
    )
    again.set_defaults(run=_reprocess)


def _reprocess(options: argparse.Namespace, settings: Settings) -> int:
    from rich.console import Console
    from rich.table import Table

    from newswire import account, reprocess
    from newswire.world import World

    # Other crawlers' files may be the first thing that a storage gets.
    world = World(settings) if options.files else existing_world(settings)
    run_id = f"reprocess__{world.clock().isoformat(timespec='seconds')}"
    params = {name: getattr(options, name) for name in ("outlets", "since", "until", "from_rejects")}
    # A person means the file beside them; the form's paths are the project's.
    files = [file if file.startswith("warc/") else str(Path(file).resolve()) for file in options.files]
    failed = reprocess.run_all({**params, "files": files}, run_id, world)
    with told_once():
        report = account.report(run_id, world)
    told = [n for n, name in enumerate(report.columns) if any(cells[n] for cells in report.rows.values())]
    table = Table("outlet", *(report.columns[n] for n in told))
    for outlet_id, cells in report.rows.items():
        table.add_row(outlet_id, *(str(cells[n]) for n in told))
    Console().print(table)
    # What failed may be among the notes.
    for note in dict.fromkeys((*report.notes, *failed)):
        print(note, file=sys.stderr)
    return 1 if failed else 0
