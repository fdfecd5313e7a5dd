"""`make run`: the real news_ingest DAG on the bundled newsroom, in one process, from nothing to Parquet.

Without a server, a scheduler or a container: Airflow's own in-process runner executes every task of the DAG.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newswire.errors import NewswireError
from newswire.settings import PROJECT
from newswire_local import home
from newswire_local.console import quiet_airflow

LOG = "logs/run.log"


@dataclass(frozen=True)
class Ended:
    """How a run ended. `failures` are the reasons of failed tasks outside the lanes; a lane's are in the report."""

    run_id: str
    state: str
    failures: tuple[str, ...]


def ingest(params: Mapping[str, Any], say: Callable[[str], None]) -> Ended:
    """Run the DAG once. The process must have entered its Airflow home. Raises NewswireError for a broken DAG file."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=PROJECT / "dags")
    if bag.import_errors:
        raise NewswireError(f"a DAG file cannot be imported: {bag.import_errors}")
    dag = bag.dags["news_ingest"]
    failures: list[str] = []
    for task in dag.tasks:
        if not task.is_mapped:
            task.on_failure_callback = [lambda context: failures.append(str(context["exception"]))]
    say("running news_ingest")
    run = dag.test(run_conf=dict(params))
    return Ended(str(run.run_id), str(run.state), tuple(failures))


def main(arguments: Sequence[str]) -> int:
    """Prepare, serve the newsroom, run, print. Exit status 0 only when the run reconciled."""
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--edition", type=int, default=1, choices=(1, 2), help="2: one article has been corrected")
    parser.add_argument("--outlets", nargs="*", default=["demo-de", "demo-fr"])
    options = parser.parse_args(arguments)
    started = time.monotonic()
    home.enter()
    log = home.HOME / LOG
    log.unlink(missing_ok=True)
    try:
        with quiet_airflow(log) as terminal:
            ended, storage = _run(options, lambda line: print(f"  {line}", file=terminal))
    except NewswireError as error:
        print(f"{error}", file=sys.stderr)
        return 1
    except Exception as error:
        print(f"The run stopped: {type(error).__name__}: {error}. The whole story is in {log}.", file=sys.stderr)
        return 1
    return _tell(ended, storage, time.monotonic() - started)


def _run(options: argparse.Namespace, say: Callable[[str], None]) -> tuple[Ended, str]:
    from newswire_local.load_settings import load
    from newswire_local.newsroom import Newsroom, port_from_environment

    home.migrate(home.HOME, say)
    say(f"airflow_settings.yaml: {load()}")
    with Newsroom(port=port_from_environment(), edition=options.edition) as room:
        say(f"bundled newsroom at {room.base_url}")
        ended = ingest({"outlets": options.outlets}, say)
    from newswire_airflow.served import storage

    return ended, storage()


def _tell(ended: Ended, storage: str, seconds: float) -> int:
    from newswire.account import report_path
    from newswire.store import Store

    store = Store(storage)
    if not store.exists(report_path(ended.run_id)):
        return _failed(ended, "no report was written")
    report = json.loads(store.read_bytes(report_path(ended.run_id)))
    _print_table(report)
    _print_ways_to_read(storage if "://" in storage else os.path.relpath(storage))
    print(f"\n{ended.state} in {seconds:.0f} s, run {ended.run_id}")
    return 0 if ended.state == "success" else _failed(ended, "a lane stopped, as told above")


def _failed(ended: Ended, otherwise: str) -> int:
    """One line: the first failure is the cause, later ones its consequences."""
    reason = ended.failures[0] if ended.failures else otherwise
    told = " ".join(reason.split()).rstrip(".")
    print(f"The run {ended.state}: {told}. The whole story is in {home.HOME / LOG}.", file=sys.stderr)
    return 1


def _print_table(report: Mapping[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("outlet")
    for name in report["columns"]:
        table.add_column(name, justify="right")
    for outlet, numbers in report["rows"].items():
        table.add_row(outlet, *map(str, numbers))
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print()
    console.print(table)
    for line in report["notes"]:
        print(line)


def _print_ways_to_read(shown: str) -> None:
    """Two lines to copy into a shell of this folder, whatever characters the path has."""
    print(
        f"\nDatasets: {shown}/articles, revisions, translations, rejects, ledger, runs, links, captures."
        f" Pages: {shown}/warc"
    )
    print("Open them:")
    python = shlex.quote(os.path.relpath(sys.executable))
    pandas = f"import pandas; print(pandas.read_parquet({shown + '/articles'!r})[['headline', 'headline_en']])"
    print(f"  {python} -c {_in_double_quotes(pandas)}")
    files = shown.replace("'", "''") + "/articles/**/*.parquet"
    query = f"select source, headline_en from read_parquet('{files}')"
    print(f"  {python} -c {_in_double_quotes(f'import duckdb; print(duckdb.sql({query!r}))')}")


def _in_double_quotes(code: str) -> str:
    """One shell word (POSIX): Python is full of single quotes, which shlex.quote would make unreadable."""
    return '"' + re.sub(r'([\\"$`])', r"\\\1", code) + '"'


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
