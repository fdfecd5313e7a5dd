"""Word lists as regular expressions that fail fast: every line of a page is asked for hundreds of words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

_Tree: TypeAlias = "dict[str, _Tree]"
# What IGNORECASE takes for these letters besides their capital.
_OTHER_FORMS = {"i": "İı", "k": "\u212a", "s": "ſ", "å": "\u212b", "ß": "ẞ"}


def one_of(words: Iterable[str], *, cased: bool = False) -> str:
    """An expression for one of these words, the longest first, so that `Mis à jour le` wins over `Mis à jour`.

    Words that begin alike share their beginning, and first letters come as `[aA]`: so nearly every place in a text
    fails on one look at its first letter. With IGNORECASE alone each word would be tried (2 to 4 times as long).
    """
    tree: _Tree = {}
    for word in words:
        node = tree
        for sign in word if cased else word.lower():
            node = node.setdefault(sign, {})
        node[""] = {}
    if cased:
        return _written(tree)
    return "|".join(f"{_first(sign)}(?i:{_written(after)})" for sign, after in sorted(tree.items()))


def _written(tree: _Tree) -> str:
    branches = [_escaped(sign) + _written(after) for sign, after in sorted(tree.items()) if sign]
    if not branches:
        return ""
    # What goes on is tried before what ends here.
    return f"(?:{'|'.join(branches)})" + ("?" if "" in tree else "")


def _first(sign: str) -> str:
    """A sign in all the forms that IGNORECASE takes for it."""
    forms = {form for form in (sign, sign.upper(), *_OTHER_FORMS.get(sign, "")) if len(form) == 1}
    return f"[{''.join(sorted(forms))}]" if len(forms) > 1 else _escaped(sign)


def _escaped(sign: str) -> str:
    return re.escape(sign) if sign != " " else r"\s+"
