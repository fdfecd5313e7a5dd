from __future__ import annotations

from pathlib import Path

import pytest

from newswire.errors import OutletError
from newswire.outlets import load, load_all, owner_of
from newswire.settings import PROJECT

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
        ("ftp://blatt.example/politik/1", "not_http"),
        ("https://blatt.example/sport/1", "not_included"),
        ("https://blatt.example/politik/video/1", "excluded"),
    ],
)
def test_what_an_outlet_refuses(tmp_path: Path, url: str, reason: str | None) -> None:
    outlet = load(write(tmp_path, f"{GOOD}include: ['/politik/']\nexclude: ['/video/']\n"))
    assert outlet.refuses(url) == reason
