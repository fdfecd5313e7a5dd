"""The termbase: what newsrooms call their sections and frequent keywords, in English, with the concept meant.

One table per language, `terms_<lang>.csv`: the term, its English, the concept's code and name in the IPTC Media Topics
(© IPTC, CC BY 4.0, https://cv.iptc.org/newscodes/mediatopic/), and its kind. A `joiner` is a word that joins two terms
into a compound; a `name` is the same in English, and engines must leave it alone. A language is added by adding its
file; a language without one knows no terms.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from newswire.errors import SettingsError

FOLDER = Path(__file__).parent
COLUMNS = ("term", "english", "qcode", "concept", "kind")
KINDS = ("joiner", "section", "keyword", "name")
# Signs that join two section names in any language: "Militär & Verteidigung", "Auto/Motor".
_SIGNS = "&/,+|"
# Signs that do so only between spaces ("Politik – Inland", "Sport › Tennis"): without them they are part of a word.
_SPACED_SIGNS = "-–—>›»·•"
# A term with its gloss, "Europäische Zentralbank (EZB)", or with a year, "Bundestagswahl 2025".
_GLOSSED = re.compile(r"(?P<term>[^()]+) \((?P<gloss>[^()]+)\)")
_DATED = re.compile(r"(?P<term>.+) (?P<year>(?:19|20)\d\d)")
_QCODE = re.compile(r"medtop:\d{8}")
# A section name or keyword is short. A longer text is a sentence and is never split into terms.
LONGEST_TERM = 120


class Concept(NamedTuple):
    """A concept of the IPTC Media Topics, `medtop:` and eight digits, and its English name there."""

    uri: str
    label_en: str


class Term(NamedTuple):
    """A term as somebody wrote it, its English, and the concepts of its parts in reading order."""

    text: str
    english: str
    concepts: tuple[Concept, ...]


class Terms:
    """The terms of one language. Case, white space and apostrophe style do not matter; nor do accents, if missing."""

    def __init__(self, known: dict[str, Term], joiners: dict[str, str], names: frozenset[str] = frozenset()) -> None:
        self.names = names
        self._known = known
        self._joiners = joiners
        self._plain = _without_accents(known)
        words = "|".join(re.escape(word) for word in sorted(joiners, key=lambda w: (-len(w), w)))
        either = rf"\s?[{re.escape(_SIGNS)}]\s?|\s[{re.escape(_SPACED_SIGNS)}]\s|:\s"
        either += rf"|\s(?:{words})\s" if words else ""
        self._joint = re.compile(f"({either})", re.IGNORECASE)

    def __len__(self) -> int:
        return len(self._known)

    def widened(self, more: Iterable[Term]) -> Terms:
        """These terms and others; what is known already stays as it is."""
        return Terms({fold(term.text): term for term in more} | self._known, self._joiners, self.names)

    def concepts(self) -> Iterator[Concept]:
        """The concepts that the terms lead to, each as often as there are terms."""
        return (concept for term in self._known.values() for concept in term.concepts)

    def lookup(self, text: str) -> Term | None:
        """The term, or a compound all of whose parts are terms; its English is joined the way the text is joined."""
        text = " ".join(text.split())
        if not text or len(text) > LONGEST_TERM:
            return None
        return self._single(text) or self._compound(text) or self._glossed(text) or self._dated(text)

    def _single(self, text: str) -> Term | None:
        key = fold(text)
        found = self._known.get(key)
        if not found:
            found = self._plain.get(_strip_accents(key))
            # Accents may be missing, never others: « péché » is not « pêche ».
            if found and not _lacks_only_accents(key, fold(found.text)):
                return None
        return found._replace(text=text) if found else None

    def _glossed(self, text: str) -> Term | None:
        match = _GLOSSED.fullmatch(text)
        term, gloss = (self.lookup(match["term"]), self.lookup(match["gloss"])) if match else (None, None)
        if not term or not gloss:
            return None
        concepts = tuple(dict.fromkeys((*term.concepts, *gloss.concepts)))
        # A gloss that is the same in English says nothing there: "Kernkraft (Atomkraft)".
        same = term.english == gloss.english
        return Term(text, term.english if same else f"{term.english} ({gloss.english})", concepts)

    def _dated(self, text: str) -> Term | None:
        match = _DATED.fullmatch(text)
        term = self.lookup(match["term"]) if match else None
        return Term(text, f"{term.english} {match['year']}", term.concepts) if match and term else None

    def _compound(self, text: str) -> Term | None:
        pieces = self._joint.split(text)
        parts = [self._single(piece) for piece in pieces[::2]]
        if len(parts) < 2 or None in parts:
            return None
        known = [part for part in parts if part]
        joints = [self._joiners.get(fold(joint), joint.strip()) for joint in pieces[1::2]]
        english = known[0].english
        for joint, word, part in zip(pieces[1::2], joints, known[1:], strict=True):
            english += joint.replace(joint.strip(), word) + part.english
        return Term(text, english, tuple(dict.fromkeys(concept for part in known for concept in part.concepts)))


def fold(text: str) -> str:
    """The spelling under which a term is looked up: composed, case-folded, plain apostrophes and spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().replace("’", "'").split())


@cache
def load_terms(lang: str) -> Terms:
    """The terms of a language, by its primary subtag (`de` for `de-CH`). Raises SettingsError naming file and line."""
    path = FOLDER / f"terms_{lang}.csv"
    if not re.fullmatch(r"[a-z]{2,3}", lang) or not path.is_file():
        return Terms({}, {})
    with path.open(encoding="utf-8", newline="") as lines:
        return read_terms(lines, path.name)


def own_concepts() -> dict[str, str]:
    """All concepts that the tables of this folder lead to, by code, with their English names. Raises SettingsError."""
    languages = sorted(path.stem.removeprefix("terms_") for path in FOLDER.glob("terms_*.csv"))
    return {concept.uri: concept.label_en for lang in languages for concept in load_terms(lang).concepts()}


def read_terms(lines: Iterable[str], name: str) -> Terms:
    """Read one table; `name` is for the error's text."""
    known: dict[str, Term] = {}
    joiners: dict[str, str] = {}
    names: set[str] = set()
    rows = csv.reader(lines, strict=True)
    if tuple(next(rows, ())) != COLUMNS:
        raise SettingsError(f"{name}, line 1: the columns must be {', '.join(COLUMNS)}; restore the header")
    for row in rows:
        where = f"{name}, line {rows.line_num}"
        if len(row) != len(COLUMNS):
            raise SettingsError(f"{where}: {len(row)} columns instead of {len(COLUMNS)}; quote texts that hold a comma")
        term, english, qcode, concept, kind = row
        _check(where, english, qcode, concept, kind)
        if kind == "name":
            if english != term:
                raise SettingsError(f"{where}: a name is the same in English; write {term!r} twice, or another kind")
            names.add(term)
        key = fold(term)
        if not key or key in known or key in joiners:
            raise SettingsError(f"{where}: {term!r} is empty or stands in the table already; remove one")
        if kind == "joiner":
            joiners[key] = english
        elif kind != "name":  # »Bild« alone may be a picture
            known[key] = Term(term, english, (Concept(qcode, concept),) if qcode else ())
    return Terms(known, joiners, frozenset(names))


def _check(where: str, english: str, qcode: str, concept: str, kind: str) -> None:
    if kind not in KINDS:
        raise SettingsError(f"{where}: kind {kind!r} is none of {', '.join(KINDS)}")
    if not english.strip():
        raise SettingsError(f"{where}: the English is missing; add it or remove the line")
    if bool(qcode) != bool(concept) or (qcode and not _QCODE.fullmatch(qcode)):
        raise SettingsError(f"{where}: write a code like medtop:20000598 with its concept's name, or neither")


def _without_accents(known: dict[str, Term]) -> dict[str, Term]:
    """Capitals often lose their accents (ECONOMIE). Spellings that two terms would share are left out."""
    plain: dict[str, Term | None] = {}
    for key, term in known.items():
        bare = _strip_accents(key)
        plain[bare] = None if bare in plain else term
    return {bare: term for bare, term in plain.items() if term}


def _lacks_only_accents(key: str, full: str) -> bool:
    same_length = len(key) == len(full)
    return same_length and all(c in (f, _strip_accents(f)) for c, f in zip(key, full, strict=True))


def _strip_accents(key: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", key) if not unicodedata.combining(c))
