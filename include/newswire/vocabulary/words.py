"""Many words or patterns as one regular expression that fails fast: every line of a page is asked for hundreds.

A plain alternation tries each of them at every place, and they do not fit into the processor's first cache together.
Those that begin alike share their beginning here, so that nearly every line fails on one look at its first letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

# What may follow a beginning, piece by piece; the empty piece marks an end.
_Tree: TypeAlias = "dict[str, _Tree]"
# What IGNORECASE takes for these letters besides their capital.
_OTHER_FORMS = {"i": "İı", "k": "\u212a", "s": "ſ", "å": "\u212b", "ß": "ẞ"}
# A sign of a pattern, an escaped one, or a class.
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
# So much of an alternative tells lines apart. What follows it would double the time to compile (5 % more lines pass).
_TELLING = 6
_REPEATS = ("?", "*", "+", "{")


def one_of(words: Iterable[str], *, cased: bool = False) -> str:
    """An expression for one of these words, the longest first, so that `Mis à jour le` wins over `Mis à jour`.

    It ignores case, unless `cased`, without the flag of that name: first letters come as `[aA]` (two to four times as
    fast, measured).
    """
    tree: _Tree = {}
    for word in words:
        _put(tree, [r"\s+" if sign == " " else re.escape(sign) for sign in (word if cased else word.lower())])
    if cased:
        return _written(tree)
    return "|".join(f"{_first(piece)}(?i:{_written(after)})" for piece, after in sorted(tree.items()))


def any_of(patterns: Iterable[str]) -> str:
    """An expression that matches the start of every line that one of these patterns matches, and of few others.

    Alternatives at a pattern's beginning are taken apart, down to their first letters (a third of the time, measured).
    """
    tree: _Tree = {}
    for pattern in patterns:
        for alternative in _alternatives(pattern.removeprefix("^")):
            pieces = _PIECE.findall(alternative)
            plain = next((at for at in range(len(pieces)) if not _is_plain(pieces, at)), len(pieces))
            rest = "".join(pieces[plain:])
            _put(tree, [*pieces[:plain], *([f"(?:{rest})"] if rest else [])])
    return _written(tree)


def _put(tree: _Tree, pieces: Iterable[str]) -> None:
    for piece in pieces:
        tree = tree.setdefault(piece, {})
    tree[""] = {}


def _written(tree: _Tree) -> str:
    branches = [piece + _written(after) for piece, after in sorted(tree.items()) if piece]
    if not branches:
        return ""
    # What goes on is tried before what ends here.
    return f"(?:{'|'.join(branches)})" + ("?" if "" in tree else "")


def _first(sign: str) -> str:
    """A sign in all the forms that IGNORECASE takes for it."""
    forms = {form for form in (sign, sign.upper(), *_OTHER_FORMS.get(sign, "")) if len(form) == 1}
    return f"[{''.join(sorted(forms))}]" if len(forms) > 1 else sign


def _is_plain(pieces: list[str], at: int) -> bool:
    """True for a letter or space that stands for itself, once."""
    alone = at + 1 == len(pieces) or pieces[at + 1] not in _REPEATS
    return alone and (pieces[at].isalpha() or pieces[at] == " ")


def _alternatives(pattern: str) -> Iterator[str]:
    """The beginnings that a pattern offers, groups at its very beginning taken apart."""
    for part in _parted(pattern):
        end = _end_of_group(part) if part.startswith("(?:") else 0
        repeat = part[end : end + 1] if part[end : end + 1] in _REPEATS else ""
        rest = part[end + len(repeat) :]
        if not end or repeat not in ("", "?") or (repeat and rest.startswith(("?", "+"))):
            yield part
            continue
        if repeat:
            yield from _alternatives(rest)
        for inner in _parted(part[len("(?:") : end - 1]):
            yield from _alternatives(inner if len(inner) >= _TELLING else inner + rest)


def _parted(pattern: str) -> Iterator[str]:
    """A pattern cut at its outermost bars."""
    depth, part = 0, ""
    for piece in _PIECE.findall(pattern):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and not depth:
            yield part
            part = ""
        else:
            part += piece
    yield part


def _end_of_group(pattern: str) -> int:
    """The position behind the group that a pattern begins with."""
    depth = 0
    for match in _PIECE.finditer(pattern):
        depth += (match.group() == "(") - (match.group() == ")")
        if not depth:
            return match.end()
    return len(pattern)
