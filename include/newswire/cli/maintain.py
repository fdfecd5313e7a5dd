"""Commands that keep the storage in order: the audit alone, or all that news_maintain does."""

from __future__ import annotations

import argparse
import sys

from newswire.cli.parts import Commands
from newswire.settings import Settings

PARTS = ("audit", "compact", "retain")


def add(commands: Commands) -> None:
    """Declare these commands."""
    audited = commands.add_parser(
        "audit", help="check every file, row and record, and that they agree; changes nothing"
    )
    audited.set_defaults(run=_audit)
    maintained = commands.add_parser(
        "maintain", help="audit; when all is well compact the ledger, and remove raw pages that outlets no longer keep"
    )
    maintained.add_argument(
        "--dry-run", action="store_true", help="say what would be compacted and removed, change nothing"
    )
    maintained.add_argument(
        "--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help="audit, compact, retain"
    )
    maintained.add_argument(
        "--days", type=int, default=None, metavar="N", help="compact runs older than N days (default: 30)"
    )
    maintained.set_defaults(run=_maintain)


def _audit(options: argparse.Namespace, settings: Settings) -> int:
    from newswire.maintain import audit
    from newswire.world import World

    found = audit(World(settings))
    print(f"{found.files} archive files, {found.articles} articles, {found.total} findings")
    for finding in found.findings:
        print(f"newswire: {finding}", file=sys.stderr)
    if found.total > len(found.findings):
        print(f"newswire: and {found.total - len(found.findings)} more of these kinds", file=sys.stderr)
    return 1 if found.total else 0


def _maintain(options: argparse.Namespace, settings: Settings) -> int:
    from newswire import maintain
    from newswire.world import World

    world = World(settings)
    if "audit" in options.only and _audit(options, settings):
        print("newswire: nothing was compacted or removed: mend what the audit found first", file=sys.stderr)
        return 1
    if "compact" in options.only:
        days = maintain.OLDER_THAN_DAYS if options.days is None else options.days
        print(_said("compact", maintain.compact(world, days=days, dry_run=options.dry_run).summary, options))
    if "retain" in options.only:
        done = maintain.retain(world, dry_run=options.dry_run)
        print(_said("retain", f"removed {done.summary}", options))
        for one in (*done.removed, *done.waiting):
            print(f"  {one}")
    return 0


def _said(part: str, summary: str, options: argparse.Namespace) -> str:
    return f"{part}, dry run, nothing was changed: {summary}" if options.dry_run else f"{part}: {summary}"
