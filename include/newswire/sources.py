"""Where an outlet's leads come from: one `kind: address` pair per list item, checked when its file is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from newswire import urls

SourceKind = Literal["feed", "sitemap", "news_sitemap", "section", "archive", "folder", "warc"]
# What lies on a disk, and is meant relative to the file that names it.
ON_DISK = ("folder", "warc")
# Kinds that list more than what is new.
_WITH_DAYS = ("sitemap", "archive")
_BRACES = {"yyyy": "%Y", "yy": "%y", "mm": "%m", "m": "%m", "dd": "%d", "d": "%d"}
_BRACE = re.compile(r"\{([^{}]*)\}")
# `%20` and `%C3` are escapes of a URL; these letters are what strftime knows of a day and no escape begins with.
_PERCENT = re.compile(r"%(Y|y|m|j)|%d(?![0-9A-Fa-f])")


class Source(BaseModel):
    """A place that lists articles. `days` is how far back it is read when the run does not say: sitemap, archive.

    `at` is a URL, for `archive` one with a date pattern such as `{yyyy}/{mm}/{dd}`; for `folder` and `warc` a path
    relative to the outlet file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: SourceKind
    at: Annotated[str, Field(min_length=1)]
    days: Annotated[int, Field(ge=1, le=36_600)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_pair(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "kind" in value:
            return value
        pairs = {key: at for key, at in value.items() if key != "days"}
        if len(pairs) != 1:
            raise ValueError("write one `kind: address` pair per list item, for example `- feed: https://…`")
        ((kind, at),) = pairs.items()
        if kind not in get_args(SourceKind):
            raise ValueError(f"`{kind}` is no kind of source; known are {', '.join(get_args(SourceKind))}")
        return {"kind": kind, "at": at, **({"days": value["days"]} if "days" in value else {})}

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Source:
        if self.days is not None and self.kind not in _WITH_DAYS:
            raise ValueError(f"`days` belongs to {' and '.join(_WITH_DAYS)}; a {self.kind} is read as a whole")
        if self.kind not in ON_DISK and not urls.is_http(self.at):
            raise ValueError(f"{urls.shown(self.at)!r} is no address; write an absolute http(s) URL")
        if self.kind == "archive":
            _check_pattern(self.at)
        if self.kind == "warc" and urls.is_http(self.at):
            raise ValueError("download the WARC file first and give its path: a page's server is asked, not a file's")
        return self

    def pages(self, since: date, until: date) -> Iterator[str]:
        """The addresses of an archive's pages from one day to the other, both included, each once, newest first."""
        said: set[str] = set()
        for back in range((until - since).days + 1):
            url = dated(self.at, until - timedelta(days=back))
            if url not in said:
                said.add(url)
                yield url


def dated(pattern: str, day: date) -> str:
    """The pattern with the day put in: `{yyyy} {yy} {mm} {m} {dd} {d}`, or strftime's `%Y %y %m %d %j`."""
    if _BRACE.search(pattern):
        return _BRACE.sub(lambda match: _part(match[1], day), pattern)
    return _PERCENT.sub(lambda match: day.strftime(match[0]), pattern)


def _part(name: str, day: date) -> str:
    text = day.strftime(_BRACES[name])
    return text.lstrip("0") if name in ("m", "d") else text


def _check_pattern(pattern: str) -> None:
    names = _BRACE.findall(pattern)
    unknown = [name for name in names if name not in _BRACES]
    if unknown:
        known = " ".join(f"{{{name}}}" for name in _BRACES)
        raise ValueError(f"the date pattern holds {{{unknown[0]}}}; known are {known}")
    if dated(pattern, date(2001, 2, 3)) == dated(pattern, date(1999, 2, 3)):
        raise ValueError("the date pattern names no year; write for example https://…/{yyyy}/{mm}/{dd}/")
