"""The entries of a live blog: what the page states for machines, and the repeated blocks that it shows, each timed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from newswire.extract.dates import is_date_line
from newswire.extract.lines import Line, fold, of_markup
from newswire.extract.moments import Moment, machine_moment, printed_moments
from newswire.extract.page import Page
from newswire.extract.structured import names_of
from newswire.records import Entry
from newswire.vocabulary.kinds import kinds

# Fewer timed blocks are a byline and a teaser, not a ticker.
_FEWEST = 3
_LONGEST_TIME_LINE = 80
_MOST_ENTRIES = 2000
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6", "dt"})
_TIME = re.compile(
    r"^\W{0,3}(?:[01]?\d|2[0-4])\s?(?:[:.]\s?[0-5]\d|h\s?(?:[0-5]\d)?)(?!\d)(?:\s*uhr\b)?\W{0,4}", re.IGNORECASE
)
# A clock as the head of a line: `10.05 Uhr: Die Fähre legt ab`. The dot alone would also read `1.50 Euro`.
_TIMED_HEAD = re.compile(
    r"^\W{0,3}((?:[01]?\d|2[0-4])(?::[0-5]\d(?:\s*uhr\b)?+|[.][0-5]\d\s*uhr|\s?h\s?[0-5]\d))\b\s*[:|–—-]?\s*(?=\S)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+")
_NOT_TEXT = frozenset({"nav", "footer", "form", "dialog", "aside"})


@dataclass(frozen=True, slots=True)
class Block:
    """One visible entry: the position of its time, and the positions of all its lines."""

    time: int
    lines: tuple[int, ...]


def is_live(page: Page, headline: str, near: Sequence[Line]) -> bool:
    """True when the page's type, its headline, a word beside it or an element's name says that it is a live blog."""
    if "LiveBlogPosting" in page.structured.types or page.structured.updates:
        return True
    words = kinds()
    if any(words.genre(part) == "live" for part in re.split(r"\s[|–—-]\s|:\s|\s\+\+\+\s", headline)):
        return True
    return any(line.words <= 3 and line.linked < 0.5 and words.genre(line.text) == "live" for line in near)


def find_blocks(lines: Sequence[Line], start: int) -> tuple[Block, ...]:
    """The timed blocks that a page repeats below its headline, in page order; empty when there are fewer than three."""
    times = [n for n in range(start, len(lines)) if _is_time(lines[n])]
    if len(times) < _FEWEST:
        return ()
    siblings: defaultdict[tuple[tuple[int, ...], str, str], dict[tuple[int, ...], int]] = defaultdict(dict)
    for n in times:
        path = lines[n].path
        for level, place in zip(range(len(path), 0, -1), lines[n].place.chain(len(path)), strict=False):
            kind = (path[: level - 1], place.tag, _NUMBER.sub("", place.hint))
            siblings[kind].setdefault(path[:level], n)
    # The outermost level that tells most of them apart is the entry; its inner boxes hold one time each.
    kind = max(siblings, key=lambda kind: (len(siblings[kind]), -len(kind[0])))
    found = siblings[kind]
    if len(found) < _FEWEST:
        return ()
    whole = _whole_blocks(lines, start, found)
    text = sum(lines[n].words for block in whole for n in block.lines if n != block.time)
    own = sum(lines[block.time].words for block in whole)
    return whole if text > own else _flat_blocks(lines, sorted(found.values()), len(kind[0]))


def _is_time(line: Line) -> bool:
    if line.place.hidden or line.place.region in _NOT_TEXT:
        return False
    if line.times and len(line.text) <= _LONGEST_TIME_LINE:
        return True
    text = line.text
    if not text[:12].strip("([ ").partition(" ")[0][:1].isdecimal():
        return bool(
            line.place.tag in _HEADINGS and any(sign.isdecimal() for sign in text[:12]) and _TIMED_HEAD.match(text)
        )
    return bool(_TIMED_HEAD.match(text)) or (
        len(text) <= _LONGEST_TIME_LINE and bool(_TIME.match(text) or _is_dated(text))
    )


def _is_dated(text: str) -> bool:
    return is_date_line(text, "dmy")


def _whole_blocks(lines: Sequence[Line], start: int, found: Mapping[tuple[int, ...], int]) -> tuple[Block, ...]:
    """Every entry is an element: its lines are those inside it."""
    level = len(next(iter(found)))
    inside: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for n in range(start, len(lines)):
        if lines[n].path[:level] in found and not lines[n].place.hidden:
            inside[lines[n].path[:level]].append(n)
    return tuple(Block(time, tuple(inside[path])) for path, time in sorted(found.items(), key=lambda item: item[1]))


def _flat_blocks(lines: Sequence[Line], times: Sequence[int], level: int) -> tuple[Block, ...]:
    """Every entry is a time and what follows it in the same element, up to the next time."""
    holder = lines[times[0]].path[:level]
    blocks = []
    for n, following in zip(times, [*times[1:], len(lines)], strict=True):
        run = []
        for at in range(n, following):
            if lines[at].path[:level] != holder:
                break
            if not lines[at].place.hidden:
                run.append(at)
        blocks.append(Block(n, tuple(run)))
    return tuple(blocks)


def shown_entries(
    lines: Sequence[Line], blocks: Sequence[Block], body: Collection[int], zone: ZoneInfo, order: str
) -> tuple[Entry, ...]:
    """The visible entries, made of those lines that are in the body: what was cut there is cut here."""
    kept = frozenset(body)
    made = (_shown(lines, block, kept, zone, order) for block in blocks[:_MOST_ENTRIES])
    return tuple(entry for entry in made if entry.text or entry.headline)


def _shown(lines: Sequence[Line], block: Block, kept: frozenset[int], zone: ZoneInfo, order: str) -> Entry:
    timed = lines[block.time]
    moment, raw, rest = _moment_of(timed, order)
    rows = [n for n in block.lines if n in kept and n != block.time]
    # Some set the time and the title, or the whole entry, in one line.
    title, body = (rest, "") if timed.place.tag in _HEADINGS or len(rows) > 0 else ("", rest)
    if not title and rows and _is_title(lines[rows[0]]):
        title, rows = lines[rows[0]].text, rows[1:]
    text = "\n\n".join(part for part in (body, *(lines[n].text for n in rows)) if part)
    return Entry(at=moment.instant(zone) if moment else None, raw=raw, headline=title or None, text=text)


def _is_title(line: Line) -> bool:
    return line.place.tag in _HEADINGS or (not line.is_sentence and line.words <= 16)


def _moment_of(line: Line, order: str) -> tuple[Moment | None, str | None, str]:
    """The instant where the page gives a day with the time, the time as printed, and the rest of its line."""
    shown, stated = line.times[0] if line.times else ("", "")
    moment = machine_moment(stated) if stated else None
    if moment and not moment.timed:
        moment = None
    found = next(printed_moments(line.text, order), None)
    if moment is None and found is not None and found.moment.timed:
        moment = found.moment
    if head := _TIMED_HEAD.match(line.text):
        return moment, shown or head[1], line.text[head.end() :]
    rest = line.text.replace(shown, "", 1).strip(" |:–—-•·") if shown and len(line.text) > len(shown) else ""
    return moment, shown or line.text, rest if rest.count(" ") >= 2 else ""


def stated_entries(updates: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> tuple[Entry, ...]:
    """The `liveBlogUpdate` postings of the page's structured data, in their order."""
    found = []
    for update in updates[:_MOST_ENTRIES]:
        raw = next(iter(names_of(update.get("datePublished") or update.get("dateModified"))), None)
        moment = machine_moment(raw) if raw else None
        headline = next(iter(names_of(update.get("headline") or update.get("name"))), None)
        text = _paragraphs(update.get("articleBody") or update.get("text") or update.get("description"))
        if text or headline:
            at = moment.instant(zone) if moment and moment.timed else None
            found.append(Entry(at=at, raw=raw, headline=headline, text=text))
    return tuple(found)


def told(entries: Sequence[Entry]) -> tuple[str, ...]:
    """The paragraphs of entries that a page states and does not show."""
    parts = (part for entry in entries for part in (entry.headline, *entry.text.split("\n\n")))
    return tuple(part for part in parts if part)


def _paragraphs(value: Any) -> str:
    """Text of an articleBody, which may hold markup."""
    if not isinstance(value, str):
        return ""
    if "<" in value:
        try:
            return "\n\n".join(line.text for line in of_markup(value[:200_000]))
        except ValueError:
            return fold(value)
    return "\n\n".join(part for line in value[:200_000].split("\n") if (part := fold(line)))
