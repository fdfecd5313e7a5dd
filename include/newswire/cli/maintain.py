"""Commands that keep the storage in order: the audit alone, or all that news_maintain does."""

from __future__ import annotations

import argparse
import sys

from newswire.cli.parts import Commands, existing_world, told_once
from newswire.settings import COMPACT_AFTER_DAYS, Settings

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
    older = f"compact runs older than N days (default: {COMPACT_AFTER_DAYS})"
    maintained.add_argument("--days", type=_days, default=COMPACT_AFTER_DAYS, metavar="N", help=older)
    maintained.set_defaults(run=_maintain)
    lake = commands.add_parser(
        "iceberg", help="write the datasets into Iceberg tables, what changed since the last time"
    )
    lake.set_defaults(run=_iceberg)


def _days(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days; write for example 30")
    return int(text)


def _audit(options: argparse.Namespace, settings: Settings) -> int:
    from newswire.maintain import audit

    with told_once():
        found = audit(existing_world(settings))
    print(f"{found.files} archive files, {found.articles} articles, {found.total} findings")
    for finding in found.findings:
        print(f"newswire: {finding}", file=sys.stderr)
    if found.total > len(found.findings):
        print(f"newswire: and {found.total - len(found.findings)} more of these kinds", file=sys.stderr)
    return 1 if found.total else 0


def _maintain(options: argparse.Namespace, settings: Settings) -> int:
    from newswire import maintain

    world = existing_world(settings)
    if "audit" in options.only and _audit(options, settings):
        print("newswire: nothing was compacted or removed: mend what the audit found first", file=sys.stderr)
        return 1
    if "compact" in options.only:
        dry = "dry run, nothing is changed: " if options.dry_run else ""
        print(f"compact: {dry}{maintain.compact(world, days=options.days, dry_run=options.dry_run).summary}")
    if "retain" in options.only:
        done = maintain.retain(world, dry_run=options.dry_run)
        print(f"retain: {'would remove' if options.dry_run else 'removed'} {done.summary}")
        for one in (*done.removed, *done.waiting):
            print(f"  {one}")
    return 0


def _iceberg(options: argparse.Namespace, settings: Settings) -> int:
    from newswire.account import copy_to_iceberg

    for name, count in copy_to_iceberg(existing_world(settings)).items():
        print(f"newswire.{name}: {count} partitions written")
    return 0
