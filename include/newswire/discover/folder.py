"""A folder of saved pages: every .html, .htm and .txt file below it, in a stable order."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from newswire.discover.said import SourceError

_ENDINGS = (".html", ".htm", ".txt")
# Characters that RFC 3986 lets stand in a path. `%` is not among them: a name that contains it must come back whole.
_PLAIN = "/!$&'()*+,;=@"


class FolderError(SourceError):
    """The folder is missing or may not be read."""


def list_pages(folder: Path) -> list[str]:
    """Paths relative to the folder, percent-encoded, sorted. Links to folders are not followed; FolderError."""
    if not folder.is_dir():
        raise FolderError("is no folder; create it or correct the outlet")
    found = []
    try:
        for place, _, names in os.walk(folder, onerror=_give_up):
            relative = Path(place).relative_to(folder)
            found += [relative / name for name in names if name.lower().endswith(_ENDINGS)]
    except OSError as error:
        raise FolderError(f"cannot be read ({error.strerror}); correct its permissions") from None
    return sorted(quote(os.fsencode(path), safe=_PLAIN) for path in found)


def _give_up(error: OSError) -> None:
    raise error
