"""Keywords: which of the lists that a page gives is the one that its editors made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from newswire.extract.lines import Line, plain
from newswire.extract.page import Page
from newswire.extract.structured import names_of
from newswire.extract.tags import read_tags
from newswire.vocabulary.labels import vocabulary

_MOST_KEYWORDS = 50
_LONGEST_KEYWORD = 100
_LONGEST_LABELLED = 6
_LONGEST_LABEL = 60
# Names under which analytics and library vocabularies file the keywords.
_OTHER_META = ("parsely-tags", "sailthru.tags", "dc.subject", "dcterms.subject", "cxenseparse:keywords")
# A line is a link when this share of it is.
_LINK = 0.8
_MOSTLY_LINKS = 0.3


def find_keywords(page: Page, visible_tags: Iterable[str]) -> tuple[tuple[str, ...], str | None]:
    """Keywords as the page lists them, each once, and where they were found."""
    single: tuple[tuple[str, ...], str | None] = (), None
    for basis, found in _lists(page, visible_tags):
        if len(found) > 1:
            return found[:_MOST_KEYWORDS], basis
        if found and not single[0]:
            single = found, basis
    # One keyword may be a list that lost its commas: it counts only when nothing better is there.
    return single


def _lists(page: Page, visible_tags: Iterable[str]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """The page's lists, the best first, read only as far as needed."""
    structured = page.structured
    yield "meta", _terms(structured.meta.get("article:tag", ()))
    yield "meta", _terms(structured.meta.get("news_keywords", ()))
    stated = _terms(names_of(structured.article.get("keywords")))
    plain_meta = _terms(structured.meta.get("keywords", ()))
    # The two come from one list in the editors' system, and JSON-LD drops or adds technical terms; lists that differ
    # in kind come from elsewhere, and `keywords` is where words for search engines end up.
    one_list = set(stated) < set(plain_meta) or set(plain_meta) < set(stated)
    if one_list:
        yield "meta", plain_meta
    yield "jsonld", stated
    yield "meta", plain_meta
    for name in _OTHER_META:
        yield "meta", _terms(structured.meta.get(name, ()))
    # Walking the page for its tags costs a tenth of reading it: last, and on two pages of three never.
    yield "tags", _terms(read_tags(page.tree) if page.tree is not None else ())
    yield "tags", _terms(_labelled(page.lines))
    yield "tags", _terms(tuple(visible_tags))


def _terms(values: Sequence[str]) -> tuple[str, ...]:
    parts = (part.strip() for value in values for part in _split(plain(value), single=len(values) == 1))
    # A number is the content system's own name of a term.
    kept = (part for part in parts if 1 < len(part) <= _LONGEST_KEYWORD and not part.isdecimal())
    return tuple(dict.fromkeys(kept))


def _split(text: str, *, single: bool) -> list[str]:
    """One string holds a list; several strings are the list, and a comma belongs to the term."""
    if not single:
        return [text]
    return text.split(";") if ";" in text and "," not in text else text.split(",")


def _labelled(lines: Sequence[Line]) -> list[str]:
    """The short links right below a line that says `Topics`; the last such list of the page that holds any."""
    found: list[str] = []
    for n, line in enumerate(lines):
        if len(line.text) <= _LONGEST_LABEL and vocabulary().is_topic_label(line.text):
            texts = [text for item in _links_below(lines, n) for text in _linked(item)]
            # Long links are headlines: a box of other articles under the same words.
            found = texts if texts and all(len(text.split()) <= _LONGEST_LABELLED for text in texts) else found
        elif beside := _beside(line):
            found = beside
    return found


def _beside(line: Line) -> list[str]:
    """The terms of a line that names itself: `Topics: harbour, storm`, as links or with commas."""
    label, colon, rest = line.text.partition(":")
    if not colon or len(label) > _LONGEST_LABEL or not vocabulary().is_topic_label(label) or line.place.hidden:
        return []
    linked = [piece for piece in line.pieces if piece in rest]
    terms = linked if linked and line.linked > _MOSTLY_LINKS else [term.strip() for term in rest.split(",")]
    return terms if all(0 < len(term.split()) <= _LONGEST_LABELLED for term in terms) else []


def _links_below(lines: Sequence[Line], n: int) -> Iterable[Line]:
    """The lines below line `n` that are links and set alike."""
    first = lines[n + 1] if n + 1 < len(lines) else None
    for item in lines[n + 1 :]:
        alike = first is not None and (item.place.tag, item.place.hint) == (first.place.tag, first.place.hint)
        if not alike or item.linked < _LINK or item.place.hidden or item.place.region == "nav":
            return
        yield item


def _linked(item: Line) -> tuple[str, ...]:
    """The links of a line that is nothing but links, else the line."""
    several = len(item.pieces) > 1 and "".join(item.pieces).replace(" ", "") == item.text.replace(" ", "")
    return item.pieces if several else (item.text,)
