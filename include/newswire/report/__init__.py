"""The run's account: one row per outlet, and proof that every lead ended exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

from newswire.records import Disposition, Lead, Outcome

COLUMNS = (
    "discovered", "fetched", "published", "revised", "unchanged", "duplicate", "skipped", "rejected", "failed",
    "translated", "pending",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LaneAccount:
    """A lane's leads and how they ended. `stopped_at` is the step that did not finish, None for a whole lane."""

    outlet_id: str
    leads: tuple[Lead, ...]
    outcomes: tuple[Outcome, ...]
    fetched: int = 0
    facts: Mapping[str, float] = field(default_factory=dict)
    stopped_at: str | None = None
    stopped_why: str | None = None
    source_errors: tuple[str, ...] = ()
    engine_trouble: tuple[str, ...] = ()

    def count(self, disposition: str) -> int:
        return sum(outcome.disposition == disposition for outcome in self.outcomes)

    def cell(self, column: str) -> int:
        """A number of the printed table; `unchanged` there includes pages that were not even sent again (304)."""
        own = {"discovered": len(self.leads), "fetched": self.fetched}
        own |= {name: int(self.facts.get(name, 0)) for name in ("translated", "pending")}
        if column in own:
            return own[column]
        return self.count(column) + (self.count("not_modified") if column == "unchanged" else 0)

    @property
    def reasons(self) -> dict[str, int]:
        """Why leads were skipped, rejected or failed, with how many each."""
        told = Counter(
            f"{outcome.disposition} {outcome.reason}"
            for outcome in self.outcomes
            if outcome.disposition in ("skipped", "rejected", "failed")
        )
        return dict(sorted(told.items()))

    @property
    def warnings(self) -> dict[str, int]:
        """What the checks before publishing found in articles that were published all the same, with how many each."""
        found = {name.partition(".")[2]: int(n) for name, n in self.facts.items() if name.startswith("warning.")}
        return dict(sorted(found.items()))


def joined(lanes: Iterable[LaneAccount]) -> list[LaneAccount]:
    """One account per outlet, of lanes that each did a part of it; the first that stopped says why."""
    found: dict[str, LaneAccount] = {}
    for lane in lanes:
        held = found.get(lane.outlet_id)
        found[lane.outlet_id] = lane if held is None else _both(held, lane)
    return list(found.values())


def _both(one: LaneAccount, other: LaneAccount) -> LaneAccount:
    return LaneAccount(
        outlet_id=one.outlet_id,
        leads=one.leads + other.leads,
        outcomes=one.outcomes + other.outcomes,
        fetched=one.fetched + other.fetched,
        facts={name: one.facts.get(name, 0) + other.facts.get(name, 0) for name in {**one.facts, **other.facts}},
        stopped_at=one.stopped_at or other.stopped_at,
        stopped_why=one.stopped_why or other.stopped_why,
        source_errors=one.source_errors + other.source_errors,
        engine_trouble=one.engine_trouble + other.engine_trouble,
    )


def reconcile(account: LaneAccount) -> list[str]:
    """What does not add up in a lane: leads without a disposition, with several, and dispositions without a lead."""
    leads = Counter(lead.canonical_url for lead in account.leads)
    ended = Counter(outcome.lead.canonical_url for outcome in account.outcomes)
    faults = [f"{account.outlet_id}: {url} was discovered {n} times" for url, n in leads.items() if n > 1]
    faults += [f"{account.outlet_id}: {url} has no disposition" for url in leads if url not in ended]
    faults += [f"{account.outlet_id}: {url} has {n} dispositions" for url, n in ended.items() if n > 1]
    faults += [f"{account.outlet_id}: {url} ended but was never discovered" for url in ended if url not in leads]
    return faults


def close_open(leads: Iterable[Lead], outcomes: Iterable[Outcome], stopped_at: str) -> list[Outcome]:
    """The missing outcomes of a lane that stopped: failed, to be tried again."""
    ended = {outcome.lead.canonical_url for outcome in outcomes}
    detail = f"the {stopped_at} step did not finish; the next run tries again"
    return [
        Outcome(lead=lead, disposition="failed", room="publish", reason="lane_stopped", detail=detail)
        for lead in leads
        if lead.canonical_url not in ended
    ]


def notes(accounts: Sequence[LaneAccount]) -> list[str]:
    """One line for each thing a person should know, beyond the numbers."""
    lines = []
    for account in accounts:
        if account.stopped_at:
            lines.append(
                f"{account.outlet_id}: stopped at {account.stopped_at}, tried again next run: {account.stopped_why}"
            )
        lines += [f"{account.outlet_id}: source did not answer: {error}" for error in account.source_errors]
        lines += [f"{account.outlet_id}: translation stays pending: {trouble}" for trouble in account.engine_trouble]
        if account.reasons:
            lines.append(f"{account.outlet_id}: {_told(account.reasons)}")
        if account.warnings:
            lines.append(f"{account.outlet_id}: published, worth a look: {_told(account.warnings)}")
    return lines


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({n})" for name, n in counts.items())


def runs_row(
    account: LaneAccount, *, run_id: str, started_at: datetime, reconciled: bool, dag_id: str | None = None
) -> dict[str, Any]:
    """The lane's row of the runs dataset, but for the version of the code. `dag_id` is None for a command's run."""
    dispositions = Counter(outcome.disposition for outcome in account.outcomes)
    return {
        "run_id": run_id,
        "source_id": account.outlet_id,
        "started_at": started_at,
        "discovered": len(account.leads),
        "fetched": account.fetched,
        **{name: dispositions[name] for name in get_args(Disposition)},
        **{name: int(account.facts.get(name, 0)) for name in _MEASURED},
        "engines": _engines(account.facts),
        "warnings": [{"check": check, "count": count} for check, count in account.warnings.items()],
        "seconds": float(account.facts.get("seconds", 0)),
        "stopped_at": account.stopped_at,
        "stopped_why": account.stopped_why,
        "source_errors": "\n".join(account.source_errors) or None,
        "reconciled": reconciled,
        "dag_id": dag_id,
    }


def _engines(facts: Mapping[str, float]) -> list[dict[str, Any]]:
    names = sorted(name.partition(".")[2] for name in facts if name.startswith("engine_requests."))
    return [
        {
            "engine": name,
            "requests": int(facts[f"engine_requests.{name}"]),
            "characters": int(facts.get(f"engine_characters.{name}", 0)),
        }
        for name in names
    ]


_MEASURED = ("translated", "pending", "requests", "bytes", "engine_requests", "engine_characters")
