"""IPTC's whole vocabulary of Media Topics, where an operator has downloaded it: it widens the termbase.

Our own tables win: they know what newsrooms write, IPTC's names are a librarian's. A name that two concepts share says
nothing and is left out, and so are retired concepts.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from newswire.errors import SettingsError
from newswire.vocabulary.terms import Concept, Term, Terms, fold

FILE = "vocabulary/mediatopics.csv"
LANGUAGES = ("en", "de", "fr")
COLUMNS = ("qcode", "broader", "status", *LANGUAGES)
# IPTC publishes about 1,400 concepts; far fewer are an error page or another vocabulary.
FEWEST = 500
_QCODE = re.compile(r"medtop:\d{8}")
_REMEDY = "download it again with `newswire vocabulary`, or remove the file"


class MediaTopic(NamedTuple):
    """One concept, with its names by language; a language without a name is left out."""

    qcode: str
    broader: str
    retired: bool
    names: dict[str, str]


def read_scheme(content: bytes, *, fewest: int = FEWEST) -> list[MediaTopic]:
    """IPTC's own JSON (`conceptSet` of `qcode`, `prefLabel`, `broader`, `retired`). Raises SettingsError."""
    try:
        concepts = json.loads(content)["conceptSet"]
        found = [_concept(one) for one in concepts]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"IPTC's vocabulary is not in the form expected ({type(error).__name__})") from None
    return _whole(found, "IPTC's vocabulary", fewest)


def _concept(one: Any) -> MediaTopic:
    names: dict[str, str] = {}
    for tag, name in one["prefLabel"].items():
        # en-GB before en-US: the termbase spells British English.
        if (lang := tag.split("-")[0].lower()) in LANGUAGES and (lang not in names or tag == "en-GB"):
            names[lang] = " ".join(str(name).split())
    broader = str((one.get("broader") or [""])[0]).rsplit("/", 1)[-1]
    code = broader if broader.startswith("medtop:") or not broader else f"medtop:{broader}"
    return MediaTopic(one["qcode"], code, bool(one.get("retired")), names)


def write_table(topics: Iterable[MediaTopic]) -> bytes:
    """The table that the storage root keeps."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for topic in topics:
        names = [topic.names.get(lang, "") for lang in LANGUAGES]
        rows.writerow([topic.qcode, topic.broader, "retired" if topic.retired else "", *names])
    return text.getvalue().encode()


def read_table(content: bytes, name: str, *, fewest: int = FEWEST) -> list[MediaTopic]:
    """The same read back. Raises SettingsError that names the file."""
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), strict=True)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise SettingsError(f"{name}, line 1: the columns must be {', '.join(COLUMNS)}; {_REMEDY}")
        found = [
            MediaTopic(
                row["qcode"],
                row["broader"],
                bool(row["status"]),
                {lang: row[lang] for lang in LANGUAGES if row[lang]},
            )
            for row in rows
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"{name}: cannot be read ({type(error).__name__}); {_REMEDY}") from None
    return _whole(found, name, fewest)


def _whole(found: list[MediaTopic], name: str, fewest: int) -> list[MediaTopic]:
    wrong = next((topic.qcode for topic in found if not _QCODE.fullmatch(str(topic.qcode))), None)
    if wrong is not None:
        raise SettingsError(f"{name}: {str(wrong)[:40]!r} is no Media Topic; {_REMEDY}")
    if len(found) < fewest:
        raise SettingsError(f"{name}: only {len(found)} concepts, there are more than {fewest}; {_REMEDY}")
    return found


def widen(own: Terms, topics: Iterable[MediaTopic], lang: str) -> Terms:
    """The termbase of a language with IPTC's names in it, each with its English and its concept."""
    named = [topic for topic in topics if not topic.retired and topic.names.get(lang) and topic.names.get("en")]
    shared = Counter(fold(topic.names[lang]) for topic in named)
    return own.widened(
        Term(topic.names[lang], _as_heading(topic.names["en"]), (Concept(topic.qcode, topic.names["en"]),))
        for topic in named
        if shared[fold(topic.names[lang])] == 1
    )


def _as_heading(name: str) -> str:
    """IPTC writes its names in lower case; a section begins with a capital."""
    return name[:1].upper() + name[1:]
