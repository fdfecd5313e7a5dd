"""The audit is silent on what runs have left, and names each kind of damage with its file and what to do."""

from __future__ import annotations

import fcntl
import gzip
import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from maintain import damage
from maintain.conftest import LATER, NIGHT, run_night, world_at
from newswire import account, handoff, maintain, pipeline, publish
from newswire.cli import main
from newswire.lane import STEPS
from newswire.maintenance import last_told
from newswire.schemas import DATASETS, LEDGER
from newswire.store import Store
from newswire.world import World


def test_what_three_nights_left_has_no_findings(data: Path, world: World) -> None:
    found = maintain.audit(world)
    assert found.findings == ()
    assert found.total == 0
    assert found.articles == len(damage.rows(data, "articles")) > 30
    assert found.files == len(list(data.glob("warc/*/*"))) == 6


def _orphan_ledger(data: Path) -> None:
    (first, *_) = damage.files(data, "runs")
    damage.change(first, lambda table: table.slice(1))


def _lose_captures(data: Path) -> None:
    damage.change(damage.files(data, "captures")[0], lambda table: table.slice(0, 2))


def _other_body(data: Path) -> None:
    """An intact record with another body than the one that was indexed: its own digests agree with it."""
    path = damage.warcs(data)[0]
    (offset, content), *_ = [
        one for one in damage.records(path) if b"WARC-Type: response" in one[1] and b"<p>" in one[1]
    ]
    whole = path.read_bytes()
    rest = next((at for at, _ in damage.records(path) if at > offset), len(whole))
    body = content.split(b"\r\n\r\n", 2)
    head = re.sub(rb"WARC-(Block|Payload)-Digest: [^\r]+\r\n", b"", body[0] + b"\r\n")
    other = head + b"\r\n" + body[1] + b"\r\n\r\n" + body[2].replace(b"<p>", b"<q>", 1)
    member = gzip.compress(other, mtime=0)
    # Padded to the old length with a member of nothing, so that no later record moves.
    gap = rest - offset - len(member)
    path.write_bytes(whole[:offset] + member + _padding(gap) + whole[rest:])


def _padding(size: int) -> bytes:
    """An empty gzip member of exactly so many bytes: its header carries a name of the length needed."""
    bare = len(gzip.compress(b"", mtime=0))
    assert size > bare, "the altered record compressed worse than the original"
    member = gzip.compress(b"", mtime=0)
    return member[:3] + b"\x08" + member[4:10] + b"x" * (size - bare - 1) + b"\0" + member[10:]


def _point_revisit_elsewhere(data: Path) -> None:
    for file in damage.files(data, "captures"):
        table = damage.pq.ParquetFile(file).read()
        if "revisit" in table.column("kind").to_pylist():
            # Revisits come first then, so that the first row is one.
            damage.change(file, lambda found: found.sort_by([("kind", "descending")]))
            damage.change(file, damage.put("payload_offset", 7))
            return
    raise AssertionError("three nights left no revisit")


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a torn archive file": (
        lambda data: os.truncate(damage.warcs(data)[0], damage.warcs(data)[0].stat().st_size - 40),
        r"warc/source=demo-de/\S+ at byte \d+: the file is cut short.*; restore the file from a copy$",
    ),
    "an altered byte": (
        lambda data: damage.flip(damage.warcs(data)[0]),
        r"warc/source=demo-de/\S+ at byte \d+: (torn|altered|no record).*; restore the file from a copy$",
    ),
    "another body in a whole record": (
        _other_body,
        r"warc/source=demo-de/\S+ at byte \d+: the body is not the one whose digest the index captures holds",
    ),
    "a lost archive file": (
        lambda data: damage.warcs(data)[0].unlink(),
        r"warc/source=demo-de/\S+: missing, and \d+ articles, \d+ revisions, \d+ rejects and \d+ records of the index",
    ),
    "an archive file that nobody indexed": (
        lambda data: damage.copy_to(damage.warcs(data)[0], data / "warc/source=demo-de/other.warc.gz"),
        r"warc/source=demo-de/other.warc.gz: the index captures does not hold \d+ of its answers",
    ),
    "an index that lost rows": (_lose_captures, r"rows were made from records that the index captures does not hold"),
    "a revisit that refers to nothing": (
        _point_revisit_elsewhere,
        r"the body that it says did not change is not at \S+ at byte 7 \(1 such",
    ),
    "an article's row that points elsewhere": (
        lambda data: damage.change(damage.files(data, "articles")[0], damage.put("warc_offset", 11)),
        r"no answer at byte 11, where article \S+ has its page; 1 rows refer",
    ),
    "an article of another address": (
        lambda data: damage.change(damage.files(data, "articles")[0], damage.put("uri", "https://else.example/a")),
        r"holds the page of another address than article \S+ \(1 such",
    ),
    "a reject with another digest": (
        lambda data: damage.change(damage.files(data, "rejects")[0], damage.put("digest", "sha256:00")),
        r"the page is not the one that was rejected as \S+ \(1 such rejects\)",
    ),
    "a torn Parquet file": (
        lambda data: os.truncate(damage.files(data, "translations")[0], 900),
        r"^translations/source=demo-de/month=\S+/translations.parquet: cannot be read \(.+\); restore",
    ),
    "a file of another dataset": (
        lambda data: damage.change(damage.files(data, "articles")[0], damage.of_dataset("rejects")),
        r"^articles/\S+: is a file of rejects, not of articles",
    ),
    "a file of a later version": (
        lambda data: damage.change(damage.files(data, "rejects")[0], damage.with_version("99")),
        r"^rejects/\S+: has schema version 99, this code knows \d+; update Newswire",
    ),
    "a null where none may be": (
        lambda data: damage.change(
            damage.files(data, "articles")[0],
            lambda table: damage.put("headline", None)(
                table.cast(damage.pa.schema([f.with_nullable(True) for f in table.schema], table.schema.metadata))
            ),
        ),
        r"^articles/\S+: column headline is null where it must not be",
    ),
    "a partition in another's folder": (
        lambda data: damage.copy_to(
            damage.files(data, "rejects")[0], data / "rejects/source=demo-fr/month=2020-01/rejects.parquet"
        ),
        r"^rejects/source=demo-fr/month=2020-01/rejects.parquet: holds rows of (source=demo-de|month=2026-08)",
    ),
    "a run in another's folder": (
        lambda data: damage.copy_to(damage.files(data, "runs")[0], data / "runs/run=other/runs.parquet"),
        r"^runs/run=other/runs.parquet: holds rows of run scheduled__",
    ),
    "a doubled article": (
        lambda data: damage.double_row(damage.files(data, "articles")[0]),
        r"^articles/\S+: article_id \S+ has 2 rows",
    ),
    "an article in two months": (
        lambda data: damage.copy_to(
            damage.files(data, "articles")[0], data / "articles/source=demo-de/month=1999-01/articles.parquet"
        ),
        r"^articles/\S+ and articles/\S+: article_id \S+ has 2 rows",
    ),
    "a doubled translation": (
        lambda data: damage.double_row(damage.files(data, "translations")[0]),
        r"^translations/\S+: article_id \S+ and field \S+ and position \d and target_lang en has 2 rows",
    ),
    "a doubled capture": (
        lambda data: damage.double_row(damage.files(data, "captures")[0]),
        r"^captures/\S+: warc_file \S+ and warc_offset \d+ has 2 rows",
    ),
    "an article without its revision": (
        lambda data: damage.drop_row(damage.files(data, "revisions")[0]),
        r"^articles/\S+: 1 articles whose revision is not in revisions",
    ),
    "an article that lags behind its revisions": (
        lambda data: damage.change(damage.files(data, "revisions")[0], damage.put("revision", 5)),
        r"^articles/\S+: 1 articles of which revisions holds a newer state",
    ),
    "rows of an article that is not there": (
        lambda data: damage.drop_row(damage.files(data, "articles")[0]),
        r"^translations/\S+: \d+ rows of articles that are not in articles",
    ),
    "a link of an article that is not there": (
        lambda data: damage.change(damage.files(data, "links")[0], damage.put("article_id", "0")),
        r"^links/\S+: 1 rows of articles that are not in articles \(0 first\)",
    ),
    "a ledger that lost a lead": (
        lambda data: damage.drop_row(damage.files(data, "ledger")[0]),
        r"^runs/\S+: run scheduled__\S+ of demo-de counted 18 leads, the ledger holds 17",
    ),
    "a lead with two dispositions": (
        lambda data: damage.double_row(damage.files(data, "ledger")[0]),
        r"^ledger/\S+: run_id \S+ and source_id demo-de and canonical_url \S+ has 2 rows",
    ),
    "a lead that ended otherwise than counted": (
        lambda data: damage.change(damage.files(data, "ledger")[0], damage.put("disposition", "failed")),
        r"^runs/\S+: run scheduled__\S+ of demo-de counted 18 leads, the ledger holds 18, or they ended otherwise",
    ),
    "a run that never reported": (
        _orphan_ledger, r"^ledger/\S+: 18 leads of run scheduled__\S+ of demo-de, which never reported",
    ),
    "a foreign file among the datasets": (
        lambda data: damage.copy_to(damage.files(data, "articles")[0], data / "articles/source=demo-de/copy.parquet"),
        r"^articles/source=demo-de/copy.parquet: a foreign file among the datasets",
    ),
    "a dot-file among the datasets": (
        lambda data: (data / "articles/source=demo-de/.articles.parquet.swp").write_bytes(b"x"),
        r"^articles/source=demo-de/.articles.parquet.swp: a foreign file",
    ),
    "a foreign folder": (
        lambda data: damage.copy_to(damage.files(data, "articles")[0], data / "backup/deep/a.parquet"),
        r"^backup/: no folder of Newswire's",
    ),
    "a foreign file at the root": (
        lambda data: (data / "notes.txt").write_text("x"), r"^notes.txt: no file of Newswire's",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_named(name: str, data: Path, world: World) -> None:
    harm, expected = DAMAGES[name]
    harm(data)
    found = maintain.audit(world)
    assert [line for line in found.findings if re.search(expected, line)], "\n".join(found.findings)
    assert found.total >= len(found.findings)


def test_a_reject_is_unique_in_its_month_only(data: Path, world: World) -> None:
    """The same refusal seen again in another month has a row there, too."""
    file = damage.files(data, "rejects")[0]
    damage.copy_to(file, data / "rejects/source=demo-de/month=2020-01/rejects.parquet")
    assert not any("reject_id" in line for line in maintain.audit(world).findings)
    damage.double_row(file)
    assert any("reject_id" in line for line in maintain.audit(world).findings)


def test_what_a_run_is_writing_is_passed_over_and_what_a_killed_one_left_is_not(data: Path, world: World) -> None:
    path = damage.warcs(data)[0]
    left = path.with_name("killed.warc.gz.open")
    left.write_bytes(path.read_bytes())
    with left.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert not maintain.audit(world).findings
    assert any("killed.warc.gz.open: was never finished" in line for line in maintain.audit(world).findings)


def test_a_run_that_is_going_on_is_no_finding(newsroom: object, data: Path, outlets: Path) -> None:
    """Stopped in the middle of its lanes: pages are archived, nothing of them is in the books."""
    at = NIGHT + timedelta(days=9)
    world = world_at(data, at, outlets)
    demo_de, demo_fr = pipeline.plan({"outlets": ["demo-de", "demo-fr"], "refetch": True}, "manual__x", world)
    for step in STEPS:
        getattr(pipeline, step)(demo_de, world)
    pipeline.discover(demo_fr, world)
    pipeline.fetch(demo_fr, world)
    assert maintain.audit(world).findings == ()
    # Three days later it is one that was killed.
    late = maintain.audit(world_at(data, at + timedelta(days=3), outlets)).findings
    assert any("which never reported" in line for line in late)
    assert any("the index captures does not hold" in line for line in late)
    for step in ("extract", "translate", "publish"):
        getattr(pipeline, step)(demo_fr, world)
    account.link("manual__x", world)
    account.report("manual__x", world)
    assert maintain.audit(world_at(data, at + timedelta(days=3), outlets)).findings == ()


class Meanwhile(Store):
    """A storage in which something happens between the reading of the datasets and that of the archive."""

    happens: Callable[[], None]

    def glob(self, pattern: str) -> list[str]:
        if pattern.startswith("warc/"):
            self.happens()
        return super().glob(pattern)


@pytest.mark.parametrize("whole", [False, True], ids=["fetched", "reported"])
def test_a_run_that_begins_during_the_audit_is_no_finding(
    newsroom: object, data: Path, outlets: Path, whole: bool
) -> None:
    """An audit of years takes long, and a run may begin within it: its pages are in no dataset that was read before."""
    at = NIGHT + timedelta(days=9)
    world = world_at(data, at, outlets)
    store = Meanwhile(str(data))

    def ingest() -> None:
        other = world_at(data, at + timedelta(minutes=1), outlets)
        lanes = pipeline.plan({"outlets": ["demo-de"], "refetch": True}, "manual__x", other)
        for step in STEPS if whole else STEPS[:2]:
            getattr(pipeline, step)(lanes[0], other)
        if whole:
            account.link("manual__x", other)
            account.report("manual__x", other)

    store.happens = ingest
    vars(world)["store"] = store
    assert maintain.audit(world).findings == ()
    assert list((data / "warc/source=demo-de").glob("manual__x*"))


def test_a_part_left_behind_is_named_after_a_day_unless_somebody_holds_it(data: Path, world: World) -> None:
    part = data / "work/parts/7.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(b"half")
    now = LATER.timestamp()
    os.utime(part, (now, now))
    assert not maintain.audit(world).findings
    os.utime(part, (now - 90_000, now - 90_000))
    with part.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert not maintain.audit(world).findings
    (line,) = maintain.audit(world).findings
    assert line.startswith("work/parts/7.part: left by a process that was killed")


def test_many_findings_of_a_kind_are_counted_and_the_first_are_told(data: Path, world: World) -> None:
    for number in range(150):
        damage.copy_to(damage.files(data, "links")[0], data / f"links/month=2026-03/{number:03}.parquet")
    found = maintain.audit(world)
    assert found.total == 150
    assert len(found.findings) == 100


def test_the_result_is_kept_for_the_news_desk(data: Path, world: World) -> None:
    assert last_told(world.store, "audit") is None
    (data / "notes.txt").write_text("x")
    maintain.audit(world)
    told = last_told(world.store, "audit")
    assert told is not None
    assert (told.at, told.is_well, told.count, len(told.lines)) == (LATER, False, 1, 1)
    (data / "notes.txt").unlink()
    maintain.audit(world)
    told = last_told(world.store, "audit")
    assert told is not None
    assert told.is_well


def test_the_audit_changes_nothing_but_its_own_result(data: Path, world: World) -> None:
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    maintain.audit(world)
    after = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    added = {path.relative_to(data).as_posix() for path in after.keys() - before.keys()}
    assert {name for name in added if not name.startswith("work/locks/")} == {"work/maintain/audit.json"}
    assert all(after[path] == content for path, content in before.items())


def test_the_command_says_what_is_wrong_and_fails(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--storage", str(data), "audit"]) == 0
    assert "6 archive files" in capsys.readouterr().out
    (data / "notes.txt").write_text("x")
    assert main(["--storage", str(data), "audit"]) == 1
    assert "notes.txt" in capsys.readouterr().err


def test_a_night_after_maintenance_is_as_well(newsroom: object, data: Path, world: World) -> None:
    at = LATER + timedelta(days=1)
    run_id = run_night(data, at)
    assert maintain.audit(world_at(data, at)).findings == ()
    assert (data / "runs" / f"run={handoff.run_key(run_id)}").is_dir()


@pytest.mark.parametrize("dataset", [dataset.name for dataset in DATASETS])
def test_a_file_that_cannot_be_read_is_one_finding(data: Path, world: World, dataset: str) -> None:
    """What other files say of its rows is believed: each would else be told as missing, with another remedy."""
    file = damage.files(data, dataset)[0]
    for damaged in (b"", _altered(file)):
        file.write_bytes(damaged)
        (found,) = maintain.audit(world).findings
        assert found.startswith(f"{file.relative_to(data)}: cannot be read (")


@pytest.mark.parametrize("dataset", ["runs", "ledger"])
def test_so_it_is_where_a_compaction_was_killed(data: Path, world: World, dataset: str) -> None:
    """The ledger of a run stands in the month's file already, its runs in their own."""
    own = [file for file in publish.single_runs(world.store, LEDGER) if "demo-de" in file]
    publish.fold(world.store, LEDGER, "2026-08", own)
    assert not maintain.audit(world).findings
    for file in damage.files(data, dataset):
        good = file.read_bytes()
        file.write_bytes(b"")
        (found,) = maintain.audit(world).findings
        assert found.startswith(f"{file.relative_to(data)}: cannot be read (")
        file.write_bytes(good)


@pytest.mark.parametrize("lost", ["captures", "revisions", "ledger"])
def test_what_is_missing_elsewhere_is_told_beside_it(data: Path, world: World, lost: str) -> None:
    """A file of another month, outlet or run is believed nothing."""
    if lost == "captures":
        first, second = (file for file in damage.files(data, "captures") if "demo-de" in str(file))
        second.unlink()
    elif lost == "revisions":
        first, second = (damage.files(data, name)[number] for name, number in (("articles", 0), ("revisions", -1)))
        damage.drop_row(second)
    else:
        first, second = damage.files(data, "ledger")[:2]
        damage.drop_row(second)
    told = maintain.audit(world).findings
    assert told
    first.write_bytes(b"")
    assert set(told) < set(maintain.audit(world).findings)
    assert len(maintain.audit(world).findings) == len(told) + 1


def test_two_files_of_a_month_that_cannot_be_read_are_two_findings(data: Path, world: World) -> None:
    files = [damage.files(data, name)[0] for name in ("articles", "revisions")]
    assert files[0].parts[-3:-1] == files[1].parts[-3:-1]
    for file in files:
        file.write_bytes(b"")
    assert len(maintain.audit(world).findings) == 2


def _altered(file: Path) -> bytes:
    """With one bit of a page changed: the last of the first column."""
    column = damage.pq.read_metadata(file).row_group(0).column(0)
    altered = bytearray(file.read_bytes())
    altered[(column.dictionary_page_offset or column.data_page_offset) + column.total_compressed_size - 1] ^= 1
    return bytes(altered)
