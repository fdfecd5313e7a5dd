"""
### Keep the storage in order

Once a week, one after the other:

1. **audit** reads every file of the archive and the datasets and compares all that refers to one another: no file is
   torn or altered, every row has its page and every page is in the index, keys are unique, the ledger adds up, no file
   is a stray. It changes nothing.
2. **compact** puts the ledger and the runs dataset of past weeks into one file a month. No row changes.
3. **retain** removes raw pages that are older than their outlet keeps them (`retention_days` in the outlet's file; none
   by default). Articles stay.

**If audit is red** its log names each file and what to do; the News desk shows the same. Nothing is compacted or
removed until it is green again: mend it, then trigger this DAG. With *Dry run* the logs say what would be done.
"""

from __future__ import annotations

from typing import Any

import pendulum
from airflow.sdk import dag, get_current_context, task

from newswire_airflow.form import maintain_params


@dag(
    dag_id="news_maintain",
    schedule="0 6 * * 0",
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    params=maintain_params(),
    default_args={"owner": "newswire", "retries": 0},
    doc_md=__doc__,
    tags=["newswire", "maintenance"],
    dag_display_name="News maintain",
)
def news_maintain() -> None:
    @task
    def audit() -> dict[str, int]:
        from newswire_airflow import maintain_steps

        return maintain_steps.audit(get_current_context())

    # What was not chosen is skipped and holds up nothing; what failed holds up all that follows.
    @task(trigger_rule="none_failed")
    def compact() -> str:
        from newswire_airflow import maintain_steps

        return maintain_steps.compact(get_current_context())

    @task(trigger_rule="none_failed")
    def retain() -> dict[str, Any]:
        from newswire_airflow import maintain_steps

        return maintain_steps.retain(get_current_context())

    audit() >> compact() >> retain()


news_maintain()
