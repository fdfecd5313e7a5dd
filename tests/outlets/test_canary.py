"""The canary, on outlets of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from newswire import canary, cli
from newswire.errors import OrderError
from newswire.settings import Settings
from newswire.world import World
from newswire_local.newsroom import Edition, Newsroom
from outlets.conftest import AT

RULES = ("/robots.txt", "/.well-known/tdmrep.json")


def declare(world: World, outlet_id: str, room: Newsroom, *sources: str, more: str = "") -> None:
    lines = "\n".join(f"  - {source}" for source in sources)
    world.settings.outlets_dir.joinpath(f"{outlet_id}.yaml").write_text(
        f"id: {outlet_id}\nname: Haus\nlanguage: de\ntimezone: Europe/Berlin\npace: 0\n"
        f'discover:\n{lines}\nhosts: ["127.0.0.1:{room.port}"]\nallow_addresses: [127.0.0.0/8]\n{more}',
        encoding="utf-8",
    )


def test_a_well_outlet_shows_an_article(room: Newsroom, world: World) -> None:
    declare(world, "blatt", room, f"feed: {room.base_url}/de/feed.xml", f"section: {room.base_url}/de/")
    (seen,) = canary.watch(world)
    assert seen.is_well
    assert (seen.answered, seen.sources) == (2, 2)
    assert seen.leads >= 15
    assert seen.headline
    assert seen.words > 100
    assert seen.trouble == ()
    # One document a source and one article, besides the house's rules; nothing is written.
    paths = [asked.path for asked in room.requests if asked.path not in RULES]
    assert len(paths) == 3
    assert not Path(world.settings.storage).exists()


def test_a_dead_source_and_a_dead_outlet_are_told(room: Newsroom, world: World) -> None:
    declare(world, "halb", room, f"feed: {room.base_url}/gone.xml", f"feed: {room.base_url}/de/feed.xml")
    declare(world, "tot", room, f"feed: {room.base_url}/gone.xml")
    declare(world, "leer", room, f"feed: {room.base_url}/de/feed.xml", more="include: [/nirgends/]\n")
    halb, leer, tot = canary.watch(world)
    assert (halb.answered, halb.sources, halb.is_well) == (1, 2, False)
    assert halb.headline
    assert "gone.xml" in halb.trouble[0]
    assert (leer.headline, leer.trouble) == (None, ("no source lists an article",))
    assert tot.answered == 0
    assert "404" in tot.trouble[0]


def test_public_outlets_wait_and_are_not_asked(room: Newsroom, world: World) -> None:
    world.settings.outlets_dir.joinpath("fern.yaml").write_text(
        "id: fern\nname: F\nlanguage: fr\ndiscover: [{feed: https://fern.example/f}]\nhosts: [fern.example]\n"
    )
    (seen,) = canary.watch(world)
    assert seen.waits
    assert "newswire_contact" in seen.trouble[0]


def test_with_a_contact_it_is_about_the_public_ones(room: Newsroom, world: World) -> None:
    """The bundled newsroom, which does not run by itself, must not turn every answer into a failure."""
    declare(world, "blatt", room, f"feed: {room.base_url}/de/feed.xml")
    assert canary.nightly(with_contact(world)) == ["blatt"]
    fern = "name: F\nlanguage: fr\ndiscover: [{feed: https://fern.example/f}]\nhosts: [fern.example]\n"
    world.settings.outlets_dir.joinpath("fern.yaml").write_text(f"id: fern\n{fern}")
    world.settings.outlets_dir.joinpath("rastet.yaml").write_text(f"id: rastet\n{fern}enabled: false\n")
    assert canary.nightly(with_contact(world)) == ["fern"]
    assert canary.nightly(World(world.settings, world.clock)) == ["blatt", "fern"]


def with_contact(world: World) -> World:
    fetch = world.settings.fetch.model_copy(update={"contact": "desk@blatt.example"})
    return World(world.settings.model_copy(update={"fetch": fetch}), world.clock)


def test_an_unknown_outlet_is_refused(world: World) -> None:
    with pytest.raises(OrderError, match="'niemand' is not among the declared"):
        canary.watch(world, ["niemand"])


def test_the_command_prints_a_table(
    room: Newsroom, world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEWSWIRE_CONTACT", raising=False)
    declare(world, "blatt", room, f"feed: {room.base_url}/fr/feed.xml")
    world.settings.outlets_dir.joinpath("kaputt.yaml").write_text("id: kaputt\n")
    folder = ["--outlets-dir", str(world.settings.outlets_dir)]
    assert cli.main([*folder, "canary"]) == 0
    told = capsys.readouterr()
    assert "1/1" in told.out
    assert "kaputt.yaml: key `name` is missing" in told.err
    declare(world, "tot", room, f"feed: {room.base_url}/gone.xml?key=geheim")
    assert cli.main([*folder, "canary", "--outlets", "tot"]) == 1
    assert "geheim" not in capsys.readouterr().out


def test_settings_of_the_project_leave_real_outlets_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the project's own folder may be asked by a test, a demo or a first look."""
    monkeypatch.delenv("NEWSWIRE_CONTACT", raising=False)
    world = World(Settings())
    chosen = [key for key, outlet in world.outlets.items() if not outlet.is_local and outlet.discover]
    assert len(chosen) >= 22
    assert {one.waits for one in canary.watch(world, chosen)} == {True}


def test_the_list_of_outlets_tells_who_waits(
    room: Newsroom, world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEWSWIRE_CONTACT", raising=False)
    world.settings.outlets_dir.joinpath("fern.yaml").write_text(
        "id: fern\nname: F\nlanguage: fr\ndiscover: [{feed: https://fern.example/f}]\nhosts: [fern.example]\n"
    )
    folder = ["--outlets-dir", str(world.settings.outlets_dir)]
    assert cli.main([*folder, "outlets"]) == 0
    assert "waits for" in capsys.readouterr().out
    monkeypatch.setenv("NEWSWIRE_CONTACT", "desk@example.org")
    assert cli.main([*folder, "outlets"]) == 0
    assert "waits for" not in capsys.readouterr().out


def test_a_page_that_is_made_to_stop_a_parser_does_not_stop_the_canary(room: Newsroom, world: World) -> None:
    """It is read as a run reads it: in a process of its own, with a limit of time."""
    bomb = b"<html><body><article><h1>Eine Falle</h1>" + b"<p>x" * 100_000
    room._pages["/de/falle.html"] = room._pages["/de/feed.xml"].model_copy(
        update={"path": "/de/falle.html", "content_type": "text/html", "editions": {1: _edition(room, "falle", bomb)}}
    )
    feed = f"<rss version='2.0'><channel><item><link>{room.base_url}/de/falle.html</link></item></channel></rss>"
    room._pages["/falle.xml"] = room._pages["/de/feed.xml"].model_copy(
        update={"path": "/falle.xml", "editions": {1: _edition(room, "falle.xml", feed.encode())}}
    )
    declare(world, "blatt", room, f"feed: {room.base_url}/falle.xml")
    (seen,) = canary.watch(world)
    assert not seen.is_well
    assert seen.trouble


def _edition(room: Newsroom, file: str, body: bytes) -> Edition:
    room._bodies[file] = body
    return Edition(file=file, last_modified=AT)
