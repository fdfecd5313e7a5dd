"""Commands about the datasets."""

from __future__ import annotations

import argparse

from newswire.cli.parts import Commands
from newswire.settings import PROJECT, Settings


def add(commands: Commands) -> None:
    """Declare these commands."""
    docs = commands.add_parser("docs", help="write the data dictionary, docs/datasets.md, from the declared schemas")
    docs.set_defaults(run=_docs)


def _docs(options: argparse.Namespace, settings: Settings) -> int:
    from newswire.dictionary import render

    page = PROJECT / "docs" / "datasets.md"
    page.write_text(render(), encoding="utf-8")
    print(f"{page.relative_to(PROJECT)} written")
    return 0
