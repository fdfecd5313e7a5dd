"""One spelling per page. The ids below are in people's datasets: a test that fails here may not be changed to pass."""

from __future__ import annotations

import pytest

from newswire import urls

A = "https://news.example/a"


@pytest.mark.parametrize(
    ("source_id", "url", "expected"),
    [
        ("demo-de", A, "32677bca-acfc-5252-b9e7-65ce04023e13"),
        ("demo-fr", A, "bd936379-c253-5330-9be8-68a33bd70b8f"),
        ("demo-de", "https://news.example/b?id=1", "77492573-2ecb-5fc1-9d40-b0cfe38810b7"),
        ("demo-de", "urn:newswire:demo-de:seite%201.html", "5623a91d-e603-57f9-9b0f-2785522c5e94"),
    ],
)
def test_article_ids_are_for_ever(source_id: str, url: str, expected: str) -> None:
    assert urls.article_id(source_id, url) == expected


@pytest.mark.parametrize(
    "spelling",
    [
        "HTTPS://NEWS.example/a", "https://news.example:443/a", f"{A}#kommentare",
        f"{A}?utm_source=feed&utm_medium=rss", f"{A}?fbclid=x", f"{A}?at_medium=RSS&at_campaign=y",
        f"{A}?xtor=RSS-1", f"{A}?UTM_Source=x", f"{A}?_gl=1#top",
    ],
)  # fmt: skip
def test_spellings_of_one_page(spelling: str) -> None:
    assert urls.canonicalise(spelling) == A


@pytest.mark.parametrize(
    "other",
    [
        f"{A}?cid=5", f"{A}?id=5", f"{A}?source=x", f"{A}?ref=x", f"{A}?page=2", "http://news.example/a",
        "https://news.example:8443/a", "https://www.news.example/a", f"{A}/", "https://news.example/A", f"{A};v=2",
        f"{A}?at_home=1", f"{A}?utm=1",
    ],
)  # fmt: skip
def test_what_may_tell_pages_apart_is_kept(other: str) -> None:
    """A parameter that some site tells its articles by must stay, or two articles become one."""
    found = urls.canonicalise(other)
    assert found is not None
    assert found != A


def test_the_order_of_parameters_and_the_tracker_between_them_do_not_matter() -> None:
    expected = f"{A}?a=1&b=2&b=3"
    assert urls.canonicalise(f"{A}?b=2&utm_term=x&a=1&b=3") == expected
    assert urls.canonicalise(expected) == expected


@pytest.mark.parametrize(
    "address",
    [
        "https://news.example/größe?q=für", "https://news.example/a%20b", "https://news.example/%C3%A9", "https://bücher.example/",
        "https://news.example/a?x=%26&y=", "https://[2001:db8::1]:8080/a", "urn:newswire:o:a%20b.html", "https://news.example",
    ],
)  # fmt: skip
def test_a_canonical_url_is_its_own_canonical_url(address: str) -> None:
    once = urls.canonicalise(address)
    assert once is not None
    assert urls.canonicalise(once) == once


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "/a", "ftp://news.example/a", "javascript:alert(1)", "https://", "https:///a", "https://u:p@news.example/",
        "https://news.example/a b", "https://news.example/\n", "https://news.example/\x00", "https://news.example:x/",
        "https://news.example:99999/", "https://[::1/a", "mailto:a@b.example", "file:///etc/passwd", "urn:isbn:1",
    ],
)  # fmt: skip
def test_what_is_no_page(address: str) -> None:
    assert urls.canonicalise(address) is None
    assert not urls.is_http(address)


@pytest.mark.parametrize(
    "name", ["key", "api_key", "apikey", "access_token", "secret", "password", "auth", "X-Amz-Signature"]
)
def test_secrets_are_not_shown(name: str) -> None:
    told = urls.shown(f"{A}?page=2&{name}=canary-4711&z=1#part")
    assert "canary" not in told
    assert told == f"{A}?page=2&{name}=…&z=1#part"
    assert urls.shown(f"{A}?page=2") == f"{A}?page=2"


def test_hosts() -> None:
    assert urls.host_of("https://News.Example:8443/a") == "news.example:8443"
    assert urls.host_of("urn:newswire:a:b") == ""
    assert urls.host_allowed("https://www.news.example/", ("news.example",))
    assert urls.host_allowed("https://anything.example/", ("*",))
    for stranger in (
        "https://badnews.example/",
        "https://news.example.evil.example/",
        "https://news.example:81/",
        "urn:newswire:a:b",
    ):
        assert not urls.host_allowed(stranger, ("news.example",)), stranger
    assert not urls.host_allowed(A, ())


def test_saved_pages_have_urns() -> None:
    assert urls.folder_urn("demo-de", "unter/seite 1.html") == "urn:newswire:demo-de:unter/seite%201.html"
    assert urls.folder_urn("demo-de", "ä.html") == "urn:newswire:demo-de:%C3%A4.html"
    assert urls.canonicalise(urls.folder_urn("a", "x y")) == urls.folder_urn("a", "x y")


@pytest.mark.parametrize(
    ("link", "absolute"),
    [
        (" /b/am Kai.jpg\n", "https://news.example/b/am%20Kai.jpg"),
        ("https://news.ex\nample/a\tb", "https://news.example/ab"),
        ("../c d?e=f g#h i", "https://news.example/c%20d?e=f%20g#h%20i"),
        ("//cdn.example/a%20b", "https://cdn.example/a%20b"),
        ("http://[x", "http://[x"),
        ("", "https://news.example/a/b"),
    ],
)
def test_links_are_read_as_browsers_read_them(link: str, absolute: str) -> None:
    assert urls.resolved(link, "https://news.example/a/b") == absolute


def test_a_blank_in_a_host_is_no_host() -> None:
    assert not urls.is_http(urls.resolved("https://news .example/a", "https://news.example"))
