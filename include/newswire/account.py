"""The end of a run, whatever the lanes did: link the month's articles, close the ledger, reconcile, report."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from newswire import __version__, asking, croissant, handoff, linking
from newswire import publish as publish_room
from newswire import report as report_room
from newswire.errors import ReconcileError
from newswire.handoff import Handoff, of_type, path_of
from newswire.lane import STEPS, failure_path
from newswire.records import Lead, Outcome
from newswire.report import COLUMNS, LaneAccount
from newswire.schemas import DATASETS
from newswire.world import World

# Handoffs are kept for as many runs as somebody may still want to repeat a step of, in Airflow's UI.
KEPT_RUNS = 14
_PLANS = "work/run=*/plan.json"
_log = logging.getLogger("newswire")


class Report(BaseModel):
    """A run's account for people: numbers per outlet in the order of `columns`, and notes in words.

    `remarks` are those of the notes that concern no lane: outlets that wait or whose file is wrong, links that failed.
    """

    model_config = ConfigDict(frozen=True)

    run_id: str
    columns: tuple[str, ...] = COLUMNS
    rows: dict[str, tuple[int, ...]]
    notes: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    faults: tuple[str, ...]


def link(run_id: str, world: World) -> int:
    """Link the articles that have changed, in this run or in one that was killed; how many months' links differ now.

    A failure leaves its reason to the report: the run is not red for it alone. Raises PublishError.
    """
    failed = _link_failure(run_id)
    world.store.remove(failed)
    try:
        months, changed = linking.relink(world.store)
    except Exception as error:
        world.store.write_bytes(failed, str(error).encode("utf-8", "backslashreplace"))
        raise
    _log.info("link, run %s: %d months looked at, %d changed", run_id, len(months), len(changed))
    return len(changed)


def report(run_id: str, world: World, dag_id: str | None = None) -> Report:
    """Close what stopped lanes left open, write the runs dataset. Raises ReconcileError when leads are unaccounted.

    `dag_id` is the DAG whose run it is, None for a command's.
    """
    plan = _plan(run_id, world)
    started_at = datetime.fromtimestamp(plan.facts["at"], UTC)
    accounts = report_room.joined(_account(run_id, lane, world) for lane in plan.notes)
    faults = {account.outlet_id: report_room.reconcile(account) for account in accounts}
    rows = [
        report_room.runs_row(
            account,
            run_id=run_id,
            started_at=started_at,
            reconciled=not faults[account.outlet_id],
            dag_id=dag_id,
        )
        | {"newswire_version": __version__}
        for account in accounts
    ]
    publish_room.write_runs(world.store, handoff.run_key(run_id), rows)
    remarks = (*plan.remarks, *_unlinked(run_id, world))
    croissant.describe(world.store)
    made = Report(
        run_id=run_id,
        rows={account.outlet_id: tuple(account.cell(column) for column in COLUMNS) for account in accounts},
        notes=(*remarks, *report_room.notes(accounts)),
        remarks=remarks,
        faults=tuple(fault for lane in faults.values() for fault in lane),
    )
    world.store.write_bytes(report_path(run_id), made.model_dump_json().encode())
    forget_old_runs(world)
    for line in made.notes:
        _log.warning("report: %s", line)
    if world.settings.iceberg:
        copy_to_iceberg(world)
    if made.faults:
        raise ReconcileError("The ledger does not add up: " + "; ".join(made.faults[:20]))
    _log.info("report: %d outlets, every lead accounted for", len(accounts))
    return made


def copy_to_iceberg(world: World) -> dict[str, int]:
    """Bring the Iceberg tables up to the datasets: what this run changed, and what a killed one did not write.

    Raises SettingsError or PublishError; the datasets are whole then.
    """
    done = publish_room.write_iceberg(world.store, DATASETS, world.catalog_url)
    _log.info("iceberg: %s", ", ".join(f"{count} partitions of {name}" for name, count in done.items()))
    return done


def forget_old_runs(world: World) -> None:
    """Drop the handoffs of all but the newest runs: the datasets and the ledger hold what matters of them."""
    plans = {path: Handoff.model_validate_json(world.store.read_bytes(path)) for path in world.store.glob(_PLANS)}
    newest = sorted(plans, key=lambda path: plans[path].facts["at"], reverse=True)
    for path in newest[KEPT_RUNS:]:
        world.store.remove(path.removesuffix("/plan.json"))


def report_path(run_id: str) -> str:
    return f"work/run={handoff.run_key(run_id)}/report.json"


def _link_failure(run_id: str) -> str:
    return f"work/run={handoff.run_key(run_id)}/link.txt"


def _unlinked(run_id: str, world: World) -> list[str]:
    """What the link step failed with, as the report repeats it."""
    path = _link_failure(run_id)
    return [world.store.read_bytes(path).decode()] if world.store.exists(path) else []


def _plan(run_id: str, world: World) -> Handoff:
    path = f"work/run={handoff.run_key(run_id)}/plan.json"
    if not world.store.exists(path):
        raise ReconcileError(f"run {run_id} was never planned: read the log of the plan task, mend the form, run again")
    return Handoff.model_validate_json(world.store.read_bytes(path))


def _account(run_id: str, lane: str, world: World) -> LaneAccount:
    """What a lane left behind. A lane that stopped has its open leads closed as failed, in the ledger and the state."""
    outlet_id, _, part = lane.partition(".")
    done = {step: handoff.find(world.store, path_of(run_id, lane, step)) for step in STEPS}
    records = {step: handoff.read(world.store, found.path) for step, found in done.items() if found}
    stopped_at = next((step for step in STEPS if not done[step]), None)
    if stopped_at is None:
        outcomes = of_type(records["publish"], Outcome)
    else:
        outcomes = [o for step in ("discover", "fetch") for o in of_type(records.get(step, []), Outcome)]
    discovered = records.get("discover", [])
    leads = [*of_type(discovered, Lead), *(outcome.lead for outcome in of_type(discovered, Outcome))]
    if stopped_at is not None:
        outcomes += report_room.close_open(leads, outcomes, stopped_at)
        _close(run_id, outlet_id, outcomes, world, from_archive=bool(part))
    facts = {name: value for found in done.values() if found for name, value in found.facts.items()}
    return LaneAccount(
        outlet_id=outlet_id,
        leads=tuple(leads),
        outcomes=tuple(outcomes),
        fetched=done["fetch"].counts.get("Capture", 0) if done["fetch"] else 0,
        facts=facts,
        stopped_at=stopped_at,
        stopped_why=_why(run_id, lane, world) if stopped_at else None,
        source_errors=done["discover"].notes if done["discover"] else (),
        engine_trouble=done["translate"].notes if done["translate"] else (),
    )


def _close(run_id: str, outlet_id: str, outcomes: Sequence[Outcome], world: World, *, from_archive: bool) -> None:
    """Tell the ledger how a stopped lane ended. What came from the archive is no lead to ask a server for again."""
    key = handoff.run_key(run_id)
    if from_archive:
        publish_room.add_to_ledger(world.store, key, run_id, outlet_id, outcomes)
    else:
        publish_room.write_ledger(world.store, key, run_id, outlet_id, outcomes)
        asking.settle(outlet_id, outcomes, world)


def _why(run_id: str, lane: str, world: World) -> str:
    path = failure_path(run_id, lane)
    return world.store.read_bytes(path).decode() if world.store.exists(path) else "the process ended"
