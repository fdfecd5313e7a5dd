"""Sources as a run uses them: from the outlet file to the datasets, without Airflow."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from discover.conftest import House
from newswire import account, pipeline
from newswire.account import Report
from newswire.errors import OrderError
from newswire.lane import STEPS
from newswire.records import Validator
from newswire.settings import PROJECT, FetchSettings, Settings
from newswire.world import World

AT = datetime(2026, 11, 22, 6, tzinfo=UTC)
SITE = PROJECT / "include" / "demo" / "site" / "de"
HOME = "https://hafenblatt.example"


class Desk:
    """A storage root, a folder of outlet files, and runs by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "outlets").mkdir()
        settings = Settings(
            storage=str(folder / "data"), outlets_dir=folder / "outlets", fetch=FetchSettings(contact=None)
        )
        self.settings = settings
        self.world = World(settings, clock=lambda: AT)

    def declare(self, name: str, text: str) -> None:
        (self.folder / "outlets" / f"{name}.yaml").write_text(f"id: {name}\nname: N\nlanguage: de\n{text}", "utf-8")

    def run(self, run_id: str, **params: Any) -> Report:
        self.world = World(self.settings, clock=lambda: AT)
        for order in pipeline.plan(params, run_id, self.world):
            for step in STEPS:
                getattr(pipeline, step)(order, self.world)
        account.link(run_id, self.world)
        return account.report(run_id, self.world)

    def rows(self, dataset: str) -> list[dict[str, Any]]:
        folder = self.folder / "data" / dataset
        if not folder.exists():
            return []
        return pyarrow.dataset.dataset(folder, partitioning="hive").to_table().to_pylist()  # type: ignore[no-any-return]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def story(name: str, base: str = HOME) -> bytes:
    return (SITE / f"{name}.html").read_bytes().replace(b"{{base}}", base.encode())


class Quiet(WARCWriter):  # type: ignore[misc]
    """warcio leaves its temporary files to the garbage collector, of which Python warns."""

    @classmethod
    def _create_temp_file(cls) -> io.BytesIO:
        return io.BytesIO()


def common_crawl(path: Path, *pages: tuple[str, bytes, dict[str, str]], when: str = "2026-11-21T03:00:00Z") -> None:
    """A file as crawlers leave them, written by another library than ours."""
    with path.open("wb") as stream:
        writer = Quiet(stream, gzip=True)
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "another"}))
        for url, body, headers in pages:
            http = StatusAndHeaders("200 OK", [("Content-Type", "text/html"), *headers.items()], protocol="HTTP/1.1")
            record = writer.create_warc_record(
                url, "response", payload=io.BytesIO(body), http_headers=http, warc_headers_dict={"WARC-Date": when}
            )
            writer.write_record(record)


def chunked(body: bytes) -> bytes:
    half = len(body) // 2
    parts = (body[:half], body[half:])
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def test_a_file_of_common_crawl_is_a_source(desk: Desk) -> None:
    plain, packed = "lastenrad-parkgebuehr", "keuchhusten-auffrischung"
    (desk.folder / "captures").mkdir()
    common_crawl(
        desk.folder / "captures" / "CC-NEWS-1.warc.gz",
        (f"{HOME}/de/{plain}.html", story(plain), {}),
        ("https://other.example/de/x.html", story(plain, "https://other.example"), {}),
        (
            f"{HOME}/de/{packed}.html",
            chunked(gzip.compress(story(packed))),
            {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"},
        ),
        (f"{HOME}/de/bild.jpg", b"\xff\xd8", {"Content-Type": "image/jpeg"}),
    )
    desk.declare("hafenblatt", "discover: [{warc: '../captures/*.warc.gz'}]\nhosts: [hafenblatt.example]\n")
    made = desk.run("one")
    row = dict(zip(made.columns, made.rows["hafenblatt"], strict=True))
    assert row["published"] >= 2
    stored = {one["uri"]: one for one in desk.rows("articles")}
    assert {f"{HOME}/de/{name}.html" for name in (plain, packed)} <= set(stored)
    first = stored[f"{HOME}/de/{plain}.html"]
    # The page dates the article; the crawler only says when it came by.
    assert first["published_at"].date() != date(2026, 11, 21)
    assert first["first_seen_at"] == datetime(2026, 11, 21, 3, tzinfo=UTC)
    assert first["warc_file"].startswith("warc/source=hafenblatt/")
    assert {one["found_by"] for one in desk.rows("ledger")} == {"warc"}
    # Another night finds nothing new in the same file, and no server was ever asked.
    before = sorted((desk.folder / "data" / "articles").rglob("*.parquet"))[0].read_bytes()
    again = desk.run("two")
    assert again.rows["hafenblatt"][:3] == (0, 0, 0)
    assert sorted((desk.folder / "data" / "articles").rglob("*.parquet"))[0].read_bytes() == before


def test_a_torn_file_of_captures_gives_what_came_before_and_is_named(desk: Desk) -> None:
    name = "lastenrad-parkgebuehr"
    file = desk.folder / "a.warc.gz"
    common_crawl(file, (f"{HOME}/de/{name}.html", story(name), {}), (f"{HOME}/de/b.html", story(name), {}))
    file.write_bytes(file.read_bytes()[:-700])
    desk.declare("hafenblatt", "discover: [{warc: ../a.warc.gz}]\nhosts: [hafenblatt.example]\n")
    made = desk.run("one")
    assert [one["uri"] for one in desk.rows("articles")] == [f"{HOME}/de/{name}.html"]
    assert any("a.warc.gz" in note and "did not answer" in note for note in made.notes)


def test_a_file_that_went_away_between_the_steps_is_tried_again(desk: Desk) -> None:
    name = "lastenrad-parkgebuehr"
    file = desk.folder / "a.warc.gz"
    common_crawl(file, (f"{HOME}/de/{name}.html", story(name), {}))
    desk.declare("hafenblatt", "discover: [{warc: ../a.warc.gz}]\nhosts: [hafenblatt.example]\n")
    (order,) = pipeline.plan({}, "one", desk.world)
    pipeline.discover(order, desk.world)
    content = file.read_bytes()
    file.unlink()
    for step in STEPS[1:]:
        getattr(pipeline, step)(order, desk.world)
    account.report("one", desk.world)
    (failed,) = desk.rows("ledger")
    assert (failed["disposition"], failed["reason"]) == ("failed", "warc_unreadable")
    assert "a.warc.gz" in failed["detail"]
    file.write_bytes(content)
    desk.run("two")
    assert len(desk.rows("articles")) == 1


def test_sitemaps_are_asked_conditionally_and_their_bodies_kept(desk: Desk, house: House, urlset: Any) -> None:
    house.put("/part.xml", urlset(("/de/a.html", "2026-11-22")))
    house.put("/index.xml", urlset(("/part.xml", None), kind="sitemapindex", item="sitemap"))
    desk.declare(
        "haus",
        f"discover: [{{sitemap: '{house.url('/index.xml')}'}}]\nhosts: ['{house.host}']\n"
        "allow_addresses: [127.0.0.0/8]\npace: 0\n",
    )
    for run_id in ("one", "two"):
        (order,) = pipeline.plan({}, run_id, desk.world)
        assert pipeline.discover(order, desk.world).counts == {"Lead": 1}
    assert [path for path in house.asked if path.endswith(".xml")] == 2 * ["/index.xml", "/part.xml"]
    assert house.unsent == ["/index.xml", "/part.xml"]


def test_what_is_kept_of_sitemaps_does_not_grow_from_day_to_day(desk: Desk, house: House, urlset: Any) -> None:
    """Many houses write a sitemap a day. One that is asked no more is forgotten, unless the run saw a part only."""
    desk.declare(
        "haus",
        f"discover: [{{sitemap: '{house.url('/index.xml')}'}}]\nhosts: ['{house.host}']\n"
        "allow_addresses: [127.0.0.0/8]\npace: 0\n",
    )
    index = house.url("/index.xml")

    def night(run_id: str, *parts: str, **params: Any) -> set[str]:
        house.put("/index.xml", urlset(*((part, None) for part in parts), kind="sitemapindex", item="sitemap"))
        (order,) = pipeline.plan(params, run_id, desk.world)
        pipeline.discover(order, desk.world)
        return set(desk.world.state.validators("haus"))

    for part in ("/a.xml", "/b.xml"):
        house.put(part, urlset((f"{part}.html", "2026-11-22")))
    a, b = house.url("/a.xml"), house.url("/b.xml")
    assert night("one", "/a.xml") == {index, a}
    desk.world.state.keep_validators("haus", [Validator(url=house.url("/artikel"), kept_as="x")])
    article = {house.url("/artikel")}
    assert night("two", "/b.xml", since="2026-11-22") == {index, a, b} | article
    assert night("three", "/b.xml", "/gone.xml") == {index, a, b} | article
    assert night("four", "/b.xml") == {index, b} | article
    assert desk.world.state.body_of("haus", b) is not None


def test_bodies_of_sources_are_not_held_beside_the_validators(desk: Desk) -> None:
    desk.world.state.keep_validators(
        "haus", [Validator(url="https://h.example/s.xml", etag="1")], body=b"x" * 8_000_000
    )
    tracemalloc.start()
    known = desk.world.state.validators("haus")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [one.etag for one in known.values()] == ["1"]
    assert peak < 4_000_000


def test_a_run_says_which_outlets_wait_and_which_files_are_wrong(desk: Desk) -> None:
    (desk.folder / "saved").mkdir()
    (desk.folder / "saved" / "a.html").write_bytes(story("lastenrad-parkgebuehr"))
    desk.declare("ordner", "discover: [{folder: ../saved}]\n")
    desk.declare("fern", "discover: [{feed: 'https://fern.example/f'}]\nhosts: [fern.example]\n")
    desk.declare("kaputt", "discover: [{feed: 'https://k.example/f'}]\nhosts: [k.example]\ntimezone: Mond/Krater\n")
    made = desk.run("one")
    assert list(made.rows) == ["ordner"]
    assert dict(zip(made.columns, made.rows["ordner"], strict=True))["published"] == 1
    waits, broken = made.remarks
    assert waits.startswith("1 outlet waits for newswire_contact (fern): ")
    assert "Admin > Variables" in waits
    assert "kaputt.yaml: key `timezone`: write an IANA time zone" in broken
    assert made.notes[:2] == made.remarks
    with pytest.raises(OrderError, match=r"'kaputt' is not declared.*key `timezone`"):
        pipeline.plan({"outlets": ["kaputt"]}, "two", desk.world)


def test_a_page_that_reserves_itself_costs_a_304_until_there_is_a_licence(desk: Desk, house: House) -> None:
    page = story("lastenrad-parkgebuehr", house.url("")).replace(
        b"<head>", b'<head><meta name="robots" content="noai">'
    )
    house.put("/de/a.html", page)
    links = f"<item><link>{house.url('/de/a.html')}</link></item>"
    house.put("/feed.xml", f"<rss version='2.0'><channel>{links}</channel></rss>")
    common = (
        f"discover: [{{feed: '{house.url('/feed.xml')}'}}]\nhosts: ['{house.host}']\n"
        "allow_addresses: [127.0.0.0/8]\npace: 0\n"
    )
    desk.declare("haus", common)
    for run_id in ("one", "two", "three"):
        desk.run(run_id)
    ended = {row["run_id"]: (row["disposition"], row["reason"], row["http_status"]) for row in desk.rows("ledger")}
    reserved = ("skipped", "reserved")
    assert ended == {"one": (*reserved, 200), "two": (*reserved, 304), "three": (*reserved, 304)}
    assert house.unsent.count("/de/a.html") == 2
    assert [row["url"] for row in desk.rows("captures") if row["url"].endswith("a.html")] == []
    desk.declare("haus", common + "respect: []\n")
    desk.run("four")
    assert house.unsent.count("/de/a.html") == 2
    assert len(desk.rows("articles")) == 1
