"""Saved pages: a folder lead's file, read as if a server had sent it. Nothing outside of the folder is ever opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote_to_bytes

from newswire.errors import AddressRefused, FetchError
from newswire.fetch.transport import TooLarge
from newswire.records import Exchange, Lead

_TYPES = {".html": "text/html", ".htm": "text/html", ".txt": "text/plain"}


def is_saved(lead: Lead) -> bool:
    """True for a lead that names a file in a folder, found now or in an earlier run."""
    return lead.url.startswith("urn:") and lead.found_by in ("folder", "retry")


def read_page(lead: Lead, max_bytes: int, clock: Callable[[], datetime]) -> Exchange:
    """The file's bytes as they are, status 200, the content type from its ending.

    Raises AddressRefused for a path that leaves the folder, TooLarge, or FetchError: `not_found` is final,
    `folder_missing` (not mounted?) and `unreadable` are worth another try.
    """
    path = _inside(lead)
    content_type = _TYPES.get(path.suffix.lower(), "application/octet-stream")
    body = _read(path, max_bytes)
    headers = (("Content-Type", content_type), ("Content-Length", str(len(body))))
    return Exchange(url=lead.url, status=200, reason="OK", headers=headers, body=body, at=clock())


def _inside(lead: Lead) -> Path:
    prefix = f"urn:newswire:{lead.outlet_id}:"
    if not lead.url.startswith(prefix):
        raise AddressRefused(f"{lead.url} is no page of outlet {lead.outlet_id}")
    relative = os.fsdecode(unquote_to_bytes(lead.url.removeprefix(prefix)))
    folder = Path(lead.found_in)
    try:
        root = folder.resolve(strict=True)
        path = (root / relative).resolve(strict=True)
    except FileNotFoundError:
        if not folder.is_dir():
            raise FetchError("folder_missing", f"{folder} is no folder; mount it or correct the outlet") from None
        raise FetchError("not_found", f"{lead.url} is no longer in {folder}", final=True) from None
    except (OSError, ValueError, RuntimeError) as error:
        # RuntimeError is how Python 3.11 and 3.12 name a loop of symbolic links, ValueError a NUL in the path.
        raise FetchError("unreadable", f"{lead.url} in {folder}: {type(error).__name__}") from None
    if not path.is_relative_to(root):
        raise AddressRefused(f"{lead.url} points outside of {folder}; copy the page into the folder")
    return path


def _read(path: Path, max_bytes: int) -> bytes:
    try:
        # O_NONBLOCK: a FIFO in the folder must not hold the lane; O_NOFOLLOW: the path is already resolved.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        with open(descriptor, "rb") as stream:  # noqa: PTH123 — a descriptor, not a path
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FetchError("not_found", f"{path} is no regular file", final=True)
            body = stream.read(max_bytes + 1)
    except OSError as error:
        raise FetchError("unreadable", f"{path}: {error.strerror}; correct its permissions") from None
    if len(body) > max_bytes:
        raise TooLarge(f"{path} is larger than the cap of {max_bytes} bytes")
    return body
