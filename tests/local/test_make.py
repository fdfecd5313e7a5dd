"""The Makefile and its bootstrap, in a copy: the checkout's own environment is not touched."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from newswire.settings import PROJECT

TARGETS = {"help", "run", "up", "down", "test", "check", "lock", "clean"}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("Makefile", "requirements.lock", "pyproject.toml", "include/newswire_local/bootstrap.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    return tmp_path


def make(folder: Path, *arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "MAKE"))}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=folder, env=environment | given, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def fake_python(folder: Path, version: str) -> Path:
    """An interpreter that says it is of another version."""
    path = folder / "old-python"
    path.write_text(f'#!/bin/sh\ncase "$1" in -V) echo "Python {version}";; *) exit 1;; esac\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_make_alone_lists_every_target_with_a_word_on_it(copy: Path) -> None:
    said = make(copy)
    assert said.returncode == 0
    listed = re.findall(r"^  make (\S+) +\S", said.stdout, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert sorted(listed) == sorted(phony[1].split())
    assert set(listed) >= TARGETS
    assert not (copy / ".venv").exists()


def test_a_wrong_python_is_named_with_the_remedy(copy: Path) -> None:
    python = fake_python(copy, "3.9.2")
    said = make(copy, "run", f"PYTHON={python}")
    assert said.returncode != 0
    assert said.stderr.splitlines()[0] == (
        f"{python} is Python 3.9.2; Newswire needs Python 3.11 or 3.12: make run PYTHON=/path/to/python3.12"
    )
    assert not (copy / ".venv").exists()


def test_no_python_at_all_is_told(copy: Path) -> None:
    said = make(copy, "run", "PYTHON=")
    assert said.returncode != 0
    assert said.stderr.startswith("Newswire needs Python 3.11 or 3.12. Install one, or name it:")


def test_an_unreachable_index_is_one_line_with_the_remedy(copy: Path) -> None:
    said = make(
        copy, "run", f"PYTHON={sys.executable}",
        PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0", PIP_CONFIG_FILE=os.devnull,
    )  # fmt: skip
    assert said.returncode != 0
    told = [line for line in said.stderr.splitlines() if not line.startswith("make: ***")]
    assert len(told) == 1
    assert "could not be installed." in told[0]
    assert "Check the network and the package index (PIP_INDEX_URL, UV_INDEX_URL)" in told[0]
    assert not (copy / ".venv" / "uv.stamp").exists()


def test_clean_keeps_the_data(copy: Path) -> None:
    for name in (".venv", ".airflow", "data"):
        (copy / name).mkdir()
    assert make(copy, "clean").returncode == 0
    assert [name for name in (".venv", ".airflow", "data") if (copy / name).exists()] == ["data"]
