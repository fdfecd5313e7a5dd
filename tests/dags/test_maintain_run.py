"""The real news_maintain through Airflow: silent on a whole archive, red and exact on a damaged one."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import Any

import pytest

from newswire import maintain
from newswire.cli import main
from newswire.settings import PROJECT, Settings
from newswire.world import World

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


def audited(desk: Any) -> maintain.Audit:
    return maintain.audit(World(Settings(storage=str(desk.storage))))


def archive_file(desk: Any) -> Path:
    (file,) = desk.storage.glob("warc/source=saved/*.warc.gz")
    return Path(file)


def test_a_whole_archive_is_green(kept: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert kept.run(dag_id="news_maintain").state == "success"
    found = audited(kept)
    assert (found.files, found.articles, found.findings) == (1, len(kept.rows("articles")), ())
    assert main(["--storage", str(kept.storage), "audit"]) == 0
    assert "0 findings" in capsys.readouterr().out


def test_a_torn_file_is_named_with_its_byte_and_fails_the_task(kept: Any, capsys: pytest.CaptureFixture[str]) -> None:
    file = archive_file(kept)
    file.write_bytes(file.read_bytes()[:-40])
    assert kept.run(dag_id="news_maintain").state == "failed"
    (finding, *_) = audited(kept).findings
    assert finding.startswith(f"warc/source=saved/{file.name} at byte ")
    assert main(["--storage", str(kept.storage), "audit"]) == 1
    assert file.name in capsys.readouterr().err


def test_an_altered_byte_is_found(kept: Any) -> None:
    file = archive_file(kept)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    assert any(file.name in finding for finding in audited(kept).findings)


def test_articles_without_their_page_are_named(kept: Any) -> None:
    archive_file(kept).unlink()
    (finding,) = audited(kept).findings
    assert "missing, and" in finding
    assert f"{len(kept.rows('articles'))} articles" in finding


def test_what_a_run_is_writing_is_passed_over_and_what_a_killed_one_left_is_not(kept: Any) -> None:
    left = archive_file(kept).with_name("killed.warc.gz.open")
    left.write_bytes(archive_file(kept).read_bytes())
    with left.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert not audited(kept).findings
    (finding,) = audited(kept).findings
    assert "killed.warc.gz.open" in finding
    assert "never finished" in finding
