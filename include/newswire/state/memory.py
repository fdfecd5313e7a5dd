"""The translation memory, what engines were asked in vain, and what a night has spent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from newswire.digests import text_key
from newswire.state.database import Database, in_utc
from newswire.state.tables import MEMORY, SPENT, TRIES

# A person's word outranks an imported memory, which outranks an engine; a draft is what a best-effort engine said.
ORIGINS = ("person", "import", "engine", "draft")


class Tried(NamedTuple):
    """How often engines were asked for a text in vain, why the last time, and from when on they may be asked again."""

    attempts: int
    reason: str | None
    next_try: datetime


class Memory(Database):
    """Texts are known by `text_key`, within a pair of languages."""

    def recall(self, source_lang: str, target_lang: str, texts: Iterable[str]) -> dict[str, sa.Row[tuple[object, ...]]]:
        """Known translations by `text_key`: rows with text, origin, engine, engine_version; the best origin wins."""
        keys = sorted({text_key(text) for text in texts})
        found: dict[str, sa.Row[tuple[object, ...]]] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(keys), 500):
                query = sa.select(MEMORY).where(
                    MEMORY.c.source_lang == source_lang,
                    MEMORY.c.target_lang == target_lang,
                    MEMORY.c.text_key.in_(keys[start : start + 500]),
                )
                for row in sorted(connection.execute(query), key=lambda r: -ORIGINS.index(r.origin)):
                    found[row.text_key] = row
        return found

    def remember(self, rows: Iterable[dict[str, str | None]]) -> int:
        """Keep translations: source_lang, target_lang, source_text, text, origin, and engine, engine_version if any."""
        count = 0
        with self._engine.begin() as connection:
            for row in rows:
                if row.get("origin") not in ORIGINS:
                    raise ValueError(f"origin {row.get('origin')!r} is none of {ORIGINS}")
                key = text_key(row["source_text"] or "")
                self._upsert(connection, MEMORY, {"engine": None, "engine_version": None, **row, "text_key": key})
                count += 1
        return count

    def memories(self) -> list[sa.Row[tuple[object, ...]]]:
        """The whole translation memory, in a stable order."""
        order = (MEMORY.c.source_lang, MEMORY.c.target_lang, MEMORY.c.text_key, MEMORY.c.origin)
        with self._engine.connect() as connection:
            return list(connection.execute(sa.select(MEMORY).order_by(*order)))

    def corrections(self) -> list[sa.Row[tuple[object, ...]]]:
        """What persons and imported memories say: rows as `memories` gives them, in its order."""
        order = (MEMORY.c.source_lang, MEMORY.c.target_lang, MEMORY.c.text_key, MEMORY.c.origin)
        query = sa.select(MEMORY).where(MEMORY.c.origin.in_(("person", "import"))).order_by(*order)
        with self._engine.connect() as connection:
            return list(connection.execute(query))

    def tried(self, source_lang: str, target_lang: str, texts: Iterable[str]) -> dict[str, Tried]:
        """What became of texts that no engine could translate, by `text_key`."""
        keys = sorted({text_key(text) for text in texts})
        found: dict[str, Tried] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(keys), 500):
                query = sa.select(TRIES).where(
                    TRIES.c.source_lang == source_lang,
                    TRIES.c.target_lang == target_lang,
                    TRIES.c.text_key.in_(keys[start : start + 500]),
                )
                for row in connection.execute(query):
                    found[row.text_key] = Tried(row.attempts, row.reason, in_utc(row.next_try))
        return found

    def keep_tries(self, source_lang: str, target_lang: str, tries: Iterable[tuple[str, Tried]]) -> None:
        """Remember that texts were asked for in vain."""
        with self._engine.begin() as connection:
            for key, tried in sorted((text_key(text), tried) for text, tried in tries):
                row = {"source_lang": source_lang, "target_lang": target_lang, "text_key": key}
                self._upsert(connection, TRIES, {**row, **tried._asdict(), "next_try": in_utc(tried.next_try)})

    def spend(self, night: str, characters: int, most: int) -> bool:
        """Take characters from a night's budget, which all lanes share; False, and nothing taken, when it is used up.

        In one statement, so lanes that ask at the same time do not spend the same characters.
        """
        with self._engine.begin() as connection:
            connection.execute(self._insert(SPENT, {"night": night, "characters": 0}).on_conflict_do_nothing())
            taken = connection.execute(
                sa.update(SPENT)
                .where(SPENT.c.night == night, SPENT.c.characters + characters <= most)
                .values(characters=SPENT.c.characters + characters)
            )
            return bool(taken.rowcount)
