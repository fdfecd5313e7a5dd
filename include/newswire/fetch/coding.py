"""Taking off one content coding piece by piece, so that the caller can stop a bomb at its cap.

aiohttp's own decoding takes a gzip body that ends early for a whole one; a shortened page would become a revision.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli  # type: ignore[import-untyped]
from backports import zstd

ACCEPTED = "gzip, deflate, br, zstd"
_STEP = 65_536
# RFC 9659 section 3: a decoder may refuse windows over 8 MB, which would let a small body claim gigabytes of memory.
_ZSTD_OPTIONS: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 23}
_GZIP_MAGIC = b"\x1f\x8b"


class CodingError(Exception):
    """The body is not in the coding it claims, ends early, or claims a coding that was not offered."""


class Decoder(Protocol):
    """`feed` yields decoded pieces of some 64 KiB; `finish` raises CodingError when the stream ended early."""

    def feed(self, chunk: bytes) -> Iterator[bytes]: ...

    def finish(self) -> None: ...


def decoder_for(codings: list[str]) -> Decoder:
    """The decoder for a response's Content-Encoding fields. Raises CodingError for stacked or unknown codings."""
    named = [part.strip().lower() for field in codings for part in field.split(",")]
    real = [name for name in named if name not in ("", "identity")]
    if not real:
        return _Identity()
    if len(real) > 1:
        # Two layers multiply a bomb's factor by a thousand each, and no honest server sends them.
        raise CodingError(f"stacked content codings ({len(real)})")
    if real[0] in ("gzip", "deflate"):
        return _Zlib(real[0])
    if real[0] == "br":
        return _Brotli()
    if real[0] == "zstd":
        return _Zstd()
    raise CodingError("a content coding that was not offered")


class _Identity:
    def feed(self, chunk: bytes) -> Iterator[bytes]:
        yield chunk

    def finish(self) -> None:
        return


class _Zlib:
    """gzip with any number of members, and deflate with or without the zlib header that RFC 9110 asks for."""

    def __init__(self, coding: str) -> None:
        self._is_gzip = coding == "gzip"
        self._stream = zlib.decompressobj(31 if self._is_gzip else 15)
        self._begun = False
        self._held = b""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        if not chunk:
            return
        if not self._begun and not self._is_gzip and chunk[0] & 0x0F != 8:
            self._stream = zlib.decompressobj(-15)
        self._begun = True
        rest = self._member_after(chunk) if self._stream.eof else chunk
        while rest is not None:
            try:
                piece = self._stream.decompress(rest, _STEP)
            except zlib.error as error:
                raise CodingError(f"not valid in its content coding ({error})") from None
            if piece:
                yield piece
            rest = self._rest(len(piece))

    def _rest(self, produced: int) -> bytes | None:
        """What to decode next, or None. A full step may have more to give even when all input is consumed."""
        if self._stream.eof:
            return self._member_after(self._stream.unused_data)
        tail = self._stream.unconsumed_tail
        return tail if tail or produced == _STEP else None

    def _member_after(self, data: bytes) -> bytes | None:
        """A further gzip member; padding after the last one is dropped, as browsers do."""
        data, self._held = self._held + data, b""
        if self._is_gzip and data == _GZIP_MAGIC[:1]:
            self._held = data
        if not self._is_gzip or not data.startswith(_GZIP_MAGIC):
            return None
        self._stream = zlib.decompressobj(31)
        return data

    def finish(self) -> None:
        if self._begun and not self._stream.eof:
            raise CodingError("the compressed body ends early")


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self._begun = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        self._begun = self._begun or bool(chunk)
        try:
            piece = self._stream.process(chunk, output_buffer_limit=_STEP)
            while piece:
                yield piece
                # Asking again with no input drains what the limit held back.
                piece = b"" if self._stream.is_finished() else self._stream.process(b"", output_buffer_limit=_STEP)
        except brotli.error:
            raise CodingError("not valid brotli") from None

    def finish(self) -> None:
        if self._begun and not self._stream.is_finished():
            raise CodingError("the compressed body ends early")


class _Zstd:
    """Zstandard with any number of frames (RFC 8878 section 3.1)."""

    def __init__(self) -> None:
        self._stream = zstd.ZstdDecompressor(options=_ZSTD_OPTIONS)
        self._begun = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        self._begun = self._begun or bool(chunk)
        try:
            rest: bytes | None = chunk
            while rest is not None:
                if self._stream.eof and rest:
                    self._stream = zstd.ZstdDecompressor(options=_ZSTD_OPTIONS)
                piece = b"" if self._stream.eof else self._stream.decompress(rest, _STEP)
                if piece:
                    yield piece
                rest = self._rest()
        except zstd.ZstdError:
            raise CodingError("not valid zstd") from None

    def _rest(self) -> bytes | None:
        """What to decode next, or None: another frame, or what the step held back."""
        if self._stream.eof:
            return self._stream.unused_data or None
        return None if self._stream.needs_input else b""

    def finish(self) -> None:
        if self._begun and not self._stream.eof:
            raise CodingError("the compressed body ends early")
