"""What a step may touch: settings, storage, state, outlets and the clock, each opened when first asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from newswire import outlets
from newswire.errors import OrderError, OutletError, SettingsError
from newswire.outlets import Outlet
from newswire.settings import Settings
from newswire.state import State, sqlite_url
from newswire.store import Store
from newswire.vocabulary.mediatopics import FILE, MediaTopic, read_table, widen
from newswire.vocabulary.terms import Terms, load_terms

_log = logging.getLogger("newswire")


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class World:
    """What a step may touch: settings, storage, state, outlets and the clock."""

    settings: Settings
    clock: Callable[[], datetime] = field(default=now)

    @cached_property
    def store(self) -> Store:
        return Store(self.settings.storage, self.settings.bucket)

    @cached_property
    def state(self) -> State:
        if self.settings.state_url:
            return State(self.settings.state_url)
        if not self.store.is_local:
            raise SettingsError(
                f"storage {self.settings.storage} is not a local disk; say where the state database is: "
                "set the Airflow connection newswire_state (Postgres); on the command line NEWSWIRE_STATE"
            )
        return State(sqlite_url(Path(self.store.base).absolute() / "state" / "newswire.db"))

    @property
    def catalog_url(self) -> str:
        """Where the Iceberg tables are listed: in the state's database server, else a file beside the tables."""
        if self.settings.state_url:
            return self.settings.state_url
        if not self.store.is_local:
            raise SettingsError(
                f"storage {self.settings.storage} is not a local disk; for Iceberg tables set the Airflow connection "
                "newswire_state (Postgres), on the command line NEWSWIRE_STATE, or switch newswire_iceberg off"
            )
        folder = Path(self.store.base).absolute() / "lake"
        folder.mkdir(parents=True, exist_ok=True)
        return sqlite_url(folder / "catalog.db")

    def terms(self, lang: str) -> Terms:
        """The termbase of a language, widened by IPTC's whole vocabulary where it has been downloaded."""
        if lang not in self._terms:
            own = load_terms(lang)
            self._terms[lang] = widen(own, self._media_topics, lang) if self._media_topics else own
        return self._terms[lang]

    @cached_property
    def _terms(self) -> dict[str, Terms]:
        return {}

    @cached_property
    def _media_topics(self) -> list[MediaTopic]:
        return read_table(self.store.read_bytes(FILE), self.store.url(FILE)) if self.store.exists(FILE) else []

    @cached_property
    def outlets(self) -> dict[str, Outlet]:
        return self._declared[0]

    @cached_property
    def broken_outlets(self) -> tuple[str, ...]:
        """What is wrong with each outlet file that cannot be used: file, key and remedy."""
        return tuple(str(error) for error in self._declared[1])

    @cached_property
    def _declared(self) -> tuple[dict[str, Outlet], list[OutletError]]:
        found, errors = outlets.load_all(self.settings.outlets_dir)
        for error in errors:
            _log.error("outlet file left out: %s", error)
        return found, errors

    def outlet(self, outlet_id: str) -> Outlet:
        if outlet_id not in self.outlets:
            declared = ", ".join(sorted(self.outlets)) or "none"
            broken = "".join(f"; left out: {error}" for error in self.broken_outlets)
            raise OrderError(f"outlet {outlet_id!r} is not among the declared ones: {declared}{broken}")
        return self.outlets[outlet_id]
