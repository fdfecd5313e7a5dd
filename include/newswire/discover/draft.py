"""An outlet file drafted from what was found: ready to use, with a comment where a person should look again."""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import yaml

from newswire.discover.homepage import Offer
from newswire.discover.links import Page
from newswire.discover.said import language_of, title_of

_NOT_IN_ID = re.compile(r"[^a-z0-9_-]+")
_SEPARATOR = re.compile(r"\s+[|–—·-]\s+")


@dataclass(frozen=True, slots=True)
class Finding:
    """All that a look at a homepage gave. `hosts` are the outlet's, `offers` its sources in the order to try."""

    homepage: str
    page: Page
    hosts: tuple[str, ...]
    offers: Sequence[Offer]
    allow_addresses: tuple[str, ...] = ()
    include: str | None = None


def draft(finding: Finding, outlet_id: str | None = None) -> str:
    """The text of the outlet file; the id is made from the host where none is given."""
    language, basis = _language(finding)
    zone, country = zone_of(language, finding.homepage)
    identity = outlet_id or _id(finding.homepage)
    said = f"the first zone of {country}" if country else "no country could be told from language or address"
    lines = [
        f"# Drafted from {finding.homepage}. Read it through, then: newswire canary --outlets {identity}",
        f"id: {identity}",
        f"name: {_scalar(_name(finding))}",
        f"language: {language}  # {basis}",
        f"timezone: {zone}  # {said}; for times that a page prints without an offset",
        f"homepage: {_scalar(finding.homepage)}",
        "discover:" if finding.offers else "discover: []  # no feed, sitemap or list of articles was found: add one",
        *(f"  - {offer.kind}: {_scalar(offer.url)}  # {_counted(offer)}" for offer in finding.offers),
        f"hosts: [{', '.join(_scalar(host) for host in finding.hosts)}]",
    ]
    if finding.allow_addresses:
        lines.append(f"allow_addresses: [{', '.join(finding.allow_addresses)}]  # addresses that are not public")
        lines.append("pace: 0  # a server of your own needs no pause")
    if finding.include:
        lines.append(f"include: [{_scalar(re.escape(finding.include))}]  # all that the sources list lies below it")
    return "\n".join(lines) + "\n"


def zone_of(language: str, homepage: str) -> tuple[str, str | None]:
    """The time zone of the language's region or of the address's country, by the tz database; else UTC and None."""
    region = language.partition("-")[2][:2].upper()
    domain = (urlsplit(homepage).hostname or "").rpartition(".")[2].upper()
    zones = _zones()
    country = next((one for one in (region, domain) if one in zones), None)
    return (zones[country], country) if country else ("UTC", None)


def _zones() -> dict[str, str]:
    """The first zone of each country in the tz database's table, which lists the most populous first."""
    table = importlib.resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for line in table.splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, zone)
    return found


def _language(finding: Finding) -> tuple[str, str]:
    stated = (
        # A feed's language is its articles'; a page's may be that of the menus around them.
        (next((offer.lang for offer in finding.offers if offer.lang), None), "the feed's language"),
        (finding.page.lang, "the page's lang attribute"),
        (finding.page.metas.get("og:locale"), "the page's og:locale"),
    )
    for raw, basis in stated:
        if language := language_of(raw):
            main, _, region = language.partition("-")
            return (f"{main.lower()}-{region.upper()}" if len(region) == 2 else main.lower()), basis
    return "und", "nothing states it; each article's language is detected"


def _name(finding: Finding) -> str:
    metas = finding.page.metas
    title = _SEPARATOR.split(finding.page.title or "")[0]
    host = urlsplit(finding.homepage).hostname or "outlet"
    return next(filter(None, map(title_of, (metas.get("og:site_name"), metas.get("application-name"), title))), host)


def _id(homepage: str) -> str:
    """The name in front of the domain's ending, or the address with hyphens."""
    host = (urlsplit(homepage).hostname or "").removeprefix("www.")
    stem = host if host.replace(".", "").isdigit() else host.rpartition(".")[0] or host
    return _NOT_IN_ID.sub("-", stem.lower()).strip("-_")[:41] or "outlet"


def _counted(offer: Offer) -> str:
    if offer.is_index:
        return f"an index of {offer.count} sitemaps"
    here = "" if offer.at_home == offer.count else f", {offer.at_home} of them on these hosts"
    return f"listed {offer.count} pages{here}"


def _scalar(text: str) -> str:
    """Text as one YAML scalar on one line, quoted only where it must be."""
    written = yaml.safe_dump(text, allow_unicode=True, width=10_000, default_flow_style=True).strip()
    return written.removesuffix("...").strip()
