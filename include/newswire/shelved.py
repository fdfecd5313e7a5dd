"""Pages that lie in WARC files already: listed as leads, and taken into our archive without asking a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

import fsspec

from newswire import archive as archive_room
from newswire import digests, urls
from newswire.discover import WarcPage
from newswire.errors import ArchiveError
from newswire.fetch.coding import CodingError, decoder_for
from newswire.fetch.reserved import in_head, in_headers
from newswire.outlets import Outlet
from newswire.records import Capture, Exchange, Lead, Outcome, Validator, WarcRef
from newswire.settings import FetchSettings

Keep = Callable[..., WarcRef]
Ending = Capture | Outcome
_MOST_FAULTS = 3


def list_pages(file: str, outlet: Outlet, settings: FetchSettings, remark: Callable[[str], None]) -> Iterator[WarcPage]:
    """The pages of the outlet's hosts in a WARC file, in its order; what else it holds is counted in a remark.

    Raises ArchiveError when it cannot be opened, and after the last page when some of it is broken.
    """
    reading = archive_room.Reading()
    for offset, exchange in _pages(file, lambda url: urls.host_allowed(url, outlet.hosts), settings, reading):
        yield WarcPage(exchange.url, WarcRef(file=file, offset=offset))
    if reading.left_out:
        remark(f"{file}: left out: " + ", ".join(f"{n} {reason}" for reason, n in sorted(reading.left_out.items())))
    if reading.faults:
        more = f" and {len(reading.faults) - _MOST_FAULTS} more" if len(reading.faults) > _MOST_FAULTS else ""
        raise ArchiveError("; ".join(reading.faults[:_MOST_FAULTS]) + more)


def take_in(
    leads: Sequence[Lead], outlet: Outlet, settings: FetchSettings, *, validators: Mapping[str, Validator], keep: Keep
) -> list[Ending]:
    """Read the pages of leads that lie in WARC files and keep them, each file streamed once.

    A page that is kept already is `not_modified`, one that its publisher reserves `skipped`; one that cannot be read
    any more is `failed`, and tried again by the next run.
    """
    endings: list[Ending] = []
    placed = sorted(leads, key=lambda lead: (lead.warc.file, lead.warc.offset) if lead.warc else ("", 0))
    for file, group in groupby(placed, key=lambda lead: lead.warc.file if lead.warc else ""):
        endings += _of_file(file, list(group), outlet, settings, validators, keep)
    return endings


def _of_file(
    file: str,
    leads: list[Lead],
    outlet: Outlet,
    settings: FetchSettings,
    validators: Mapping[str, Validator],
    keep: Keep,
) -> list[Ending]:
    waiting = {lead.warc.offset: lead for lead in leads if lead.warc}
    wanted = {lead.url for lead in leads}
    reading = archive_room.Reading()
    endings: list[Ending] = []
    trouble = f"{file} holds the page no longer; restore the file or remove it from the outlet"
    try:
        for offset, exchange in _pages(file, wanted.__contains__, settings, reading):
            if (lead := waiting.pop(offset, None)) is not None:
                endings.append(_ending(lead, exchange, outlet, settings, validators, keep))
    except _Unreadable as error:
        trouble = str(error)
    return endings + [
        Outcome(lead=lead, disposition="failed", room="fetch", reason="warc_unreadable", detail=trouble)
        for lead in waiting.values()
    ]


def _ending(
    lead: Lead,
    exchange: Exchange,
    outlet: Outlet,
    settings: FetchSettings,
    validators: Mapping[str, Validator],
    keep: Keep,
) -> Ending:
    agent = settings.user_agent.partition("/")[0]
    if in_headers(exchange, outlet.respect, agent) or in_head(exchange.body, outlet.respect, agent):
        detail = "the page reserves it for its publisher, in its header or its head"
        return Outcome(lead=lead, disposition="skipped", room="fetch", reason="reserved", detail=detail)
    digest = digests.named(exchange.body)
    known = validators.get(lead.canonical_url)
    if known is not None and known.digest == digest:
        return Outcome(lead=lead, disposition="not_modified", room="fetch")
    content_type = exchange.header("Content-Type")
    return Capture(
        lead=lead,
        url=exchange.url,
        status=exchange.status,
        content_type=content_type if content_type and content_type.isprintable() else None,
        captured_at=exchange.at,
        digest=digest,
        size=len(exchange.body),
        warc=keep(exchange, lead=lead),
    )


class _Unreadable(ArchiveError):
    """A file of others; what our own archive cannot write is another matter."""


def _pages(
    file: str, wanted: Callable[[str], bool], settings: FetchSettings, reading: archive_room.Reading
) -> Iterator[tuple[int, Exchange]]:
    try:
        with fsspec.open(file, "rb") as stream:
            yield from archive_room.read_pages(
                stream, file, wanted=wanted, decode=decoder(settings.max_bytes), reading=reading
            )
    except OSError as error:
        remedy = "put the file there, correct its permissions, or correct the outlet"
        raise _Unreadable(f"{file}: cannot be read ({error.strerror or type(error).__name__}); {remedy}") from None


def decoder(most: int) -> Callable[[bytes, str], bytes]:
    """Takes off a content coding, of at most so many bytes. The function raises ValueError."""

    def decode(body: bytes, coding: str) -> bytes:
        parts: list[bytes] = []
        size = 0
        try:
            unpacking = decoder_for([coding])
            for piece in unpacking.feed(body):
                size += len(piece)
                if size > most:
                    raise ValueError(f"the page is larger than {most} bytes")
                parts.append(piece)
            unpacking.finish()
        except CodingError as error:
            raise ValueError(str(error)) from None
        return b"".join(parts)

    return decode
