"""Patterns of keys in a bucket: `*` within one part of a path, `**` over any number of parts, as on a local disk."""

from __future__ import annotations

import re
from collections.abc import Callable

_WILD = re.compile(r"\*\*/|\*\*|\*")
_MEANING = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*"}


def folder_of(pattern: str) -> str:
    """The folder in which all matches lie: the parts before the first with a wildcard. Empty: anywhere."""
    parts = pattern.split("/")[:-1]
    wild = next((n for n, part in enumerate(parts) if "*" in part), len(parts))
    return "/".join(parts[:wild])


def fits(pattern: str) -> Callable[[str], bool]:
    """Tells whether a path matches."""
    made, end = "", 0
    for wild in _WILD.finditer(pattern):
        made += re.escape(pattern[end : wild.start()]) + _MEANING[wild[0]]
        end = wild.end()
    compiled = re.compile(made + re.escape(pattern[end:]), re.DOTALL)
    return lambda path: compiled.fullmatch(path) is not None
