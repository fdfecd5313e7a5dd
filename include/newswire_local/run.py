"""`make run`: the real news_ingest DAG on the bundled newsroom, in one process, from nothing to Parquet.

Without a server, a scheduler or a container: Airflow's own in-process runner executes every task of the DAG.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from newswire.errors import NewswireError
from newswire.settings import PROJECT
from newswire_local import home
from newswire_local.console import quiet_airflow

LOG = "logs/run.log"


def ingest(params: Mapping[str, Any], say: Callable[[str], None]) -> tuple[str, str]:
    """Run the DAG once; returns its run id and final state. The process must have entered its Airflow home."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=PROJECT / "dags")
    if bag.import_errors:
        raise NewswireError(f"a DAG file cannot be imported: {bag.import_errors}")
    say("running news_ingest")
    run = bag.dags["news_ingest"].test(run_conf=dict(params))
    return str(run.run_id), str(run.state)


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
            run_id, state, storage = _run(options, lambda line: print(f"  {line}", file=terminal))
    except NewswireError as error:
        print(f"{error}", file=sys.stderr)
        return 1
    except Exception as error:
        print(f"The run stopped: {type(error).__name__}: {error}. The whole story is in {log}.", file=sys.stderr)
        return 1
    return _tell(run_id, state, storage, time.monotonic() - started)


def _run(options: argparse.Namespace, say: Callable[[str], None]) -> tuple[str, str, str]:
    from newswire_local.load_settings import load
    from newswire_local.newsroom import Newsroom, port_from_environment

    home.migrate(home.HOME, say)
    say(f"airflow_settings.yaml: {load()}")
    with Newsroom(port=port_from_environment(), edition=options.edition) as room:
        say(f"bundled newsroom at {room.base_url}")
        run_id, state = ingest({"outlets": options.outlets}, say)
    from newswire_airflow.world import world

    return run_id, state, world().settings.storage


def _tell(run_id: str, state: str, storage: str, seconds: float) -> int:
    from rich.console import Console
    from rich.table import Table

    from newswire.account import report_path

    report_file = Path(storage) / report_path(run_id)
    if not report_file.exists():
        print(f"The run ended as {state} without a report. The whole story is in {home.HOME / LOG}.", file=sys.stderr)
        return 1
    report = json.loads(report_file.read_text())
    table = Table("outlet", *report["columns"])
    for name in report["columns"]:
        table.columns[1 + report["columns"].index(name)].justify = "right"
    for outlet, numbers in report["rows"].items():
        table.add_row(outlet, *map(str, numbers))
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print()
    console.print(table)
    for line in report["notes"]:
        print(line)
    shown = os.path.relpath(storage)
    print(f"\nDatasets: {shown}/articles, revisions, translations, rejects, ledger, runs, links. Pages: {shown}/warc")
    print("Open them:")
    columns = "['headline', 'headline_en']"
    print(f"""  .venv/bin/python -c "import pandas; print(pandas.read_parquet('{shown}/articles')[{columns}])" """)
    files = f"read_parquet('{shown}/articles/**/*.parquet')"
    print(
        f"""  .venv/bin/python -c "import duckdb; print(duckdb.sql(\\"select source, headline_en from {files}\\"))" """
    )
    print(f"\n{state} in {seconds:.0f} s, run {run_id}")
    return 0 if state == "success" else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
