"""The real news_maintain through Airflow: silent on a whole storage; red, exact and idle on a damaged one."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from newswire.maintenance import last_told
from newswire.settings import PROJECT
from newswire.store import Store

PAGES = sorted((PROJECT / "include" / "demo" / "site" / "de").glob("*.html"))[:3]
OUTLET = """
name: Saved pages
language: de
timezone: Europe/Berlin
discover:
  - folder: pages
hosts: [obst.example]
"""


@pytest.fixture
def kept(desk: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A storage root with a few articles and their archive file."""
    monkeypatch.setenv("AIRFLOW_VAR_NEWSWIRE_MEMORY_TMX", "")
    desk.write_outlet("saved", OUTLET)
    (desk.outlets / "pages").mkdir()
    for page in PAGES:
        (desk.outlets / "pages" / page.name).write_bytes(page.read_bytes())
    assert desk.run(outlets=["saved"]).state == "success"
    assert desk.rows("articles")
    return desk


def archive_file(desk: Any) -> Path:
    (file,) = desk.storage.glob("warc/source=saved/*.warc.gz")
    return Path(file)


def states(desk: Any) -> dict[str, str]:
    return {task: state for task, (state,) in desk.states().items()}


def test_a_whole_storage_is_green(kept: Any) -> None:
    assert kept.run(dag_id="news_maintain").state == "success"
    assert states(kept) == {"audit": "success", "compact": "success", "retain": "success"}
    for part in ("audit", "compact", "retain"):
        told = last_told(Store(str(kept.storage)), part)
        assert told is not None
        assert told.is_well


def test_what_is_torn_is_named_and_nothing_else_runs(kept: Any, caplog: pytest.LogCaptureFixture) -> None:
    file = archive_file(kept)
    file.write_bytes(file.read_bytes()[:-40])
    kept.write_outlet("saved", OUTLET + "retention_days: 1\n")
    with caplog.at_level(logging.ERROR, "newswire"):
        assert kept.run(dag_id="news_maintain").state == "failed"
    assert states(kept) == {"audit": "failed", "compact": "upstream_failed", "retain": "upstream_failed"}
    assert f"warc/source=saved/{file.name} at byte " in caplog.text
    told = last_told(Store(str(kept.storage)), "audit")
    assert told is not None
    assert not told.is_well
    assert any(file.name in line for line in told.lines)
    assert last_told(Store(str(kept.storage)), "retain") is None


def test_the_form_chooses_what_is_done(kept: Any) -> None:
    assert kept.run(dag_id="news_maintain", do=["retain"], dry_run=True).state == "success"
    assert states(kept) == {"audit": "skipped", "compact": "skipped", "retain": "success"}
    assert last_told(Store(str(kept.storage)), "retain") is None
    assert kept.run(dag_id="news_maintain", do=["audit"]).state == "success"
    assert states(kept) == {"audit": "success", "compact": "skipped", "retain": "skipped"}


def test_a_form_with_an_unknown_part_is_refused(kept: Any) -> None:
    with pytest.raises(Exception, match="burn"):
        kept.run(dag_id="news_maintain", do=["burn"])
