"""What the next night asks with: validators, leads to try again or to revisit, and what hosts have told us."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from newswire.records import Lead, Validator
from newswire.state.database import Database, in_utc, url_key
from newswire.state.tables import NOTES, OPEN_LEADS, REVISITS, VALIDATORS


class Asking(Database):
    """Losing this costs requests, never articles."""

    def validators(self, outlet_id: str, urls: Collection[str] | None = None) -> dict[str, Validator]:
        """What is known of these URLs of an outlet, or of all that it ever had, by URL."""
        if urls is None:
            return self._validators(VALIDATORS.c.outlet_id == outlet_id)
        keys = sorted(map(url_key, urls))
        found: dict[str, Validator] = {}
        # In parts: a database takes only so many parameters in one statement.
        for start in range(0, len(keys), 500):
            asked = VALIDATORS.c.url_key.in_(keys[start : start + 500])
            found |= self._validators(sa.and_(VALIDATORS.c.outlet_id == outlet_id, asked))
        return found

    def _validators(self, which: sa.ColumnElement[bool]) -> dict[str, Validator]:
        # Not the bodies: those of sitemaps are megabytes each.
        columns = [column for column in VALIDATORS.c if column.name != "body"]
        with self._engine.connect() as connection:
            return {
                row.url: Validator(
                    url=row.url,
                    etag=row.etag,
                    last_modified=row.last_modified,
                    digest=row.digest,
                    kept_as=row.kept_as,
                )
                for row in connection.execute(sa.select(*columns).where(which))
            }

    def validator(self, outlet_id: str, url: str) -> Validator | None:
        """What is known of one URL: an outlet may have a hundred thousand."""
        query = sa.select(VALIDATORS).where(VALIDATORS.c.outlet_id == outlet_id, VALIDATORS.c.url_key == url_key(url))
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return Validator(**{name: getattr(row, name) for name in Validator.model_fields}) if row else None

    def body_of(self, outlet_id: str, url: str) -> bytes | None:
        """The body kept for a source that may answer 304 (feeds), or None."""
        query = sa.select(VALIDATORS.c.body).where(
            VALIDATORS.c.outlet_id == outlet_id, VALIDATORS.c.url_key == url_key(url)
        )
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def keep_validators(self, outlet_id: str, found: Iterable[Validator], body: bytes | None = None) -> None:
        """Remember what to ask with next time. Call it only when what was fetched is safely in the datasets."""
        with self._engine.begin() as connection:
            for one in found:
                row = {"outlet_id": outlet_id, "url_key": url_key(one.url), "body": body, **one.model_dump()}
                self._upsert(connection, VALIDATORS, row)

    def forget_sources(self, outlet_id: str, *, but: Iterable[str]) -> int:
        """Forget the kept bodies of an outlet's sources but those at these URLs; returns how many were forgotten."""
        asked = {url_key(url) for url in but}
        sources = (VALIDATORS.c.outlet_id == outlet_id) & VALIDATORS.c.body.is_not(None)
        with self._engine.begin() as connection:
            kept = connection.execute(sa.select(VALIDATORS.c.url_key).where(sources)).scalars()
            gone = [key for key in kept if key not in asked]
            for key in gone:
                connection.execute(sa.delete(VALIDATORS).where(sources & (VALIDATORS.c.url_key == key)))
        return len(gone)

    def open_leads(self, outlet_id: str) -> list[Lead]:
        """Leads that earlier runs could not finish, oldest attempt count first."""
        query = (
            sa.select(OPEN_LEADS)
            .where(OPEN_LEADS.c.outlet_id == outlet_id)
            .order_by(OPEN_LEADS.c.attempts, OPEN_LEADS.c.url_key)
        )
        with self._engine.connect() as connection:
            return [
                Lead.model_validate_json(row.lead).model_copy(update={"found_by": "retry", "attempts": row.attempts})
                for row in connection.execute(query)
            ]

    def settle(self, outlet_id: str, done: Sequence[Lead], still_open: Sequence[tuple[Lead, str]]) -> None:
        """Forget the leads that ended, keep the others with the reason."""
        with self._engine.begin() as connection:
            for lead in done:
                connection.execute(
                    sa.delete(OPEN_LEADS).where(
                        OPEN_LEADS.c.outlet_id == outlet_id, OPEN_LEADS.c.url_key == url_key(lead.canonical_url)
                    )
                )
            for lead, reason in still_open:
                row = {
                    "outlet_id": outlet_id,
                    "url_key": url_key(lead.canonical_url),
                    "lead": lead.model_dump_json(exclude_defaults=True),
                    "attempts": lead.attempts,
                    "reason": reason,
                }
                self._upsert(connection, OPEN_LEADS, row)

    def note(self, kind: str, key: str) -> tuple[str, datetime] | None:
        """What a host told us (its robots.txt, when to come back), and until when that counts, even when it is past."""
        query = sa.select(NOTES).where(NOTES.c.kind == kind, NOTES.c.host_key == url_key(key))
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return (row.text, in_utc(row.until)) if row else None

    def keep_note(self, kind: str, key: str, text: str, until: datetime) -> None:
        """Keep a text until somebody keeps another one."""
        row = {"kind": kind, "host_key": url_key(key), "host": key, "text": text, "until": in_utc(until)}
        with self._engine.begin() as connection:
            self._upsert(connection, NOTES, row)

    def due(self, outlet_id: str, at: datetime) -> list[Lead]:
        """Articles that were published lately and have to be asked for again, the longest overdue first."""
        query = (
            sa.select(REVISITS)
            .where(REVISITS.c.outlet_id == outlet_id, REVISITS.c.next_try <= in_utc(at))
            .order_by(REVISITS.c.next_try, REVISITS.c.url_key)
        )
        with self._engine.connect() as connection:
            return [
                Lead.model_validate_json(row.lead).model_copy(update={"found_by": "correction", "attempts": 0})
                for row in connection.execute(query)
            ]

    def visited_since(self, outlet_id: str) -> dict[str, datetime]:
        """From when on each scheduled article's revisits are counted, by canonical URL."""
        query = sa.select(REVISITS).where(REVISITS.c.outlet_id == outlet_id)
        with self._engine.connect() as connection:
            return {
                Lead.model_validate_json(row.lead).canonical_url: in_utc(row.since) for row in connection.execute(query)
            }

    def schedule(self, outlet_id: str, visits: Iterable[tuple[Lead, datetime, datetime | None]]) -> None:
        """Keep when each lead is due again, and since when that is counted; None ends its revisits."""
        with self._engine.begin() as connection:
            for lead, since, next_try in visits:
                key = url_key(lead.canonical_url)
                if next_try is None:
                    ended = (REVISITS.c.outlet_id == outlet_id) & (REVISITS.c.url_key == key)
                    connection.execute(sa.delete(REVISITS).where(ended))
                    continue
                row = {
                    "outlet_id": outlet_id,
                    "url_key": key,
                    "lead": lead.model_dump_json(exclude_defaults=True),
                    "since": in_utc(since),
                    "next_try": in_utc(next_try),
                }
                self._upsert(connection, REVISITS, row)
