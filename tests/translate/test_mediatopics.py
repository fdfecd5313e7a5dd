"""IPTC's whole vocabulary: read as IPTC serves it, kept as a table, and found by sections and keywords."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from newswire import iptc
from newswire.cli import main
from newswire.errors import NewswireError, SettingsError
from newswire.settings import FetchSettings, Settings
from newswire.vocabulary.mediatopics import FILE, read_scheme, read_table, widen, write_table
from newswire.vocabulary.terms import load_terms
from newswire.world import World

SAMPLE: list[dict[str, Any]] = [
    {"qcode": "medtop:01000000", "prefLabel": {"en-GB": "arts", "de": "Künste", "fr": "arts"}},
    {
        "qcode": "medtop:20000004",
        "prefLabel": {"en-US": "cartoon strip", "en-GB": "cartoon", "de": "Bildergeschichte", "nl": "strip"},
        "broader": ["http://cv.iptc.org/newscodes/mediatopic/01000000"],
    },
    {"qcode": "medtop:20000005", "prefLabel": {"en-GB": "old", "de": "Altes"}, "retired": "2020-01-01T00:00:00+00:00"},
    {"qcode": "medtop:20000006", "prefLabel": {"en-GB": "one", "de": "Doppelt"}},
    {"qcode": "medtop:20000007", "prefLabel": {"en-GB": "two", "de": "doppelt"}},
    {"qcode": "medtop:20000008", "prefLabel": {"en-GB": "sports", "de": "Sport"}},
]


def as_iptc_serves_it(concepts: list[dict[str, Any]]) -> bytes:
    return json.dumps({"uri": "http://cv.iptc.org/newscodes/mediatopic/", "conceptSet": concepts}).encode()


def test_the_sample_widens_the_termbase_and_ours_wins() -> None:
    topics = read_scheme(as_iptc_serves_it(SAMPLE), fewest=1)
    assert read_table(write_table(topics), "t.csv", fewest=1) == topics
    assert topics[1].names == {"en": "cartoon", "de": "Bildergeschichte"}
    assert topics[1].broader == "medtop:01000000"
    terms = widen(load_terms("de"), topics, "de")
    found = terms.lookup("Bildergeschichte & Sport")
    assert found is not None
    assert found.english == "Cartoon & Sport"
    assert next(concept.uri for concept in found.concepts) == "medtop:20000004"
    assert terms.lookup("Sport") == load_terms("de").lookup("Sport")
    assert terms.lookup("Altes") is None
    assert terms.lookup("Doppelt") is None
    assert terms.lookup("Militär & Verteidigung") == load_terms("de").lookup("Militär & Verteidigung")


def test_the_whole_vocabulary(shared: Path) -> None:
    content = (shared / "vocab" / "mediatopics.csv").read_bytes()
    topics = read_table(content, "mediatopics.csv")
    rows = list(csv.DictReader(content.decode().splitlines()))
    assert len(topics) == len(rows)
    assert read_table(write_table(topics), "again.csv") == topics
    for lang in ("de", "fr"):
        own = load_terms(lang)
        wide = widen(own, topics, lang)
        assert len(wide) > len(own) + 500
        names = [row for row in rows if not row["status"] and row[lang] and row["en"]]
        known = [row for row in names if wide.lookup(row[lang])]
        assert len(known) / len(names) > 0.97
        only = next(row for row in names if own.lookup(row[lang]) is None and wide.lookup(row[lang]))
        term = wide.lookup(only[lang])
        assert term is not None
        assert [concept.uri for concept in term.concepts] == [only["qcode"]]


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b'{"conceptSet": []}', b'{"conceptSet": [1]}', as_iptc_serves_it(SAMPLE),
     b'{"conceptSet": [{"qcode": "subj:1", "prefLabel": {"de": "a"}}]}'],
)  # fmt: skip
def test_what_is_no_vocabulary_is_refused(content: bytes) -> None:
    with pytest.raises(SettingsError, match="IPTC's vocabulary"):
        read_scheme(content)


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xff\xfe", b"qcode,broader,status,en,de,fr\n"])
def test_a_spoilt_table_is_named(content: bytes) -> None:
    with pytest.raises(SettingsError, match=r"mine\.csv.*newswire vocabulary"):
        read_table(content, "mine.csv")


class _Served(BaseHTTPRequestHandler):
    content = as_iptc_serves_it(
        SAMPLE + [{"qcode": f"medtop:3{n:07}", "prefLabel": {"en": f"n{n}", "de": f"Name {n}"}} for n in range(600)]
    )

    def log_message(self, *args: object) -> None: ...

    def do_GET(self) -> None:
        found = self.path.startswith("/topics")
        body = self.content if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Served)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_command_downloads_it_into_the_storage_root(
    served: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "data")
    command = ["--storage", folder, "vocabulary", "--allow-address", "127.0.0.0/8", "--url", f"{served}/topics"]
    assert main(command) == 0
    assert f"606 Media Topics in {folder}/{FILE}" in capsys.readouterr().out
    found = World(Settings(storage=folder)).terms("de").lookup("Bildergeschichte")
    assert found is not None
    assert found.english == "Cartoon"
    before = (tmp_path / "data" / FILE).read_bytes()
    assert main([*command[:-1], f"{served}/elsewhere"]) == 1
    assert (tmp_path / "data" / FILE).read_bytes() == before


def test_a_public_server_is_not_asked_without_a_contact(tmp_path: Path) -> None:
    settings = Settings(storage=str(tmp_path), fetch=FetchSettings(contact=None))
    with pytest.raises(NewswireError, match="newswire_contact"):
        iptc.download(World(settings))
