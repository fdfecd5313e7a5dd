"""The newsroom as a server: validators, editions, refusals, ports and signals."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import pytest

from newsroom.asking import (
    ARTICLES,
    CORRECTED,
    GONE,
    PAGES,
    SECOND,
    ask,
    entries,
    fold,
    instant,
)
from newswire import outlets
from newswire.errors import SettingsError
from newswire.settings import PROJECT
from newswire_local.newsroom import DEMO, Newsroom, main


def test_same_bytes_and_validators_from_every_server(room: Newsroom, own_room: Newsroom) -> None:
    for path in ("/robots.txt", "/assets/logo.svg", "/de/schneesturm-alpenvorland.html"):
        first, second = ask(room.base_url + path), ask(own_room.base_url + path)
        assert first.body == second.body
        assert first.headers["ETag"] == second.headers["ETag"]
        assert first.headers["Last-Modified"] == second.headers["Last-Modified"]


def test_etag_answers_304_without_a_body(own_room: Newsroom) -> None:
    url = f"{own_room.base_url}/de/feed.xml"
    etag = ask(url).headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', etag)
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = ask(url, {"If-None-Match": known})
        assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", etag)
    assert ask(url, {"If-None-Match": '"other"'}).status == 200
    assert own_room.requests[:2] == [("GET", "/de/feed.xml", 200, False), ("GET", "/de/feed.xml", 304, True)]
    assert [asked.status for asked in own_room.requests] == [200, 304, 304, 304, 304, 200]


def test_if_modified_since_counts_in_seconds_and_yields_to_the_etag(room: Newsroom) -> None:
    url = f"{room.base_url}{CORRECTED}"
    stamp = ask(url).headers["Last-Modified"]
    moment = parsedate_to_datetime(stamp)
    assert moment == instant(ARTICLES[CORRECTED]["updated_at"])
    assert ask(url, {"If-Modified-Since": stamp}).status == 304
    earlier = format_datetime(moment.replace(hour=moment.hour - 1), usegmt=True)
    assert ask(url, {"If-Modified-Since": earlier}).status == 200
    assert ask(url, {"If-Modified-Since": "yesterday"}).status == 200
    assert ask(url, {"If-Modified-Since": stamp, "If-None-Match": '"other"'}).status == 200


def test_second_edition_changes_the_corrected_article_and_what_lists_it(own_room: Newsroom) -> None:
    paths = ["/", "/robots.txt", "/de/", "/fr/", "/de/feed.xml", "/fr/feed.xml", *(p for p in PAGES if p != GONE)]
    known = {path: ask(own_room.base_url + path).headers["ETag"] for path in paths}
    own_room.edition = 2
    statuses = {path: ask(own_room.base_url + path, {"If-None-Match": etag}).status for path, etag in known.items()}
    assert {path for path, status in statuses.items() if status == 200} == {"/de/", "/de/feed.xml", CORRECTED}
    assert set(statuses.values()) == {200, 304}
    own_room.edition = 1
    assert ask(own_room.base_url + CORRECTED, {"If-None-Match": known[CORRECTED]}).status == 304


def test_other_paths_and_methods_are_refused(own_room: Newsroom) -> None:
    assert ask(f"{own_room.base_url}/nowhere").status == 404
    assert ask(f"{own_room.base_url}/de/../../newsroom.yaml").status == 404
    assert ask(f"{own_room.base_url}/newsroom.yaml").status == 404
    assert ask(f"{own_room.base_url}/de/", method="DELETE").status == 405
    head, body = ask(f"{own_room.base_url}/de/", method="HEAD"), ask(f"{own_room.base_url}/de/")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(body.body))


def test_port_in_use_is_one_line_that_says_what_to_do(
    own_room: Newsroom, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        pytest.raises(SettingsError, match=rf"port {own_room.port} .*in use.*NEWSWIRE_DEMO_PORT"),
        Newsroom(own_room.port),
    ):
        pass
    monkeypatch.setenv("NEWSWIRE_DEMO_PORT", str(own_room.port))
    assert main([]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "NEWSWIRE_DEMO_PORT" in lines[0]
    assert ask(own_room.base_url + "/").status == 200


@pytest.mark.parametrize("value", ["eight", "-1", "70000"])
def test_port_of_the_environment_must_be_a_port(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSWIRE_DEMO_PORT", value)
    with pytest.raises(SettingsError, match=f"NEWSWIRE_DEMO_PORT is '{value}'"):
        Newsroom()


def test_unknown_edition_is_refused(own_room: Newsroom) -> None:
    with pytest.raises(SettingsError, match="no edition 3"):
        own_room.edition = 3
    assert own_room.edition == 1


def test_missing_file_and_torn_catalogue_are_named_at_the_start(tmp_path: Path) -> None:
    shutil.copytree(DEMO, tmp_path / "demo")
    folder = tmp_path / "demo"
    (folder / "site" / "robots.txt").unlink()
    with pytest.raises(SettingsError, match=r"robots\.txt: cannot be read.*restore the file"):
        Newsroom(port=0, folder=folder)
    (folder / "newsroom.yaml").write_text("pages: [{path: /}]", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"newsroom\.yaml: cannot be used"):
        Newsroom(port=0, folder=folder)


def test_port_is_free_again_after_the_newsroom_closes() -> None:
    first = Newsroom(port=0)
    for _ in range(2):
        with first:
            port = first.port
            assert ask(first.base_url + "/").status == 200
    with Newsroom(port=port) as second:
        assert second.port == port
        assert ask(second.base_url + "/").status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_serves_on_loopback_only_and_ends_quietly(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "newswire_local.newsroom", "--port", "0", "--edition", "2"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "include")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"edition 2: (http://127\.0\.0\.1:(\d+))/", process.stdout.readline())
            assert found
            assert fold(SECOND[CORRECTED]["headline"]) in ask(found[1] + CORRECTED).body.decode()
            if sys.platform == "linux":
                # A server on all addresses would hold this port on the second loopback address, too.
                with socket.socket() as other:
                    other.bind(("127.0.0.2", int(found[2])))
        finally:
            process.send_signal(number)
            _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")


def test_outlet_files_follow_the_port_and_own_their_pages(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSWIRE_DEMO_PORT", str(room.port))
    folder = PROJECT / "include" / "outlets"
    declared = [outlets.load(folder / f"demo-{side}.yaml") for side in ("de", "fr")]
    for outlet, side in zip(declared, ("de", "fr"), strict=True):
        assert [(source.kind, source.at) for source in outlet.discover] == [
            ("feed", f"{room.base_url}/{side}/feed.xml")
        ]
        assert ask(str(outlet.homepage)).status == 200
        for entry in entries(room, side):
            assert outlet.refuses(entry.link) is None
            assert outlets.owner_of(entry.link, declared) == outlet
