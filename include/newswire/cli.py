"""The `newswire` command: look at one page as the pipeline would, check the outlet files, move translation memories."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from newswire import connections
from newswire.errors import NewswireError
from newswire.settings import PROJECT, Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 when all went well, 1 with one line on stderr when it did not, 2 for wrong arguments."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options, _settings(options)))
    except NewswireError as error:
        print(f"newswire: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="newswire", description=__doc__)
    parser.add_argument("--storage", help="the storage root (default: data beside the project, or NEWSWIRE_STORAGE)")
    parser.add_argument("--outlets-dir", type=Path, help="the folder of the outlet files (default: include/outlets)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
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
    _allowing(look)
    look.set_defaults(run=_discover)
    outlet = commands.add_parser("outlet", help="make an outlet: its file, and one of its pages saved for a test")
    outlet.add_argument("id", help="its id: lower-case letters, digits, - and _")
    outlet.add_argument("homepage", metavar="HOMEPAGE", help="the address of its front page")
    outlet.add_argument("--pages", type=Path, default=PROJECT / "tests" / "outlets" / "pages", help=argparse.SUPPRESS)
    _allowing(outlet)
    outlet.set_defaults(run=_outlet)
    canary = commands.add_parser("canary", help="ask each outlet for its sources and one article; prints what came out")
    canary.add_argument(
        "--outlets", nargs="+", default=[], metavar="ID", help="which (default: the public ones that are enabled)"
    )
    canary.set_defaults(run=_canary)
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
    english = commands.add_parser("retranslate", help="ask again for English that is missing, refused or a draft")
    english.add_argument("--outlets", nargs="+", default=[], metavar="ID", help="whose articles (default: all)")
    english.add_argument("--again", action="store_true", help="also what was refused too often or has to wait")
    english.set_defaults(run=_retranslate)
    audited = commands.add_parser("audit", help="look for torn archive files, and for articles without their page")
    audited.set_defaults(run=_audit)
    memory = commands.add_parser("memory", help="import or export the translation memory (TMX 1.4)")
    memory.add_argument("direction", choices=("import", "export"))
    memory.add_argument("file", type=Path)
    memory.set_defaults(run=_memory)
    topics = commands.add_parser(
        "vocabulary", help="download IPTC's whole Media Topics: more sections and topics known"
    )
    topics.add_argument("--url", help="where from (default: IPTC's server)")
    _allowing(topics)
    topics.set_defaults(run=_vocabulary)
    docs = commands.add_parser("docs", help="write the data dictionary, docs/datasets.md, from the declared schemas")
    docs.set_defaults(run=_docs)
    return parser


def _allowing(command: argparse.ArgumentParser) -> None:
    remedy = "a network that may be reached although it is not public, such as 127.0.0.0/8; may be repeated"
    command.add_argument("--allow-address", action="append", default=[], metavar="NETWORK", help=remedy)


def _settings(options: argparse.Namespace) -> Settings:
    given: dict[str, Any] = {"storage": options.storage, "outlets_dir": options.outlets_dir}
    given["state_url"] = connections.state_url()
    given["translator"] = connections.translator_from(connections.from_environment)
    return Settings(**{name: value for name, value in given.items() if value is not None})


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


def _audit(options: argparse.Namespace, settings: Settings) -> int:
    from newswire.maintain import audit
    from newswire.world import World

    found = audit(World(settings))
    print(f"{found.files} archive files, {found.articles} articles, {len(found.findings)} findings")
    for finding in found.findings:
        print(f"newswire: {finding}", file=sys.stderr)
    return 1 if found.findings else 0


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


def _reprocess(options: argparse.Namespace, settings: Settings) -> int:
    from rich.console import Console
    from rich.table import Table

    from newswire import account, reprocess
    from newswire.world import World

    world = World(settings)
    run_id = f"reprocess__{world.clock().isoformat(timespec='seconds')}"
    params = {name: getattr(options, name) for name in ("outlets", "since", "until", "from_rejects")}
    # A person means the file beside them; the form's paths are the project's.
    files = [file if file.startswith("warc/") else str(Path(file).resolve()) for file in options.files]
    failed = reprocess.run_all({**params, "files": files}, run_id, world)
    report = account.report(run_id, world)
    told = [n for n, name in enumerate(report.columns) if any(cells[n] for cells in report.rows.values())]
    table = Table("outlet", *(report.columns[n] for n in told))
    for outlet_id, cells in report.rows.items():
        table.add_row(outlet_id, *(str(cells[n]) for n in told))
    Console().print(table)
    for note in (*report.notes, *failed):
        print(note, file=sys.stderr)
    return 1 if failed else 0


def _retranslate(options: argparse.Namespace, settings: Settings) -> int:
    from newswire import retranslate
    from newswire.world import World

    world = World(settings)
    run_id = f"retranslate__{world.clock().isoformat(timespec='seconds')}"
    notes = retranslate.run_all({"outlets": options.outlets, "again": options.again}, run_id, world)
    for outlet_id, told in retranslate.told(run_id, world).items():
        print(f"{outlet_id}: {told}")
    for note in notes:
        print(note, file=sys.stderr)
    return 1 if notes else 0


def _memory(options: argparse.Namespace, settings: Settings) -> int:
    from newswire.translate import read_tmx, write_tmx
    from newswire.world import World

    state = World(settings).state
    if options.direction == "import":
        print(f"{state.remember(read_tmx(options.file))} translations imported from {options.file}")
    else:
        rows = state.memories()
        write_tmx(rows, options.file)
        print(f"{len(rows)} translations exported to {options.file}")
    return 0


def _vocabulary(options: argparse.Namespace, settings: Settings) -> int:
    from newswire import iptc
    from newswire.vocabulary.mediatopics import FILE
    from newswire.world import World

    world = World(settings)
    count = iptc.download(world, options.url or iptc.URL, allow=tuple(options.allow_address))
    print(f"{count} Media Topics in {world.store.url(FILE)}")
    return 0


def _docs(options: argparse.Namespace, settings: Settings) -> int:
    from newswire.dictionary import render

    page = PROJECT / "docs" / "datasets.md"
    page.write_text(render(), encoding="utf-8")
    print(f"{page.relative_to(PROJECT)} written")
    return 0
