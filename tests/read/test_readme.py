"""What README says of opening the data is run as it stands there."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from newswire.cli import main
from newswire.settings import PROJECT

SECTION = (PROJECT / "README.md").read_text(encoding="utf-8").split("## Open the data", 1)[1].split("\n## ", 1)[0]
BLOCKS = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
COMMANDS = re.findall(r"^    \.venv/bin/newswire (.*)$", SECTION, re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_python_prints_articles(block: str, nights: Path) -> None:
    printed = io.StringIO()
    with contextlib.chdir(nights), contextlib.redirect_stdout(printed):
        exec(compile(block, "README.md", "exec"), {})
    assert printed.getvalue().count("\n") >= 2
    assert "Empty" not in printed.getvalue()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_answers(command: str, nights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(nights / "data", tmp_path / "data")
    with contextlib.chdir(tmp_path):
        assert main(["--storage", "data", *shlex.split(command, comments=True)]) == 0
    (written,) = [path for path in tmp_path.iterdir() if path.is_file()] or [None]
    text = written.read_text(encoding="utf-8") if written else capsys.readouterr().out
    assert text.count("\n") >= (1 if written and written.suffix == ".jsonl" else 3)
    if written and written.suffix == ".jsonl":
        assert {json.loads(line)["standard"]["version"] for line in text.splitlines()} == {"3.0"}


def test_there_are_some() -> None:
    assert len(BLOCKS) >= 3
    assert len(COMMANDS) >= 4
