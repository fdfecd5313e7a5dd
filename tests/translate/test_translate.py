"""From extractions to articles: who translated what, what is pending, and what it cost."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newswire.records import Article, Extraction
from newswire.settings import TranslatorSettings
from newswire.state import State
from newswire.translate import engine_from, translate
from newswire.translate.articles import WORST_FIRST

Page = Callable[..., Extraction]
Clock = Callable[[], datetime]
SettingsOf = Callable[..., TranslatorSettings]

TABLE = {
    "Der Hafen bleibt am Montag geschlossen": "The harbour stays closed on Monday",
    "Ein Sturm zieht auf.": "A storm is coming up.",
    "Hafenmeister": "Harbour master",
    "Leuchtturm": "Lighthouse",
}
ENGINE_FAULTS = [
    "status_500",
    "status_429",
    "status_403",
    "redirect",
    "html",
    "list",
    "other_json",
    "hang",
    "drip",
    "cut",
]


def test_seed_page(page: Page, state: State, clock: Clock, shared: Path) -> None:
    expected = json.loads((shared / "seed" / "expected.json").read_text(encoding="utf-8"))
    seed = page(
        headline=expected["headline"],
        description=expected["description"],
        section=expected["section"],
        lang="de",
        interface_lang="fr",
    )
    article = translate([seed], state=state, clock=clock).articles[0]
    assert article.section_en in expected["section_en"]
    assert set(expected["topics_must_include"]) <= {topic.uri for topic in article.topics}
    assert {topic.basis for topic in article.topics} == {"section:Militär & Verteidigung"}
    assert article.headline_en is None
    assert article.description_en is None
    assert article.translation_status == "pending"


def test_every_route(libre: Any, settings_of: SettingsOf, page: Page, state: State, clock: Clock) -> None:
    libre.table = TABLE
    state.remember([_memory("Nebelhorn", "Foghorn", "person")])
    one = page(
        description="Ein Sturm zieht auf.",
        section="Wetter",
        keywords=("Hafenmeister", "Nebelhorn", " ", "Friedensplan", "NATO", "Leuchtturm"),
    )
    result = translate([one], state=state, engines=[engine_from(settings_of(libre.url))], clock=clock)
    article = result.articles[0]
    assert article.headline_en == "The harbour stays closed on Monday"
    assert article.description_en == "A storm is coming up."
    assert article.section_en == "Weather"
    assert article.keywords_en == ("Harbour master", "Foghorn", None, "Peace plan", "NATO", "Lighthouse")
    assert article.translation_status == "ok"
    assert [topic.uri for topic in article.topics] == ["medtop:17000000", "medtop:20000075", "medtop:20000644"]
    assert [topic.basis for topic in article.topics] == ["section:Wetter", "keyword:Friedensplan", "keyword:NATO"]
    rows = {(row.field, row.position): row for row in article.translations}
    assert [row.route for row in rows.values()] == [
        "engine",
        "engine",
        "termbase",
        "engine",
        "memory",
        "termbase",
        "termbase",
        "engine",
    ]
    assert rows["keywords", 4].status == "unchanged_ok"
    assert rows["headline", 0].translated_at == clock()
    assert rows["headline", 0].engine == "libretranslate"
    assert rows["headline", 0].chars_billed == len(one.headline)
    assert (rows["section", 0].translated_at, rows["section", 0].engine) == (None, None)
    assert (rows["keywords", 1].translated_at, rows["keywords", 1].engine) == (None, None)
    assert result.facts == {
        "engine_requests": 1,
        "engine_characters": sum(len(text) + 1 for text in TABLE) - 1,
        "engine_requests.libretranslate": 1,
        "engine_characters.libretranslate": sum(len(text) + 1 for text in TABLE) - 1,
        "texts_termbase": 3,
        "texts_memory": 1,
        "texts_engine": 4,
        "texts_pending": 0,
        "texts_rejected": 0,
    }


def test_texts_are_asked_once_and_remembered(
    libre: Any, settings_of: SettingsOf, page: Page, state: State, clock: Clock
) -> None:
    libre.table = TABLE
    engine = engine_from(settings_of(libre.url))
    pages = [page(keywords=("Leuchtturm", "Leuchtturm")), page(headline="Der  Hafen bleibt am\nMontag geschlossen")]
    first = translate(pages, state=state, engines=[engine], clock=clock)
    assert [asked["q"] for asked in libre.asked] == ["Der Hafen bleibt am Montag geschlossen\nLeuchtturm"]
    assert [article.headline_en for article in first.articles] == ["The harbour stays closed on Monday"] * 2
    billed = [row.chars_billed for article in first.articles for row in article.translations]
    assert billed == [len(pages[0].headline), len("Leuchtturm"), 0, 0]
    later = translate(pages, state=state, engines=[engine], clock=lambda: clock() + timedelta(days=1))
    assert len(libre.asked) == 1
    assert later.facts["engine_requests"] == 0
    assert later.facts["texts_memory"] == 2
    assert [row.route for article in later.articles for row in article.translations] == ["memory"] * 4
    assert _english(first.articles) == _english(later.articles)
    assert later.articles[0].translations[0].engine_version == engine.version


def test_same_input_gives_the_same_articles(
    libre: Any, settings_of: SettingsOf, page: Page, tmp_path: Path, clock: Clock
) -> None:
    libre.table = TABLE
    pages = [page(keywords=("Leuchtturm", "Krieg", "Hafenmeister")), page(section="Sport & Politik")]
    runs = [
        translate(
            pages,
            state=State(f"sqlite:///{tmp_path}/{n}.sqlite"),
            engines=[engine_from(settings_of(libre.url))],
            clock=clock,
        )
        for n in range(2)
    ]
    assert [a.model_dump_json() for a in runs[0].articles] == [a.model_dump_json() for a in runs[1].articles]
    assert runs[0].facts == runs[1].facts


def test_article_in_the_target_language_needs_nothing(
    libre: Any, settings_of: SettingsOf, page: Page, state: State, clock: Clock
) -> None:
    one = page(lang="en-GB", headline="Harbour closed", description="Storm.", section="Weather", keywords=("port",))
    result = translate([one], state=state, engines=[engine_from(settings_of(libre.url))], clock=clock)
    article = result.articles[0]
    assert article.translation_status == "not_needed"
    assert (article.headline_en, article.description_en) == ("Harbour closed", "Storm.")
    assert (article.section_en, article.keywords_en) == ("Weather", ("port",))
    assert {row.status for row in article.translations} == {"not_needed"}
    assert libre.asked == []


def test_section_may_be_in_the_interface_language(page: Page, state: State, clock: Clock) -> None:
    one = page(section="Défense", interface_lang="fr-FR")
    article = translate([one], state=state, clock=clock).articles[0]
    assert article.section_en == "Defence"
    row = next(row for row in article.translations if row.field == "section")
    assert (row.source_lang, row.source_text, row.route) == ("fr", "Défense", "termbase")


def test_termbase_does_not_translate_headlines(page: Page, state: State, clock: Clock) -> None:
    article = translate([page(headline="Krieg")], state=state, clock=clock).articles[0]
    assert (article.headline_en, article.topics) == (None, ())


def test_other_languages_stand_in_the_translations_only(
    libre: Any, settings_of: SettingsOf, page: Page, state: State, clock: Clock
) -> None:
    state.remember([_memory("Krieg", "Guerre", "person") | {"target_lang": "fr"}])
    result = translate([page(headline="Krieg", section="Krieg")], state=state, more=["fr-CA"], clock=clock)
    article = result.articles[0]
    assert (article.headline_en, article.section_en, article.translation_status) == (None, "War", "pending")
    told = [(row.field, row.target_lang, row.text) for row in article.translations]
    assert told == [
        ("headline", "en", None),
        ("section", "en", "War"),
        ("headline", "fr", "Guerre"),
        ("section", "fr", "Guerre"),
    ]
    assert [topic.uri for topic in article.topics] == ["medtop:20000062"]


@pytest.mark.parametrize("fault", ENGINE_FAULTS)
def test_engine_faults_leave_texts_pending(
    fault: str, libre: Any, settings_of: SettingsOf, page: Page, state: State, clock: Clock
) -> None:
    libre.mode, libre.table = fault, TABLE
    pages = [page(headline=f"Der Hafen {n} bleibt geschlossen", section="Wetter") for n in range(200)]
    started = time.monotonic()
    result = translate(pages, state=state, engines=[engine_from(settings_of(libre.url))], clock=clock)
    assert time.monotonic() - started < 10
    assert len(libre.asked) <= 2
    assert result.trouble is not None
    assert result.facts["texts_pending"] == 200
    assert {article.translation_status for article in result.articles} == {"pending"}
    assert {article.headline_en for article in result.articles} == {None}
    assert {article.section_en for article in result.articles} == {"Weather"}
    assert state.memories() == []
    libre.mode = "good"
    mended = translate(pages[:1], state=state, clock=clock)
    assert mended.articles[0].translation_status == "pending"


def test_dead_engine_leaves_texts_pending(settings_of: SettingsOf, page: Page, state: State, clock: Clock) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        engine = engine_from(settings_of(f"http://127.0.0.1:{taken.getsockname()[1]}"))
        result = translate(
            [page(), page(lang="fr", headline="Le port reste fermé lundi")], state=state, engines=[engine], clock=clock
        )
    assert [article.translation_status for article in result.articles] == ["pending", "pending"]
    assert result.facts["engine_requests"] == 2
    assert [article.translations[0].attempts for article in result.articles] == [1, 0]


@pytest.mark.parametrize(
    ("fault", "reason"), [("same", "unchanged"), ("notice", "engine_notice"), ("surrogate", "unwritable")]
)
def test_bogus_answers_are_rejected_and_not_remembered(
    fault: str, reason: str, libre: Any, settings_of: SettingsOf, page: Page, state: State, clock: Clock
) -> None:
    libre.mode = fault
    one = page(keywords=("Hafenmeister",))
    article = translate([one], state=state, engines=[engine_from(settings_of(libre.url))], clock=clock).articles[0]
    assert article.translation_status == "rejected"
    assert article.headline_en is None
    assert article.keywords_en == (None,)
    assert [(row.text, row.status, row.reject_reason) for row in article.translations] == [
        (None, "rejected", reason),
        (None, "rejected", reason),
    ]
    assert state.memories() == []


def test_merged_lines_still_land_in_their_places(
    libre: Any, settings_of: SettingsOf, page: Page, state: State, clock: Clock
) -> None:
    libre.mode, libre.table = "merged", TABLE
    one = page(keywords=("Leuchtturm", "Hafenmeister"))
    article = translate([one], state=state, engines=[engine_from(settings_of(libre.url))], clock=clock).articles[0]
    assert article.headline_en == "The harbour stays closed on Monday"
    assert article.keywords_en == ("Lighthouse", "Harbour master")


def test_names_may_stay_once_the_engine_has_proven_itself(
    libre: Any, settings_of: SettingsOf, page: Page, state: State, clock: Clock
) -> None:
    libre.table = TABLE
    one = page(keywords=("Cuxhaven", "Leuchtturm"))
    article = translate([one], state=state, engines=[engine_from(settings_of(libre.url))], clock=clock).articles[0]
    assert article.keywords_en == ("Cuxhaven", "Lighthouse")
    assert article.translations[1].status == "unchanged_ok"


def test_batches_shrink_to_what_a_public_server_takes(
    libre: Any, settings_of: SettingsOf, page: Page, state: State, clock: Clock
) -> None:
    libre.mode = "public"
    keywords = tuple(f"Hafenmeister{n:03d}" for n in range(600))
    libre.table = {**TABLE, **{text: text.replace("Hafenmeister", "Harbour master ") for text in keywords}}
    result = translate(
        [page(keywords=keywords)], state=state, engines=[engine_from(settings_of(libre.url))], clock=clock
    )
    assert result.articles[0].keywords_en[599] == "Harbour master 599"
    assert len(libre.asked) < 15


def test_what_was_translated_before_the_engine_failed_is_kept(
    libre: Any, settings_of: SettingsOf, page: Page, state: State, clock: Clock
) -> None:
    libre.table = TABLE
    engine = engine_from(settings_of(libre.url))

    def breaking_clock() -> datetime:
        libre.mode = "status_500" if libre.asked else libre.mode
        return clock()

    pages = [page(), page(headline="Lang " * 400)]
    result = translate(pages, state=state, engines=[engine], clock=breaking_clock)
    assert [article.translation_status for article in result.articles] == ["ok", "pending"]
    assert [row.source_text for row in state.memories()] == [pages[0].headline]


def test_worst_status_wins(libre: Any, settings_of: SettingsOf, page: Page, state: State, clock: Clock) -> None:
    libre.table = {**TABLE, "Hafenmeister": "<b>Harbour</b>"}
    one = page(keywords=("Hafenmeister", "Krieg"))
    article = translate([one], state=state, engines=[engine_from(settings_of(libre.url))], clock=clock).articles[0]
    assert article.translation_status == "rejected"
    assert WORST_FIRST.index("pending") < WORST_FIRST.index("rejected") < WORST_FIRST.index("ok")


def test_persons_word_outranks_the_engine(page: Page, state: State, clock: Clock) -> None:
    text = "Der Hafen bleibt am Montag geschlossen"
    for origin in ("engine", "import", "person"):
        state.remember([_memory(text, f"By {origin}", origin)])
        article = translate([page(headline=text)], state=state, clock=clock).articles[0]
        assert article.headline_en == f"By {origin}"


def test_memory_is_exact(page: Page, state: State, clock: Clock) -> None:
    state.remember([_memory("312 Menschen gerettet", "312 people rescued", "person")])
    article = translate([page(headline="3172 Menschen gerettet")], state=state, clock=clock).articles[0]
    assert article.headline_en is None


def test_nothing_to_do(state: State, clock: Clock) -> None:
    assert translate([], state=state, clock=clock).articles == []


def _memory(text: str, english: str, origin: str) -> dict[str, str | None]:
    return {"source_lang": "de", "target_lang": "en", "source_text": text, "text": english, "origin": origin}


def _english(articles: list[Article]) -> list[tuple[object, ...]]:
    return [(a.headline_en, a.description_en, a.section_en, a.keywords_en, a.translation_status) for a in articles]


def test_clock_is_only_heard_for_engine_answers(page: Page, state: State) -> None:
    def silent() -> datetime:
        raise AssertionError("the clock was asked without an engine's answer")

    state.remember([_memory("Der Hafen bleibt am Montag geschlossen", "The harbour stays closed", "import")])
    article = translate([page(section="Wetter")], state=state, clock=silent).articles[0]
    assert article.translation_status == "ok"
    assert datetime(2026, 1, 1, tzinfo=UTC) not in [row.translated_at for row in article.translations]
