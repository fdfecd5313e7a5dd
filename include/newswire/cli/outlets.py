"""Commands that look at outlets and at single pages."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from newswire.cli.parts import Commands, allow_addresses
from newswire.settings import PROJECT, Settings


def add(commands: Commands) -> None:
    """Declare these commands."""
    extract = commands.add_parser(
        "extract", help="what the pipeline would make of one page, and every line it would cut"
    )
    extract.add_argument("page", metavar="FILE_OR_URL", help="a saved .html or .txt page, or an http(s) address")
    extract.add_argument("--outlet", default="generic", help="the outlet whose declaration applies")
    extract.add_argument("--json", action="store_true", help="print JSON instead of a table")
    extract.set_defaults(run=_extract)
    listed = commands.add_parser("outlets", help="list and validate the outlet files")
    listed.set_defaults(run=_outlets)
    look = commands.add_parser("discover", help="look for feeds and sitemaps on a homepage; prints an outlet file")
    look.add_argument("homepage", metavar="HOMEPAGE", help="the address of the outlet's front page")
    look.add_argument("--id", help="the outlet's id (default: made from the host)")
    allow_addresses(look)
    look.set_defaults(run=_discover)
    outlet = commands.add_parser("outlet", help="make an outlet: its file, and one of its pages saved for a test")
    outlet.add_argument("id", help="its id: lower-case letters, digits, - and _")
    outlet.add_argument("homepage", metavar="HOMEPAGE", help="the address of its front page")
    outlet.add_argument("--pages", type=Path, default=PROJECT / "tests" / "outlets" / "pages", help=argparse.SUPPRESS)
    allow_addresses(outlet)
    outlet.set_defaults(run=_outlet)
    canary = commands.add_parser("canary", help="ask each outlet for its sources and one article; prints what came out")
    canary.add_argument(
        "--outlets", nargs="+", default=[], metavar="ID", help="which (default: the public ones that are enabled)"
    )
    canary.set_defaults(run=_canary)


def _extract(options: argparse.Namespace, settings: Settings) -> int:
    from newswire.preview import preview

    article = preview(options.page, options.outlet, settings)
    read = article.extraction.model_dump(mode="json", exclude={"capture", "body", "stripped"})
    read["body_paragraphs"] = list(article.extraction.body)
    english = {"headline_en", "description_en", "section_en", "keywords_en", "topics", "translation_status"}
    read |= article.model_dump(mode="json", include=english)
    read["stripped"] = [line.model_dump() for line in article.extraction.stripped]
    if options.json:
        print(json.dumps(read, ensure_ascii=False, indent=1))
    else:
        _show(read)
    return 0


def _show(read: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    stripped, body = read.pop("stripped"), read.pop("body_paragraphs")
    basis = read.pop("basis")
    fields = Table("field", "value", "read from", show_lines=False, title=None)
    for name, value in read.items():
        if value not in (None, [], {}, ""):
            fields.add_row(name, Text(_plain(value)), basis.get(name, ""))
    console.print(fields)
    for paragraph in body:
        console.print(Text("\n" + paragraph))
    cut = Table("rule", "line cut away", title=f"\n{len(stripped)} lines stripped", title_justify="left")
    for line in stripped:
        cut.add_row(line["rule"], Text(line["text"]))
    console.print(cut)


def _plain(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(_plain(item) for item in value)
    if isinstance(value, dict):
        return " ".join(str(part) for part in value.values())
    return str(value)


def _outlets(options: argparse.Namespace, settings: Settings) -> int:
    from rich.console import Console
    from rich.table import Column, Table

    from newswire.outlets import load_all

    found, errors = load_all(settings.outlets_dir)
    table = Table("outlet", "name", "language", "time zone", Column("sources", overflow="fold"), "nightly")
    for outlet in found.values():
        sources = "\n".join(f"{source.kind}: {source.at}" for source in outlet.discover) or "none"
        nightly = "no" if not (outlet.enabled and outlet.discover) else "yes"
        if nightly == "yes" and not outlet.is_local and not settings.fetch.contact:
            nightly = "waits for a contact"
        table.add_row(outlet.id, outlet.name, outlet.language, outlet.timezone, sources, nightly)
    Console().print(table)
    for error in errors:
        print(f"newswire: {error}", file=sys.stderr)
    return 1 if errors else 0


def _discover(options: argparse.Namespace, settings: Settings) -> int:
    from newswire.scout import scout
    from newswire.world import World

    print(scout(options.homepage, World(settings), outlet_id=options.id, allow=tuple(options.allow_address)), end="")
    return 0


def _outlet(options: argparse.Namespace, settings: Settings) -> int:
    from newswire.scaffold import scaffold
    from newswire.world import World

    allow = tuple(options.allow_address)
    file, page, trouble = scaffold(options.id, options.homepage, World(settings), pages=options.pages, allow=allow)
    print(f"{_near(file)} written. Read it through: what is a guess has a comment.\n")
    print(file.read_text(encoding="utf-8"))
    if page:
        print(
            f"{_near(page)} saved; {_near(page.with_suffix('.json'))} holds what was read from it. Correct it by hand,"
        )
        print("then `make test ARGS=tests/outlets` reads the page again. It is the publisher's: keep it to yourself.")
    else:
        print(f"No page could be saved: {trouble}")
    return 0 if page else 1


def _canary(options: argparse.Namespace, settings: Settings) -> int:
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    from newswire.canary import COLUMNS, rows, watch
    from newswire.urls import shown
    from newswire.world import World

    world = World(settings)
    seen = watch(world, options.outlets)
    waiting = [one for one in seen if one.waits]
    table = Table(*(Column(name, overflow="fold") for name in COLUMNS), show_lines=True)
    for row in rows((one for one in seen if not one.waits), shown):
        table.add_row(*map(Text, row))
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    if waiting:
        print(f"{len(waiting)} outlets wait ({', '.join(one.outlet_id for one in waiting)}): {waiting[0].trouble[0]}")
    for error in world.broken_outlets:
        print(f"newswire: {error}", file=sys.stderr)
    return 0 if all(one.is_well for one in seen if not one.waits) and not (options.outlets and waiting) else 1


def _near(path: Path) -> Path:
    return path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path
