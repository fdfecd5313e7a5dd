"""
### Audit what is kept

Once a week this DAG reads every archived WARC file from its first byte to its last, and every article's row:

- a file is whole: no torn, altered or missing part; every digest fits; none was left open by a killed run
- the page that an article was made from lies where its row says
- an article has one row

**If it is red** the log of *audit* names each file, the byte, and what to do. It changes nothing itself.
"""

from __future__ import annotations

import pendulum
from airflow.sdk import dag, task


@dag(
    dag_id="news_maintain",
    schedule="0 6 * * 0",
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"owner": "newswire", "retries": 0},
    doc_md=__doc__,
    tags=["newswire", "maintenance"],
    dag_display_name="News maintain",
)
def news_maintain() -> None:
    @task
    def audit() -> dict[str, int]:
        from newswire_airflow import steps

        return steps.audit()

    audit()


news_maintain()
