"""Checks before publishing: each refuses what it is for, says so with column, value and limit, and nothing else."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import building
from newswire import publish, schemas
from newswire.errors import PublishError
from newswire.extract import extract_page
from newswire.outlets import GENERIC, Outlet, load
from newswire.publish import Publication, Rules, rules_of
from newswire.publish.checks.repeats import find_known, find_repeats
from newswire.publish.checks.row import find_faults
from newswire.publish.refusals import find_refused
from newswire.publish.rows import body_hash, content_hash, story_row
from newswire.records import Article, Entry, Reject, Stripped, Topic, WarcRef
from newswire.settings import PROJECT
from newswire.store import Store

SEEN = building.SEEN


def rows(store: Store, dataset: str) -> list[dict[str, Any]]:
    return [
        row
        for file in store.glob(f"{dataset}/**/*.parquet")
        for row in pq.ParquetFile(store.at(file)).read().to_pylist()
    ]


def put(store: Store, *articles: Article, rejects: tuple[Reject, ...] = (), **given: Any) -> Publication:
    return publish.publish(articles, rejects, outlet_id="probe", store=store, **{"run_id": "night-1", **given})


def addresses(store: Store, dataset: str = "articles") -> set[str]:
    return {row["canonical_url"].rsplit("/", 1)[1] for row in rows(store, dataset)}


FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("headline", {"headline": " \n"}, "missing_field", "is empty"),
    ("lang", {"lang": ""}, "missing_field", "is empty"),
    ("body_text", {"body": ()}, "empty_body", "is empty"),
    ("body_text", {"body": (" ", "\t")}, "empty_body", "is empty"),
    ("headline", {"headline": "Ha\x00llo"}, "bad_character", "U+0000"),
    ("body_text", {"body": ("Ein Absatz.", "Noch \ud83d einer.")}, "bad_character", "U+D83D"),
    ("description", {"description": "Ein\x1b[31m Satz"}, "bad_character", "U+001B"),
    ("keywords", {"keywords": ("Wahl", "Ber\x96lin")}, "bad_character", "U+0096"),
    ("entries", {"entries": (Entry(text="ja\x07"),)}, "bad_character", "U+0007"),
    ("stripped", {"stripped": (Stripped(text="App\ufffe", rule="logo"),)}, "bad_character", "U+FFFE"),
    ("headline", {"headline": "x" * 1_001}, "too_long", "1001 characters, the most is 1000"),
    ("description", {"description": "x" * 20_001}, "too_long", "the most is 20000"),
    ("body_text", {"body": ("x " * 1_000_001,)}, "too_long", "the most is 2000000"),
    ("section", {"section": "x" * 301}, "too_long", "the most is 300"),
    ("keywords", {"keywords": ("Wahl", "x" * 301)}, "too_long", "the most is 300"),
    ("image_url", {"image_url": "https://news.example/" + "x" * 8_192}, "too_long", "the most is 8192"),
    ("keywords", {"keywords": tuple(f"k{n}" for n in range(301))}, "too_many", "301 items; the most is 300"),
    ("breadcrumb", {"breadcrumb": ("Politik",) * 31}, "too_many", "31 items; the most is 30"),
    ("authors", {"authors": tuple(f"Autor {n}" for n in range(101))}, "too_many", "101 items; the most is 100"),
    ("reading_minutes", {"reading_minutes": 2**31}, "bad_value", "does not fit int32"),
    ("published_at", {"published_at": SEEN + timedelta(days=1, seconds=1)}, "implausible_time", "2026-03-02 04:00"),
    ("published_at", {"published_at": datetime(1970, 1, 1, tzinfo=UTC)}, "implausible_time", "before 1990-01-01"),
    ("published_at", {"published_at": datetime(1989, 12, 31, 23, tzinfo=UTC)}, "implausible_time", "`earliest`"),
]


@pytest.mark.parametrize(("column", "given", "reason", "told"), FAULTS, ids=[f"{f[0]}-{f[3][:12]}" for f in FAULTS])
def test_a_faulty_row_is_refused_and_spares_the_others(
    store: Store, column: str, given: dict[str, Any], reason: str, told: str
) -> None:
    done = put(store, building.article("good"), building.article("bad", **given))
    assert addresses(store) == {"good"}
    assert {o.lead.canonical_url.rsplit("/")[-1]: (o.disposition, o.reason) for o in done.outcomes} == {
        "good": ("published", None), "bad": ("rejected", reason),
    }  # fmt: skip
    (row,) = rows(store, "rejects")
    assert (row["room"], row["reason_code"], row["resolved_by"]) == ("publish", reason, None)
    assert f"column {column} " in f"{row['detail']} ".replace(":", " ")
    assert told in row["detail"]
    assert row["detail"].isprintable()
    assert (row["warc_file"], row["warc_offset"]) == ("warc/source=probe/one.warc.gz", 100)
    assert (row["canonical_url"], row["digest"], row["http_status"]) == ("https://news.example/bad", "sha256:bad", 200)
    assert [reject.reason for reject in done.rejects] == [reason]


@pytest.mark.parametrize(
    "given",
    [
        {"headline": "x" * 1_000},
        {"keywords": tuple(f"k{n}" for n in range(300)), "breadcrumb": ("Politik",) * 30},
        {"body": ("Tabulator\there", "Zeile\neins", "Leerzeichen\u00a0schmal\u202f, weich\u00ad, Emoji \U0001f600")},
        {"published_at": SEEN + timedelta(days=1)},
        {"published_at": datetime(1990, 1, 1, tzinfo=UTC)},
        {"published_at": None, "date_basis": "unknown"},
        {"lang": "fr-CH"},
        {"reading_minutes": 2**31 - 1},
        {"topics": (Topic(uri="medtop:1", label_en="x", basis="y"),), "description": None, "section": None},
    ],
)
def test_what_is_just_within_the_limits_is_published(store: Store, given: dict[str, Any]) -> None:
    done = put(store, building.article("edge", **given))
    assert [o.disposition for o in done.outcomes] == ["published"]
    assert done.warnings == {}


def test_a_value_that_the_schema_does_not_know_is_refused(store: Store) -> None:
    article = building.article("a")
    strange = article.model_copy(update={"translation_status": "perhaps"})
    done = put(store, strange)
    assert "column translation_status: 'perhaps' is none of ok, draft" in done.rejects[0].detail


def test_a_required_column_that_is_null_is_refused_and_not_the_lane(store: Store) -> None:
    article = building.article("a")
    broken = article.model_copy(update={"extraction": article.extraction.model_copy(update={"date_basis": None})})
    done = put(store, broken, building.article("b"))
    assert addresses(store) == {"b"}
    assert done.rejects[0].detail == "column date_basis is null; every article has one"


def test_an_impossible_time_of_change_is_unknown_and_the_article_is_kept(store: Store) -> None:
    given = {"updated_at": SEEN + timedelta(days=40), "updated_raw": "11.04.2026",
             "basis": {"headline": "h1", "updated_at": "jsonld"}}  # fmt: skip
    for _ in range(2):
        done = put(store, building.article("a", **given))
        assert done.warnings == {"implausible_update": 1}
        assert [o.disposition for o in done.outcomes] == ["published"]
    (row,) = rows(store, "articles")
    assert (row["updated_at"], row["updated_raw"], row["revision"]) == (None, "11.04.2026", 1)
    assert {"field": "updated_at", "basis": "jsonld, implausible"} in row["field_basis"]
    assert row["content_hash"] == content_hash(row)
    assert rows(store, "rejects") == []


def test_a_change_before_publication_is_counted_and_kept_as_stated(store: Store) -> None:
    earlier = building.PUBLISHED - timedelta(hours=1)
    done = put(store, building.article("a", updated_at=earlier), building.article("b", updated_at=building.PUBLISHED))
    assert done.warnings == {"updated_before_published": 1}
    assert {row["updated_at"] for row in rows(store, "articles")} == {earlier, building.PUBLISHED}


def test_a_tolerated_time_is_published_as_unknown_never_as_wrong(store: Store) -> None:
    article = building.article("a", published_at=datetime(2062, 3, 1, tzinfo=UTC))
    done = put(store, article, rules=Rules(tolerate=frozenset({"implausible_time"})))
    (row,) = rows(store, "articles")
    assert row["published_at"] is None
    assert done.partitions == ("source=probe/month=2026-03",)
    assert done.warnings == {"implausible_time": 1}


def test_an_archive_of_earlier_days_says_since_when(store: Store) -> None:
    old = building.article("old", published_at=datetime(1951, 6, 1, tzinfo=UTC))
    put(store, old, rules=Rules(earliest=date(1944, 12, 19)))
    assert addresses(store) == {"old"}


LANGUAGES = [
    (Rules(), "fr", "published", {}),
    (Rules(language="de"), "fr", "published", {"other_language": 1}),
    (Rules(language="de"), "de-AT", "published", {}),
    (Rules(language="de", languages=frozenset({"de", "fr"})), "fr-CH", "published", {}),
    (Rules(language="de", languages=frozenset({"de", "fr"})), "en", "rejected", {}),
    (Rules(languages=frozenset({"de"}), tolerate=frozenset({"foreign_language"})), "en", "published",
     {"foreign_language": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "lang", "disposition", "warnings"), LANGUAGES)
def test_the_languages_of_an_outlet(
    store: Store, rules: Rules, lang: str, disposition: str, warnings: dict[str, int]
) -> None:
    done = put(store, building.article("a", lang=lang), rules=rules)
    assert [o.disposition for o in done.outcomes] == [disposition]
    assert done.warnings == warnings
    if disposition == "rejected":
        assert done.rejects[0].reason == "foreign_language"
        assert "column lang is en; the outlet's `languages` are de, fr" in done.rejects[0].detail


def test_rules_come_from_the_outlet_file(tmp_path: Path) -> None:
    file = tmp_path / "blatt.yaml"
    file.write_text(
        "id: blatt\nname: Blatt\nlanguage: de-AT\nlanguages: [fr-CH]\nearliest: 1944-12-19\ntolerate: [repeated_body]\n"
    )
    assert rules_of(load(file)) == Rules(
        "de", frozenset({"de", "fr"}), frozenset({"repeated_body"}), date(1944, 12, 19)
    )
    plain = rules_of(load(PROJECT / "include" / "outlets" / "generic.yaml"))
    assert plain == Rules(None, frozenset(), frozenset(), date(1990, 1, 1))


WALL = ("Bitte stimmen Sie zu, um weiterzulesen.", "Wir und unsere Partner verarbeiten Daten.")


def wall(path: str, **given: Any) -> Article:
    return building.article(path, **{"body": WALL, **given})


def test_one_text_under_many_headlines_is_a_wall_and_none_of_them_an_article(store: Store) -> None:
    done = put(store, wall("a"), building.article("fine"), wall("b"), wall("c"))
    assert addresses(store) == {"fine"}
    assert [r.reason for r in done.rejects] == ["repeated_body"] * 3
    assert "under 3 headlines" in done.rejects[0].detail
    # The next night shows it before other pages, one at a time: it is known by its hash.
    later = put(store, wall("d"), building.article("other"))
    assert [r.lead.canonical_url for r in later.rejects] == ["https://news.example/d"]
    assert "at 3 other addresses that were refused" in later.rejects[0].detail
    # And when the site shows its articles again, they are published and the refusals closed.
    put(store, *(building.article(p, body=(f"Der wahre Text von {p}.",)) for p in "abcd"), run_id="night-9")
    assert addresses(store) == {"fine", "other", "a", "b", "c", "d"}
    assert {row["resolved_by"] for row in rows(store, "rejects")} == {"night-9"}


def _refused_before(*paths: str) -> tuple[Reject, ...]:
    text = body_hash("\n\n".join(WALL))
    return tuple(building.reject(p, room="publish", reason="repeated_body", body_hash=text) for p in paths)


def test_a_page_that_was_refused_is_no_witness_against_itself(store: Store) -> None:
    """It and one other address make two: a wall is known by three."""
    put(store, rejects=_refused_before("a", "b"))
    assert [o.disposition for o in put(store, wall("a")).outcomes] == ["published"]


def test_closed_refusals_bear_no_witness(store: Store) -> None:
    put(store, rejects=_refused_before("b", "c"))
    assert [r.reason for r in put(store, wall("a")).rejects] == ["repeated_body"]
    put(store, building.article("b"), building.article("c"))
    assert [o.disposition for o in put(store, wall("a")).outcomes] == ["published"]


def test_an_article_is_never_overwritten_by_a_wall(store: Store) -> None:
    put(store, building.article("a"), building.article("b"))
    before = rows(store, "articles")
    done = put(store, *(wall(p, capture=building.capture(p, captured_at=SEEN + timedelta(days=1))) for p in "abc"))
    assert [o.disposition for o in done.outcomes] == ["rejected"] * 3
    assert rows(store, "articles") == before


def test_the_second_of_two_headlines_over_one_text_is_refused(store: Store) -> None:
    for _ in range(2):
        done = put(store, wall("a"), wall("b"))
        assert addresses(store) == {"a"}
        assert [r.lead.canonical_url for r in done.rejects] == ["https://news.example/b"]
        assert "https://news.example/a under the headline 'Schlagzeile a'" in done.rejects[0].detail
    later = put(store, wall("c", capture=building.capture("c", captured_at=SEEN + timedelta(days=40))))
    assert [r.lead.canonical_url for r in later.rejects] == ["https://news.example/c"]
    assert addresses(store) == {"a"}


def test_the_article_itself_is_not_its_own_repetition(store: Store) -> None:
    put(store, wall("a"), wall("b"))
    again = wall("a", headline="Neue Schlagzeile", capture=building.capture("a", warc=WarcRef(file="w", offset=1)))
    assert [o.disposition for o in put(store, again).outcomes] == ["revised"]


def test_an_article_at_two_addresses_is_kept_and_counted(store: Store) -> None:
    """A printed version, a second section: the same text under the same headline is no wall."""
    done = put(store, *(wall(path, headline="Das  Wetter in HESSEN" if path == "b" else "Das Wetter in Hessen")
                        for path in ("a", "b", "c", "d")))  # fmt: skip
    assert addresses(store) == {"a", "b", "c", "d"}
    assert done.warnings == {"repeated_body": 3}


def test_tickers_begin_with_the_same_words(store: Store) -> None:
    done = put(store, wall("a", genre="live"), wall("b", genre="live"))
    assert addresses(store) == {"a", "b"}
    assert done.warnings == {"repeated_body": 1}


def test_an_outlet_may_repeat_itself(store: Store) -> None:
    rules = Rules(tolerate=frozenset({"repeated_body"}))
    done = put(store, wall("a"), wall("b"), wall("c"), rules=rules)
    assert addresses(store) == {"a", "b", "c"}
    assert done.warnings == {"repeated_body": 3}


def test_white_space_makes_no_other_text_and_another_outlet_is_not_asked(store: Store) -> None:
    put(store, building.article("a", body=("Ein Satz  hier.", "Noch einer.")))
    done = put(store, building.article("b", body=("Ein Satz hier. Noch\u00a0einer.",)))
    assert [r.reason for r in done.rejects] == ["repeated_body"]
    elsewhere = building.article("c", "other", body=("Ein Satz hier. Noch einer.",))
    publish.publish([elsewhere], [], outlet_id="other", store=store)
    assert addresses(store) == {"a", "c"}


def test_a_text_of_last_year_is_not_looked_for(store: Store) -> None:
    put(store, wall("a", capture=building.capture("a", captured_at=SEEN)))
    later = building.capture("b", captured_at=SEEN + timedelta(days=365))
    assert [o.disposition for o in put(store, wall("b", capture=later)).outcomes] == ["published"]


def test_no_text_of_earlier_nights_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, building.article("a"))
    read: list[str] = []
    whole = pq.ParquetFile.read

    def watched(self: pq.ParquetFile, columns: list[str] | None = None, **given: Any) -> Any:
        read.extend(columns or self.schema_arrow.names)
        return whole(self, columns=columns, **given)

    monkeypatch.setattr(pq.ParquetFile, "read", watched)
    assert find_known(store, "probe", [{"captured_at": SEEN, "body_hash": "0" * 64}]) == {}
    assert read == ["body_hash"]


def test_a_page_that_lies_at_the_address_has_it_before_one_that_claims_it(store: Store) -> None:
    claims = building.article("a", canonical_url="https://news.example/c", headline="Eins", body=("Der eine Text.",))
    itself = building.article("c", headline="Zwei", body=("Der andere Text.",))
    done = put(store, claims, itself)
    assert sorted(o.disposition for o in done.outcomes) == ["published", "published"]
    assert {row["canonical_url"]: row["headline"] for row in rows(store, "articles")} == {
        "https://news.example/a": "Eins", "https://news.example/c": "Zwei",
    }  # fmt: skip


def test_a_text_whose_address_others_have_is_refused_not_dropped(store: Store) -> None:
    """d is taken for a, a for c: a has no address left. One of three would be lost without a word."""
    texts = {"d": "https://news.example/a", "a": "https://news.example/c", "c": "https://news.example/c"}
    pages = [building.article(path, canonical_url=claim, headline=path, body=(f"Text von {path}.",))
             for path, claim in texts.items()]  # fmt: skip
    done = put(store, *pages)
    assert {row["headline"] for row in rows(store, "articles")} == {"c", "d"}
    assert [(r.reason, r.lead.canonical_url) for r in done.rejects] == [("doubled_key", "https://news.example/a")]


def test_two_rows_of_one_key_stop_the_lane(store: Store) -> None:
    from newswire.publish import _write

    row = dict.fromkeys(schemas.ARTICLES.schema.names) | {"article_id": "x", "source_id": "probe"}
    with pytest.raises(PublishError, match="two rows of probe have the key article_id='x'"):
        _write(store, schemas.ARTICLES, "probe", [("2026-03", row), ("2026-04", row)])


def test_a_refusal_is_one_row_closed_by_the_article_and_opened_again(store: Store) -> None:
    refused = building.reject("a", seen_at=SEEN, digest="sha256:one", warc=WarcRef(file="w", offset=7))
    put(store, rejects=(refused,))
    assert find_refused(store, "probe") == {WarcRef(file="w", offset=7): "not_an_article"}
    assert find_refused(store, "probe", {"empty"}) == {}
    put(store, building.article("a"), run_id="night-2")
    assert [row["resolved_by"] for row in rows(store, "rejects")] == ["night-2"]
    assert find_refused(store, "probe") == {}
    put(store, building.article("a"), run_id="night-3")
    assert [row["resolved_by"] for row in rows(store, "rejects")] == ["night-2"]
    # A month later the same page is refused again: the row stays in the month of the first refusal.
    put(store, rejects=(refused.model_copy(update={"seen_at": SEEN + timedelta(days=40)}),), run_id="night-4")
    (row,) = rows(store, "rejects")
    assert (row["resolved_by"], row["seen_at"]) == (None, SEEN)


def test_the_refusal_of_another_address_stays_open(store: Store) -> None:
    put(store, building.article("a"), rejects=(building.reject("b"),))
    put(store, building.article("a"), run_id="night-2")
    assert [row["resolved_by"] for row in rows(store, "rejects")] == [None]


def test_every_column_of_text_is_capped() -> None:
    """A page decides how long these are; codes and ids are ours."""
    ours = {"id", "code", "sha256, hex", "UUID version 5 (RFC 9562)", "path relative to the storage root", "version"}
    free = {"lang", "stripped", "field_basis", "revised_by"}
    capped = [column.name for column in schemas.ARTICLES.columns if column.most]
    assert {"headline", "description", "body_text", "keywords", "entries"} <= set(capped)
    for column in schemas.ARTICLES.columns:
        if "string" in str(column.type) and column.form not in ours and column.name not in free:
            assert column.most, column.name


def test_no_real_page_is_refused(evaluation: Path) -> None:
    """Caps and characters are for broken pages: 50 real German and French articles pass as they are."""
    anywhere = Outlet(id=GENERIC, name="Generic", language="und", hosts=("*",))
    cases = [json.loads(line) for line in (evaluation / "cases.jsonl").read_text(encoding="utf-8").splitlines()]
    places = []
    for case in cases:
        if case["source"] != "fundus":
            continue
        payload = gzip.decompress((evaluation / case["html"]).read_bytes())
        lead = building.lead(outlet_id=GENERIC, url=case["url"], canonical_url=case["url"])
        taken = building.capture(lead=lead, captured_at=datetime(2026, 11, 22, tzinfo=UTC))
        read = extract_page(payload, capture=taken, outlet=anywhere)
        places.append((article := Article(extraction=read), story_row(article)))
    assert len(places) == 50
    strict = Rules(languages=frozenset({"de", "fr"}))
    assert [fault for _, row in places for fault in find_faults(row, strict)] == []
    assert find_repeats(places, {}) == {}
