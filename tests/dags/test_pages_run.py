"""The real DAG on pages that are not ours: the seed page in a folder, and real news pages served from loopback."""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

FOLDER = """
name: Saved pages
language: de
timezone: Europe/Paris
discover:
  - folder: pages
"""


def test_the_seed_page_lands_as_expected(desk: Any, seed: Path) -> None:
    desk.write_outlet("saved", FOLDER)
    (desk.outlets / "pages").mkdir()
    shutil.copy(seed / "page.txt", desk.outlets / "pages")
    assert desk.run(outlets=["saved"]).state == "success"
    (row,) = desk.rows("articles")
    want = json.loads((seed / "expected.json").read_text())
    for name in ("published_at", "updated_at"):
        assert row[name] == datetime.fromisoformat(want.pop(name)), name
    assert row["body_text"].split("\n\n") == want.pop("body_paragraphs")
    assert set(want.pop("topics_must_include")) <= {topic["uri"] for topic in row["topics"]}
    assert row["section_en"] in want.pop("section_en")
    for name, value in want.items():
        assert row[name] == value, name
    desk.run(outlets=["saved"])
    assert [r["disposition"] for r in desk.last("ledger")] == ["not_modified"]


@pytest.fixture
def real_pages(evaluation: Path, tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """The Fundus pages as files behind a loopback server: its address and their paths."""
    site = tmp_path / "site"
    site.mkdir()
    pages = sorted((evaluation / "html").glob("fundus_*.html.gz"))
    assert len(pages) == 50
    for page in pages:
        (site / page.name.removesuffix(".gz")).write_bytes(gzip.decompress(page.read_bytes()))
    handler = functools.partial(QuietHandler, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", sorted(page.name for page in site.glob("*.html"))
    server.shutdown()
    server.server_close()
    thread.join()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_real_pages_each_end_once_and_none_fails(desk: Any, real_pages: tuple[str, list[str]]) -> None:
    base, names = real_pages
    host = base.removeprefix("http://")
    desk.write_outlet(
        "real",
        f'name: Real pages\nlanguage: de\ntimezone: Europe/Berlin\nhosts: ["{host}"]\n'
        "allow_addresses: [127.0.0.0/8]\npace: 0\n",
    )
    assert desk.run(urls=[f"{base}/{name}" for name in names]).state == "success"
    ended = Counter(row["canonical_url"].rsplit("/", 1)[1] for row in desk.last("ledger"))
    assert ended == Counter(names)
    told = Counter(row["disposition"] for row in desk.last("ledger"))
    assert told["failed"] == 0
    assert told["published"] >= 48, told
    for row in desk.rows("articles"):
        assert row["headline"]
        assert len(row["body_text"]) > 200
        assert row["published_at"], row["uri"]
        assert row["stripped"], row["uri"]
