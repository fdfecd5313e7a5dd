"""Commands about English: translate again, the memory, the vocabulary."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from newswire.cli.parts import Commands, allow_addresses, existing_world
from newswire.settings import Settings


def add(commands: Commands) -> None:
    """Declare these commands."""
    english = commands.add_parser("retranslate", help="ask again for English that is missing, refused or a draft")
    english.add_argument("--outlets", nargs="+", default=[], metavar="ID", help="whose articles (default: all)")
    english.add_argument("--again", action="store_true", help="also what was refused too often or has to wait")
    english.set_defaults(run=_retranslate)
    memory = commands.add_parser("memory", help="import or export the translation memory (TMX 1.4)")
    memory.add_argument("direction", choices=("import", "export"))
    memory.add_argument("file", type=Path)
    memory.set_defaults(run=_memory)
    topics = commands.add_parser(
        "vocabulary", help="download IPTC's whole Media Topics: more sections and topics known"
    )
    topics.add_argument("--url", help="where from (default: IPTC's server)")
    allow_addresses(topics)
    topics.set_defaults(run=_vocabulary)


def _retranslate(options: argparse.Namespace, settings: Settings) -> int:
    from newswire import retranslate

    world = existing_world(settings)
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
