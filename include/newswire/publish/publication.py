"""What became of a lane that was published, for whoever called for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from newswire.records import Outcome, Reject


@dataclass(frozen=True, slots=True)
class Publication:
    """What became of a lane's articles: one outcome each, and the article partitions (`source=…/month=…`) touched.

    `rejects` are those that the checks refused; `warnings` counts what they found in articles that were published.
    """

    outcomes: tuple[Outcome, ...]
    partitions: tuple[str, ...]
    rejects: tuple[Reject, ...] = ()
    warnings: Mapping[str, int] = field(default_factory=dict)

    def joined(self, other: Publication) -> Publication:
        return Publication(
            self.outcomes + other.outcomes,
            tuple(sorted({*self.partitions, *other.partitions})),
            self.rejects + other.rejects,
            dict(sorted((Counter(self.warnings) + Counter(other.warnings)).items())),
        )
