"""A killed publisher tears, loses and doubles nothing; benchmarks/kill_publish.py does the same two hundred times."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import s3
from pipeline.books import Lanes
from publish.kills import PROGRAM, Disk, Pail, kill_often

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("where", ["disk", "bucket"])
def test_a_killed_publisher_harms_nothing(where: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    wire: s3.Wire | None = request.getfixturevalue("wire") if where == "bucket" else None
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with TemporaryDirectory(dir=memory) as folder, Lanes(program=PROGRAM) as lanes:
        disk = Path(folder)
        place = Pail(f"s3://{s3.NAME}", disk) if wire else Disk(disk)
        tally = kill_often(6, 3, lanes, place, disk)
    assert tally.kills == 6
    assert tally.within > 0, "every kill came too late"
    assert tally.faults == 0, tally
