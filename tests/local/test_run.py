"""`make run` as a person meets it: a process of its own, from nothing to two lines that open the data."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local.conftest import Place
from newswire import read

COLUMNS = ("discovered", "fetched", "published", "revised", "unchanged", "rejected", "failed", "pending")


@pytest.fixture(scope="module")
def first(place: Place) -> subprocess.CompletedProcess[str]:
    return place.call("run")


@contextmanager
def taken(port: int) -> Iterator[None]:
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", port))
        holder.listen()
        yield


def numbers(printed: str, outlet: str) -> dict[str, int]:
    """One outlet's line of the printed table by the names in its head."""
    head, line = (re.search(rf"^[┃│] {name} .*$", printed, re.MULTILINE) for name in ("outlet", outlet))
    assert head is not None, printed
    assert line is not None, printed
    cells = (re.split(r"\s*[┃│]\s*", found[0])[2:-1] for found in (head, line))
    return {name: int(cell) for name, cell in zip(*cells, strict=True)}


def test_the_first_run_tells_its_steps_and_its_numbers(first: subprocess.CompletedProcess[str], place: Place) -> None:
    assert first.returncode == 0, first.stderr + first.stdout
    assert first.stderr == ""
    for step in ("discover", "fetch", "extract", "translate", "publish"):
        for outlet in ("demo-de", "demo-fr"):
            assert re.search(rf"^  {outlet} +{step} ", first.stdout, re.MULTILINE), step
    assert "Traceback" not in first.stdout
    stored = read.runs(str(place.storage)).set_index("source_id")
    for outlet in ("demo-de", "demo-fr"):
        told = numbers(first.stdout, outlet)
        assert {name: told[name] for name in COLUMNS} == stored.loc[outlet, list(COLUMNS)].to_dict()
        assert told["published"] > 10
    assert re.search(r"^success in \d+ s, run manual__", first.stdout, re.MULTILINE)


def test_the_two_lines_open_the_data(first: subprocess.CompletedProcess[str], place: Place) -> None:
    lines = re.findall(r"^  (\S+ -c .*)$", first.stdout, re.MULTILINE)
    assert len(lines) == 2
    headline = read.latest_articles(str(place.storage), 1).loc[0, "headline_en"]
    for line in lines:
        done = subprocess.run(
            line, shell=True, cwd=place.folder, env=place.environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert headline[:30] in done.stdout


def test_the_second_run_publishes_nothing_twice(first: subprocess.CompletedProcess[str], place: Place) -> None:
    before = read.articles(str(place.storage))
    second = place.call("run")
    assert second.returncode == 0, second.stderr + second.stdout
    for outlet in ("demo-de", "demo-fr"):
        told = numbers(second.stdout, outlet)
        assert (told["published"], told["revised"], told["fetched"]) == (0, 0, 0)
        # Nothing is lost either: what was published or refused after fetching is asked for, and is as it was.
        once = numbers(first.stdout, outlet)
        assert told["discovered"] == once["discovered"] == told["unchanged"] + told["skipped"] + told["rejected"]
    assert read.articles(str(place.storage)).equals(before)


def test_a_refused_form_ends_in_one_line_that_names_it(
    first: subprocess.CompletedProcess[str], place: Place, tmp_path_factory: pytest.TempPathFactory
) -> None:
    empty = tmp_path_factory.mktemp("empty")
    said = place.call("run", "--outlets", "nope", AIRFLOW_VAR_NEWSWIRE_STORAGE=str(empty))
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert said.stderr.startswith("The run failed: ")
    assert "'nope' is not declared" in said.stderr
    assert str(place.home) in said.stderr
    assert "Traceback" not in said.stdout + said.stderr


def test_a_taken_port_is_one_line_with_the_remedy(place: Place) -> None:
    with taken(place.demo_port):
        for module in ("run", "up"):
            said = place.call(module)
            assert said.returncode == 1
            assert said.stderr.count("\n") == 1, said.stderr
            assert str(place.demo_port) in said.stderr
            assert "NEWSWIRE_DEMO_PORT" in said.stderr
    with taken(place.ui_port):
        said = place.call("up")
        assert said.returncode == 1
        assert said.stderr.count("\n") == 1
        assert f"NEWSWIRE_UI_PORT={place.ui_port + 1} make up" in said.stderr
