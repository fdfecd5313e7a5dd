"""What several groups of commands share."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from newswire.settings import Settings

if TYPE_CHECKING:
    from newswire.world import World

# What `add_subparsers` returns has no public name, and at run time it takes no parameter.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def allow_addresses(command: argparse.ArgumentParser) -> None:
    """Networks that may be reached although they are not public."""
    remedy = "a network that may be reached although it is not public, such as 127.0.0.0/8; may be repeated"
    command.add_argument("--allow-address", action="append", default=[], metavar="NETWORK", help=remedy)


def existing_world(settings: Settings) -> World:
    """The world of a storage that is there: a mistyped one must not look like one in which all is well.

    Raises SettingsError.
    """
    from newswire.world import World

    world = World(settings)
    world.store.require()
    return world


@contextmanager
def told_once() -> Iterator[None]:
    """What a command prints itself is not said on stderr a second time by the log, which Airflow's tasks need."""
    log = logging.getLogger("newswire")
    log.disabled, before = True, log.disabled
    try:
        yield
    finally:
        log.disabled = before
