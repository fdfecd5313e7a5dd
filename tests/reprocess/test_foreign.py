"""WARC files of other crawlers: the pages of our outlets, decoded, dated by themselves, taken in once."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path

import brotli
import pytest

from archive.warcs import Crawl, chunked
from newswire import archive, reprocess
from newswire.settings import PROJECT
from newswire.world import World
from reprocess.nights import digests, ended, read_again, rows, world

SITE = PROJECT / "include" / "demo" / "site"
PAGE = (SITE / "de" / "spaetfrost-obstbauern.html").read_bytes()
FRENCH = (SITE / "fr" / "voile-tour-des-iles.html").read_bytes()
AT = datetime(2027, 6, 1, tzinfo=UTC)
OBST = "id: obst\nname: Obst\nlanguage: de\ntimezone: Europe/Berlin\nhosts: [obst.example]\nexclude: [/archiv/]\n"
ILES = "id: iles\nname: Îles\nlanguage: fr\ntimezone: Europe/Paris\nhosts: [iles.example]\n"
ALL = 'id: generic\nname: Other pages\nlanguage: de\ntimezone: UTC\nhosts: ["*"]\n'


@pytest.fixture
def desk(tmp_path: Path) -> World:
    (tmp_path / "outlets").mkdir()
    for name, text in (("obst", OBST), ("iles", ILES), ("generic", ALL)):
        (tmp_path / "outlets" / f"{name}.yaml").write_text(text)
    return world(tmp_path / "data", tmp_path / "outlets", AT)


def page(url: str, source: bytes = PAGE) -> bytes:
    """A demo page that says of itself that it lies at `url`."""
    return source.replace(b"{{base}}/de/spaetfrost-obstbauern.html", url.encode())


def written(tmp_path: Path, content: bytes, name: str = "CC-NEWS-20270203040506-00001.warc.gz") -> str:
    (tmp_path / name).write_bytes(content)
    return str(tmp_path / name)


def test_pages_of_our_hosts_are_taken_in_and_nothing_else(desk: World, tmp_path: Path) -> None:
    crawl = Crawl()
    crawl.page("https://obst.example/a", page("https://obst.example/a"))
    crawl.page(
        "https://www.obst.example/b?utm_source=x", page("https://www.obst.example/b"), coding="gzip", pieces=True
    )
    crawl.page("https://iles.example/c", FRENCH.replace(b"{{base}}", b"https://iles.example"), pieces=True)
    crawl.page("https://notobst.example/d", PAGE).page("https://obst.example.evil.example/e", PAGE)
    crawl.page("https://obst.example/logo.png", b"\x89PNG", kind="image/png")
    crawl.page("https://obst.example/gone", b"<p>gone", status="404 Not Found")
    crawl.page("https://obst.example/archiv/f", PAGE)
    report = read_again("again-1", desk, files=[written(tmp_path, crawl.content)])
    found = {row["uri"]: row for row in rows(tmp_path / "data", "articles")}
    assert set(found) == {
        "https://obst.example/a", "https://www.obst.example/b?utm_source=x", "https://iles.example/c"
    }  # fmt: skip
    assert {row["source_id"] for row in found.values()} == {"obst", "iles"}
    assert ended(tmp_path / "data", "again-1") == {"published": 3}
    (note,) = [line for line in report.notes if "left out" in line]
    assert "excluded (1), foreign_host (2), http_404 (1), not_html (1)" in note
    for row in found.values():
        # The page's own word, never the crawler's.
        assert row["date_basis"] == "jsonld"
        assert f"{row['published_at']:%Y-%m-%d}" != "2027-02-03"
        assert row["first_seen_at"] == row["captured_at"] == datetime(2027, 2, 3, 4, 5, 6, tzinfo=UTC)
        kept = archive.read_exchange(desk.store, _ref(row))
        assert kept.url == row["uri"]
        assert kept.header("content-encoding") is None
    leads = rows(tmp_path / "data", "captures")
    assert {(row["found_by"], row["run_id"]) for row in leads} == {("warc", "again-1")}
    assert {row["canonical_url"] for row in leads} >= {"https://www.obst.example/b"}


def _ref(row: dict) -> archive.reader.WarcRef:  # type: ignore[type-arg]
    return archive.reader.WarcRef(file=row["warc_file"], offset=row["warc_offset"])


def test_the_same_file_again_adds_nothing(desk: World, tmp_path: Path) -> None:
    crawl = Crawl().page("https://obst.example/a", page("https://obst.example/a"))
    path = written(tmp_path, crawl.content)
    read_again("again-1", desk, files=[path])
    before = digests(tmp_path / "data")
    warcs = desk.store.glob("warc/*/*.warc.gz")
    report = read_again("again-2", desk, files=[path])
    assert digests(tmp_path / "data") == before
    assert desk.store.glob("warc/*/*.warc.gz") == warcs
    assert ended(tmp_path / "data", "again-2") == {"unchanged": 1}
    assert report.faults == ()


def test_the_newest_of_several_captures_decides(desk: World, tmp_path: Path) -> None:
    url = "https://obst.example/a"
    later = page(url).replace("Frostnächte".encode(), "Eisnächte".encode())
    crawl = Crawl().page(url, later, at="2027-02-05T00:00:00Z").page(url, page(url), at="2027-02-04T00:00:00Z")
    read_again("again-1", desk, files=[written(tmp_path, crawl.content)])
    (row,) = rows(tmp_path / "data", "articles")
    assert "Eisnächte" in row["headline"]
    assert row["captured_at"] == datetime(2027, 2, 5, tzinfo=UTC)
    older = Crawl().page(url, page(url), at="2027-01-01T00:00:00Z").content
    read_again("again-2", desk, files=[written(tmp_path, older, "older.warc.gz")])
    assert rows(tmp_path / "data", "articles") == [row]
    assert ended(tmp_path / "data", "again-2") == {"skipped newer_capture": 1}
    newer = Crawl().page(url, page(url), at="2027-03-01T00:00:00Z").content
    read_again("again-3", desk, files=[written(tmp_path, newer, "newer.warc.gz")])
    (after,) = rows(tmp_path / "data", "articles")
    assert (after["revision"], after["revised_by"]) == (2, "publisher")


def test_two_new_pages_that_claim_one_address_are_both_kept(desk: World, tmp_path: Path) -> None:
    one, other = page("https://obst.example/a"), page("https://obst.example/a").replace(b"Obst", b"Wein")
    crawl = Crawl().page("https://obst.example/a", one).page("https://obst.example/b", other)
    path = written(tmp_path, crawl.content)
    read_again("again-1", desk, files=[path])
    assert ended(tmp_path / "data", "again-1") == {"published": 2}
    assert {row["canonical_url"] for row in rows(tmp_path / "data", "articles")} == {
        "https://obst.example/a", "https://obst.example/b"
    }  # fmt: skip
    before = digests(tmp_path / "data")
    read_again("again-2", desk)
    assert digests(tmp_path / "data") == before


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([], PAGE),
        ([("Transfer-Encoding", "chunked")], chunked(PAGE)),
        ([("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip")], chunked(gzip.compress(PAGE))),
        ([("Content-Encoding", "br")], brotli.compress(PAGE)),
        ([("Content-Encoding", "deflate")], zlib.compress(PAGE)),
        # As crawlers keep them: decoded, with the headers as they came.
        ([("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip")], PAGE),
        ([("Content-Encoding", "identity"), ("Content-Length", "7")], PAGE),
    ],
)  # fmt: skip
def test_bodies_are_decoded_as_they_are(
    desk: World, tmp_path: Path, headers: list[tuple[str, str]], body: bytes
) -> None:
    content = Crawl().raw("https://obst.example/a", [("Content-Type", "text/html"), *headers], body).content
    read_again("again-1", desk, files=[written(tmp_path, content)])
    (row,) = rows(tmp_path / "data", "articles")
    assert archive.read_exchange(desk.store, _ref(row)).body == PAGE


@pytest.mark.parametrize(
    ("headers", "body", "told"),
    [
        ([("Content-Encoding", "gzip")], gzip.compress(PAGE)[:-20], "ends early"),
        ([("Transfer-Encoding", "chunked")], chunked(PAGE)[:-200], "chunked body ends early"),
        ([("Content-Encoding", "gzip")], gzip.compress(b"<p>" + bytes(30_000_000)), "larger than"),
        ([("Content-Encoding", "gzip, gzip")], gzip.compress(gzip.compress(PAGE)), "stacked"),
    ],
)
def test_a_body_that_is_not_whole_or_a_bomb_is_named_and_not_published(
    desk: World, tmp_path: Path, headers: list[tuple[str, str]], body: bytes, told: str
) -> None:
    crawl = Crawl().raw("https://obst.example/a", [("Content-Type", "text/html"), *headers], body)
    crawl.page("https://obst.example/b", page("https://obst.example/b"))
    report = read_again("again-1", desk, files=[written(tmp_path, crawl.content)])
    assert [row["uri"] for row in rows(tmp_path / "data", "articles")] == ["https://obst.example/b"]
    (note,) = [line for line in report.notes if told in line]
    assert "CC-NEWS-20270203040506-00001.warc.gz at byte " in note


@pytest.mark.parametrize("lie", [7, -7, 10**6])
def test_a_record_of_a_wrong_length_is_named_and_its_neighbours_are_read(desk: World, tmp_path: Path, lie: int) -> None:
    crawl = Crawl().page("https://obst.example/a", page("https://obst.example/a"))
    crawl.broken("https://obst.example/x", PAGE, lie if lie < 10**6 else -lie)
    crawl.page("https://obst.example/b", page("https://obst.example/b"))
    report = read_again("again-1", desk, files=[written(tmp_path, crawl.content)])
    uris = sorted(row["uri"] for row in rows(tmp_path / "data", "articles"))
    assert uris == ["https://obst.example/a", "https://obst.example/b"]
    assert [line for line in report.notes if "the record states" in line]


def test_what_comes_before_a_tear_is_kept_and_the_tear_is_named(desk: World, tmp_path: Path) -> None:
    crawl = Crawl()
    for name in "abc":
        crawl.page(f"https://obst.example/{name}", page(f"https://obst.example/{name}"))
    file = written(tmp_path, crawl.content[:-300])
    report = read_again("again-1", desk, files=[file])
    assert ended(tmp_path / "data", "again-1") == {"published": 2}
    assert [line for line in report.notes if "cut short" in line and "at byte" in line]
    # The command's exit status says so, too: a script must not take the file as read.
    assert reprocess.run_all({"files": [file]}, "again-2", desk) == [
        f"{file}: faults (1), as told above; what could be read was read"
    ]


def test_a_page_that_reserves_its_rights_is_not_taken_from_others_either(desk: World, tmp_path: Path) -> None:
    crawl = Crawl().raw("https://obst.example/a", [("Content-Type", "text/html"), ("tdm-reservation", "1")], PAGE)
    crawl.page("https://obst.example/b", PAGE.replace(b"<head>", b'<head><meta name="robots" content="noai">', 1))
    report = read_again("again-1", desk, files=[written(tmp_path, crawl.content)])
    assert rows(tmp_path / "data", "articles") == []
    assert any("reserved (2)" in line for line in report.notes)


def test_a_file_that_is_gone_by_then_is_in_the_report_and_stops_no_other(desk: World, tmp_path: Path) -> None:
    from newswire import account, reprocess

    good = written(tmp_path, Crawl().page("https://obst.example/a", PAGE).content)
    gone = written(tmp_path, b"", "gone.warc.gz")
    scans = reprocess.plan({"files": [gone, good]}, "again-1", desk)
    Path(gone).unlink()
    with pytest.raises(FileNotFoundError):
        reprocess.scan(scans[0], desk)
    reprocess.scan(scans[1], desk)
    for order in reprocess.choose("again-1", desk):
        for step in ("extract", "translate", "publish"):
            getattr(reprocess, step)(order, desk)
    report = account.report("again-1", desk)
    assert any("gone.warc.gz: was not read to its end" in line for line in report.notes)
    assert ended(tmp_path / "data", "again-1") == {"published": 1}


# VmHWM, for ru_maxrss begins with what the parent process had.
MEASURE = """
import re, sys
from pathlib import Path
from newswire import reprocess, settings, world
def highest():
    return int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
made = world.World(settings.Settings(storage=sys.argv[1], outlets_dir=Path(sys.argv[2])))
scans = reprocess.plan({"files": sys.argv[3:4]}, "measured", made)
reprocess.scan(scans[0], made)
print(highest())
"""


def highest(desk: World, tmp_path: Path, megabytes: int) -> int:
    """MB that a process holds at most while it takes in a file of which one page in eight is ours."""
    noise = random.Random(7)
    path = tmp_path / f"{megabytes}.warc.gz"
    with path.open("wb") as out:
        for number in range(megabytes * 10):
            host = "obst.example" if number % 8 == 0 else "elsewhere.example"
            out.write(Crawl().page(f"https://{host}/{number}", b"<html><p>" + noise.randbytes(100_000)).content)
    arguments = [desk.settings.storage + str(megabytes), str(desk.settings.outlets_dir), str(path)]
    done = subprocess.run([sys.executable, "-c", MEASURE, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])


def test_memory_does_not_grow_with_the_file(desk: World, tmp_path: Path) -> None:
    small, large = highest(desk, tmp_path, 8), highest(desk, tmp_path, 64)
    assert large - small < 14, f"{small} MB for 8 MB, {large} MB for 64 MB"
