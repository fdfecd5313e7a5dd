"""The command line as a stranger uses it: slips end in one line that says what to mend."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import building
from newswire import publish
from newswire.cli import main
from newswire.store import Store

QUERY = ["query", "select count(*) as stored from articles"]
COMMANDS = [QUERY, ["export"], ["audit"], ["maintain", "--dry-run"], ["reprocess"], ["retranslate"], ["iceberg"]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    publish.publish([building.article("eins")], [], outlet_id="probe", store=Store(str(tmp_path / "data")))
    return tmp_path / "data"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_storage_that_is_none_is_no_empty_one(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An audit of a mistyped folder must not report that all is well, nor make the folder."""
    (tmp_path / "a file").write_text("x")
    for name, said in (("typo", "no such folder"), ("a file", "no folder"), ("a file/typo", "no such folder")):
        assert main(["--storage", str(tmp_path / name), *command]) == 1
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err == f"newswire: storage {tmp_path / name}: {said}; correct the path, or run news_ingest first\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a file"]


@pytest.mark.parametrize("command", COMMANDS[2:6], ids=lambda command: command[0])
def test_a_storage_that_cannot_be_written_to_is_told_in_one_line(
    command: list[str], data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file where a folder must be made stops anyone, even a user whom no permission stops."""
    for path in sorted((data / "work").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (data / "work").rmdir()
    (data / "work").write_text("x")
    assert main(["--storage", str(data), *command]) == 1
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"newswire: {data}/work")
    assert "see whether it may be written to" in told


def test_a_copy_that_can_only_be_read_is_audited(data: Path) -> None:
    """A backup, mounted for reading: the audit needs no lock there, and tells what it found."""
    space = ["unshare", "--user", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*space, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody but root mount anything")
    (data / "notes.txt").write_text("x")
    before = sorted(path for path in data.rglob("*"))
    mounted = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$2" -m newswire --storage "$1" audit'
    command = [*space, "sh", "-c", mounted, "sh", str(data), sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "1 articles" in done.stdout
    assert "notes.txt: no file of Newswire's" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path for path in data.rglob("*")) == before


def test_the_storage_may_be_said_before_or_after_the_command(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--storage", str(data), *QUERY, "--format", "csv"]) == 0
    before = capsys.readouterr().out
    assert main([*QUERY, "--format", "csv", "--storage", str(data)]) == 0
    assert capsys.readouterr().out == before == "stored\n1\n"


def test_a_finding_is_told_once(data: Path, tmp_path: Path) -> None:
    """A process of its own, where no handler takes the log: Python then prints warnings on stderr."""
    (data / "notes.txt").write_text("x")
    command = [sys.executable, "-m", "newswire", "--storage", str(data), "audit"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("notes.txt") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("days", ["-5", "soon", "1.5"])
def test_days_that_are_none_are_refused(days: str, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--storage", str(data), "maintain", f"--days={days}"])
    assert f"{days!r} is no number of days" in capsys.readouterr().err
