"""
### Read the archive again

Reads pages that the archive holds with today's code: after a change of the extractor, of the vocabulary or of an
outlet's `strip` rules, or to take in WARC files that others have made (Common Crawl's CC-NEWS). It asks no server for
anything.

| step | does | leaves |
|---|---|---|
| **plan** | checks the form; ends files that killed runs left open | files that the index does not know |
| **scan** | reads a file from end to end; of another's, copies the pages of our outlets | captures |
| **choose** | takes the newest capture of each article and deals them out in parts | one order per part |
| **extract** | reads each page with today's code | articles, rejects |
| **translate** | English from the termbase and the memory; other texts are *pending* | translations |
| **publish** | the same reading changes no byte; another is a revision by *newswire* | articles, revisions, ledger |
| **link**, **report** | as in *News ingest*: every page ended exactly once | links, runs |

**To trigger by hand** choose outlets and days of capture, or give WARC files, one path per line. Nothing chosen: all
that the archive holds. A row that was made from a later capture than those asked for is left alone, and the ledger
says so: `skipped newer_capture`.
**From rejects** reads only pages that were refused, for the reasons you choose. Mend what refused them (the outlet's
file, the vocabulary, the code), then trigger it. What passes now is published and its refusal is closed.
**If a lane is red** read the log of its first red task, mend what it names, and trigger the same again.
"""

from __future__ import annotations

from typing import Any

import pendulum
from airflow.sdk import Asset, dag, get_current_context, task, task_group

from newswire_airflow.form import reprocess_params

ARTICLES = Asset(name="newswire_articles", uri="newswire://datasets/articles", group="newswire")
FILES = "{{ task.op_kwargs['files'] | map(attribute='file') | join(', ') | truncate(200) }}"
LANE: dict[str, Any] = {
    "map_index_template": "{{ task.op_kwargs['order']['outlet_id'] }}, part {{ task.op_kwargs['order']['part'] }}"
}


@dag(
    dag_id="news_reprocess",
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"owner": "newswire", "retries": 0},
    params=reprocess_params(),
    doc_md=__doc__,
    tags=["newswire", "archive"],
    dag_display_name="News reprocess",
)
def news_reprocess() -> None:
    @task
    def plan() -> list[list[dict[str, Any]]]:
        from newswire_airflow import archive_steps

        return archive_steps.plan(get_current_context())

    @task(map_index_template=FILES)
    def scan(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
        from newswire_airflow import archive_steps

        return archive_steps.scan(files)

    @task(trigger_rule="all_done")
    def choose(_plan: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
        from newswire_airflow import archive_steps

        return archive_steps.choose(get_current_context())

    @task(**LANE)
    def extract(order: dict[str, Any]) -> dict[str, Any]:
        from newswire_airflow import archive_steps

        return archive_steps.run("extract", order)

    @task(**LANE)
    def translate(order: dict[str, Any], _texts: dict[str, Any]) -> dict[str, Any]:
        from newswire_airflow import archive_steps

        return archive_steps.run("translate", order)

    @task(outlets=[ARTICLES], **LANE)
    def publish(order: dict[str, Any], _articles: dict[str, Any]) -> dict[str, Any]:
        from newswire_airflow import archive_steps

        return archive_steps.publish(order, get_current_context()["outlet_events"][ARTICLES])

    @task_group
    def part(order: dict[str, Any]) -> None:
        texts = extract(order=order)
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

    files = plan()
    chosen = choose(files)
    scan.expand(files=files) >> chosen
    part.expand(order=chosen) >> link() >> report()


news_reprocess()
