"""What a newcomer sees who presses Trigger with nothing chosen: the bundled newsroom, and why the rest waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from newswire import read
from newswire.orders import waiting
from newswire.outlets import load_all
from newswire.settings import PROJECT


@pytest.fixture(autouse=True)
def nobody_to_write_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEWSWIRE_CONTACT", raising=False)
    monkeypatch.setenv("AIRFLOW_VAR_NEWSWIRE_CONTACT", "")


def test_only_the_newsroom_is_read_and_the_rest_waits_in_one_line(
    desk: Any, newsroom: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = desk.run()
    assert run.state == "success"
    assert desk.states()["publish"] == ["success", "success"]
    assert {row["source_id"] for row in desk.last("runs")} == {"demo-de", "demo-fr"}
    assert len(desk.last("ledger", disposition="published")) >= 24
    (waits,) = read.remarks(str(desk.storage), run.run_id)
    names = waiting(load_all(PROJECT / "include" / "outlets")[0])
    assert len(names) >= 20
    assert waits.startswith(f"{len(names)} outlets wait for newswire_contact ({', '.join(names)}): ")
    assert "Admin > Variables" in waits
    monkeypatch.syspath_prepend(str(PROJECT / "plugins"))
    from news_desk.desk import gather

    assert any("outlets wait for newswire_contact" in note.text for note in gather(str(desk.storage)).run.notes)


def test_to_choose_a_real_outlet_is_refused_with_the_same_line(desk: Any, newsroom: Any) -> None:
    run = desk.run(outlets=["tagesschau"])
    assert run.state == "failed"
    assert desk.states()["plan"] == ["failed"]
    assert not newsroom.requests


def test_a_broken_file_stops_nobody_and_is_told(desk: Any, tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    page = PROJECT / "include" / "demo" / "site" / "de" / "lastenrad-parkgebuehr.html"
    (tmp_path / "saved" / "a.html").write_bytes(page.read_bytes())
    desk.write_outlet("gut", "name: Gut\nlanguage: de\ndiscover: [{folder: ../saved}]\n")
    desk.write_outlet("schlecht", "name: Schlecht\nlanguage: de\nexclude: ['(']\n")
    run = desk.run()
    assert run.state == "success"
    assert [row["disposition"] for row in desk.last("ledger")] == ["published"]
    (told,) = read.remarks(str(desk.storage), run.run_id)
    assert "schlecht.yaml: key `exclude`: '(' is not a regular expression" in told
