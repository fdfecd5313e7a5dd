"""What is stated of files' times spares readers the files, and never hides a row: proved by asking with and without."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import building
import s3
from newswire import bounds, maintain, publish, read
from newswire.bounds import Bounds, microseconds, read_bounds, write_bounds
from newswire.cli import main
from newswire.errors import PublishError
from newswire.read.wanted import files_wanted
from newswire.records import Article, WarcRef
from newswire.schemas import ARTICLES
from newswire.settings import PROJECT, Settings
from newswire.store import Store
from newswire.world import World

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
FEBRUARY = {"since": date(2026, 2, 1), "until": date(2026, 2, 28)}


def story(path: str, at: datetime | None, outlet: str = "probe", edition: int = 0) -> Article:
    """A later edition is a later capture."""
    seen = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(days=edition)
    taken = building.capture(path, outlet, warc=WarcRef(file=f"warc/{edition}", offset=0), captured_at=seen)
    return building.article(path, outlet, published_at=at, capture=taken)


def write(root: Path | str, *articles: Article, outlet: str = "probe") -> None:
    publish.publish(articles, [], outlet_id=outlet, store=Store(str(root)))


def mid(month: str) -> datetime:
    return datetime.fromisoformat(f"{month}-15T12:00+00:00")


@pytest.fixture
def root(tmp_path: Path) -> str:
    """Four months of an article each, and one of March whose time was corrected into February."""
    write(tmp_path, *(story(month, mid(month)) for month in MONTHS), story("moved", mid("2026-03")))
    write(tmp_path, story("moved", mid("2026-02"), edition=1))
    return str(tmp_path)


def headlines(frame: pd.DataFrame) -> list[str]:
    return sorted(str(text).removeprefix("Schlagzeile ") for text in frame["headline"])


def months_opened(root: str, **given: date) -> list[str]:
    return [file.split("month=")[1][:7] for file in files_wanted(Store(root), read.Wanted(**given))]


def stated(root: str, outlet: str = "probe") -> Path:
    return Path(root, f"work/bounds/{outlet}.json")


def is_stated_of_all(root: str, outlet: str = "probe") -> bool:
    store = Store(root)
    versions = {file: one.version for file, one in read_bounds(store, outlet).items()}
    return versions == store.versions(ARTICLES.file(outlet, "*"))


def test_only_files_that_can_hold_such_times_are_opened(root: str) -> None:
    """Proof by breaking: the others are overwritten with noise, inode, size and time as they were."""
    assert months_opened(root, **FEBRUARY) == ["2026-02", "2026-03"]
    assert months_opened(root, since=date(2026, 3, 16)) == ["2026-04"]
    assert months_opened(root, until=date(2026, 1, 14)) == []
    for month in ("2026-01", "2026-04"):
        file = Path(root, ARTICLES.file("probe", month))
        was = file.stat()
        with file.open("r+b") as stream:
            stream.write(b"x" * was.st_size)
        os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert headlines(read.articles(root, **FEBRUARY)) == ["2026-02", "moved"]
    assert len(list(read.article_rows(root, read.Wanted(**FEBRUARY)))) == 2


def test_the_first_and_the_last_microsecond_are_within(tmp_path: Path) -> None:
    instant = datetime(2026, 2, 1, 10, 30, 0, 123456, tzinfo=UTC)
    write(tmp_path, story("one", instant))
    step = timedelta(microseconds=1)
    for first, last, found in (
        (instant, instant, 1), (instant + step, None, 0), (None, instant - step, 0), (instant - step, None, 1),
        (date(2026, 2, 1), date(2026, 2, 1), 1), (date(2026, 2, 2), None, 0), (None, date(2026, 1, 31), 0),
        (None, date.max, 1), (date.min, date.max, 1),
    ):  # fmt: skip
        assert len(read.articles(str(tmp_path), since=first, until=last)) == found
        assert len(files_wanted(Store(str(tmp_path)), read.Wanted(first, last))) == found


@pytest.mark.parametrize("seed", range(4))
def test_with_and_without_bounds_the_same_rows_are_found(seed: int, tmp_path: Path) -> None:
    """Nights of articles whose times are corrected to and fro, some to none; then many questions."""
    chance = Random(seed)
    start = datetime(2025, 11, 1, tzinfo=UTC)

    def moment() -> datetime | None:
        return chance.choice([None, *[start + timedelta(seconds=chance.randrange(200 * 86_400))] * 7])

    for night in range(3):
        for outlet in ("eins", "zwei"):
            tonight = [story(f"p{n}", moment(), outlet, night) for n in chance.sample(range(24), 9)]
            write(tmp_path, *tonight, outlet=outlet)
    root = str(tmp_path)
    everything = read.articles(root)
    times = everything["published_at"].fillna(everything["first_seen_at"])
    spared = 0
    for _ in range(25):
        first, last = sorted(start + timedelta(days=chance.uniform(-5, 205)) for _ in range(2))
        last = chance.choice([first + timedelta(days=20), last])
        outlets = chance.choice([None, ["eins"], ["zwei", "eins"]])
        given = {"since": first, "until": last, "outlets": outlets}
        expected = everything[times.between(first, last) & everything["source"].isin(outlets or ["eins", "zwei"])]
        assert read.articles(root, **given).equals(expected.reset_index(drop=True))
        spared += len(files_wanted(Store(root), read.Wanted(outlets=outlets)))
        spared -= len(files_wanted(Store(root), read.Wanted(**given)))
    assert spared > 50, "the bounds spare nothing, so nothing was proved"
    assert all(is_stated_of_all(root, outlet) for outlet in ("eins", "zwei"))


def too_narrow(root: str) -> dict[str, Bounds]:
    """What would hide every row, were it believed."""
    return {file: Bounds(one.version, 0, 1) for file, one in read_bounds(Store(root), "probe").items()}


def lost(root: str) -> None:
    shutil.rmtree(stated(root).parent)


def empty(root: str) -> None:
    stated(root).write_bytes(b"")


def torn(root: str) -> None:
    stated(root).write_bytes(stated(root).read_bytes()[:-40])


def not_text(root: str) -> None:
    stated(root).write_bytes(b"\xff\x00\n{}")


def a_folder(root: str) -> None:
    stated(root).unlink()
    stated(root).mkdir()


def one_digit_altered(root: str) -> None:
    content = stated(root).read_bytes()
    latest = str(read_bounds(Store(root), "probe")[ARTICLES.file("probe", "2026-02")].latest).encode()
    assert content.count(latest) >= 1
    stated(root).write_bytes(content.replace(latest, b"10" + latest[2:]))


def of_newer_code(root: str) -> None:
    content = json.dumps({"form": 2, "files": {file: list(one) for file, one in too_narrow(root).items()}}).encode()
    stated(root).write_bytes(bounds._digest(content) + b"\n" + content)


def with_a_word_unknown(root: str) -> None:
    content = json.dumps({"form": 1, "but": "not", "files": {f: list(one) for f, one in too_narrow(root).items()}})
    stated(root).write_bytes(bounds._digest(content.encode()) + b"\n" + content.encode())


def of_older_files(root: str) -> None:
    given = {file: one._replace(version=f"{one.version}0") for file, one in too_narrow(root).items()}
    write_bounds(Store(root), "probe", given)


def of_another_outlet(root: str) -> None:
    given = {file.replace("=probe", "=other"): one for file, one in too_narrow(root).items()}
    write_bounds(Store(root), "probe", given)


def without_versions(root: str) -> None:
    write_bounds(Store(root), "probe", {f: one._replace(version="") for f, one in too_narrow(root).items()})


HARMS = (
    lost, empty, torn, not_text, a_folder, one_digit_altered, of_newer_code, with_a_word_unknown, of_older_files,
    of_another_outlet, without_versions,
)  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
def test_what_cannot_be_believed_hides_nothing(harm: Callable[[str], None], root: str) -> None:
    harm(root)
    assert months_opened(root, **FEBRUARY) == list(MONTHS)
    assert headlines(read.articles(root, **FEBRUARY)) == ["2026-02", "moved"]


@pytest.mark.parametrize("harm", [harm for harm in HARMS if harm is not a_folder])
def test_the_next_night_makes_it_good(harm: Callable[[str], None], root: str) -> None:
    harm(root)
    write(root, story("2026-01", mid("2026-01")))
    assert is_stated_of_all(root)
    assert months_opened(root, **FEBRUARY) == ["2026-02", "2026-03"]


def test_narrow_bounds_hide_rows_when_they_are_believed(root: str) -> None:
    """Else the tests above would pass whatever stood there."""
    write_bounds(Store(root), "probe", too_narrow(root))
    assert headlines(read.articles(root, **FEBRUARY)) == []


def test_where_bounds_cannot_be_kept_publishing_goes_on(root: str, caplog: pytest.LogCaptureFixture) -> None:
    a_folder(root)
    write(root, story("new", mid("2026-02")))
    assert "outlet probe: no bounds of its files can be kept" in caplog.text
    assert headlines(read.articles(root, **FEBRUARY)) == ["2026-02", "moved", "new"]


def test_a_file_that_another_tool_wrote_is_opened(root: str) -> None:
    january, april = (Path(root, ARTICLES.file("probe", month)) for month in ("2026-01", "2026-04"))
    table = pq.ParquetFile(april).read()
    at = table.column_names.index("published_at")
    field = table.schema.field(at)
    pq.write_table(table.set_column(at, field, pa.array([mid("2026-02")], field.type)), april)
    assert headlines(read.articles(root, **FEBRUARY)) == ["2026-02", "2026-04", "moved"]
    shutil.copy(april, january)
    assert len(read.articles(root, **FEBRUARY)) == 4


def test_a_copied_storage_is_read_whole_until_it_is_published_into(root: str, tmp_path: Path) -> None:
    copy = str(tmp_path / "copy")
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("copy"))
    assert months_opened(copy, **FEBRUARY) == list(MONTHS)
    assert headlines(read.articles(copy, **FEBRUARY)) == ["2026-02", "moved"]


def test_maintenance_makes_it_good(root: str) -> None:
    """Regrouped files are other files, and what was lost is stated again; a dry run states nothing."""
    file = Path(root, ARTICLES.file("probe", "2026-03"))
    pq.write_table(pq.ParquetFile(file).read(), file, row_group_size=1)
    lost(root)
    world = World(Settings(storage=root, outlets_dir=Path(root)))
    maintain.compact(world, dry_run=True)
    assert not stated(root).exists()
    assert maintain.compact(world).regrouped == (ARTICLES.file("probe", "2026-03"),)
    assert is_stated_of_all(root)
    assert months_opened(root, **FEBRUARY) == ["2026-02", "2026-03"]


def test_reading_a_page_again_states_what_it_wrote(root: str) -> None:
    again = story("2026-04", mid("2026-02"), edition=3)
    outcome = publish.publish_again([again], [], outlet_id="probe", store=Store(root)).outcomes[0]
    assert outcome.disposition == "revised"
    assert is_stated_of_all(root)
    assert headlines(read.articles(root, **FEBRUARY)) == ["2026-02", "2026-04", "moved"]


def test_translating_again_states_what_it_wrote(root: str) -> None:
    store = Store(root)
    write(root, building.article("x", published_at=mid("2026-02"), headline_en=None, translations=(
        building.translation(source_text="Schlagzeile x", text=None, route="none", status="pending"),
    ), translation_status="pending"))  # fmt: skip
    before = store.versions("articles/**")
    better = building.article("x", published_at=mid("2026-02"), translations=(
        building.translation(source_text="Schlagzeile x", text="Headline x"),
    ))  # fmt: skip
    assert publish.publish_english([better], outlet_id="probe", store=store).articles == 1
    assert store.versions("articles/**") != before
    assert is_stated_of_all(root)


def test_times_that_footers_do_not_tell_are_looked_for(tmp_path: Path) -> None:
    """A file without statistics, as other tools may write it, and one whose articles state no time."""
    write(tmp_path, story("a", mid("2026-01")), story("b", None))
    january = tmp_path / ARTICLES.file("probe", "2026-01")
    pq.write_table(pq.ParquetFile(january).read(), january, write_statistics=False)
    write(tmp_path, story("c", mid("2026-02")))
    assert is_stated_of_all(str(tmp_path))
    assert months_opened(str(tmp_path), since=date(2026, 1, 2), until=date(2026, 1, 31)) == ["2026-01"]
    assert months_opened(str(tmp_path), since=date(2026, 5, 1), until=date(2026, 5, 1)) == ["2026-05"]
    assert headlines(read.articles(str(tmp_path), since=date(2026, 5, 1))) == ["b"]


def test_a_torn_file_is_not_stated_and_stays_an_error(root: str) -> None:
    Path(root, ARTICLES.file("probe", "2026-01")).write_bytes(b"PAR1 torn")
    publish.state_bounds(Store(root), "probe")
    assert ARTICLES.file("probe", "2026-01") not in read_bounds(Store(root), "probe")
    with pytest.raises(PublishError, match="2026-01"):
        read.articles(root, **FEBRUARY)


def test_export_and_several_outlets_ask_in_the_same_way(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, story("elsewhere", mid("2026-02"), "other"), outlet="other")
    assert headlines(read.articles(root, **FEBRUARY)) == ["2026-02", "elsewhere", "moved"]
    assert months_opened(root, **FEBRUARY) == ["2026-02", "2026-02", "2026-03"]
    assert main(["--storage", root, "export", "--since", "2026-02-01", "--until", "2026-02-28"]) == 0
    told = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert headlines(told) == ["2026-02", "elsewhere", "moved"]


def test_what_is_there_all_the_time_is_found_while_files_are_replaced(tmp_path: Path) -> None:
    """Three files, in each an article of February and one whose time moves into and out of it, night after night."""
    root = str(tmp_path)
    homes = ("2026-01", "2026-02", "2026-03")
    write(root, *(story(f"{name}-{month}", mid(month)) for month in homes for name in ("stays", "moves")))

    def publish_nights() -> None:
        for night in range(1, 8):
            moves = mid(("2026-04", "2026-02")[night % 2])
            write(root, *(story(f"moves-{month}", moves, edition=night) for month in homes))

    write(root, *(story(f"stays-{month}", mid("2026-02"), edition=1) for month in homes))
    writer = threading.Thread(target=publish_nights)
    writer.start()
    seen = set()
    while writer.is_alive():
        found = headlines(read.articles(root, **FEBRUARY))
        assert set(found) >= {f"stays-{month}" for month in homes}
        seen.add(len(found))
    writer.join()
    assert len(seen) > 1, "nothing changed while it was read"


_KILLED = """
import os, signal, sys
sys.path[:0] = sys.argv[2:]
import building
from datetime import UTC, datetime
from newswire import publish
from newswire.publish import stating
from newswire.store import Store
stating.write_bounds = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
moved = building.article("2026-04", headline="Neu", published_at=datetime(2026, 2, 15, 12, tzinfo=UTC))
publish.publish([moved], [], outlet_id="probe", store=Store(sys.argv[1]))
"""


def test_killed_between_the_file_and_its_bounds(root: str) -> None:
    """The article has moved into February, and what is stated of its file does not say so yet."""
    paths = [str(PROJECT / "include"), str(PROJECT / "tests")]
    done = subprocess.run([sys.executable, "-c", _KILLED, root, *paths], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not is_stated_of_all(root)
    assert months_opened(root, **FEBRUARY) == ["2026-02", "2026-03", "2026-04"]
    assert headlines(read.articles(root, **FEBRUARY)) == ["2026-02", "Neu", "moved"]
    write(root, story("2026-01", mid("2026-01")))
    assert is_stated_of_all(root)
    assert headlines(read.articles(root, **FEBRUARY)) == ["2026-02", "Neu", "moved"]


_UNPRIVILEGED = """
import os, sys
from datetime import date
from newswire import read
given = {"since": date(2026, 2, 1), "until": date(2026, 2, 28)}
read.articles(sys.argv[1], **given)  # what it imports late, it imports as who started it
if os.getuid() == 0:
    os.setgid(65534), os.setuid(65534)
try:
    open(sys.argv[1] + "/x", "w")
except PermissionError:
    print(len(read.articles(sys.argv[1], **given)))
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Where other users may look: pytest's own folders are closed to them."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_who_may_only_read_reads(root: str, open_folder: Path) -> None:
    data = shutil.copytree(root, open_folder / "data")
    publish.state_bounds(Store(str(data)), "probe")
    Path(data).chmod(0o555)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "include")}
    done = subprocess.run(
        [sys.executable, "-c", _UNPRIVILEGED, str(data)], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("2\n", "")
    assert is_stated_of_all(str(data))


def test_in_a_bucket_one_request_spares_the_files(wire: s3.Wire) -> None:
    store = Store(wire.storage)
    write(wire.storage, *(story(month, mid(month)) for month in MONTHS), story("moved", mid("2026-03")))
    write(wire.storage, story("moved", mid("2026-02"), edition=1))
    stated_versions = {file: one.version for file, one in read_bounds(store, "probe").items()}
    assert stated_versions == store.versions("articles/**")
    assert len(stated_versions) == 4
    wire.asked.clear()
    assert headlines(read.articles(wire.storage, outlets=["probe"], **FEBRUARY)) == ["2026-02", "moved"]
    assert wire.count("GET", "work/bounds/probe.json") == 1
    read_from = [one.path for one in wire.asked if "list-type" not in one.path and "articles.parquet" in one.path]
    touched = {path.split("month%3D" if "%3D" in path else "month=")[1][:7] for path in read_from}
    assert touched == {"2026-02", "2026-03"}


@pytest.mark.parametrize("act", [s3.refuse(403), s3.halve_answer])
def test_in_a_bucket_bounds_that_do_not_come_hide_nothing(act: Callable[..., None], wire: s3.Wire) -> None:
    """Who may read the datasets only gets them; half an answer is none."""
    write(wire.storage, *(story(month, mid(month)) for month in MONTHS))
    fault = wire.fail("GET", "work/bounds", act)
    assert headlines(read.articles(wire.storage, **FEBRUARY)) == ["2026-02"]
    assert fault.hits == 1


def test_in_a_bucket_a_file_that_changed_is_opened(wire: s3.Wire, tmp_path: Path) -> None:
    write(wire.storage, story("2026-01", mid("2026-01")))
    write(tmp_path, story("2026-01", mid("2026-01")))
    write(tmp_path, story("2026-01", mid("2026-02"), edition=1))
    file = ARTICLES.file("probe", "2026-01")
    assert headlines(read.articles(wire.storage, **FEBRUARY)) == []
    Store(wire.storage).write_bytes(file, (tmp_path / file).read_bytes())
    assert headlines(read.articles(wire.storage, **FEBRUARY)) == ["2026-01"]


def test_microseconds_are_exact() -> None:
    moment = datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)
    assert microseconds(moment) == pa.scalar(moment, pa.timestamp("us", "UTC")).value
    assert microseconds(datetime(1, 1, 1, tzinfo=UTC)) == -62135596800000000
