"""From the address of a front page to an outlet that can be read, on loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newswire import cli, outlets
from newswire.errors import FetchError, OrderError, OutletError
from newswire.scaffold import read_again, scaffold
from newswire.scout import scout
from newswire.settings import PROJECT
from newswire.world import World
from newswire_local.newsroom import Newsroom

ALLOW = ("127.0.0.0/8",)


def test_a_front_page_becomes_an_outlet_that_reads_its_articles(room: Newsroom, world: World, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    file, page, trouble = scaffold("blatt", f"{room.base_url}/de/", world, pages=pages, allow=ALLOW)
    assert trouble is None
    assert page == pages / "blatt" / "first.html"
    outlet = outlets.load(file)
    assert (outlet.id, outlet.name, outlet.language) == ("blatt", "Tagesbrücke", "de")
    assert [(source.kind, source.at) for source in outlet.discover] == [("feed", f"{room.base_url}/de/feed.xml")]
    assert outlet.hosts == (f"127.0.0.1:{room.port}",)
    assert outlet.allow_addresses == ALLOW
    assert outlet.include == ("/de/",)
    assert outlet.is_local
    said = json.loads(page.with_suffix(".json").read_text())
    assert said["headline"]
    assert said["published_at"]
    assert said["words"] > 100
    assert read_again(page, outlet) == said


def test_a_saved_page_that_reads_differently_is_noticed(room: Newsroom, world: World, tmp_path: Path) -> None:
    file, page, _ = scaffold("blatt", f"{room.base_url}/de/", world, pages=tmp_path, allow=ALLOW)
    assert page
    said = json.loads(page.with_suffix(".json").read_text())
    page.write_bytes(page.read_bytes().replace(said["headline"].encode(), b"Etwas ganz anderes an dieser Stelle"))
    again = read_again(page, outlets.load(file))
    assert again["headline"] != said["headline"]


def test_an_outlet_is_never_overwritten(room: Newsroom, world: World, tmp_path: Path) -> None:
    mine = world.settings.outlets_dir / "blatt.yaml"
    mine.write_text("id: blatt\n")
    with pytest.raises(OrderError, match=r"blatt\.yaml exists; choose another id"):
        scaffold("blatt", f"{room.base_url}/de/", world, pages=tmp_path, allow=ALLOW)
    assert mine.read_text() == "id: blatt\n"
    assert not room.requests


def test_an_id_that_is_none_writes_nothing(room: Newsroom, world: World, tmp_path: Path) -> None:
    with pytest.raises(OutletError, match="would not be valid"):
        scaffold("../Blatt", f"{room.base_url}/de/", world, pages=tmp_path / "pages", allow=ALLOW)
    assert list(world.settings.outlets_dir.iterdir()) == []
    assert not (tmp_path / "Blatt.yaml").exists()


def test_loopback_needs_to_be_allowed(room: Newsroom, world: World) -> None:
    with pytest.raises(FetchError, match="newswire_contact"):
        scout(f"{room.base_url}/de/", world)
    with_contact = world.settings.fetch.model_copy(update={"contact": "desk@example.org"})
    known = World(world.settings.model_copy(update={"fetch": with_contact}), clock=world.clock)
    with pytest.raises(FetchError, match="allow_addresses"):
        scout(f"{room.base_url}/de/", known)
    assert not room.requests


@pytest.mark.parametrize(("homepage", "told"), [("hafenblatt.de", "no address"), ("file:///etc/passwd", "no address")])
def test_what_is_no_address_is_refused(world: World, homepage: str, told: str) -> None:
    with pytest.raises(OrderError, match=told):
        scout(homepage, world)


def test_the_command_prints_a_file_that_loads(
    room: Newsroom, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"{room.base_url}/fr/"
    assert cli.main(["discover", address, "--id", "ecluse", "--allow-address", "127.0.0.0/8"]) == 0
    (tmp_path / "ecluse.yaml").write_text(capsys.readouterr().out, encoding="utf-8")
    assert outlets.load(tmp_path / "ecluse.yaml").language == "fr"


def test_the_command_makes_an_outlet(room: Newsroom, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--outlets-dir", str(tmp_path), "outlet", "--pages", str(tmp_path / "pages")]
    arguments += ["--allow-address", "127.0.0.0/8", "--", "ecluse", f"{room.base_url}/fr/"]
    assert cli.main(arguments) == 0
    assert "first.html saved" in capsys.readouterr().out
    assert cli.main(arguments) == 1
    assert "exists" in capsys.readouterr().err


def test_make_knows_the_target() -> None:
    recipe = (PROJECT / "Makefile").read_text(encoding="utf-8").partition("\noutlet:")[2].partition("\n\n")[0]
    assert "-m newswire outlet" in recipe
    assert '"$(ID)" "$(URL)"' in recipe
