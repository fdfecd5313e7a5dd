"""HTTP messages as the bytes of a WARC block. What a server wrote is hostile: nothing of it may end a line early."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from newswire.records import Exchange

# RFC 9110 section 5.6.2: what a header's name may consist of.
_NOT_TOKEN = re.compile(r"[^!#$%&'*+.^_`|~0-9A-Za-z-]")
# The archive holds decoded bodies, so these would describe bytes that are not there.
_ABOUT_THE_WIRE = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_OURS = "x-newswire-"
_PREFIX = "X-Newswire-Original-"


def escape(text: str) -> str:
    """Percent-encode what does not print: control characters, line separators, bytes that were no UTF-8."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char.isprintable() else _percent(char) for char in text)


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogateescape" if _is_byte(char) else "replace"))


def _is_byte(char: str) -> bool:
    return "\udc80" <= char <= "\udcff"


def escape_uri(url: str) -> str:
    """A URL that fits into a WARC header: `escape`, and no spaces."""
    return escape(url).replace(" ", "%20")


def response_block(exchange: Exchange) -> bytes:
    """Status line, headers that fit the decoded body, an empty line, the body."""
    status = f"HTTP/1.1 {exchange.status} {escape(exchange.reason)}".rstrip()
    return _head(status, _rewritten(exchange)) + exchange.body


def revisit_block(exchange: Exchange) -> bytes:
    """The same without the body, for a record that refers to it."""
    return response_block(exchange).removesuffix(exchange.body)


def request_block(exchange: Exchange) -> bytes:
    """The request as it was sent; it has no body."""
    parts = urlsplit(exchange.url)
    target = escape_uri(parts.path or "/") + (f"?{escape_uri(parts.query)}" if parts.query else "")
    return _head(f"GET {target} HTTP/1.1", exchange.request_headers)


def _rewritten(exchange: Exchange) -> list[tuple[str, str]]:
    length = str(len(exchange.body))
    kept = []
    for name, value in exchange.headers:
        lowered = name.lower()
        if lowered == "content-length" and value.strip() == length:
            continue
        renamed = lowered in _ABOUT_THE_WIRE or lowered.startswith(_OURS)
        kept.append((_PREFIX + name if renamed else name, value))
    return [*kept, ("Content-Length", length)]


def _head(first: str, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [first]
    for name, value in headers:
        safe_name = _NOT_TOKEN.sub(
            lambda match: "".join(f"%{b:02X}" for b in match[0].encode("utf-8", "replace")), name
        )
        lines.append(f"{safe_name}: {escape(value.strip())}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
