"""What a reader finds under a storage root, and the lane program's handle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow.parquet as pq

from newswire import archive, schemas
from newswire.records import WarcRef
from newswire.store import Store

PROGRAM = Path(__file__).with_name("lane.py")
Row = dict[str, Any]
KILLED = -9
# What rightly differs when a page is fetched again later: where the capture lies, and when it was made.
OF_THE_CAPTURE = frozenset({"warc_file", "warc_offset", "captured_at", "first_seen_at", "seen_at"})


class Lanes:
    """A child program, ready to fork runs: `with Lanes(port) as lanes: lanes.run(storage, "night-1")`."""

    def __init__(self, port: int = 0, program: Path = PROGRAM, environment: Mapping[str, str] | None = None) -> None:
        paths = os.pathsep.join(path for path in sys.path if path)
        given = {**os.environ, **(environment or {}), "NEWSWIRE_DEMO_PORT": str(port), "PYTHONPATH": paths}
        self._child = subprocess.Popen(
            [sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=given
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(timeout=30)
        assert self._child.stdout is not None
        self._child.stdout.close()

    def run(self, storage: Path | str, run_id: str, **said: Any) -> int:
        """One run to its end, or to its death; the exit code."""
        (code,) = self.side_by_side(job(storage, run_id, **said))
        return code

    def side_by_side(self, *jobs: Row) -> list[int]:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps(jobs) + "\n")
        self._child.stdin.flush()
        codes: list[int] = json.loads(self._child.stdout.readline())
        return codes


def job(storage: Path | str, run_id: str, *, first: int = 0, **said: Any) -> Row:
    rest = {"die": None, "after": None, "survey": None, "pool": False, "state": None, **said}
    return {"storage": str(storage), "run_id": run_id, "first": first, **rest}


class Books:
    """All datasets under a storage root, read file by file as any reader would find them."""

    def __init__(self, storage: Path) -> None:
        self.storage = storage
        self.store = Store(str(storage))
        self.datasets = {dataset.name: list(self._rows(dataset.name)) for dataset in schemas.DATASETS}

    def _rows(self, dataset: str) -> Iterator[Row]:
        for file in sorted((self.storage / dataset).rglob("*")):
            if file.is_file():
                # A file of any other name would stop readers that take the folder as a whole.
                assert file.name == f"{dataset}.parquet", f"{file} lies among the datasets"
                keys = dict(part.split("=", 1) for part in file.parts if "=" in part)
                yield from (row | {f"in_{key}": value for key, value in keys.items()} for row in _read(file))

    def __getitem__(self, dataset: str) -> list[Row]:
        return self.datasets[dataset]

    @cached_property
    def contents(self) -> dict[str, Counter[str]]:
        """Every row of the lasting datasets as text, without what belongs to one capture; a doubled row counts two."""
        return {
            name: Counter(
                json.dumps({k: v for k, v in row.items() if k not in OF_THE_CAPTURE}, default=str, sort_keys=True)
                for row in self[name]
            )
            for name in ("articles", "revisions", "translations", "rejects", "links")
        }

    def runs(self) -> dict[str, dict[str, Row]]:
        found: dict[str, dict[str, Row]] = {}
        for row in self["runs"]:
            found.setdefault(row["run_id"], {})[row["source_id"]] = row
        return found


def _read(file: Path) -> list[Row]:
    rows: list[Row] = pq.ParquetFile(file).read(use_threads=False).to_pylist()
    return rows


@contextmanager
def told(where: str) -> Iterator[None]:
    """Add the point of death to a failed assertion."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{where}: {error}") from error


def check_keys(books: Books) -> None:
    """No dataset holds a key twice, in one file or across files; every reported run reconciled."""
    for dataset in schemas.DATASETS:
        scope = {"ledger": ("run_id", "source_id"), "runs": ("run_id",)}.get(dataset.name, ())
        keys = Counter(tuple(row[name] for name in (*scope, *dataset.key)) for row in books[dataset.name])
        doubled = [key for key, count in keys.items() if count > 1]
        assert not doubled, f"{dataset.name} holds twice {doubled[:3]}"
    ledgers = Counter((row["run_id"], row["source_id"]) for row in books["ledger"])
    for run_id, lanes in books.runs().items():
        for outlet, row in lanes.items():
            assert row["reconciled"], f"run {run_id} of {outlet} did not reconcile"
            assert ledgers[run_id, outlet] == row["discovered"], f"ledger of {run_id}, {outlet}"


def check_archive(books: Books) -> None:
    """Every archive reference of every row leads to a whole record of that very page; none to an unfinished file."""
    for name in ("articles", "revisions", "rejects"):
        for row in books[name]:
            if row["warc_file"] is None:
                continue
            assert row["warc_file"].endswith(".warc.gz"), row["warc_file"]
            ref = WarcRef(file=row["warc_file"], offset=row["warc_offset"])
            exchange = archive.read_exchange(books.store, ref)
            assert exchange.url == row.get("uri", row.get("url")), f"{name}: {ref} holds {exchange.url}"


def check_same(books: Books, undisturbed: Books) -> None:
    """The lasting datasets hold what an undisturbed run leaves: nothing lost, nothing doubled."""
    for name, expected in undisturbed.contents.items():
        found = books.contents[name]
        assert found == expected, (
            f"{name}: lost {[*(expected - found)][:2]}, in excess {[*(found - expected)][:2]}; "
            f"{found.total()} rows instead of {expected.total()}"
        )


def check(books: Books, undisturbed: Books) -> None:
    check_keys(books)
    check_archive(books)
    check_same(books, undisturbed)
