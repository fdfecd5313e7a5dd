"""Outlets are data: one YAML file each, validated here. An error names the file, the key and the remedy."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from newswire import urls
from newswire.errors import OutletError
from newswire.sources import ON_DISK, Source

__all__ = ["EARLIEST", "GENERIC", "Outlet", "Source", "StripRule", "load", "load_all", "owner_of"]

GENERIC = "generic"
# News sites did not exist before: an earlier time on a page is a content system's empty field, often 1970-01-01.
EARLIEST = date(1990, 1, 1)
_PLACEHOLDER = re.compile(r"\$\{([A-Z_][A-Z0-9_]*)(?::-([^}]*))?\}")
# Escapes of letters beyond ASCII: only those read differently, `%2F` in a query is no path.
_LETTERS = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")
_BCP47 = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StripRule(_Part):
    """An outlet's own boilerplate: lines that match the regular expression are cut under this rule's name."""

    pattern: str
    rule: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return value


class Outlet(_Part):
    """One news outlet: who it is, where its articles are found, and which addresses it may reach."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{1,40}$")]
    name: Annotated[str, Field(min_length=1)]
    language: str
    timezone: str = "UTC"
    homepage: str | None = None
    discover: tuple[Source, ...] = ()
    hosts: tuple[str, ...] = ()
    allow_addresses: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    pace: Annotated[float, Field(ge=0, le=3600)] = 2.0
    selectors: dict[Literal["body", "headline", "description", "section", "authors"], str] = {}
    strip: tuple[StripRule, ...] = ()
    respect: tuple[Literal["tdm", "noai", "noindex"], ...] = ("tdm", "noai")
    # Raw pages may be removed from the archive so many days after their capture; never when it is not given.
    retention_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    languages: tuple[str, ...] = ()
    earliest: date = EARLIEST
    tolerate: tuple[Literal["implausible_time", "foreign_language", "repeated_body", "too_long", "too_many"], ...] = ()
    enabled: bool = True

    @field_validator("language")
    @classmethod
    def _language(cls, value: str) -> str:
        if not _BCP47.match(value):
            raise ValueError("write a BCP 47 language tag, for example `de`, `fr` or `fr-CH`")
        return value

    @field_validator("languages")
    @classmethod
    def _languages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for tag in value:
            cls._language(tag)
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("write an IANA time zone, for example `Europe/Paris`") from None
        return value

    @field_validator("allow_addresses")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ipaddress.ip_network(network)
            except ValueError:
                raise ValueError(f"{network!r} is no network; write for example `127.0.0.0/8`") from None
        return value

    @field_validator("include", "exclude")
    @classmethod
    def _patterns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The zone of times that a page prints without an offset."""
        return ZoneInfo(self.timezone)

    @property
    def is_local(self) -> bool:
        """True when reading it asks no public server: its hosts are addresses that its own file allows, or it has only
        folders and WARC files. Such an outlet needs no contact in the User-Agent.
        """
        networks = [ipaddress.ip_network(network) for network in self.allow_addresses]
        if self.discover and all(source.kind in ON_DISK for source in self.discover):
            return True
        hosts = [*self.hosts, *(urls.host_of(source.at) for source in self.discover if source.kind not in ON_DISK)]
        return bool(hosts) and all(_is_within(host, networks) for host in hosts)

    def refuses(self, url: str) -> str | None:
        """Why this URL is not one of the outlet's articles (a reason code), or None when it may be one."""
        if not urls.is_http(url):
            return "not_http"
        if not urls.host_allowed(url, self.hosts):
            return "foreign_host"
        # A person writes `émissions` into a pattern, a feed writes `%C3%A9missions`: both mean the same page.
        spellings = {url, _LETTERS.sub(lambda found: unquote(found[0]), url)}
        if self.include and not _any_fits(self.include, spellings):
            return "not_included"
        return "excluded" if _any_fits(self.exclude, spellings) else None


def _any_fits(patterns: Iterable[str], spellings: Collection[str]) -> bool:
    return any(re.search(pattern, url) for pattern in patterns for url in spellings)


def _is_within(host: str, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    """True for a literal address in one of the networks; a name may lead anywhere."""
    try:
        address = ipaddress.ip_address(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
    return any(address.version == network.version and address in network for network in networks)


def load(path: Path) -> Outlet:
    """Read one outlet file. Raises OutletError with the file, the key and the remedy."""
    try:
        text = _PLACEHOLDER.sub(_from_environment, path.read_text(encoding="utf-8"))
        content = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise OutletError(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise OutletError(f"{path}: holds no `key: value` lines; see include/outlets/demo-de.yaml for an example")
    try:
        outlet = Outlet.model_validate(content)
    except ValidationError as error:
        raise OutletError(f"{path}: {_explain(error)}") from None
    if outlet.id != path.stem:
        raise OutletError(f"{path}: key `id` is {outlet.id!r}; name the file {outlet.id}.yaml or change the id")
    return outlet.model_copy(update={"discover": tuple(_anchored(source, path) for source in outlet.discover)})


def load_all(folder: Path) -> tuple[dict[str, Outlet], list[OutletError]]:
    """All outlets of a folder by id, and the errors of the files that hold none: one bad file spares the others."""
    found: dict[str, Outlet] = {}
    errors: list[OutletError] = []
    if not folder.is_dir():
        return {}, [OutletError(f"{folder}: no such folder; outlets are declared there, one YAML file each")]
    for path in sorted(folder.glob("*.yaml")):
        try:
            outlet = load(path)
        except OutletError as error:
            errors.append(error)
        else:
            found[outlet.id] = outlet
    return found, errors


def owner_of(url: str, outlets: Iterable[Outlet]) -> Outlet | None:
    """The declared outlet whose hosts hold this URL; the longest matching host wins, the generic outlet never does."""
    matches = [
        (len(host), outlet)
        for outlet in outlets
        for host in outlet.hosts
        if outlet.id != GENERIC and urls.host_allowed(url, (host,))
    ]
    best = max((length for length, _ in matches), default=None)
    candidates = [outlet for length, outlet in matches if length == best]
    return _nearest_homepage(url, candidates)


def _nearest_homepage(url: str, candidates: list[Outlet]) -> Outlet | None:
    """Outlets that share a host are told apart by their homepage's path."""
    if not candidates:
        return None
    return max(candidates, key=lambda o: len(o.homepage or "") if url.startswith(o.homepage or "\0") else 0)


def _from_environment(match: re.Match[str]) -> str:
    name, default = match.group(1), match.group(2)
    return os.environ.get(name) or default or ""


def _anchored(source: Source, path: Path) -> Source:
    """A folder or WARC file is meant relative to the outlet file; a WARC may also lie behind a URL of its own."""
    if source.kind not in ON_DISK or "://" in source.at:
        return source
    return source.model_copy(update={"at": str((path.parent / source.at).resolve())})


def _explain(error: ValidationError) -> str:
    known = ", ".join(Outlet.model_fields)
    lines = []
    for item in error.errors(include_url=False, include_input=False):
        key = ".".join(str(part) for part in item["loc"]) or "(file)"
        if item["type"] == "extra_forbidden":
            lines.append(f"unknown key `{key}`; known keys are {known}")
        elif item["type"] == "missing":
            lines.append(f"key `{key}` is missing; add it")
        else:
            lines.append(f"key `{key}`: {item['msg'].removeprefix('Value error, ')}")
    return "; ".join(lines)
