"""Reading the archive again: what stays as it is to the byte, what becomes a revision of ours, and what decides."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from newswire import archive, pipeline, reprocess
from newswire.choose import MOST_PARTS, part_size
from newswire.cli import main
from newswire.errors import OrderError
from newswire.rereading import Scan
from newswire.state import State
from newswire.world import World
from newswire_local.newsroom import Newsroom
from reprocess.conftest import FIRST, TMX
from reprocess.nights import digests, ended, ingest, no_sockets, read_again, rows, world


def fresh(desk: World) -> World:
    """The same world after its outlet files have changed."""
    return World(desk.settings, desk.clock)


def port_of(where: World) -> int:
    return int(str(where.outlet("demo-de").homepage).split(":")[2].split("/")[0])


def add_rule(tmp_path: Path, outlet: str, pattern: str) -> None:
    path = tmp_path / "outlets" / f"{outlet}.yaml"
    path.write_text(path.read_text() + f"\nstrip:\n  - {{pattern: '{pattern}', rule: ours}}\n")


def test_the_same_code_changes_no_byte(desk: World, data: Path) -> None:
    before = digests(data)
    report = read_again("again-1", desk)
    assert digests(data) == before
    published = Counter(row["disposition"] for row in rows(data, "ledger") if row["run_id"] == "night-1")["published"]
    assert ended(data, "again-1") == {"unchanged": published, "rejected not_an_article": 1}
    assert report.faults == ()
    assert set(report.rows) == {"demo-de", "demo-fr"}
    told = {row["source_id"]: row for row in rows(data, "runs") if row["run_id"] == "again-1"}
    assert all(row["reconciled"] and row["requests"] == 0 for row in told.values())
    read_again("again-2", desk)
    assert digests(data) == before


def test_a_new_rule_makes_revisions_of_ours_that_keep_their_english(desk: World, data: Path, tmp_path: Path) -> None:
    before = {row["article_id"]: row for row in rows(data, "articles")}
    untouched = digests(data, "articles")["articles/source=demo-fr/month=2025-12/articles.parquet"]
    # Without a memory only what is kept beside the articles can save the English of unchanged texts.
    shutil.rmtree(data / "state")
    add_rule(tmp_path, "demo-de", "^Ungewöhnlich ist die Lage")
    report = read_again("again-1", fresh(desk))
    (changed,) = [row for row in rows(data, "articles") if row["revision"] == 2]
    old = before[changed["article_id"]]
    assert report.rows["demo-de"][report.columns.index("revised")] == 1
    assert changed["revised_by"] == "newswire"
    assert "Ungewöhnlich ist die Lage" not in changed["body_text"]
    assert {line["rule"] for line in changed["stripped"]} - {line["rule"] for line in old["stripped"]} == {"ours"}
    kept = ("headline", "headline_en", "description_en", "section_en", "keywords_en", "translation_status")
    assert {name: changed[name] for name in kept} == {name: old[name] for name in kept}
    assert changed["headline_en"]
    assert (changed["warc_file"], changed["captured_at"]) == (old["warc_file"], old["captured_at"])
    history = {row["revision"]: row for row in rows(data, "revisions") if row["article_id"] == changed["article_id"]}
    assert [history[n]["revised_by"] for n in (1, 2)] == ["publisher", "newswire"]
    assert {"body_text", "stripped"} <= set(history[2]["changed_fields"])
    others = {key: row for key, row in before.items() if key != changed["article_id"]}
    assert {row["article_id"]: row for row in rows(data, "articles") if row["revision"] == 1} == others
    assert digests(data, "articles")["articles/source=demo-fr/month=2025-12/articles.parquet"] == untouched
    settled = digests(data)
    read_again("again-2", fresh(desk))
    assert digests(data) == settled


def test_changed_texts_wait_for_a_run_that_may_ask_an_engine(desk: World, data: Path, tmp_path: Path) -> None:
    shutil.rmtree(data / "state")
    path = tmp_path / "outlets" / "demo-de.yaml"
    path.write_text(path.read_text() + "\nselectors: {description: 'h1'}\n")
    read_again("again-1", fresh(desk))
    changed = [row for row in rows(data, "articles") if row["revision"] == 2]
    assert changed
    for row in changed:
        assert row["revised_by"] == "newswire"
        assert row["description"] == row["headline"]
        assert row["description_en"] is None
        assert row["translation_status"] == "pending"
        assert row["headline_en"], "what did not change keeps its English"


@pytest.fixture
def two_nights(desk: World, data: Path, tmp_path: Path) -> World:
    """A second night: the newsroom has corrected one article and sends the others unchanged."""
    later = world(data, tmp_path / "outlets", FIRST + timedelta(days=1), memory_tmx=TMX)
    with Newsroom(port=port_of(later), edition=2):
        report = ingest("night-2", later, outlets=["demo-de"], refetch=True)
    assert report.rows["demo-de"][report.columns.index("revised")] == 1
    return desk


def test_unchanged_pages_of_a_second_night_are_revisits_and_read_as_well(two_nights: World, data: Path) -> None:
    kinds = Counter(
        row["kind"] for row in rows(data, "captures") if row["run_id"] == "night-2" and row["canonical_url"]
    )
    assert kinds["revisit"] >= 15
    before = digests(data)
    read_again("again-1", two_nights)
    assert digests(data) == before
    # The newest capture decides: the second night's.
    lanes = [row for row in rows(data, "ledger") if row["run_id"] == "again-1" and row["source_id"] == "demo-de"]
    assert {row["warc_file"].rsplit("/", 1)[1] for row in lanes if row["disposition"] == "unchanged"} == {
        "night-2.warc.gz"
    }


def test_an_older_capture_never_overwrites_a_newer_one(two_nights: World, data: Path, tmp_path: Path) -> None:
    add_rule(tmp_path, "demo-de", "Niedrigwasser")
    before = digests(data, "articles", "revisions")
    read_again("again-1", fresh(two_nights), outlets=["demo-de"], until="2026-12-01")
    assert digests(data, "articles", "revisions") == before
    assert set(ended(data, "again-1")) == {"skipped newer_capture"}
    # An index that has lost the newer captures does not know of them; the row itself does.
    (index,) = (data / "captures" / "source=demo-de").rglob("*.parquet")
    index.unlink()
    for file in (data / "warc" / "source=demo-de").glob("night-2*"):
        file.rename(tmp_path / file.name)
    revised = [row for row in rows(data, "articles") if row["revision"] == 2]
    read_again("again-2", fresh(two_nights), outlets=["demo-de"])
    assert [row for row in rows(data, "articles") if row["article_id"] == revised[0]["article_id"]] == revised


def test_a_clock_that_went_back_does_not_bring_an_old_text_back(desk: World, data: Path, tmp_path: Path) -> None:
    """The correction was fetched after the first text, and says a time before it: the revisions know better."""
    behind = world(data, tmp_path / "outlets", FIRST - timedelta(days=2), memory_tmx=TMX)
    with Newsroom(port=port_of(behind), edition=2):
        ingest("night-2", behind, outlets=["demo-de"], refetch=True)
    (corrected,) = [row for row in rows(data, "articles") if row["revision"] == 2]
    before = digests(data, "articles", "revisions")
    read_again("again-1", desk, outlets=["demo-de"])
    assert [row for row in rows(data, "articles") if row["article_id"] == corrected["article_id"]] == [corrected]
    assert digests(data, "articles", "revisions") == before
    assert ended(data, "again-1")["skipped newer_capture"] == 1


@pytest.mark.parametrize("torn", [False, True])
def test_what_a_killed_run_fetched_is_the_publishers_word(desk: World, data: Path, tmp_path: Path, torn: bool) -> None:
    """Killed behind or within the fetch step: no dataset and no index holds anything of it."""
    later = world(data, tmp_path / "outlets", FIRST + timedelta(days=1), memory_tmx=TMX)
    with Newsroom(port=port_of(later), edition=2):
        (order,) = pipeline.plan({"outlets": ["demo-de"], "refetch": True}, "night-2", later)
        pipeline.discover(order, later)
        pipeline.fetch(order, later)
    if torn:
        path = data / "warc" / "source=demo-de" / "night-2.warc.gz"
        path.write_bytes(path.read_bytes()[:-20])
        path.rename(path.with_name(path.name + ".open"))
    report = read_again("again-1", desk, outlets=["demo-de"])
    (row,) = [row for row in rows(data, "articles") if row["revision"] == 2]
    assert row["revised_by"] == "publisher"
    assert row["warc_file"].endswith("/night-2.warc.gz")
    assert report.rows["demo-de"][report.columns.index("revised")] == 1
    settled = digests(data)
    read_again("again-2", desk)
    assert digests(data) == settled


def test_open_leads_and_validators_stay_for_the_next_ingest(desk: World, data: Path) -> None:
    def remembered(state: State) -> Any:
        names = ("demo-de", "demo-fr")
        return [(state.validators(name), state.open_leads(name)) for name in names]

    before = remembered(desk.state)
    read_again("again-1", desk)
    assert remembered(desk.state) == before


def test_a_lost_index_is_made_anew_from_the_archive(desk: World, data: Path) -> None:
    before = rows(data, "captures")
    articles = digests(data, "articles", "revisions")
    shutil.rmtree(data / "captures")
    read_again("again-1", desk)
    key = lambda row: (row["warc_file"], row["warc_offset"])  # noqa: E731
    assert sorted(rows(data, "captures"), key=key) == sorted(before, key=key)
    assert digests(data, "articles", "revisions") == articles


def test_lost_datasets_come_back_from_the_archive_alone(desk: World, data: Path) -> None:
    before = rows(data, "articles")
    for name in ("articles", "revisions", "translations", "captures", "links", "rejects"):
        shutil.rmtree(data / name)
    read_again("again-1", desk)
    assert rows(data, "articles") == before


def test_days_are_days_of_capture(desk: World, data: Path) -> None:
    report = read_again("again-1", desk, since="2026-12-02")
    assert report.rows == {}
    assert any("holds no page of what was asked for" in line for line in report.notes)


def test_a_part_that_stops_is_closed_in_the_ledger(desk: World, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from newswire import account, choose, reprocess

    monkeypatch.setattr(choose, "PART_PAGES", 5)
    for one in reprocess.plan({"outlets": ["demo-de"]}, "again-1", desk):
        reprocess.scan(one, desk)
    orders = reprocess.choose("again-1", desk)
    assert len(orders) == 4
    assert [order.lane for order in orders][:2] == ["demo-de.0000", "demo-de.0001"]
    for order in orders[1:]:
        reprocess.extract(order, desk)
        reprocess.translate(order, desk)
        reprocess.publish(order, desk)
    report = account.report("again-1", desk)
    assert report.rows["demo-de"][report.columns.index("failed")] == 5
    (run,) = [row for row in rows(data, "runs") if row["run_id"] == "again-1"]
    assert (run["failed"], run["stopped_at"], run["reconciled"]) == (5, "extract", True)
    assert sum(ended(data, "again-1").values()) == run["discovered"] == 17
    assert [lead for lead in desk.state.open_leads("demo-de") if lead.attempts] == []


def test_a_torn_record_is_rejected_and_its_neighbours_are_read(desk: World, data: Path) -> None:
    path = data / "warc" / "source=demo-de" / "night-1.warc.gz"
    places = [one.warc.offset for one in archive.list_kept(desk.store, f"warc/source=demo-de/{path.name}") if one.lead]
    content = bytearray(path.read_bytes())
    content[places[3] + 200] ^= 0xFF
    path.write_bytes(content)
    before = digests(data, "articles")
    read_again("again-1", desk, outlets=["demo-de"])
    assert ended(data, "again-1")["rejected unreadable"] == 1
    assert digests(data, "articles") == before
    (reject,) = [row for row in rows(data, "rejects") if row["reason_code"] == "unreadable"]
    assert f"night-1.warc.gz at byte {places[3]}" in reject["detail"]


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"outlets": ["nobody"]}, "outlets: 'nobody' is not declared"),
        ({"since": "yesterday"}, "since: 'yesterday' is not a day"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "since: 2026-02-02 is later"),
        ({"files": ["", "/nowhere/x.warc.gz"]}, "files, line 2: '/nowhere/x.warc.gz': no such file"),
        ({"files": ["https://example.org/x.warc.gz"]}, "line 1: .*is no path; copy the file"),
        ({"files": ["/etc/passwd"]}, "ends neither in .warc.gz nor in .warc"),
        ({"files": ["warc/../../x.warc.gz"]}, "no such file"),
        ({"urls": ["x"]}, "unknown parameter `urls`"),
    ],
)
def test_a_wrong_order_is_refused_whole(desk: World, params: dict[str, Any], told: str) -> None:
    with pytest.raises(OrderError, match=told):
        read_again("again-1", desk, **params)


def test_one_of_our_own_files_may_be_named(desk: World, data: Path) -> None:
    before = digests(data)
    read_again("again-1", desk, files=[str(data / "warc" / "source=demo-fr" / "night-1.warc.gz")])
    read_again("again-2", desk, files=["warc/source=demo-fr/night-1.warc.gz"])
    assert ended(data, "again-1") == ended(data, "again-2") == {"unchanged": 15}
    assert digests(data) == before


def test_ingest_goes_on_after_a_reprocessing_as_if_there_had_been_none(
    two_nights: World, data: Path, tmp_path: Path
) -> None:
    read_again("again-1", two_nights)
    later = world(data, tmp_path / "outlets", FIRST + timedelta(days=10))
    before = digests(data, "articles", "revisions", "translations")
    with Newsroom(port=port_of(later), edition=2):
        ingest("night-3", later, outlets=["demo-de"])
    assert digests(data, "articles", "revisions", "translations") == before


def test_the_command_line_does_the_same(
    desk: World, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digests(data)
    given = ["--storage", str(data), "--outlets-dir", str(tmp_path / "outlets"), "reprocess"]
    with no_sockets():
        assert main([*given, "--outlets", "demo-fr"]) == 0
    assert "demo-fr" in capsys.readouterr().out
    assert digests(data) == before
    (run,) = {row["run_id"] for row in rows(data, "ledger")} - {"night-1"}
    assert ended(data, run) == {"unchanged": 15}
    assert main([*given, str(tmp_path / "none.warc.gz")]) == 1
    assert "no such file" in capsys.readouterr().err
    assert main([*given, "--since", "2031-01-01"]) == 0
    assert "holds no page of what was asked for" in capsys.readouterr().err


def test_what_newer_code_makes_of_the_same_bytes_at_night_is_ours_too(desk: World, data: Path, tmp_path: Path) -> None:
    add_rule(tmp_path, "demo-de", "^Ungewöhnlich ist die Lage")
    later = world(data, tmp_path / "outlets", FIRST + timedelta(days=1), memory_tmx=TMX)
    with Newsroom(port=port_of(later), edition=2):
        ingest("night-2", later, outlets=["demo-de"], refetch=True)
    changed = [row for row in rows(data, "articles") if row["revision"] == 2]
    assert sorted(row["revised_by"] for row in changed) == ["newswire", "publisher"]


@pytest.mark.parametrize(
    ("takes", "size"),
    [
        ([0], 400),
        ([400_000], 401),
        ([400_000, *[1] * 99], 445),
        ([10_000_000] + [401] * 25, 10_278),
        ([5] * 2_000, 10_000),
    ],
)
def test_parts_are_no_more_than_airflow_maps(takes: list[int], size: int) -> None:
    assert part_size(takes) == size
    if len(takes) < MOST_PARTS:
        assert sum(-(-take // size) for take in takes) <= MOST_PARTS


@pytest.mark.parametrize("files", [0, 1, 999, 1000, 1001, 8_800])
def test_batches_of_files_are_no_more_than_airflow_maps_and_hold_each_once(files: int) -> None:
    scans = [Scan(run_id="r", number=number, file=f"{number}.warc.gz") for number in range(files)]
    made = reprocess.batches(scans)
    assert [one for batch in made for one in batch] == scans
    assert len(made) <= MOST_PARTS
    assert files > MOST_PARTS or all(len(batch) == 1 for batch in made)
