"""Labels and boilerplate phrases of news pages, read from one YAML file per language and `common.yaml`.

A language is added by adding its file. Each strip rule carries an example of the line that taught it to us.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict

from newswire.vocabulary.words import any_of, one_of

FOLDER = Path(__file__).parent
# Each process that reads a page reads these files: libyaml takes an eighth of the time, where PyYAML has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# A boilerplate line is short; a longer one is text, and long input is where regular expressions grow slow.
LONGEST_RULED_LINE = 400
# Not the capitals of classes (`\S`) and of named groups.
_LETTERS = re.compile(r"[a-z]+")
_BEM = re.compile(r"__|--|:")
_CAPITAL = re.compile(r"(?<!\\)(?<!\(\?)[^\W\d_a-zß-öø-ÿ]")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Part):
    """Lines that match `pattern` are boilerplate of the kind `rule`. `prose` rules may also cut whole sentences."""

    rule: str
    pattern: str
    example: str
    note: str = ""
    prose: bool = False

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)


class PageRule(_Part):
    """What pages of a kind that is no article print: in the headline or title as a whole, or as a line of the page."""

    kind: str
    where: Literal["title", "line"]
    pattern: str
    example: str


class Language(_Part):
    """What one language prints around an article."""

    language: str
    date_order: Literal["dmy", "mdy"]
    date_order_regions: dict[str, Literal["dmy", "mdy"]] = {}
    months: dict[str, int]
    weekdays: tuple[str, ...]
    published: tuple[str, ...]
    updated: tuple[str, ...]
    date_filler: tuple[str, ...]
    by: tuple[str, ...]
    and_: tuple[str, ...]
    where: tuple[str, ...]
    home: tuple[str, ...]
    collective: tuple[str, ...]
    roles: tuple[str, ...]
    name_particles: tuple[str, ...]
    articles: tuple[str, ...]
    generated: tuple[str, ...]
    reading_time: tuple[str, ...]
    topic_labels: tuple[str, ...]
    paid: tuple[str, ...]
    comment_headings: tuple[str, ...]
    metered: tuple[Rule, ...] = ()
    subscriber_marks: tuple[str, ...] = ()
    genres: dict[str, tuple[str, ...]] = {}
    ed_notes: tuple[Rule, ...] = ()
    ed_note_heads: tuple[str, ...] = ()
    pages: tuple[PageRule, ...] = ()
    strip: tuple[Rule, ...]


class Common(_Part):
    """What all languages share: agencies by their kept name, zone names in minutes east, words of page builders."""

    agencies: dict[str, tuple[str, ...]]
    zones: dict[str, int]
    places: tuple[str, ...]
    strip: tuple[Rule, ...]
    layout: dict[str, tuple[str, ...]]
    # What page builders call a page (class of `body`) or a part of it that tells its kind.
    page_classes: dict[str, tuple[str, ...]] = {}
    part_names: dict[str, tuple[str, ...]] = {}
    search_url: str = "(?!)"
    genre_types: dict[str, tuple[str, ...]] = {}
    subscriber_marks: tuple[str, ...] = ()


class Label(NamedTuple):
    """A label as a page may print it, and the language that it speaks."""

    kind: Literal["published", "updated"]
    language: str


class _RuleSet:
    """Rules tried in their order. In lower case, and without IGNORECASE, they fail at the first letter."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        patterns = [_CAPITAL.sub(lambda match: match.group().lower(), rule.pattern) for rule in rules]
        self._rules = [(rule, re.compile(pattern)) for rule, pattern in zip(rules, patterns, strict=True)]
        # Nine lines of ten match no rule: this says so in a third of the time that all of them take.
        self._any = re.compile(any_of(patterns))

    def first(self, line: str, sentence: bool) -> Rule | None:
        """The first rule that matches a line, of those that may cut sentences where it is one."""
        lowered = line.lower()
        if not self._any.match(lowered):
            return None
        return next((r for r, regex in self._rules if (r.prose or not sentence) and regex.match(lowered)), None)


class Vocabulary:
    """All languages together, compiled once. A page's interface often speaks another language than its article."""

    def __init__(self, languages: Iterable[Language], common: Common) -> None:
        self.languages = {one.language: one for one in languages}
        self.common = common
        every = tuple(self.languages.values())
        self.months = {word: number for one in every for word, number in one.months.items()}
        self.date_labels: dict[str, Label] = {}
        for one in every:
            self.date_labels.update({_fold(word): Label("published", one.language) for word in one.published})
            self.date_labels.update({_fold(word): Label("updated", one.language) for word in one.updated})
        # A label may stand right behind the digits of the date before it: `17:23Modifié le`.
        self.date_label = re.compile(rf"(?<![^\W\d_])(?:{one_of(self.date_labels)})(?!\w)")
        self.filler = (*(w for one in every for w in (*one.date_filler, *one.weekdays)), *common.zones)
        self.date_filler = re.compile(rf"(?<!\w)(?:{one_of(self.filler)})(?!\w)\.?")
        self.month = one_of(self.months)
        self.by = {one.language: re.compile(rf"^(?:{one_of(one.by)})\b\s*:?\s*") for one in every}
        self.any_by = re.compile("|".join(pattern.pattern for pattern in self.by.values()))
        joiners = [word for one in every for word in one.and_]
        self.joiner = re.compile(rf"\s*[,;/|&•·]\s*|\s+(?:{one_of(joiners)})\s+")
        self.home = {_fold(word): one.language for one in every for word in one.home}
        self.collective = re.compile(rf"(?<!\w)(?:{one_of(w for o in every for w in o.collective)})(?!\w)")
        self.role = re.compile(rf"(?<!\w)(?:{one_of(w for o in every for w in o.roles)})(?!\w)")
        # The place begins with a capital: the words before it alone are also parts of names.
        self.where = re.compile(
            rf"\s+(?:{one_of((w for one in every for w in one.where), cased=True)})\s+(?=[^\W\d_a-zß-ÿ])"
        )
        self.places = frozenset(_fold(place) for place in common.places)
        self.article = re.compile(rf"^(?:{one_of(w for one in every for w in one.articles)})\s+(?=\w)")
        self.particles = frozenset(_fold(w) for one in every for w in one.name_particles)
        self.generated = {_fold(word): one.language for one in every for word in one.generated}
        self.topic_labels = frozenset(_fold(word) for one in every for word in one.topic_labels)
        self.paid = re.compile(rf"^\W*(?:{one_of(w for one in every for w in one.paid)})(?!\w)")
        self.maybe_reading = re.compile(
            "|".join(rf"\W*(?:{p.replace('?P<minutes>', '?:')})\W*$" for one in every for p in one.reading_time),
            re.IGNORECASE,
        )
        headings = one_of(w for one in every for w in one.comment_headings)
        self.comment_heading = re.compile(rf"^\W*(?:\d+\s+)?(?:{headings})(?:\s*\(?\d+\)?)?\s*:?$")
        self.reading = tuple(
            (re.compile(rf"^\W*{pattern}\W*$", re.IGNORECASE), one.language)
            for one in every
            for pattern in one.reading_time
        )
        self.reading_anywhere = tuple(re.compile(p, re.IGNORECASE) for one in every for p in one.reading_time)
        self.filler_end = re.compile(rf"(?:\W+(?:{one_of(self.filler)}))+\W*$")
        self.strip = (*(rule for one in every for rule in (*one.metered, *one.strip)), *common.strip)
        self._rules = _RuleSet(self.strip)
        self.ed_notes = tuple(rule for one in every for rule in one.ed_notes)
        # One start for all of them: nearly every line fails on its first letters.
        heads = "|".join(rule.pattern.removeprefix(r"^\W{0,3}") for rule in self.ed_notes) or "(?!)"
        self.ed_note = re.compile(rf"\W{{0,3}}(?:{heads})", re.IGNORECASE)
        self._agency_names = {_fold(s): name for name, more in common.agencies.items() for s in (name, *more)}
        # An agency's name is read with its capitals: `ap`, `ats` and `sid` are also syllables of other words.
        spelled = [s for name, more in common.agencies.items() for s in (name, *more)]
        self._agency = re.compile(
            rf"(?<![\w-])(?:{one_of({*spelled, *(s.upper() for s in spelled)}, cased=True)})(?![\w-])"
        )
        self.rights = re.compile(
            rf"^(?:©|\(c\)|copyright)\s*(?:.{{0,60}}\W)?(?:{one_of(spelled)})(?!\w).{{0,60}}$", re.IGNORECASE
        )

    def agencies_in(self, text: str) -> tuple[str, ...]:
        """The agencies that a byline, dateline, credit or rights line names, in order, each once."""
        return tuple(dict.fromkeys(self._agency_names[_fold(match)] for match in self._agency.findall(text)))

    def agency(self, text: str) -> str | None:
        """The agency whose whole name this is, whatever its capitals."""
        return self._agency_names.get(_fold(text))

    def is_topic_label(self, text: str) -> bool:
        """True for the heading of a list of topics (`Themen:`, `Mots-clés`)."""
        return _fold(text).strip(" :#") in self.topic_labels

    def says_paid(self, text: str) -> bool:
        """True for a line that keeps the rest of the article for subscribers (`Réservé aux abonnés`)."""
        return bool(self.paid.match(text.replace("’", "'")))

    def heads_comments(self, text: str) -> bool:
        """True for the heading over what readers wrote (`Leserkommentare`, `12 commentaires`)."""
        return len(text) < 60 and bool(self.comment_heading.match(text))

    def rule_for(self, line: str, *, sentence: bool = False) -> Rule | None:
        """The first strip rule that matches a line; when `sentence`, only rules that may cut sentences count."""
        if len(line) > LONGEST_RULED_LINE:
            return None
        # A note comes first: `This article was corrected` also looks like a word on provenance.
        if self.ed_note.match(line):
            return next((rule for rule in self.ed_notes if rule.regex.match(line)), None)
        # Typesetters and keyboards write the apostrophe differently; the rules know the keyboard's.
        return self._rules.first(line.replace("’", "'"), sentence)

    def layout_kind(self, hint: str) -> frozenset[str]:
        """The kinds of page part (`byline`, `caption`, …) that an element's class, id or itemprop words name."""
        words = self.layout_words
        # `article__byline`, `c-byline` and `byline` say the same: the whole token, its BEM parts, its words.
        found = {words[part] for part in _LETTERS.findall(hint) if part in words}
        for token in hint.split():
            if token in words:
                found.add(words[token])
            if "_" in token or "--" in token or ":" in token:
                found.update(words[part] for part in _BEM.split(token) if part in words)
        return frozenset(found)

    @cached_property
    def layout_words(self) -> dict[str, str]:
        """Each word of page builders with the kind of part that it names."""
        return {word: kind for kind, words in self.common.layout.items() for word in words}


def _fold(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").split())


def read_language(path: Path) -> Language:
    """One language file. Raises a ValueError of pydantic that names the key."""
    content = _content_of(path)
    return Language.model_validate({("and_" if key == "and" else key): value for key, value in content.items()})


def _content_of(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - it is a safe one


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that is installed with Newswire: every two-letter YAML file beside this module."""
    common = Common.model_validate(_content_of(FOLDER / "common.yaml"))
    return Vocabulary((read_language(path) for path in sorted(FOLDER.glob("[a-z][a-z].yaml"))), common)
