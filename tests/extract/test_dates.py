"""Dates: how they are written, and which statement is believed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from newswire.extract.dates import is_date_line
from newswire.extract.moments import machine_moment, printed_moments
from newswire.records import Extraction
from newswire.vocabulary.labels import vocabulary

Read = Callable[..., Extraction]
BERLIN = ZoneInfo("Europe/Berlin")
TEXT = (
    "<p>Der Hafen ist seit Sonntag wieder offen, wie die Behörde am Abend mitteilte.</p>"
    "<p>Am Morgen legte die erste Fähre seit drei Wochen an der neuen Kaimauer an.</p>"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("03/12/2025 - 17:23", "2025-12-03T17:23"),
        ("3.12.2025, 17.23 Uhr", "2025-12-03T17:23"),
        ("Mittwoch, 3. Dezember 2025 um 17:23 Uhr", "2025-12-03T17:23"),
        ("12.03.25", "2025-03-12T00:00"),
        ("mercredi 3 décembre 2025 à 17h23", "2025-12-03T17:23"),
        ("1er août 2025", "2025-08-01T00:00"),
        ("3 déc. 2025 à 8 h 05", "2025-12-03T08:05"),
        ("December 3, 2025 at 5:23 pm", "2025-12-03T17:23"),
        ("2025-12-03 17:23", "2025-12-03T17:23"),
        ("12/31/2025", "2025-12-31T00:00"),
    ],
)
def test_printed_dates(text: str, expected: str) -> None:
    (found,) = printed_moments(text, "dmy")
    assert found.moment.at == datetime.fromisoformat(expected)
    assert found.moment.timed == (not expected.endswith("00:00"))


def test_month_first_where_the_interface_says_so() -> None:
    (found,) = printed_moments("03/12/2025", "mdy")
    assert (found.moment.at.month, found.moment.at.day) == (3, 12)


@pytest.mark.parametrize("text", ["31.02.2025", "99/99/2025", "Version 1.2.3", "2 von 3", "Telefon 0171 12 34 56"])
def test_what_is_no_date(text: str) -> None:
    assert list(printed_moments(text, "dmy")) == []


def test_a_printed_zone_is_a_stated_offset() -> None:
    (found,) = printed_moments("03.12.2025 17:23 MEZ", "dmy")
    assert found.moment.instant(ZoneInfo("Asia/Tokyo")) == datetime(2025, 12, 3, 16, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2025-12-03T17:23:11+01:00", datetime(2025, 12, 3, 16, 23, 11, tzinfo=UTC)),
        ("2025-12-03T17:23+0100", datetime(2025, 12, 3, 16, 23, tzinfo=UTC)),
        ("2025-12-03 16:23:11.500Z", datetime(2025, 12, 3, 16, 23, 11, 500000, tzinfo=UTC)),
        ("Wed, 03 Dec 2025 17:23:00 +0100", datetime(2025, 12, 3, 16, 23, tzinfo=UTC)),
        ("2025-12-03T17:23", datetime(2025, 12, 3, 16, 23, tzinfo=UTC)),
    ],
)
def test_machine_dates(value: str, expected: datetime) -> None:
    moment = machine_moment(value)
    assert moment is not None
    assert moment.instant(BERLIN) == expected


@pytest.mark.parametrize("value", ["", "gestern", None, 17, "0001-01-01T00:00:00Z", "2025-13-40", "9999-12-31"])
def test_what_is_no_machine_date(value: object) -> None:
    assert machine_moment(value) is None


def page(head: str = "", visible: str = "") -> str:
    return f"<html lang=de><head>{head}</head><body><h1>Hafen wieder offen</h1>{visible}<div>{TEXT}</div></body></html>"


def jsonld(**given: str) -> str:
    pairs = ",".join(f'"{key}":"{value}"' for key, value in given.items())
    return f'<script type="application/ld+json">{{"@type":"NewsArticle",{pairs}}}</script>'


def test_a_stated_offset_beats_the_print_and_the_print_is_kept(read: Read) -> None:
    found = read(page(jsonld(datePublished="2026-03-01T17:30:00Z"), "<p>Veröffentlicht am 01.03.2026, 18:31 Uhr</p>"))
    assert found.published_at == datetime(2026, 3, 1, 17, 30, tzinfo=UTC)
    assert (found.published_raw, found.date_basis, found.tz_basis) == ("01.03.2026, 18:31 Uhr", "jsonld", "stated")


def test_the_print_beats_a_machine_time_without_offset(read: Read) -> None:
    found = read(page(jsonld(datePublished="2026-03-01T02:30:00"), "<p>Veröffentlicht am 01.03.2026, 18:31 Uhr</p>"))
    assert found.published_at == datetime(2026, 3, 1, 17, 31, tzinfo=UTC)
    assert (found.date_basis, found.tz_basis) == ("label", "outlet")


def test_the_time_element_states_the_offset_of_its_print(read: Read) -> None:
    shown = '<time datetime="2026-03-01T18:31:00-05:00">Stand: 01.03.2026, 18:31</time>'
    found = read(page("", f"<p>Erstellt: 28.02.2026, 08:00 Uhr</p><p>{shown}</p>"))
    assert found.published_at == datetime(2026, 2, 28, 7, 0, tzinfo=UTC)
    assert found.updated_at == datetime(2026, 3, 1, 23, 31, tzinfo=UTC)


def test_a_false_z_behind_the_printed_time_is_local_time(read: Read) -> None:
    found = read(page("", '<p><time datetime="2026-03-01T18:31:20Z">01.03.2026, 18:31</time></p>'))
    assert found.published_at == datetime(2026, 3, 1, 17, 31, tzinfo=UTC)
    assert found.tz_basis == "outlet"


def test_modified_is_not_echoed_and_not_before_published(read: Read) -> None:
    assert read(page(jsonld(datePublished="2026-03-01T18:00:00Z"))).updated_at is None
    both = jsonld(datePublished="2026-03-01T18:00:00Z", dateModified="2026-03-01T17:59:56Z")
    assert read(page(both)).updated_at is None


def test_swapped_dates_are_put_right_by_the_print(read: Read) -> None:
    swapped = jsonld(datePublished="2026-03-01T18:00:00+01:00", dateModified="2026-03-01T09:00:00+01:00")
    found = read(page(swapped, "<p>Veröffentlicht am 01.03.2026 um 9:00 Uhr</p>"))
    assert found.published_at == datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    assert found.updated_at == datetime(2026, 3, 1, 17, 0, tzinfo=UTC)


def test_feed_then_url_are_the_last_resort(read: Read) -> None:
    dated = "https://news.example/2026/02/28/hafen.html"
    fed = read(page(), url=dated, lead={"published_at": datetime(2026, 3, 1, 8, 0, tzinfo=UTC)})
    assert (fed.published_at, fed.date_basis) == (datetime(2026, 3, 1, 8, 0, tzinfo=UTC), "feed")
    bare = read(page(), url=dated)
    assert (bare.published_at, bare.date_basis) == (datetime(2026, 2, 27, 23, 0, tzinfo=UTC), "url")
    assert read(page()).published_at is None
    assert read(page()).tz_basis == "unknown"


@pytest.mark.parametrize(
    ("stated", "visible", "expected"),
    [
        # Another statement has the same wall time with its true offset.
        ({"ld": "2026-07-01T18:31:20Z", "meta": "2026-07-01T18:31:20+02:00"}, "", "16:31"),
        # A machine's time without offset and the print agree that the wall time is local.
        ({"ld": "2026-07-01T18:31:20Z", "meta": "2026-07-01T18:31"}, "01.07.2026, 18:31 Uhr", "16:31"),
        # A page may print UTC: the print alone does not unmask a `Z`.
        ({"ld": "2026-07-01T18:31:20Z"}, "01.07.2026, 18:31 Uhr", "18:31"),
        ({"ld": "2026-07-01T16:31:20Z", "meta": "2026-07-01T18:31:20+02:00"}, "01.07.2026, 18:31 Uhr", "16:31"),
    ],
)
def test_a_false_z_in_structured_data(read: Read, stated: dict[str, str], visible: str, expected: str) -> None:
    meta = f'<meta property="article:published_time" content="{stated["meta"]}">' if "meta" in stated else ""
    found = read(page(jsonld(datePublished=stated["ld"]) + meta, f"<p>Veröffentlicht am {visible}</p>"))
    assert found.published_at is not None
    assert f"{found.published_at:%H:%M}" == expected


@pytest.mark.parametrize("label", sorted(vocabulary().date_labels))
def test_a_label_with_its_date_is_a_date_line(label: str) -> None:
    assert is_date_line(f"{label} 12.03.2024", "dmy")
    assert is_date_line(f"{label.upper()} 12.03.2024 17:02", "dmy")


@pytest.mark.parametrize("filler", sorted(vocabulary().filler))
def test_filler_beside_a_date_says_nothing(filler: str) -> None:
    assert is_date_line(f"12.03.2024 {filler}", "dmy")


@pytest.mark.parametrize("month", sorted(vocabulary().months))
def test_a_month_in_words_is_part_of_a_date(month: str) -> None:
    assert is_date_line(f"12. {month} 2024", "dmy")


@pytest.mark.parametrize(
    "text",
    [
        "1er mars 2024 à 17h02",
        "17h02, le 12 mars 2024",
        "12.03.2024 gegen 17:02 Uhr",
        "3rd of March 2024 at 5:02 pm",
        "2nd March 2024, 5:02 a.m.",
        "12.03.2024T17:02",
        "March 1st, 2024",
        "March 4th, 2024 um 17:02",
    ],
)
def test_the_words_of_printed_dates_are_known(text: str) -> None:
    assert is_date_line(text, "mdy")


@pytest.mark.parametrize(
    "text",
    ["Der Hafen öffnet am 12.03.2024", "12.03.2024 Hafen", "Stand der Bauarbeiten 2024", "Aktualisiert", "17:02"],
)
def test_a_line_that_says_more_or_no_date_is_no_date_line(text: str) -> None:
    assert not is_date_line(text, "dmy")
