"""What lanes in other processes and on other machines must agree on: whose turn a text is, and how an engine does.

Every decision is one statement, so that of two lanes that ask at the same time exactly one is told yes. Nothing here
has to be given back: what a killed lane held expires.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple

import sqlalchemy as sa

from newswire.state.database import Database, in_utc
from newswire.state.tables import CLAIMS, PACES, STANDINGS

# Nobody has so many requests waiting: a pace that is further ahead was written before a clock was set back.
MOST_AHEAD = 600.0


class Standing(NamedTuple):
    """How an engine was found, by whom, what was wrong with it, and until when that counts."""

    standing: Literal["alive", "dead", "probed"]
    owner: str
    trouble: str
    until: datetime


class Sharing(Database):
    """Moments are passed in. `owner` names a lane, unlike any other's name."""

    def claim(
        self, source_lang: str, target_lang: str, keys: Iterable[str], owner: str, *, at: datetime, until: datetime
    ) -> set[str]:
        """Take texts, by `text_key`, until a moment; gives those that nobody else holds at `at`."""
        free = (CLAIMS.c.until <= in_utc(at)) | (CLAIMS.c.owner == owner)
        taken: set[str] = set()
        with self._engine.begin() as connection:
            # In one order everywhere, here and in `release`: Postgres locks row by row.
            for key in sorted(set(keys)):
                row = {"source_lang": source_lang, "target_lang": target_lang, "text_key": key}
                held = {"owner": owner, "until": in_utc(until)}
                insert = self._insert(CLAIMS, {**row, **held})
                upsert = insert.on_conflict_do_update(index_elements=list(row), set_=held, where=free)
                # Told by what comes back: an insert has no row count that could be relied on.
                taken |= set(connection.execute(upsert.returning(CLAIMS.c.text_key)).scalars())
        return taken

    def release(self, source_lang: str, target_lang: str, keys: Iterable[str], owner: str) -> None:
        """Give texts back; those that others hold meanwhile stay theirs."""
        pair = (CLAIMS.c.source_lang == source_lang) & (CLAIMS.c.target_lang == target_lang)
        with self._engine.begin() as connection:
            for key in sorted(set(keys)):
                own = pair & (CLAIMS.c.text_key == key) & (CLAIMS.c.owner == owner)
                connection.execute(sa.delete(CLAIMS).where(own))

    def standing(self, engine: str) -> Standing | None:
        """How an engine was found last, however long ago."""
        query = sa.select(STANDINGS).where(STANDINGS.c.engine == engine)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return Standing(row.standing, row.owner, row.trouble, in_utc(row.until)) if row else None

    def probe(self, engine: str, owner: str, *, at: datetime, until: datetime, anyway: bool = False) -> bool:
        """True for the one lane that may try an engine of which nothing is known any more; the others wait for it.

        `anyway`: also where it is known to be dead.
        """
        open_again = (STANDINGS.c.until <= in_utc(at)) | (STANDINGS.c.owner == owner)
        if anyway:
            open_again |= STANDINGS.c.standing == "dead"
        held = {"standing": "probed", "owner": owner, "until": in_utc(until)}
        insert = self._insert(STANDINGS, {"engine": engine, "trouble": "", **held})
        upsert = insert.on_conflict_do_update(index_elements=["engine"], set_=held, where=open_again)
        with self._engine.begin() as connection:
            return connection.execute(upsert.returning(STANDINGS.c.engine)).scalar_one_or_none() is not None

    def end_probe(self, engine: str, owner: str, *, at: datetime) -> None:
        """Let another lane try at once: this one has found nothing out."""
        own = (STANDINGS.c.engine == engine) & (STANDINGS.c.owner == owner) & (STANDINGS.c.standing == "probed")
        with self._engine.begin() as connection:
            connection.execute(sa.update(STANDINGS).where(own).values(until=in_utc(at)))

    def keep_standing(self, engine: str, found: Standing) -> None:
        """Tell the others how an engine was found."""
        with self._engine.begin() as connection:
            self._upsert(connection, STANDINGS, {"engine": engine, **found._asdict(), "until": in_utc(found.until)})

    def take_slot(self, engine: str, *, now: float, interval: float, slack: float) -> float:
        """The moment, in seconds since 1970, from which on one more request is due; it may be past.

        Moments lie `interval` seconds apart; those that nobody used are made up for as far as `slack` seconds back.
        """
        oldest = now - slack
        due = sa.case(
            (PACES.c.next_at > now + MOST_AHEAD, now), (PACES.c.next_at < oldest, oldest), else_=PACES.c.next_at
        )
        insert = self._insert(PACES, {"engine": engine, "next_at": oldest + interval})
        with self._engine.begin() as connection:
            next_at = connection.execute(
                insert.on_conflict_do_update(index_elements=["engine"], set_={"next_at": due + interval}).returning(
                    PACES.c.next_at
                )
            ).scalar_one()
        return float(next_at) - interval
