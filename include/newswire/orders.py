"""What a run is asked to do: the trigger form's parameters, checked as a whole before anything is fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict

from newswire import urls
from newswire.errors import OrderError
from newswire.outlets import GENERIC, Outlet, owner_of

FIELDS = ("outlets", "urls", "since", "until", "limit", "refetch")
MAX_LIMIT = 100_000


class Order(BaseModel):
    """One lane's work. Without `urls` the outlet's own sources are asked. Dates are inclusive days of the outlet.

    A `part` is a piece of an outlet's archive to read again, without the network.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    outlet_id: str
    urls: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    limit: int | None = None
    refetch: bool = False
    part: int | None = None

    @property
    def lane(self) -> str:
        """The lane's name in its run: `<outlet>`, or `<outlet>.<part>`; no outlet's id holds a dot."""
        return self.outlet_id if self.part is None else f"{self.outlet_id}.{self.part:04}"


# Why an outlet may not reach a URL, or None: the fetch room's guard, passed in.
Refusal = Callable[[str, Outlet], str | None]


def plan(
    params: Mapping[str, Any],
    outlets: Mapping[str, Outlet],
    run_id: str,
    *,
    refusal: Refusal = lambda _url, _outlet: None,
    no_contact: str | None = None,
    broken: Sequence[str] = (),
) -> list[Order]:
    """One order per lane. Raises OrderError that names every wrong field and line: nothing is then fetched.

    `no_contact` says what to do before a public server may be asked, None when that is done: until then such outlets
    wait, and are refused where the form names them. `broken` tells of the outlet files that cannot be used.
    """
    faults = [f"unknown parameter `{name}`; known are {', '.join(FIELDS)}" for name in params if name not in FIELDS]
    since, until = read_day(params, "since", faults), read_day(params, "until", faults)
    if since and until and since > until:
        faults.append(f"since: {since} is later than until: {until}")
    limit = _limit(params, faults)
    refetch = params.get("refetch") or False
    if not isinstance(refetch, bool):
        faults.append("refetch: say true or false")
    lanes = _lanes(params, outlets, refusal, faults)
    if not faults and no_contact:
        lanes = _without_waiting(lanes, outlets, no_contact, faults, chosen=_chosen(params))
    if faults and broken:
        faults += [f"outlet file left out: {error}" for error in broken]
    if faults:
        raise OrderError("the run was refused, nothing was fetched: " + "; ".join(faults))
    return [
        Order(run_id=run_id, outlet_id=key, urls=tuple(named), since=since, until=until, limit=limit, refetch=refetch)
        for key, named in sorted(lanes.items())
    ]


def waiting(outlets: Mapping[str, Outlet]) -> list[str]:
    """The nightly outlets that ask public servers: they wait until there is a contact."""
    return sorted(key for key, outlet in outlets.items() if outlet.enabled and outlet.discover and not outlet.is_local)


def _chosen(params: Mapping[str, Any]) -> bool:
    return bool(params.get("outlets") or params.get("urls"))


def _without_waiting(
    lanes: dict[str, list[str]], outlets: Mapping[str, Outlet], remedy: str, faults: list[str], *, chosen: bool
) -> dict[str, list[str]]:
    """The lanes that need no contact. To name another one is a fault, and so is a night in which all would wait."""
    ready = {name: named for name, named in lanes.items() if outlets[name].is_local}
    waits = [name for name in lanes if name not in ready]
    if waits and (chosen or not ready):
        faults.append(f"{', '.join(waits)}: {remedy}")
    return ready


def _lanes(
    params: Mapping[str, Any], outlets: Mapping[str, Outlet], refusal: Refusal, faults: list[str]
) -> dict[str, list[str]]:
    chosen = read_strings(params, "outlets", faults)
    given = read_strings(params, "urls", faults)
    if chosen and any(line.strip() for line in given):
        faults.append("outlets and urls: give one of them; each URL finds its own outlet")
        return {}
    if given:
        return _owners(given, outlets, refusal, faults)
    for name in chosen:
        if name not in outlets:
            faults.append(f"outlets: {name!r} is not declared; declared are {', '.join(sorted(outlets))}")
    names = chosen or [key for key, outlet in outlets.items() if outlet.enabled and outlet.discover]
    if not names:
        faults.append("outlets: no outlet is enabled; add a file to include/outlets")
    return {name: [] for name in names}


def _owners(
    given: Sequence[str], outlets: Mapping[str, Outlet], refusal: Refusal, faults: list[str]
) -> dict[str, list[str]]:
    lanes: dict[str, list[str]] = {}
    for number, line in enumerate(given, start=1):
        url = line.strip()
        if not url:
            continue
        fault = _url_fault(url)
        owner = None if fault else owner_of(url, outlets.values()) or outlets.get(GENERIC)
        if not fault and owner is None:
            fault = f"belongs to no declared outlet and there is no {GENERIC} outlet"
        if owner is not None:
            fault = refusal(url, owner)
        if fault or owner is None:
            faults.append(f"urls, line {number}: {_shown(url)} {fault}")
            continue
        lanes.setdefault(owner.id, []).append(url)
    return lanes


def _url_fault(url: str) -> str | None:
    if any(ord(char) <= 32 or ord(char) == 127 for char in url):
        return "holds a space or control character; write one URL per line"
    if not urls.is_http(url):
        return "is not an absolute http(s) URL without a user name"
    if urls.canonicalise(url) is None:
        return "is not the address of a page"
    return None


def _shown(url: str) -> str:
    """The URL as a person may see it: no control characters, no password, not endless."""
    text = url.split("@", 1)[-1] if "@" in url.split("?", 1)[0] else url
    return repr(text[:120])


def read_strings(params: Mapping[str, Any], name: str, faults: list[str]) -> list[str]:
    value = params.get(name) or []
    if isinstance(value, str):
        value = value.splitlines()
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        faults.append(f"{name}: give a list of texts")
        return []
    return list(value)


def read_day(params: Mapping[str, Any], name: str, faults: list[str]) -> date | None:
    value = params.get(name)
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        faults.append(f"{name}: {str(value)[:40]!r} is not a day; write it as 2026-11-22")
        return None


def _limit(params: Mapping[str, Any], faults: list[str]) -> int | None:
    value = params.get("limit")
    if value in (None, "", 0):
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_LIMIT:
        faults.append(f"limit: {str(value)[:40]!r} is not a whole number from 1 to {MAX_LIMIT}")
        return None
    return value
