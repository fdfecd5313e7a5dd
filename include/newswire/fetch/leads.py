"""From leads to captures: hosts side by side, one lead of a host at a time, each ending in exactly one record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newswire import digests, urls
from newswire.errors import ArchiveError, FetchError
from newswire.fetch.folder import is_saved, read_page
from newswire.fetch.network import Network
from newswire.fetch.notes import Forgetful, Notes
from newswire.fetch.reserved import Reserved, in_head, in_headers, mark_of
from newswire.fetch.transport import Body, named
from newswire.fetch.visit import Visitor, conditional, visiting
from newswire.outlets import Outlet
from newswire.records import Capture, Exchange, Lead, Outcome, Reject, Validator, WarcRef
from newswire.settings import FetchSettings


class Keep(Protocol):
    """Archives an answer, after the `hops` that led to it; `lead` is why it was asked for."""

    def __call__(self, exchange: Exchange, *, lead: Lead | None = None, hops: Sequence[Exchange] = ()) -> WarcRef: ...


Ending = Capture | Outcome | Reject

_PAGES = frozenset({"text/html", "application/xhtml+xml", "text/plain"})
_ENDED = {404: "not_found", 410: "gone", 451: "unavailable_for_legal_reasons"}
_NOT_FOR_US = frozenset({"address_refused", "robots", "foreign_host", "reserved"})
# Not the page's fault: it stays open until somebody sets a contact, or the host's pause is over.
_NO_FAULT = frozenset({"contact_missing", "retry_after", "host_busy"})
# Five nights: a longer outage is a dead page, and a person can send the reject again.
_MOST_ATTEMPTS = 5
_ACCEPT = {"Accept": "text/html, application/xhtml+xml;q=0.9, text/plain;q=0.8, */*;q=0.1"}


# No repr: asyncio.run spells its coroutine's result out when it ends, which took 80 ms for a thousand pages.
@dataclass(frozen=True, slots=True, repr=False)
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
    notes: Notes | None = None,
    network: Network | None = None,
) -> FetchResult:
    """Fetch every lead once, a busy host's pause aside.

    A fault ends that lead as failed (or, after five attempts, rejected), never the others. `validators` are by
    canonical URL; `refetch` ignores them. `notes` outlive the run. Raises ArchiveError only: with nowhere to keep
    answers, asking on would cost the outlet requests and us the pages.
    """
    desk = _Desk(outlet, settings, {} if refetch else validators, keep, clock)
    return asyncio.run(desk.work(leads, notes or Forgetful(), network or Network()))


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
        self._agent = settings.user_agent.partition("/")[0]

    async def work(self, leads: Sequence[Lead], notes: Notes, network: Network) -> FetchResult:
        now = asyncio.get_running_loop().time
        started = now()
        async with visiting(self._outlet, self._settings, self._clock, notes=notes, network=network) as (
            visitor,
            transport,
        ):
            endings = await self._side_by_side(leads, visitor)
        return FetchResult(
            captures=tuple(ending for ending in endings if isinstance(ending, Capture)),
            outcomes=tuple(ending for ending in endings if isinstance(ending, Outcome)),
            rejects=tuple(ending for ending in endings if isinstance(ending, Reject)),
            requests=transport.requests,
            bytes=transport.bytes,
            seconds=now() - started,
        )

    async def _side_by_side(self, leads: Sequence[Lead], visitor: Visitor) -> list[Ending]:
        """The endings in the order of the leads. The first ArchiveError ends them all."""
        endings: dict[int, Ending] = {}
        room = asyncio.Semaphore(self._settings.hosts_at_once)

        async def one_host(numbers: Sequence[int]) -> None:
            async with room:
                for number in numbers:
                    endings[number] = await self._settle(leads[number], visitor)

        try:
            async with asyncio.TaskGroup() as group:
                for numbers in _by_host(leads):
                    group.create_task(one_host(numbers))
        except ExceptionGroup as faults:
            raise faults.exceptions[0] from None
        return [endings[number] for number in range(len(leads))]

    async def _settle(self, lead: Lead, visitor: Visitor) -> Ending:
        try:
            if is_saved(lead):
                return self._judge_file(lead, read_page(lead, self._settings.max_bytes, self._clock))
            known = self._validators.get(lead.canonical_url)
            headers = conditional(known)
            answer = await visitor.page(lead.url, {**_ACCEPT, **headers}, self._body_wanted)
            if reserved := self._reserved(lead, answer.exchange, known if headers else None):
                return reserved

            def keep() -> WarcRef:
                return self._keep(answer.exchange, lead=lead, hops=visitor.earlier(answer))

            return self._judge(lead, answer.exchange, keep, asked_conditionally=bool(headers))
        except ArchiveError:
            raise
        except FetchError as error:
            return self._unfinished(lead, error)
        except Exception as error:
            # The message of an error nobody foresaw may hold anything; its type and this lead are enough to begin.
            return self._unfinished(lead, FetchError("unexpected", f"{type(error).__name__} at {named(lead.url)}"))

    def _reserved(self, lead: Lead, exchange: Exchange, known: Validator | None) -> Outcome | None:
        """How the lead ends if its publisher reserves the page: it is neither archived nor published.

        One that a header reserves is asked for anew each time: its body is never sent, and a 304 need not repeat
        the header.
        """
        respect = self._outlet.respect
        validators: dict[str, str | None] = {}
        if exchange.status == 304 and known is not None and known.kept_as == mark_of(respect):
            found: str | None = "not modified (304) since it was read, and it reserved itself then"
        elif exchange.status != 200:
            return None
        elif (found := in_headers(exchange, respect, self._agent)) is None:
            found = in_head(exchange.body, respect, self._agent)
            validators = _validators(exchange)
        if found is None:
            return None
        why = Reserved(f"{named(exchange.url)}: {found}")
        return self._skipped(lead, why).model_copy(update={"status": exchange.status, **validators})

    def _judge(
        self, lead: Lead, exchange: Exchange, keep: Callable[[], WarcRef], *, asked_conditionally: bool
    ) -> Ending:
        if exchange.status == 304 and asked_conditionally:
            return Outcome(lead=lead, disposition="not_modified", room="fetch", status=304, warc=keep())
        if exchange.status in _ENDED:
            return self._rejected(lead, exchange, _ENDED[exchange.status], keep())
        if exchange.status != 200:
            answer = f"{named(exchange.url)} answered {exchange.status} {exchange.reason}".rstrip()
            return self._unfinished(lead, FetchError(f"http_{exchange.status}", answer), exchange.status)
        if not _is_page(exchange):
            return self._rejected(lead, exchange, "not_html", None)
        return self._captured(lead, exchange, keep())

    def _judge_file(self, lead: Lead, exchange: Exchange) -> Ending:
        known = self._validators.get(lead.canonical_url)
        if known is not None and known.digest == digests.named(exchange.body):
            return Outcome(lead=lead, disposition="not_modified", room="fetch")
        if not _is_page(exchange):
            return self._rejected(lead, exchange, "not_html", None)
        return self._captured(lead, exchange, self._keep(exchange, lead=lead))

    def _body_wanted(self, head: Exchange) -> Body:
        """Pages whole unless a header reserves them, ended pages up to the cap, nothing of films and errors."""
        if head.status == 200:
            reserved = in_headers(head, self._outlet.respect, self._agent)
            return "whole" if _media_type(head) in _PAGES | {""} and not reserved else "none"
        return "start" if head.status in _ENDED else "none"

    def _captured(self, lead: Lead, exchange: Exchange, warc: WarcRef) -> Capture:
        return Capture(
            lead=lead,
            url=exchange.url,
            status=exchange.status,
            content_type=_printable(exchange, "Content-Type"),
            captured_at=exchange.at,
            digest=digests.named(exchange.body),
            size=len(exchange.body),
            warc=warc,
            **_validators(exchange),
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
            digest=digests.named(exchange.body) if warc else None,
            warc=warc,
            **_validators(exchange),
        )

    def _skipped(self, lead: Lead, error: FetchError) -> Outcome:
        return Outcome(lead=lead, disposition="skipped", room="fetch", reason=error.reason, detail=error.detail)

    def _unfinished(self, lead: Lead, error: FetchError, status: int | None = None) -> Outcome | Reject:
        reason, detail = error.reason, error.detail
        if reason in _NOT_FOR_US:
            return self._skipped(lead, error)
        if error.final or (lead.attempts >= _MOST_ATTEMPTS and reason not in _NO_FAULT):
            seen_at = self._clock()
            return Reject(lead=lead, room="fetch", reason=reason, detail=detail, seen_at=seen_at, status=status)
        return Outcome(lead=lead, disposition="failed", room="fetch", reason=reason, detail=detail, status=status)


def _by_host(leads: Sequence[Lead]) -> list[list[int]]:
    """The leads' numbers, those of each host in their order."""
    hosts: dict[str, list[int]] = {}
    for number, lead in enumerate(leads):
        hosts.setdefault(_host(lead.url), []).append(number)
    return list(hosts.values())


def _host(url: str) -> str:
    try:
        return urls.host_of(url)
    except ValueError:
        # No address at all, which its own visit will say.
        return ""


def _media_type(exchange: Exchange) -> str:
    return (exchange.header("Content-Type") or "").partition(";")[0].strip().lower()


def _is_page(exchange: Exchange) -> bool:
    """By its content type; an answer that states none is a page when it begins like markup (RFC 9110, 8.3)."""
    stated = _media_type(exchange)
    return stated in _PAGES or (not stated and exchange.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<")


def _validators(exchange: Exchange) -> dict[str, str | None]:
    return {"etag": _printable(exchange, "ETag"), "last_modified": _printable(exchange, "Last-Modified")}


def _printable(exchange: Exchange, name: str) -> str | None:
    value = exchange.header(name)
    return value if value and value.isprintable() else None
