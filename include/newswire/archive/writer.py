"""Writing WARC files: every exchange with its request, why it was asked for, and the redirects on the way to it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import Literal, Self

from newswire.archive.member import (
    info_member,
    main_member,
    metadata_member,
    record_id,
    request_member,
    revisit_member,
)
from newswire.archive.opened import OpenFile
from newswire.digests import sha256
from newswire.errors import ArchiveError
from newswire.records import Exchange, Kept, Lead, WarcRef
from newswire.store import Store

# Large enough to hold a day of a large outlet, small enough to copy and to read in one task (the standard's advice).
MOST_BYTES = 1_000_000_000
_NOTHING: Mapping[str, Kept] = MappingProxyType({})


class WarcWriter:
    """Keeps a run's exchanges of one outlet: `with WarcWriter(…) as warc: ref = warc.keep(exchange, lead=lead)`.

    A file appears under its name when it is full or the block ends well; nothing appears when nothing was kept. When
    an exception leaves the block, what was kept stays beside it as `<name>.open`. An existing file is never written
    to: the name gets `-00001`, `-00002`, … before `.warc.gz`. `file` is the final name of the newest file, `kept` what
    the index should tell of all records.

    `known` holds the newest kept body of a canonical URL: an answer that says or shows that it is unchanged becomes a
    revisit record without a body.
    """

    def __init__(
        self,
        store: Store,
        relative: str,
        *,
        run_id: str,
        outlet_id: str,
        clock: Callable[[], datetime],
        known: Mapping[str, Kept] = _NOTHING,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._store = store
        self._wanted = relative
        self._run_id = run_id
        self._outlet_id = outlet_id
        self._clock = clock
        self._known = known
        self._most_bytes = most_bytes
        self._position = 0
        self._info_id = ""
        self._open: OpenFile | None = None
        self.file = ""
        self.kept: list[Kept] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._finish(whole=kind is None)

    def keep(self, exchange: Exchange, *, lead: Lead | None = None, hops: Sequence[Exchange] = ()) -> WarcRef:
        """Write one exchange, after the `hops` that led to it; the reference is that of its own main record.

        Raises ArchiveError when the storage takes no more bytes; the file then ends after the record before.
        """
        for hop in hops:
            self._keep(hop, None)
        return self._keep(exchange, lead)

    def _keep(self, exchange: Exchange, lead: Lead | None) -> WarcRef:
        opened = self._opened()
        self._position += 1
        body = sha256(exchange.body).hex()
        identity = (self._run_id, self._outlet_id, self.file, exchange.url, body, self._position)
        main_id = record_id(*identity)
        request = request_member(record_id(*identity, "request"), exchange, self._info_id, main_id)
        why = metadata_member(record_id(*identity, "metadata"), exchange, self._info_id, main_id, lead)
        earlier = self._earlier(exchange, lead, f"sha256:{body}")
        main = (
            revisit_member(main_id, exchange, self._info_id, earlier)
            if earlier
            else main_member(main_id, exchange, self._info_id)
        )
        # The lead first: who reads the file as a stream knows why a page was asked for when it comes.
        before = request + why
        start = opened.stream.tell()
        self._append(opened.stream, before + main)
        ref = WarcRef(file=self.file, offset=start + len(before))
        self.kept.append(self._told(exchange, lead, earlier, ref, f"sha256:{body}"))
        return ref

    def _earlier(self, exchange: Exchange, lead: Lead | None, digest: str) -> Kept | None:
        """The kept body that this answer does not change, if any."""
        if lead is None or exchange.url.startswith("urn:"):
            return None
        known = self._known.get(lead.canonical_url)
        if known is None or exchange.status == 304:
            return known
        return known if exchange.status == 200 and known.digest == digest and exchange.body else None

    def _told(self, exchange: Exchange, lead: Lead | None, earlier: Kept | None, ref: WarcRef, digest: str) -> Kept:
        kind: Literal["response", "resource", "revisit"] = "resource" if exchange.url.startswith("urn:") else "response"
        said = exchange.header("Content-Type")
        return Kept(
            kind="revisit" if earlier else kind,
            url=exchange.url,
            status=exchange.status,
            content_type=said if said and said.isprintable() else None,
            captured_at=exchange.at,
            digest=earlier.digest if earlier else digest,
            size=earlier.size if earlier else len(exchange.body),
            warc=ref,
            run_id=self._run_id,
            lead=lead,
            payload=(earlier.payload or earlier.warc) if earlier else None,
        )

    def _opened(self) -> OpenFile:
        if self._open is not None and self._open.stream.tell() >= self._most_bytes:
            self._finish(whole=True)
        return self._open or self._begin()

    def _begin(self) -> OpenFile:
        try:
            opened = OpenFile(self._store, self._wanted)
        except OSError as failure:
            self.file = self.file or self._wanted
            raise self._failed("could not be created", failure) from failure
        self._open, self.file = opened, opened.name
        self._info_id = record_id(self._run_id, self._outlet_id, self.file, "warcinfo")
        name = self.file.rsplit("/", 1)[-1]
        info = info_member(self._info_id, name, run_id=self._run_id, outlet_id=self._outlet_id, at=self._clock())
        self._append(opened.stream, info)
        return opened

    def _append(self, stream: io.FileIO, content: bytes) -> None:
        assert self._open is not None
        start = stream.tell()
        try:
            self._open.append(stream, content)
        except OSError as failure:
            raise self._failed(f"could not be written at byte {start}", failure) from failure

    def _finish(self, *, whole: bool) -> None:
        opened, self._open = self._open, None
        if opened is None:
            return
        try:
            opened.close(whole=whole)
        except OSError as failure:
            raise self._failed("could not be finished", failure) from failure

    def _failed(self, what: str, failure: OSError) -> ArchiveError:
        remedy = "free space or mend the storage, then run the outlet again"
        return ArchiveError(f"{self._store.url(self.file)}: {what} ({failure.strerror or failure}); {remedy}")
