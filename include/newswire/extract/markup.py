"""A page parsed as a browser parses it (HTML5, by lexbor), and its tags: each distinct one is read once.

Walking a tree costs several times as much: every element becomes a Python object, and every attribute a string. So the
tree is written out again, well-formed now, and cut at its tags.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from selectolax.lexbor import LexborHTMLParser

# What a reader never sees. Embedded drawings and objects hold text for machines.
_UNSEEN_TAGS = """
    script style noscript template head svg math iframe object textarea select datalist canvas audio video title meta
    link img picture source input wbr noembed noframes xmp plaintext
"""
_UNSEEN = frozenset(_UNSEEN_TAGS.split())
# What stands in these is text, whatever it looks like: written out, it would be read as tags.
_RAW = ["script", "style", "noembed", "noframes", "xmp", "plaintext"]
_MAYBE_RAW = re.compile(rf"<(?=[snxp])(?:{'|'.join(_RAW)})".encode(), re.IGNORECASE)
_MAYBE_FRAME = re.compile(rb"<iframe", re.IGNORECASE)
# Elements that a browser sets in the line; every other element begins and ends one.
_INLINE_TAGS = """
    a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd label mark meter nobr output
    progress q rp rt ruby s samp small span strike strong sub sup time tt u var wbr
"""
_INLINE = frozenset(_INLINE_TAGS.split())
_NOTED = frozenset({"a", "h1"})
_REGIONS = {"nav": "nav", "header": "header", "footer": "footer", "aside": "aside", "form": "form"}
_ROLES = {
    "navigation": "nav",
    "banner": "header",
    "contentinfo": "footer",
    "complementary": "aside",
    "search": "form",
    "dialog": "dialog",
}
_LONGEST_HINT = 300
_CONTROLS = bytes({*range(32), 0x7F} - set(b"\t\n\r\x0c"))
_HINTS = ("class", "id", "itemprop", "rel", "data-testid")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# Elements without an end tag.
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
# As lexbor writes it out, neither text nor values hold a bare `<`, `>` or quote: this finds just the tags.
_TAGS = re.compile(r"<([^>]*)>")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ATTRIBUTE = re.compile(r' ([^\s="]+)="([^"]*)"')
_STATED = re.compile(rf' ({"|".join(_HINTS)}|role|style|hidden|datetime)="([^"]*)"')


@dataclass(slots=True, eq=False)
class Tag:
    """A start tag. `hint` holds its class, id and itemprop words, `region` the part of the page that it names.

    `empty` when nothing is inside; `stated` is its `datetime`; `noted` when more than its place on the page counts: a
    link, a headline, an inline element with a hint. Never changed once made. (The fields of a slotted class
    are read in a quarter of the time that those of a tuple take, and a page asks thousands.)
    """

    name: str
    unseen: bool
    inline: bool
    empty: bool
    hint: str = ""
    region: str | None = None
    hidden: bool = False
    stated: str | None = None
    noted: bool = False


def parse(markup: str | bytes) -> LexborHTMLParser:
    """The page's tree. Bytes are UTF-8; signs that no page prints are left out, comments too."""
    # (Surrogates cannot be encoded.)
    data = markup if isinstance(markup, bytes) else markup.encode("utf-8", "ignore")
    data = data.translate(None, _CONTROLS)
    tree = LexborHTMLParser(data)
    # Each walk through the tree costs a third of the parse; few pages hold any of these.
    if _MAYBE_RAW.search(data):
        tree.strip_tags(_RAW, recursive=True)
    for frame in tree.tags("iframe") if _MAYBE_FRAME.search(data) else ():
        if frame.child is not None:
            frame.child.decompose()
    return tree


def tags_and_texts(tree: LexborHTMLParser) -> list[str]:
    """A page cut at its tags: text, tag, text, …, tag, text. Texts are still escaped, but for the space."""
    written = (tree.html or "").replace("&nbsp;", " ")
    if "<!--" in written:
        # A comment that a reader of the bytes could not tell from text.
        written = _COMMENT.sub("", written)
    # What stands before the root is its document type.
    return _TAGS.split(written[max(0, written.find("<html")) :])


def attributes_of(raw: str) -> dict[str, str]:
    """The attributes of a start tag without its angle brackets."""
    found = dict(_ATTRIBUTE.findall(raw))
    return {key: text_of(value) for key, value in found.items()} if "&" in raw else found


def text_of(escaped: str) -> str:
    """A text of the page as it is meant."""
    return unescape(escaped) if "&" in escaped else escaped


def read_tag(raw: str) -> Tag:
    """A start tag without its angle brackets."""
    name, _, rest = raw.partition(" ")
    if not rest or name in _UNSEEN:
        return _bare(name)
    # An address makes each link another; long tags are not worth their room.
    return _stated(raw, name) if name == "a" or len(raw) > _LONGEST_HINT else _known(raw, name)


@lru_cache(maxsize=1024)
def _bare(name: str) -> Tag:
    if name in _UNSEEN:
        return Tag(name, True, False, name in _VOID)
    return Tag(name, False, name in _INLINE, name in _VOID, region=_REGIONS.get(name), noted=name in _NOTED)


def _stated(raw: str, name: str) -> Tag:
    stated = _STATED.findall(raw)
    if not stated:
        return _bare(name)
    if "&" in raw:
        stated = [(key, unescape(value)) for key, value in stated]
    return _tag(name, tuple(stated))


# A site's pages repeat their tags.
_known = lru_cache(maxsize=16_384)(_stated)


# Without the addresses in their links, a page's tags repeat each other, and so do those of a site's pages.
@lru_cache(maxsize=16_384)
def _tag(name: str, stated_: tuple[tuple[str, str], ...]) -> Tag:
    stated = dict(stated_)
    hidden = "hidden" in stated or ("style" in stated and bool(_HIDDEN_STYLE.search(stated["style"])))
    # A hidden inline element stands for itself: its text is not part of the line around it.
    inline = name in _INLINE and not hidden
    hint = " ".join([stated[key] for key in _HINTS if key in stated]).lower()[:_LONGEST_HINT]
    time = stated.get("datetime") if name == "time" else None
    region = _REGIONS.get(name) or (_ROLES.get(stated["role"]) if "role" in stated else None)
    noted = name == "h1" if not inline else bool(name == "a" or hint or time)
    return Tag(name, False, inline, name in _VOID, hint, region, hidden, time, noted)
