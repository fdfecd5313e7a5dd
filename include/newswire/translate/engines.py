"""Engines: who translates what neither the termbase nor the memory knows, and how one is made from the settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from newswire.errors import SettingsError
from newswire.settings import TranslatorSettings
from newswire.translate.libre import LibreTranslate


class Engine(Protocol):
    """A translation engine. `requests` and `characters` count what was sent to it since it was made."""

    name: str
    version: str
    requests: int
    characters: int

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        """One answer per text, in order; None where the engine has none for this text.

        Raises TranslateError when the engine as a whole does not answer: asking it for more would be in vain.
        """
        ...


_ENGINES: dict[str, Callable[[TranslatorSettings], Engine]] = {"libretranslate": LibreTranslate}


def engine_from(settings: TranslatorSettings) -> Engine:
    """The engine that the settings ask for. Raises SettingsError for an unknown type or a malformed host."""
    make = _ENGINES.get(settings.type.strip().lower())
    if make is None:
        known = ", ".join(sorted(_ENGINES))
        raise SettingsError(f"translator type {settings.type!r} is not known; set it to one of: {known}")
    return make(settings)
