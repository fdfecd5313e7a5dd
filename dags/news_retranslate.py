"""
### Ask again for English

Articles whose English is *pending*, *rejected* or a *draft* are given to the engines again, every night after *News
ingest*. It fetches no page, makes no revision, and never puts a worse text in the place of a better one.

| step | does | leaves |
|---|---|---|
| **plan** | checks the form; loads the translation memories | one order per outlet that has articles |
| **translate** | termbase, memory, then the engines: newest articles first, within the budget | translations |
| **publish** | fills in what is better than what is there | articles, translations |
| **report** | says what it cost and what stays pending | runs |

A *draft* comes from an engine without a key (Google, MyMemory); it is replaced as soon as a better engine is connected
through `newswire_translator`. A text that was refused is asked for again after 1, 2, 4 and 8 days, then no more. An
engine that does not answer costs a text nothing: it waits for the next night.

What a person has corrected in the translation memory (`newswire memory import`, or the variable `newswire_memory_tmx`)
replaces an engine's text here, in articles that have their English already.

**To trigger by hand** choose outlets, or none for all. *Again* asks also for what was given up.
**If a lane is red** read the log of its first red task: it names what happened and what to do.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import Asset, dag, get_current_context, task, task_group

from newswire_airflow.form import retranslate_params

ARTICLES = Asset(name="newswire_articles", uri="newswire://datasets/articles", group="newswire")
LANE: dict[str, Any] = {"map_index_template": "{{ task.op_kwargs['order']['outlet_id'] }}"}


@dag(
    dag_id="news_retranslate",
    schedule="0 5 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"owner": "newswire", "retries": 0},
    params=retranslate_params(),
    doc_md=__doc__,
    tags=["newswire", "translation"],
    dag_display_name="News retranslate",
)
def news_retranslate() -> None:
    @task
    def plan() -> list[dict[str, Any]]:
        from newswire_airflow import translate_steps

        return translate_steps.plan(get_current_context())

    # One outlet after the other: what one of them has had translated, the next ones find in the memory.
    @task(
        **LANE,
        pool="newswire_network",
        max_active_tis_per_dagrun=1,
        retries=1,
        retry_delay=timedelta(seconds=30),
        retry_exponential_backoff=2.0,
        max_retry_delay=timedelta(minutes=10),
    )
    def translate(order: dict[str, Any]) -> dict[str, Any]:
        from newswire_airflow import translate_steps

        return translate_steps.run("translate", order)

    @task(outlets=[ARTICLES], **LANE)
    def publish(order: dict[str, Any], _articles: dict[str, Any]) -> dict[str, Any]:
        from newswire_airflow import translate_steps

        return translate_steps.publish(order, get_current_context()["outlet_events"][ARTICLES])

    @task_group
    def outlet(order: dict[str, Any]) -> None:
        publish(order=order, _articles=translate(order=order))

    @task(trigger_rule="all_done")
    def report() -> list[str]:
        from newswire_airflow import translate_steps

        return translate_steps.report(get_current_context())

    outlet.expand(order=plan()) >> report()


news_retranslate()
