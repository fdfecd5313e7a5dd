"""What several groups of commands share."""

from __future__ import annotations

import argparse
from typing import TypeAlias

# What `add_subparsers` returns has no public name, and at run time it takes no parameter.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def allow_addresses(command: argparse.ArgumentParser) -> None:
    """Networks that may be reached although they are not public."""
    remedy = "a network that may be reached although it is not public, such as 127.0.0.0/8; may be repeated"
    command.add_argument("--allow-address", action="append", default=[], metavar="NETWORK", help=remedy)
