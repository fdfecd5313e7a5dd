"""docs/questions.md: every block of code runs on the bundled newsroom and prints what the page shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newswire_local import questions

PAGE = questions.PAGE.read_text(encoding="utf-8")


def test_the_page_shows_what_its_code_prints(nights: Path) -> None:
    assert questions.refreshed(PAGE, nights) == PAGE, "run `make docs`, and look at what changed"


def test_every_block_of_code_is_one_that_runs() -> None:
    assert PAGE.count("```python") == PAGE.count("```text") == len(questions._BLOCK.findall(PAGE)) >= 6
    assert PAGE.count("```") == 2 * (PAGE.count("```python") + PAGE.count("```text"))
    assert not re.search("```text\n```", PAGE), "a block that prints nothing answers nothing"


def test_what_a_page_shows_wrongly_is_written_anew(tmp_path: Path) -> None:
    first = "# A\n\n```python\nx = 2\nprint(x)   \n```\n\n```text\n1\n```\n"
    page = f"{first}\nB\n\n```python\nprint(x + 1)\n```\n\n```text\n```\n"
    made = questions.refreshed(page, tmp_path)
    assert made == page.replace("text\n1\n", "text\n2\n").replace("text\n```\n", "text\n3\n```\n")
    assert questions.refreshed(made, tmp_path) == made


def test_code_that_fails_stops_the_writing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        questions.refreshed("```python\n1 / 0\n```\n\n```text\n```\n", tmp_path)
