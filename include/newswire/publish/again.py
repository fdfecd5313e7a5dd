"""What becomes of an article that was read once more, from a page that the archive holds.

A page that today's code reads as before leaves its row alone. Another reading is a revision of ours, not of the
publisher's. The newest capture decides: a row made from a later one is never overwritten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from newswire.publish.decision import RANK, Decision, Place, outcome_of, under_own_address
from newswire.publish.english import keep_english
from newswire.publish.merge import Row
from newswire.publish.rows import CONTENT, TRANSLATED, month_of, stable, translation_rows
from newswire.records import Article, Outcome, WarcRef
from newswire.urls import article_id

# What a reading says of a page. The version of the code, the detector's confidence (a float that differs between
# builds) and where the page lies are no part of it.
READING = (
    *CONTENT, "publisher", "lang_declared", "interface_lang", "published_raw", "updated_raw", "date_basis", "tz_basis",
    "access", "description_generated", "breadcrumb", "reading_minutes", "image_url", "topics", "stripped",
    "field_basis", "entries", "charset", "charset_declared", "repaired", "replacement_chars",
)  # fmt: skip
Known = Mapping[str, tuple[str, Row]]


def place(places: Sequence[Place]) -> list[tuple[Article, Row, str]]:
    """Each article, its row under the address that the page states, and the id under the address it was asked at."""
    return [(article, row, _own_id(article)) for article, row in places]


def sort_out(
    placed: Sequence[tuple[Article, Row, str]], existing: Known, unseen: Collection[WarcRef]
) -> tuple[list[Place], list[Outcome]]:
    """The articles to decide on, one per id, and the outcomes of the others.

    A page whose own row was made from this very capture stays there, whatever address it claims. Of several that claim
    one address, the capture that its row was made from comes first, then the newest. What no run has published yet
    (`unseen`) and what says something else keeps its own address: no dataset holds anything of it.
    """
    claims: dict[str, list[Place]] = defaultdict(list)
    for article, row, own_id in placed:
        if own_id != row["article_id"] and _is_of(article, existing.get(own_id)):
            row = under_own_address(article, row)
        claims[row["article_id"]].append((article, row))
    chosen: list[Place] = []
    outcomes: list[Outcome] = []
    for identity, group in claims.items():
        first, *others = sorted(group, key=lambda one: _rank(one, existing.get(identity), unseen), reverse=True)
        chosen.append(first)
        for article, row in others:
            own_id = _own_id(article)
            if row["content_hash"] == first[1]["content_hash"]:
                detail = f"the same article as {first[1]['uri']}"
                outcomes.append(outcome_of(article, "duplicate", identity, None, detail))
            elif article.extraction.capture.warc in unseen and own_id not in claims and own_id not in existing:
                chosen.append((article, under_own_address(article, row)))
            else:
                outcomes.append(_outdone(article, identity, None))
    return chosen, outcomes


def said_to_be_later(
    chosen: Sequence[Place], existing: Known, unseen: Collection[WarcRef]
) -> dict[str, tuple[str, int]]:
    """`{article_id: (warc_file, warc_offset)}` of captures later than the one that the article's row was made from.

    One that a revision was made from before is not later: the clock went back between the two.
    """
    found = {}
    for article, row in chosen:
        capture = article.extraction.capture
        known = existing.get(row["article_id"])
        if known is not None and not _is_of(article, known) and capture.warc not in unseen:
            found[row["article_id"]] = (capture.warc.file, capture.warc.offset)
    return found


def decide_again(
    article: Article,
    row: Row,
    known: tuple[str, Row] | None,
    earlier: Mapping[str, list[Row]],
    unseen: Collection[WarcRef],
    outdated: Collection[str] = (),
) -> Decision:
    """What becomes of a row; `earlier` holds the translations of known articles, `outdated` those whose revisions
    tell that another capture came after this one."""
    capture = article.extraction.capture
    identity = row["article_id"]
    translations = [one | {"article_id": identity} for one in translation_rows(article)]
    if known is None:
        row |= {"revision": 1, "first_seen_at": capture.captured_at}
        outcome = outcome_of(article, "published", identity, 1)
        return Decision(month_of(row), row, outcome, capture.captured_at, [], translations)
    month, old = known
    if identity in outdated or capture.captured_at < (old["captured_at"] or old["first_seen_at"]):
        return Decision(month, old, _outdone(article, identity, old["revision"]), capture.captured_at)
    row, translations = keep_english(row, translations, earlier.get(identity, ()))
    changed = [name for name in READING if stable(old[name]) != stable(row[name])]
    if not changed:
        outcome = outcome_of(article, "unchanged", identity, old["revision"])
        if RANK[row["translation_status"]] <= RANK[old["translation_status"]]:
            return Decision(month, old, outcome, capture.captured_at)
        better = old | {name: row[name] for name in TRANSLATED}
        return Decision(month, better, outcome, capture.captured_at, None, translations)
    row |= {"revision": old["revision"] + 1, "first_seen_at": old["first_seen_at"]}
    row["revised_by"] = "publisher" if capture.warc in unseen else "newswire"
    row["alt_ids"] = sorted({*old["alt_ids"], *row["alt_ids"]} - {row["canonical_url"]})
    outcome = outcome_of(article, "revised", identity, row["revision"])
    return Decision(month, row, outcome, capture.captured_at, changed, translations)


def _outdone(article: Article, identity: str, revision: int | None) -> Outcome:
    detail = "a later capture of the article is in the datasets; that one decides"
    outcome = outcome_of(article, "skipped", identity, revision, detail)
    return outcome.model_copy(update={"reason": "newer_capture"})


def _own_id(article: Article) -> str:
    lead = article.extraction.capture.lead
    return article_id(lead.outlet_id, lead.canonical_url)


def _is_of(article: Article, known: tuple[str, Row] | None) -> bool:
    """True when the row was made from this very capture."""
    warc = article.extraction.capture.warc
    return known is not None and (known[1]["warc_file"], known[1]["warc_offset"]) == (warc.file, warc.offset)


def _rank(
    one: Place, known: tuple[str, Row] | None, unseen: Collection[WarcRef]
) -> tuple[bool, bool, datetime, str, int]:
    article, row = one
    capture = article.extraction.capture
    # Of new pages, one that lies at the address itself: it has no other to move to.
    itself = capture.warc in unseen and capture.lead.canonical_url == row["canonical_url"]
    return (_is_of(article, known), itself, capture.captured_at, capture.warc.file, capture.warc.offset)
