"""The quick path of spelling a URL changes nothing and cannot be made slow."""

from __future__ import annotations

import time

import pytest
import w3lib.url
from yarl import URL

from newswire.fetch.transport import spelled

LINKS = [
    "https://www.example.org/politik/a-b_c.d.html", "http://example.org/", "https://example.org/a/", "https://e.org/a//b",
    "https://example.org/a/../b", "https://example.org/./a", "https://example.org/..a", "https://EXAMPLE.org/A",
    "https://example.org:443/a", "http://example.org:443/a", "http://example.org:0080/a",
    "http://example.org:8080/a", "https://example.org/a?b=c d", "https://bücher.example/ä",
    "https://example.org/%7Ea", "https://example.org/a;b", "https://example.org",
]  # fmt: skip


@pytest.mark.parametrize("link", LINKS)
def test_a_url_is_spelled_as_the_libraries_spell_it(link):
    assert spelled(link) == str(URL(w3lib.url.safe_url_string(link)))


@pytest.mark.parametrize("tail", ["a" * 8000, "a/" * 4000, "a." * 4000, "-_" * 4000])
def test_a_hostile_path_takes_no_time(tail):
    started = time.process_time()
    spelled(f"https://example.org/{tail}é!")
    assert time.process_time() - started < 0.5
