"""The `newswire` command: look at one page as the pipeline would, check outlet files, ask and export the datasets."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from newswire import connections
from newswire.cli import archive, data, english, maintain, outlets
from newswire.errors import NewswireError
from newswire.settings import Settings

# In the order in which the help lists them.
_GROUPS = (outlets, archive, english, maintain, data)


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
    except OSError as error:
        if error.filename is None:
            raise
        print(f"newswire: {error.filename}: {error.strerror}; see whether it may be written to", file=sys.stderr)
        return 1


class _Command(argparse.ArgumentParser):
    """One command; what is said before it may also be said after it."""

    def __init__(self, **given: Any) -> None:
        super().__init__(parents=[_shared()], **given)


def _shared() -> argparse.ArgumentParser:
    # A default would let the command undo what was said before it.
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument("--storage", help="the storage root (default: data beside the project, or NEWSWIRE_STORAGE)")
    shared.add_argument("--outlets-dir", type=Path, help="the folder of the outlet files (default: include/outlets)")
    return shared


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="newswire", description=__doc__, parents=[_shared()])
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Command)
    for group in _GROUPS:
        group.add(commands)
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    given: dict[str, Any] = {name: getattr(options, name, None) for name in ("storage", "outlets_dir")}
    given["state_url"] = connections.state_url()
    given["translator"] = connections.translator_from(connections.from_environment)
    given["bucket"] = connections.bucket_from(connections.from_environment)
    return Settings(**{name: value for name, value in given.items() if value is not None})
