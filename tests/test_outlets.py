from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from newswire import urls
from newswire.errors import OutletError
from newswire.outlets import load, load_all, owner_of
from newswire.settings import PROJECT
from newswire.sources import dated

GOOD = """
id: blatt
name: Das Blatt
language: de
timezone: Europe/Berlin
homepage: https://blatt.example/
discover:
  - feed: https://blatt.example/feed.xml
  - folder: saved
hosts: [blatt.example]
"""


def write(folder: Path, text: str, name: str = "blatt") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_loads_and_its_folder_is_relative_to_it(tmp_path: Path) -> None:
    outlet = load(write(tmp_path, GOOD))
    assert [(s.kind, s.at) for s in outlet.discover] == [
        ("feed", "https://blatt.example/feed.xml"),
        ("folder", str(tmp_path / "saved")),
    ]
    assert outlet.enabled
    assert outlet.zone.key == "Europe/Berlin"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("language: de", "language: German"), r"key `language`: write a BCP 47"),
        (("timezone: Europe/Berlin", "timezone: Berlin"), r"key `timezone`: write an IANA time zone"),
        (("name: Das Blatt", "nam: Das Blatt"), r"key `name` is missing.*unknown key `nam`; known keys are id, name"),
        (("- folder: saved", "- telepathy: x"), r"key `discover.1`: `telepathy` is no kind of source; known are"),
        (("- folder: saved", "- {feed: a, folder: b}"), r"discover.1.*one `kind: address` pair"),
        (("id: blatt", "id: Blatt!"), r"key `id`"),
        (("id: blatt", "id: gazette"), r"name the file gazette.yaml or change the id"),
        (("hosts: [blatt.example]", "hosts: [blatt.example]\nexclude: ['(']"), r"key `exclude`: '\(' is not a regular"),
        (("hosts: [blatt.example]", "hosts: [a]\nallow_addresses: [here]"), r"'here' is no network"),
        (("hosts: [blatt.example]", "hosts: [a]\npace: -1"), r"key `pace`"),
        (("id: blatt", "id: [blatt"), r"cannot be read as YAML"),
    ],
)
def test_a_wrong_file_is_told_by_file_key_and_remedy(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    path = write(tmp_path, GOOD.replace(*change))
    with pytest.raises(OutletError, match=told) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_one_bad_file_spares_the_others(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, "id: bad\nlanguage: de\n", "bad")
    found, errors = load_all(tmp_path)
    assert list(found) == ["blatt"]
    assert len(errors) == 1
    assert "bad.yaml" in str(errors[0])


def test_a_missing_folder_is_one_error(tmp_path: Path) -> None:
    found, errors = load_all(tmp_path / "none")
    assert not found
    assert "no such folder" in str(errors[0])


def test_the_environment_fills_placeholders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = GOOD.replace("[blatt.example]", '["127.0.0.1:${PROBE_PORT:-8765}"]')
    assert load(write(tmp_path, text)).hosts == ("127.0.0.1:8765",)
    monkeypatch.setenv("PROBE_PORT", "9999")
    assert load(write(tmp_path, text)).hosts == ("127.0.0.1:9999",)


def test_every_outlet_of_the_project_is_valid() -> None:
    found, errors = load_all(PROJECT / "include" / "outlets")
    assert not errors
    assert {"demo-de", "demo-fr", "generic"} <= set(found)


def test_a_url_belongs_to_the_outlet_with_the_nearest_host_and_homepage() -> None:
    found, _ = load_all(PROJECT / "include" / "outlets")
    homepage = found["demo-fr"].homepage
    assert homepage
    owner = owner_of(f"{homepage}x.html", found.values())
    assert owner
    assert owner.id == "demo-fr"
    assert owner_of("https://elsewhere.example/", found.values()) is None


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://blatt.example/politik/1", None),
        ("https://www.blatt.example/politik/1", None),
        ("https://notblatt.example/politik/1", "foreign_host"),
        ("https://blatt.example.evil.example/politik/1", "foreign_host"),
        ("https://blatt.example/politik/1?from=%2Fvideo%2F", None),
        ("ftp://blatt.example/politik/1", "not_http"),
        ("https://blatt.example/sport/1", "not_included"),
        ("https://blatt.example/politik/video/1", "excluded"),
    ],
)
def test_what_an_outlet_refuses(tmp_path: Path, url: str, reason: str | None) -> None:
    outlet = load(write(tmp_path, f"{GOOD}include: ['/politik/']\nexclude: ['/video/']\n"))
    assert outlet.refuses(url) == reason


@pytest.mark.parametrize(
    ("url", "pattern"),
    [
        ("https://blatt.example/%C3%A9missions/1", "/émissions/"),
        ("https://blatt.example/%C3%A9missions/1", "/%C3%A9missions/"),
        ("https://blatt.example/émissions/1", "/émissions/"),
    ],
)
def test_a_pattern_means_an_address_as_it_is_written_and_as_it_reads(tmp_path: Path, url: str, pattern: str) -> None:
    """Feeds write the bytes of a letter with an accent as %C3%A9, a person writes the letter."""
    assert load(write(tmp_path, f"{GOOD}exclude: ['{pattern}']\n")).refuses(url) == "excluded"
    assert load(write(tmp_path, f"{GOOD}include: ['{pattern}']\n")).refuses(url) is None


REAL = {key: outlet for key, outlet in load_all(PROJECT / "include" / "outlets")[0].items() if not outlet.is_local}
REAL.pop("generic")


def test_real_outlets_are_declared_and_need_a_contact() -> None:
    assert len(REAL) >= 22
    assert {outlet.language for outlet in REAL.values()} == {"de", "fr"}
    assert {key for key, outlet in REAL.items() if outlet.allow_addresses} == set()


@pytest.mark.parametrize("key", sorted(REAL))
def test_a_real_outlet_is_polite_and_stays_at_home(key: str) -> None:
    outlet = REAL[key]
    assert outlet.pace >= 2
    assert outlet.homepage
    assert urls.host_allowed(outlet.homepage, outlet.hosts)
    assert outlet.timezone.startswith("Europe/")
    assert outlet.discover
    for source in outlet.discover:
        assert source.at.startswith("https://")
        # A feed may lie elsewhere; what is walked or scored must be the outlet's own.
        assert source.kind == "feed" or urls.host_allowed(source.at, outlet.hosts)
    # Feeds link with a fragment behind the address: a pattern that asks for its end would lose every article.
    assert not [pattern for pattern in (*outlet.include, *outlet.exclude) if pattern.endswith("$")]
    text = (PROJECT / "include" / "outlets" / f"{key}.yaml").read_text(encoding="utf-8")
    assert outlet.enabled or "Ask" in text, "a disabled outlet says why"


@pytest.mark.parametrize(
    ("key", "article", "other"),
    [
        ("spiegel", "https://www.spiegel.de/politik/x-a-0a1b2c3d-0000-0000-0000-000000000000#ref=rss", "https://www.spiegel.de/politik/"),
        ("lemonde", "https://www.lemonde.fr/international/article/2026/11/22/x_1_3210.html", "https://www.lemonde.fr/jeux/"),
        ("france24-fr", "https://www.france24.com/fr/europe/20261122-x", "https://www.france24.com/en/europe/20261122-x"),
        ("france24-fr", "https://www.france24.com/fr/europe/20261122-x", "https://www.france24.com/fr/%C3%A9missions/x"),
        ("rfi-fr", "https://www.rfi.fr/fr/monde/20261122-x", "https://www.rfi.fr/fr/%C3%A9missions/x"),
        ("dw-de", "https://www.dw.com/de/x/a-12345678?maca=de-rss", "https://www.dw.com/de/x/video-12345678"),
        ("zeit", "https://www.zeit.de/politik/2026-11/x", "https://www.zeit.de/thema/x"),
        ("taz", "https://taz.de/X/!6123456/", "https://taz.de/Thema/!t5007502/"),
        ("nzz", "https://www.nzz.ch/international/x-ld.1234567", "https://www.nzz.ch/themen/x"),
        ("euronews-fr", "https://fr.euronews.com/2026/11/22/x", "https://de.euronews.com/2026/11/22/x"),
        ("derstandard", "https://www.derstandard.at/story/3000000123456/x?ref=rss", "https://www.derstandard.at/video/1/x"),
        ("franceinfo", "https://www.franceinfo.fr/monde/x_7654321.html#xtor=RSS-3", "https://www.franceinfo.fr/monde/"),
    ],
)  # fmt: skip
def test_patterns_of_real_outlets_tell_articles_from_the_rest(key: str, article: str, other: str) -> None:
    assert REAL[key].refuses(article) is None
    assert REAL[key].refuses(other) is not None
    owner = owner_of(article, REAL.values())
    assert owner
    assert owner.id == key


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("feed: ftp://blatt.example/f", "is no address; write an absolute"),
        ("feed: /feed.xml", "is no address"),
        ("{feed: 'https://blatt.example/f', days: 3}", "`days` belongs to sitemap and archive"),
        ("{sitemap: 'https://blatt.example/s', days: 0}", "days.*greater than or equal to 1"),
        ("{sitemap: 'https://blatt.example/s', dasy: 3}", "one `kind: address` pair"),
        ("archive: https://blatt.example/archiv", "names no year"),
        ("archive: 'https://blatt.example/{year}/{mm}'", r"holds {year}; known are {yyyy}"),
        ("warc: ''", "at least 1 character"),
    ],
)
def test_a_wrong_source_is_told_by_key_and_remedy(tmp_path: Path, line: str, told: str) -> None:
    path = write(tmp_path, GOOD.replace("folder: saved", line))
    with pytest.raises(OutletError, match=f"key `discover.1.*{told}"):
        load(path)


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("https://b.example/{yyyy}/{mm}/{dd}/", "https://b.example/2026/03/07/"),
        ("https://b.example/{d}.{m}.{yy}", "https://b.example/7.3.26"),
        ("https://b.example/%Y-%m-%d.html", "https://b.example/2026-03-07.html"),
        ("https://b.example/%Y/%j?q=Gr%C3%BC%C3%9Fe%20an", "https://b.example/2026/066?q=Gr%C3%BC%C3%9Fe%20an"),
        ("https://b.example/{yyyy}/a%20b", "https://b.example/2026/a%20b"),
    ],
)
def test_a_date_pattern_takes_the_day(pattern: str, url: str) -> None:
    assert dated(pattern, date(2026, 3, 7)) == url


def test_files_of_captures_are_relative_to_the_outlet_unless_they_have_an_address(tmp_path: Path) -> None:
    text = GOOD.replace("folder: saved", "warc: ../captures/*.warc.gz\n  - warc: s3://bucket/a.warc.gz")
    found = [source.at for source in load(write(tmp_path, text)).discover if source.kind == "warc"]
    assert found == [str((tmp_path / "../captures/*.warc.gz").resolve()), "s3://bucket/a.warc.gz"]
