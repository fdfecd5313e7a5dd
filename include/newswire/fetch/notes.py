"""What a host told us that still counts in the next run: its robots.txt, its reservations, when to come back."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

# RFC 9309 section 2.4: a cached robots.txt should not be used for more than a day; the others follow it.
FRESH_SECONDS = 86_400


class Notes(Protocol):
    """A place for notes by kind and host. The state database is one; losing it costs requests, never articles."""

    def note(self, kind: str, key: str) -> tuple[str, datetime] | None:
        """The text and until when it counts, also when that is past; None when there is none."""

    def keep_note(self, kind: str, key: str, text: str, until: datetime) -> None:
        """Keep a text, instead of an earlier one."""


class Forgetful:
    """Notes of one run."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, str], tuple[str, datetime]] = {}

    def note(self, kind: str, key: str) -> tuple[str, datetime] | None:
        return self._notes.get((kind, key))

    def keep_note(self, kind: str, key: str, text: str, until: datetime) -> None:
        self._notes[kind, key] = (text, until)
