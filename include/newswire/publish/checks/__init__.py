"""Checks on rows that are about to be written. What fails is refused with the column, its value and the limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from newswire.publish.checks.english import fit_english
from newswire.publish.checks.repeats import find_known, find_repeats
from newswire.publish.checks.row import find_faults, find_oddities, is_possible
from newswire.publish.checks.rules import Checked, Fault, Rules, rules_of
from newswire.publish.decision import Place
from newswire.publish.merge import Row
from newswire.publish.rows import content_hash
from newswire.records import Article, Reject
from newswire.store import Store

__all__ = ["Checked", "Fault", "Rules", "check", "fit_english", "refuse", "rules_of"]


def check(places: Sequence[Place], rules: Rules, *, outlet_id: str, store: Store) -> Checked:
    """Sort articles into those to publish and those to refuse. Reads hashes of the outlet's latest texts."""
    counts: Counter[str] = Counter()
    rejects: list[Reject] = []
    sound: list[Place] = []
    for article, row in places:
        faults = list(find_faults(row, rules))
        grave = next((fault for fault in faults if fault.reason not in rules.tolerate), None)
        if grave:
            rejects.append(refuse(article, grave))
            continue
        counts.update({fault.reason for fault in faults})
        counts.update(_set_right(row, rules))
        counts.update(find_oddities(row, rules))
        sound.append((article, row))
    passed: list[Place] = []
    known = find_known(store, outlet_id, [row for _, row in sound])
    repeats = find_repeats(sound, known)
    for index, (article, row) in enumerate(sound):
        fault = repeats.get(index)
        if fault and fault.reason not in rules.tolerate:
            rejects.append(refuse(article, fault, row["body_hash"]))
            continue
        if index in repeats:
            counts["repeated_body"] += 1
        passed.append((article, row))
    return Checked(passed, tuple(rejects), dict(sorted(counts.items())))


def refuse(article: Article, fault: Fault, body_hash: str | None = None) -> Reject:
    """A refusal that leads back to the archived page, to be read again when the cause is mended."""
    reason, detail, mends_at = fault
    capture = article.extraction.capture
    return Reject.of(capture, "publish", reason, detail, body_hash=body_hash, mends_at=mends_at)


def _set_right(row: Row, rules: Rules) -> Iterator[str]:
    """An impossible time is taken out of a row that is published all the same: unknown is better than wrong.

    A false time of publication gets here only where the outlet tolerates it; what the page printed stays in `_raw`.
    """
    impossible = [
        name for name in ("published_at", "updated_at") if row[name] and not is_possible(row[name], row, rules)
    ]
    for name in impossible:
        row[name] = None
        row["field_basis"] = [
            {**one, "basis": f"{one['basis']}, implausible"} if one["field"] == name else one
            for one in row["field_basis"]
        ]
    if impossible:
        row["content_hash"] = content_hash(row)
    if "updated_at" in impossible:
        yield "implausible_update"
