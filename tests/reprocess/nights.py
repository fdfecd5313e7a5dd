"""Whole runs without Airflow, as its tasks call them: an ingest over loopback, a reprocessing without sockets."""

from __future__ import annotations

import hashlib
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from newswire import account, pipeline, reprocess
from newswire.account import Report
from newswire.extract import batch
from newswire.lane import STEPS
from newswire.settings import Settings
from newswire.world import World

Row = dict[str, Any]


def world(storage: Path, outlets: Path, at: datetime = datetime(2026, 12, 1, tzinfo=UTC), **settings: Any) -> World:
    return World(Settings(storage=str(storage), outlets_dir=outlets, **settings), clock=lambda: at)


def ingest(run_id: str, where: World, **params: Any) -> Report:
    for order in pipeline.plan(params, run_id, where):
        for step in STEPS:
            getattr(pipeline, step)(order, where)
    account.link(run_id, where)
    return account.report(run_id, where)


def read_again(run_id: str, where: World, **params: Any) -> Report:
    """A whole reprocessing in this process, with no socket to be had."""
    few, batch._FEW = batch._FEW, 1_000  # a pool of processes would be the same with sockets
    try:
        with no_sockets():
            for one in reprocess.plan(params, run_id, where):
                reprocess.scan(one, where)
            for order in reprocess.choose(run_id, where):
                reprocess.extract(order, where)
                reprocess.translate(order, where)
                reprocess.publish(order, where)
            account.link(run_id, where)
            return account.report(run_id, where)
    finally:
        batch._FEW = few


@contextmanager
def no_sockets() -> Iterator[None]:
    """Making one is already a failure, even where the code would swallow it. Processes may talk on this machine."""
    made: list[object] = []
    real = socket.socket.__init__

    def refused(self: socket.socket, family: int = -1, *args: Any, **named: Any) -> None:
        if family != socket.AF_UNIX:
            made.append(family)
            raise AssertionError("a reprocessing made a socket")
        real(self, family, *args, **named)

    socket.socket.__init__ = refused  # type: ignore[method-assign]
    try:
        yield
    finally:
        socket.socket.__init__ = real  # type: ignore[method-assign]
    assert not made


def rows(storage: Path, dataset: str) -> list[Row]:
    files = sorted((storage / dataset).rglob("*.parquet"))
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def ended(storage: Path, run_id: str) -> Counter[str]:
    """How a run's leads ended: dispositions, with the reason where there is one."""
    return Counter(
        " ".join(filter(None, (row["disposition"], row["reason"])))
        for row in rows(storage, "ledger")
        if row["run_id"] == run_id
    )


def digests(storage: Path, *datasets: str) -> dict[str, str]:
    names = datasets or ("articles", "revisions", "translations", "rejects", "links", "captures")
    return {
        str(file.relative_to(storage)): hashlib.sha256(file.read_bytes()).hexdigest()
        for name in names
        for file in sorted((storage / name).rglob("*.parquet"))
    }
