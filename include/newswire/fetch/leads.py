"""From leads to captures: one at a time, in order, each ending in exactly one record."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from newswire.errors import ArchiveError, FetchError
from newswire.fetch.folder import is_saved, read_page
from newswire.fetch.transport import Body, named
from newswire.fetch.visit import Visitor, conditional, visiting
from newswire.outlets import Outlet
from newswire.records import Capture, Exchange, Lead, Outcome, Reject, Validator, WarcRef
from newswire.settings import FetchSettings

Keep = Callable[[Exchange], WarcRef]
Ending = Capture | Outcome | Reject

_PAGES = frozenset({"text/html", "application/xhtml+xml", "text/plain"})
_ENDED = {404: "not_found", 410: "gone", 451: "unavailable_for_legal_reasons"}
_NOT_FOR_US = frozenset({"address_refused", "robots", "foreign_host"})
# Five nights: a longer outage is a dead page, and a person can send the reject again.
_MOST_ATTEMPTS = 5
_ACCEPT = {"Accept": "text/html, application/xhtml+xml;q=0.9, text/plain;q=0.8, */*;q=0.1"}


@dataclass(frozen=True, slots=True)
class FetchResult:
    """What became of the leads, each tuple in their order. `bytes` are decoded, `seconds` elapsed."""

    captures: tuple[Capture, ...]
    outcomes: tuple[Outcome, ...]
    rejects: tuple[Reject, ...]
    requests: int
    bytes: int
    seconds: float


def fetch_leads(
    leads: Sequence[Lead],
    outlet: Outlet,
    settings: FetchSettings,
    *,
    validators: Mapping[str, Validator],
    keep: Keep,
    clock: Callable[[], datetime],
    refetch: bool = False,
) -> FetchResult:
    """Fetch every lead once. A fault ends that lead as failed (or, after five attempts, rejected), never the others.

    `validators` are by canonical URL; `refetch` ignores them. Raises ArchiveError only: with nowhere to keep
    answers, asking on would cost the outlet requests and us the pages.
    """
    desk = _Desk(outlet, settings, {} if refetch else validators, keep, clock)
    return asyncio.run(desk.work(leads))


class _Desk:
    """Judges what comes back, for one call of `fetch_leads`."""

    def __init__(
        self,
        outlet: Outlet,
        settings: FetchSettings,
        validators: Mapping[str, Validator],
        keep: Keep,
        clock: Callable[[], datetime],
    ) -> None:
        self._outlet = outlet
        self._settings = settings
        self._validators = validators
        self._keep = keep
        self._clock = clock

    async def work(self, leads: Sequence[Lead]) -> FetchResult:
        now = asyncio.get_running_loop().time
        started = now()
        async with visiting(self._outlet, self._settings, self._clock) as (visitor, transport):
            endings = [await self._settle(lead, visitor) for lead in leads]
        return FetchResult(
            captures=tuple(ending for ending in endings if isinstance(ending, Capture)),
            outcomes=tuple(ending for ending in endings if isinstance(ending, Outcome)),
            rejects=tuple(ending for ending in endings if isinstance(ending, Reject)),
            requests=transport.requests,
            bytes=transport.bytes,
            seconds=now() - started,
        )

    async def _settle(self, lead: Lead, visitor: Visitor) -> Ending:
        try:
            if is_saved(lead):
                return self._judge_file(lead, read_page(lead, self._settings.max_bytes, self._clock))
            headers = conditional(self._validators.get(lead.canonical_url))
            exchange = await visitor.page(lead.url, {**_ACCEPT, **headers}, _body_wanted)
            return self._judge(lead, exchange, asked_conditionally=bool(headers))
        except ArchiveError:
            raise
        except FetchError as error:
            return self._unfinished(lead, error)
        except Exception as error:
            # The message of an error nobody foresaw may hold anything; its type and this lead are enough to begin.
            return self._unfinished(lead, FetchError("unexpected", f"{type(error).__name__} at {named(lead.url)}"))

    def _judge(self, lead: Lead, exchange: Exchange, *, asked_conditionally: bool) -> Ending:
        if exchange.status == 304 and asked_conditionally:
            return Outcome(lead=lead, disposition="not_modified", room="fetch", status=304)
        if exchange.status in _ENDED:
            return self._rejected(lead, exchange, _ENDED[exchange.status], self._keep(exchange))
        if exchange.status != 200:
            answer = f"{named(exchange.url)} answered {exchange.status} {exchange.reason}".rstrip()
            return self._unfinished(lead, FetchError(f"http_{exchange.status}", answer), exchange.status)
        if not _is_page(exchange):
            return self._rejected(lead, exchange, "not_html", None)
        return self._captured(lead, exchange)

    def _judge_file(self, lead: Lead, exchange: Exchange) -> Ending:
        known = self._validators.get(lead.canonical_url)
        if known is not None and known.digest == _digest(exchange.body):
            return Outcome(lead=lead, disposition="not_modified", room="fetch")
        if not _is_page(exchange):
            return self._rejected(lead, exchange, "not_html", None)
        return self._captured(lead, exchange)

    def _captured(self, lead: Lead, exchange: Exchange) -> Capture:
        return Capture(
            lead=lead,
            url=exchange.url,
            status=exchange.status,
            content_type=_printable(exchange, "Content-Type"),
            captured_at=exchange.at,
            digest=_digest(exchange.body),
            size=len(exchange.body),
            warc=self._keep(exchange),
            etag=_printable(exchange, "ETag"),
            last_modified=_printable(exchange, "Last-Modified"),
        )

    def _rejected(self, lead: Lead, exchange: Exchange, reason: str, warc: WarcRef | None) -> Reject:
        kind = _printable(exchange, "Content-Type") or "no content type"
        return Reject(
            lead=lead,
            room="fetch",
            reason=reason,
            detail=f"{named(exchange.url)} answered {exchange.status} with {kind}",
            seen_at=exchange.at,
            status=exchange.status,
            digest=_digest(exchange.body) if warc else None,
            warc=warc,
            etag=_printable(exchange, "ETag"),
            last_modified=_printable(exchange, "Last-Modified"),
        )

    def _unfinished(self, lead: Lead, error: FetchError, status: int | None = None) -> Outcome | Reject:
        reason, detail = error.reason, error.detail
        if reason in _NOT_FOR_US:
            return Outcome(lead=lead, disposition="skipped", room="fetch", reason=reason, detail=detail)
        if error.final or lead.attempts >= _MOST_ATTEMPTS:
            seen_at = self._clock()
            return Reject(lead=lead, room="fetch", reason=reason, detail=detail, seen_at=seen_at, status=status)
        return Outcome(lead=lead, disposition="failed", room="fetch", reason=reason, detail=detail, status=status)


def _body_wanted(head: Exchange) -> Body:
    """Pages whole; the body of an ended page as far as the cap goes; nothing of films, PDFs and error pages."""
    if head.status == 200:
        return "whole" if _media_type(head) in _PAGES | {""} else "none"
    return "start" if head.status in _ENDED else "none"


def _media_type(exchange: Exchange) -> str:
    return (exchange.header("Content-Type") or "").partition(";")[0].strip().lower()


def _is_page(exchange: Exchange) -> bool:
    """By its content type; an answer that states none is a page when it begins like markup (RFC 9110, 8.3)."""
    stated = _media_type(exchange)
    return stated in _PAGES or (not stated and exchange.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<")


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _printable(exchange: Exchange, name: str) -> str | None:
    value = exchange.header(name)
    return value if value and value.isprintable() else None
