"""The `newswire` command: look at one page as the pipeline would, check outlet files, ask and export the datasets."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from newswire import connections
from newswire.cli import archive, data, english, outlets
from newswire.errors import NewswireError
from newswire.settings import Settings

# In the order in which the help lists them.
_GROUPS = (outlets, archive, english, data)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 when all went well, 1 with one line on stderr when it did not, 2 for wrong arguments."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options, _settings(options)))
    except NewswireError as error:
        print(f"newswire: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read our output (head, less) has enough. What Python would still write at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="newswire", description=__doc__)
    parser.add_argument("--storage", help="the storage root (default: data beside the project, or NEWSWIRE_STORAGE)")
    parser.add_argument("--outlets-dir", type=Path, help="the folder of the outlet files (default: include/outlets)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in _GROUPS:
        group.add(commands)
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    given: dict[str, Any] = {"storage": options.storage, "outlets_dir": options.outlets_dir}
    given["state_url"] = connections.state_url()
    given["translator"] = connections.translator_from(connections.from_environment)
    return Settings(**{name: value for name, value in given.items() if value is not None})
