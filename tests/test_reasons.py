"""Every reason for which a whole page is refused can be replayed, is told in the README, and exists in the code."""

from __future__ import annotations

import re
from pathlib import Path

from newswire.extract import kinds
from newswire.outlets import Outlet
from newswire.reasons import CHECKS, READING, REPLAYABLE
from newswire.settings import PROJECT

LIBRARY = PROJECT / "include" / "newswire"
RAISED = re.compile(r"\b(?:ExtractError|Failure|Fault)\(\s*\"([a-z_]+)\"")


def raised_in(folder: Path) -> set[str]:
    return {reason for path in folder.rglob("*.py") for reason in RAISED.findall(path.read_text(encoding="utf-8"))}


def test_what_the_reader_refuses_is_known() -> None:
    assert raised_in(LIBRARY / "extract") | set(kinds._TOLD) == set(READING)


def test_what_the_checks_refuse_is_known() -> None:
    # Which of the two an empty column is depends on the column.
    found = raised_in(LIBRARY / "publish")
    assert found <= set(CHECKS)
    assert set(CHECKS) - found <= {"empty_body"}
    assert '"empty_body"' in (LIBRARY / "publish" / "checks" / "row.py").read_text(encoding="utf-8")


def test_the_readme_tells_each() -> None:
    page = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert not [reason for reason in REPLAYABLE if f"`{reason}`" not in page]


def test_what_an_outlet_may_tolerate_is_a_check() -> None:
    told = (PROJECT / "include" / "outlets" / "demo-de.yaml").read_text(encoding="utf-8")
    (choices,) = re.findall(r"Literal\[([^]]+)\]", str(Outlet.model_fields["tolerate"].annotation))
    names = re.findall(r"'([a-z_]+)'", choices)
    assert len(names) == 5
    assert set(names) <= set(CHECKS)
    assert all(name in told for name in names)
