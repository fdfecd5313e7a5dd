"""Pages that were refused for a cause that may end by itself, and until when each is held back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from newswire.records import Capture
from newswire.state.database import Database, in_utc, url_key
from newswire.state.tables import HELD


class Holding(Database):
    """The newest page of an address counts. Losing this costs nothing that the rejects do not know."""

    def hold(self, outlet_id: str, pages: Iterable[tuple[Capture, datetime]]) -> None:
        """Keep pages until the moment named with each."""
        with self._engine.begin() as connection:
            for capture, until in pages:
                row = {
                    "outlet_id": outlet_id,
                    "url_key": url_key(capture.lead.canonical_url),
                    "capture": capture.model_dump_json(exclude_defaults=True),
                    "until": in_utc(until),
                }
                self._upsert(connection, HELD, row)

    def held(self, outlet_id: str, at: datetime) -> list[Capture]:
        """The pages whose time has come, the longest waiting first."""
        query = (
            sa.select(HELD.c.capture)
            .where(HELD.c.outlet_id == outlet_id, HELD.c.until <= in_utc(at))
            .order_by(HELD.c.until, HELD.c.url_key)
        )
        with self._engine.connect() as connection:
            return [Capture.model_validate_json(text) for text in connection.execute(query).scalars()]

    def let_go(self, outlet_id: str, urls: Iterable[str]) -> None:
        """Forget the pages of these canonical URLs, of which few are held."""
        keys = {url_key(url) for url in urls}
        with self._engine.begin() as connection:
            held = connection.execute(sa.select(HELD.c.url_key).where(HELD.c.outlet_id == outlet_id)).scalars().all()
            for key in keys.intersection(held):
                of_url = (HELD.c.outlet_id == outlet_id) & (HELD.c.url_key == key)
                connection.execute(sa.delete(HELD).where(of_url))
