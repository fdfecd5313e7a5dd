"""
### Read the news

Every night, or when you trigger it, this DAG reads each outlet in a lane of its own:

| step | does | leaves |
|---|---|---|
| **plan** | checks the form as a whole; refuses it before anything is fetched | one order per outlet |
| **discover** | asks the outlet's feeds, sitemaps, pages and files for articles | leads |
| **fetch** | fetches them politely: robots.txt, pace, conditional requests | a WARC file |
| **extract** | reads each page; every line it cuts is kept with the rule that cut it | articles, rejects |
| **translate** | English from the termbase, the memory, then the engine; otherwise *pending* | translations |
| **publish** | merges into the Parquet datasets; a rerun changes no byte | articles, revisions, rejects, ledger |
| **link** | finds agency copy that several outlets carry | links |
| **report** | proves that every lead ended exactly once, or fails | runs |

A dead outlet fails its own lane only. `link` and `report` run whatever the lanes did.

**To trigger by hand** choose outlets, or paste URLs one per line, and press *Trigger*. Nothing chosen: all outlets;
real ones wait until the variable `newswire_contact` says whom they may write to.
**If a lane is red** read the log of its first red task: it names the outlet, what happened and what to do. The next run
tries its articles again; nothing is lost.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import Asset, dag, get_current_context, task, task_group

from newswire_airflow.form import ingest_params

ARTICLES = Asset(name="newswire_articles", uri="newswire://datasets/articles", group="newswire")
LANE: dict[str, Any] = {"map_index_template": "{{ task.op_kwargs['order']['outlet_id'] }}"}
NETWORK: dict[str, Any] = {
    **LANE,
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=10),
    "pool": "newswire_network",
}


@dag(
    dag_id="news_ingest",
    schedule="0 2 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"owner": "newswire", "retries": 0},
    params=ingest_params(),
    doc_md=__doc__,
    tags=["newswire", "ingest"],
    dag_display_name="News ingest",
)
def news_ingest() -> None:
    @task
    def plan() -> list[dict[str, Any]]:
        from newswire_airflow import steps

        return steps.plan(get_current_context())

    @task(**NETWORK)
    def discover(order: dict[str, Any]) -> dict[str, Any]:
        from newswire_airflow import steps

        return steps.run("discover", order)

    @task(**NETWORK)
    def fetch(order: dict[str, Any], _leads: dict[str, Any]) -> dict[str, Any]:
        from newswire_airflow import steps

        return steps.run("fetch", order)

    @task(**LANE)
    def extract(order: dict[str, Any], _pages: dict[str, Any]) -> dict[str, Any]:
        from newswire_airflow import steps

        return steps.run("extract", order)

    @task(**NETWORK)
    def translate(order: dict[str, Any], _texts: dict[str, Any]) -> dict[str, Any]:
        from newswire_airflow import steps

        return steps.run("translate", order)

    @task(outlets=[ARTICLES], **LANE)
    def publish(order: dict[str, Any], _articles: dict[str, Any]) -> dict[str, Any]:
        from newswire_airflow import steps

        return steps.publish(order, get_current_context()["outlet_events"][ARTICLES])

    @task_group
    def outlet(order: dict[str, Any]) -> None:
        leads = discover(order=order)
        pages = fetch(order=order, _leads=leads)
        texts = extract(order=order, _pages=pages)
        articles = translate(order=order, _texts=texts)
        publish(order=order, _articles=articles)

    @task(trigger_rule="all_done")
    def link() -> int:
        from newswire_airflow import steps

        return steps.link(get_current_context())

    @task(trigger_rule="all_done")
    def report() -> dict[str, Any]:
        from newswire_airflow import steps

        return steps.report(get_current_context())

    outlet.expand(order=plan()) >> link() >> report()


news_ingest()
