"""What of an article is translated, and what its section and keywords mean."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from newswire.records import Extraction, Topic
from newswire.translate.detection import language_of
from newswire.translate.names import find_names
from newswire.vocabulary.terms import Term, Terms


class Wanted(NamedTuple):
    """One text of an article that needs English. `term` is what the termbase knows of it, in the language `lang`.

    `names` are those that stand in it and stay as they are.
    """

    field: str
    position: int
    text: str
    lang: str
    term: Term | None = None
    names: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Two texts with the same key are translated once."""
        return self.lang, folded(self.text)


def folded(text: str) -> str:
    """One line, composed characters, single spaces: the text as it is remembered and sent to an engine."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def primary(tag: str) -> str:
    """The primary subtag of a BCP 47 tag: `de` for `de-CH`."""
    return tag.replace("_", "-").split("-", 1)[0].lower()


def wanted(extraction: Extraction, terms: Callable[[str], Terms]) -> list[Wanted]:
    """Headline, description, section and keywords, in this order, without the blank ones; `position` counts from 0."""
    lang = primary(extraction.lang)
    found = [
        Wanted("headline", 0, extraction.headline, lang),
        Wanted("description", 0, extraction.description or "", lang),
    ]
    # A German page inside a French interface may name its section in either language.
    section_langs = [lang, primary(extraction.interface_lang or lang)]
    found.append(_labelled("section", 0, extraction.section or "", section_langs, terms))
    found += [_labelled("keywords", n, text, [lang], terms) for n, text in enumerate(extraction.keywords)]
    others = [primary(tag) for tag in (extraction.interface_lang, extraction.lang_declared, "en") if tag]
    found = [one if one.term else one._replace(lang=language_of(one.text, lang, others, terms(lang))) for one in found]
    # Whom the page names, and the termbase; a person's name is nobody's word.
    own = {folded(name) for name in (*extraction.authors, *extraction.agencies, extraction.publisher or "") if name}
    return [_with_names(one, own | terms(one.lang).names) for one in found if one.text.strip()]


def _with_names(one: Wanted, names: Collection[str]) -> Wanted:
    return one if one.term else one._replace(names=find_names(folded(one.text), names))


def topics(texts: Iterable[Wanted]) -> tuple[Topic, ...]:
    """The concepts behind section and keywords, each once, with the first text that led to it; ordered by code."""
    found: dict[str, Topic] = {}
    for one in texts:
        for concept in one.term.concepts if one.term else ():
            basis = f"{one.field.removesuffix('s')}:{folded(one.text)}"
            found.setdefault(concept.uri, Topic(uri=concept.uri, label_en=concept.label_en, basis=basis))
    return tuple(found[uri] for uri in sorted(found))


def _labelled(field: str, position: int, text: str, langs: list[str], terms: Callable[[str], Terms]) -> Wanted:
    for lang in langs:
        if term := terms(lang).lookup(text):
            return Wanted(field, position, text, lang, term)
    return Wanted(field, position, text, langs[0])
