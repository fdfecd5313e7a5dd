"""A newsroom in memory: articles arrive, are corrected or go, and the links are kept up with them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from newswire.linking import link_articles
from newswire.publish import Unlinked

Row = dict[str, Any]
# Ten days from here cross the border of a month.
DAY = datetime(2026, 2, 25, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def article(identity: str, source: str, text: str, hours: float = 0, *, seen: float | None = None, **given: Any) -> Row:
    """An article published `hours` after DAY and first seen `seen` hours after it: a day later if nothing is said."""
    published = DAY + timedelta(hours=hours)
    return {
        "article_id": identity, "source_id": source, "month": f"{published:%Y-%m}", "version": "1", "lang": "de",
        "publisher": None, "agencies": [], "body_text": text, "seen_at": published,
        "first_seen_at": DAY + timedelta(hours=hours + 24 if seen is None else seen), **given,
    }  # fmt: skip


class Desk:
    """What a storage root would hold: the links by article, the days that are kept, and the articles as last linked."""

    def __init__(self) -> None:
        self.links: dict[str, Row] = {}
        self.days: dict[int, list[Row]] = {}
        self.known: dict[str, Row] = {}

    def arrive(self, *articles: Row) -> None:
        """New and corrected articles, in one night."""
        self._link(articles, [self.known[one["article_id"]] for one in articles if one["article_id"] in self.known])
        self.known |= {one["article_id"]: one for one in articles}

    def lose(self, *ids: str) -> None:
        self._link([], [self.known.pop(identity) for identity in ids])

    def _link(self, fresh: Iterable[Row], gone: Iterable[Row]) -> None:
        left: dict[int, list[str]] = {}
        for one in gone:
            left.setdefault((one["seen_at"] - _EPOCH).days, []).append(one["article_id"])
        linked = link_articles(Unlinked(list(fresh), left, {}), lambda day: self.days.get(day, []))
        self.days |= {day: list(rows) for day, rows in linked.days.items()}
        for _, (ids, _) in linked.months.items():
            for identity in ids:
                self.links.pop(identity, None)
        for month, (_, rows) in linked.months.items():
            for row in rows:
                assert row["article_id"] not in self.links, "two rows for one article"
                self.links[row["article_id"]] = row | {"month": month}

    def told(self) -> set[tuple[str, str, str]]:
        return {(row["article_id"], row["cluster_id"], row["role"]) for row in self.links.values()}


def linked(*articles: Row) -> Desk:
    """All of them in one night."""
    desk = Desk()
    desk.arrive(*articles)
    return desk
