"""Every engine, the same demands: what a service says right arrives, and no fault of it is taken for a translation."""

from __future__ import annotations

import io
import logging
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newswire.errors import TranslateError
from newswire.records import Extraction
from newswire.settings import TranslatorSettings
from newswire.state import State
from newswire.translate import TranslateResult, engine_from, engines_from, translate
from translate.wires import KEY, KINDS, Wire, translated

Page = Callable[..., Extraction]
Clock = Callable[[], datetime]
WRONG_KEY = "canary-0000-wrong"
BEST_EFFORT = ("google", "mymemory")
SILENT = ("429", "403", "500", "redirect", "consent", "hang", "reset", "drip")
BOGUS = {"same": "unchanged", "quota": "engine_notice", "wrong_number": "numbers", "empty": "empty"}


@pytest.fixture(params=KINDS)
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    server = Wire(request.param)
    yield server
    server.close()


@pytest.fixture
def db(tmp_path: Path) -> State:
    return State(f"sqlite:///{tmp_path}/state.db")


def settings(wire: Wire, **changes: Any) -> TranslatorSettings:
    given = {"type": wire.kind, "host": wire.url, "key": KEY, "per_minute": 60_000, "retry_seconds": 0.01}
    return TranslatorSettings.model_validate({**given, "connect_seconds": 1, "read_seconds": 0.5, **changes})


def heads(page: Page, count: int = 6) -> list[Extraction]:
    return [page(headline=f"Der Hafen Nummer {n} bleibt am Montag geschlossen") for n in range(100, 100 + count)]


def run(wire: Wire, pages: list[Extraction], db: State, clock: Clock, **given: Any) -> TranslateResult:
    return translate(pages, state=db, engines=engines_from(settings(wire)), clock=clock, **given)


def test_lines_arrive_in_order_over_one_connection(wire: Wire) -> None:
    engine = engine_from(settings(wire))
    texts = [f"Der Hafen {n} bleibt geschlossen" for n in range(120)]
    assert engine.translate(texts, "de", "en") == [translated(text) for text in texts]
    assert [text for asked in wire.asked for text in asked] == texts
    assert engine.requests == len(wire.asked)
    assert len(wire.connections) == 1
    assert {asked["headers"]["User-Agent"].split("/")[0] for asked in wire.requests} == {"Newswire"}
    assert KEY not in "".join(asked["path"] for asked in wire.requests)


def test_articles_get_their_english(wire: Wire, page: Page, db: State, clock: Clock) -> None:
    result = run(wire, heads(page), db, clock)
    expected = "draft" if wire.kind in BEST_EFFORT else "ok"
    assert [article.translation_status for article in result.articles] == [expected] * 6
    assert result.articles[3].headline_en == "The harbour number 103 stays on Monday closed"
    row = result.articles[3].translations[0]
    assert (row.route, row.engine, row.translated_at, row.attempts) == ("engine", wire.kind, clock(), 1)
    asked = len(wire.asked)
    again = run(wire, heads(page), db, clock)
    assert len(wire.asked) == asked
    assert [article.headline_en for article in again.articles] == [article.headline_en for article in result.articles]


def test_a_french_page_goes_the_same_way(wire: Wire, page: Page, db: State, clock: Clock) -> None:
    result = run(wire, [page(lang="fr", headline="Le port 7 reste fermé")], db, clock)
    assert result.articles[0].headline_en == "The harbour 7 stays closed"


@pytest.mark.parametrize("fault", SILENT)
def test_an_engine_that_does_not_answer_leaves_texts_pending(
    fault: str, wire: Wire, page: Page, db: State, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    wire.mode = fault
    started = time.monotonic()
    with caplog.at_level(logging.DEBUG):
        result = run(wire, heads(page, 40), db, clock)
    assert time.monotonic() - started < 5
    assert len(wire.asked) <= 2
    assert {article.translation_status for article in result.articles} == {"pending"}
    assert {article.headline_en for article in result.articles} == {None}
    assert result.trouble
    assert db.memories() == []
    assert KEY not in caplog.text + result.trouble + "".join(a.model_dump_json() for a in result.articles)
    # The others learn of it: no lane of this night asks again, and half an hour later one request finds it alive.
    wire.mode, asked = "good", len(wire.asked)
    assert run(wire, heads(page, 40), db, clock).facts["texts_pending"] == 40
    assert len(wire.asked) == asked
    later = run(wire, heads(page, 40), db, lambda: clock() + timedelta(minutes=30))
    assert later.facts["texts_pending"] == 0


@pytest.mark.parametrize("fault", BOGUS)
def test_bogus_answers_are_rejected_with_the_reason(
    fault: str, wire: Wire, page: Page, db: State, clock: Clock
) -> None:
    wire.mode = fault
    result = run(wire, heads(page), db, clock)
    rows = [row for article in result.articles for row in article.translations]
    assert {(row.text, row.status) for row in rows} <= {(None, "rejected"), (None, "pending")}
    assert {row.reject_reason for row in rows} <= {BOGUS[fault], None}
    assert db.memories() == []


@pytest.mark.parametrize("fault", ["half", "merged"])
def test_lines_that_went_missing_are_asked_again_and_never_shifted(
    fault: str, wire: Wire, page: Page, db: State, clock: Clock
) -> None:
    wire.mode = fault
    pages = heads(page, 9)
    result = run(wire, pages, db, clock)
    assert [article.headline_en for article in result.articles] == [translated(one.headline) for one in pages]


def test_lost_markers_are_asked_again_and_lost_names_rejected(wire: Wire, page: Page, db: State, clock: Clock) -> None:
    wire.mode = "unmarked"
    one = page(headline="Der Sturm am Montag und BioNTech meldet www.hafen.example geschlossen")
    result = run(wire, [one], db, clock)
    assert result.articles[0].headline_en == translated(one.headline)
    assert [len(asked) for asked in wire.asked] == [1, 1]
    assert "BioNTech" not in wire.asked[0][0]
    assert "BioNTech" in wire.asked[1][0]


def test_names_travel_as_markers(wire: Wire, page: Page, db: State, clock: Clock) -> None:
    """Also past the services that speak HTML, with signs that HTML writes otherwise."""
    one = page(
        headline="Der Sturm am Tag: Anna Müller & Deutsche Bahn, „Bild“ und 'Der Tag' bleibt < 7",
        authors=("Anna Müller",),
    )
    result = run(wire, [one], db, clock)
    (sent,) = wire.asked[0]
    assert sent == "Der Sturm am Tag: [0] & [1], „[2]“ und 'Der Tag' bleibt < 7"
    assert result.articles[0].headline_en == translated(one.headline)


@pytest.mark.parametrize(
    ("fault", "headline", "reason"),
    [
        ("renamed", "Der Sturm und Anna Müller bleibt am Montag", "name_lost"),
        ("unquoted", "Der Hafen meldet „Sturm am Montag“ und bleibt", "quotes"),
    ],
)
def test_a_changed_name_or_a_lost_quotation_is_rejected_and_the_next_engine_asked(
    fault: str, headline: str, reason: str, wire: Wire, page: Page, db: State, clock: Clock
) -> None:
    wire.mode = fault
    one = page(headline=headline, authors=("Anna Müller",))
    article = run(wire, [one], db, clock).articles[0]
    assert (article.headline_en, article.translation_status) == (None, "rejected")
    assert article.translations[0].reject_reason == reason
    assert db.memories() == []
    second = Wire("google")
    try:
        asked = settings(wire).model_copy(update={"then": (settings(second),)})
        article = translate([one], state=db, engines=engines_from(asked), clock=clock, again=True).articles[0]
    finally:
        second.close()
    assert (article.headline_en, article.translation_status) == (translated(headline), "draft")


@pytest.mark.parametrize("wire", [kind for kind in KINDS if kind not in BEST_EFFORT], indirect=True)
def test_a_refused_key_is_told_without_repeating_it(wire: Wire) -> None:
    with pytest.raises(TranslateError, match="check the key") as raised:
        engine_from(settings(wire, key=WRONG_KEY)).translate(["Sturm"], "de", "en")
    written = io.StringIO()
    traceback.print_exception(raised.value, file=written)
    assert WRONG_KEY not in written.getvalue()
    assert KEY not in written.getvalue()


def test_the_next_engine_stands_in(wire: Wire, page: Page, db: State, clock: Clock) -> None:
    second = Wire("google")
    wire.mode = "403"
    try:
        asked = settings(wire).model_copy(update={"then": (settings(second),)})
        result = translate(heads(page), state=db, engines=engines_from(asked), clock=clock)
    finally:
        second.close()
    assert [article.translation_status for article in result.articles] == ["draft"] * 6
    assert {article.translations[0].engine for article in result.articles} == {"google"}
    assert {article.translations[0].attempts for article in result.articles} == {2}
    assert result.trouble
