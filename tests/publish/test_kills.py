"""A killed publisher tears, loses and doubles nothing; benchmarks/kill_publish.py does the same two hundred times."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import building
import s3
from newswire import publish
from newswire.bounds import Bounds, write_bounds
from newswire.store import Store
from pipeline.books import Books, Lanes
from publish.kills import PROGRAM, Disk, Pail, Tally, hidden, is_good, kill_often, look_after

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


@pytest.mark.parametrize("harm", ["none", "torn", "lost", "doubled", "strange", "hidden"])
def test_what_is_counted_is_what_is_wrong(harm: str, tmp_path: Path) -> None:
    for name in ("before", "found"):
        articles = [building.article(path) for path in "ab"]
        publish.publish(articles, [], outlet_id="probe", store=Store(str(tmp_path / name)))
    before = Books(tmp_path / "before")
    file = tmp_path / "found/articles/source=probe/month=2026-03/articles.parquet"
    table = pq.ParquetFile(file).read()
    if harm == "torn":
        file.write_bytes(file.read_bytes()[:-100])
    elif harm == "lost":
        pq.write_table(table.slice(1), file)
    elif harm == "doubled":
        pq.write_table(pa.concat_tables([table, table]), file)
    elif harm == "strange":
        at = table.column_names.index("headline")
        pq.write_table(table.set_column(at, table.schema.field(at), pa.array(["Eins", "Zwei"])), file)
    elif harm == "hidden":
        store = Store(str(tmp_path / "found"))
        write_bounds(store, "probe", {name: Bounds(version, 0, 1) for name, version in store.versions("a*/**").items()})
    tally = Tally(hidden=0 if harm == "torn" else hidden(str(tmp_path / "found")))
    look_after(tmp_path / "found", tmp_path / "before", before, before, tally)
    counts = {"torn": tally.unreadable, "lost": tally.lost, "doubled": tally.doubled, "strange": tally.strange}
    counts["hidden"] = tally.hidden
    assert {name for name, count in counts.items() if count} == {harm} - {"none"}
    assert tally.reached == {"nothing" if harm in ("none", "hidden") else "articles": 1}
    if harm != "torn":
        assert is_good(Books(tmp_path / "found"), before) == (harm in ("none", "hidden"))
