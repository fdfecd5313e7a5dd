"""Asking again: pending, refused and draft texts, and what persons have corrected, in the datasets themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import building
from newswire import publish as publish_room
from newswire import retranslate
from newswire.cli import main
from newswire.errors import OrderError
from newswire.records import Article
from newswire.settings import Settings, TranslatorSettings
from newswire.translate import engines_from, translate, write_tmx
from newswire.world import World
from translate.wires import KEY, Wire, translated

NOW = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
HEADLINE = "Der Hafen Nummer 100 bleibt am Montag geschlossen"


class Night:
    """A storage root, a clock that can be set, and the engine of the night."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.at = NOW
        self.engine: TranslatorSettings | None = None
        self.count = 0

    @property
    def world(self) -> World:
        settings = Settings(storage=str(self.folder), translator=self.engine, outlets_dir=self.folder)
        return World(settings, clock=lambda: self.at)

    def use(self, wire: Wire, **changes: Any) -> None:
        given = {"type": wire.kind, "host": wire.url, "key": KEY, "per_minute": 60_000, "retry_seconds": 0.01}
        self.engine = TranslatorSettings.model_validate({**given, "read_seconds": 1, **changes})

    def ingest(self, *articles: str, **given: Any) -> None:
        """Articles as a run publishes them, named by their path."""
        world = self.world
        made = [
            building.extraction(path, **{"headline": HEADLINE, "section": None, "keywords": (), **given})
            for path in articles
        ]
        result = translate(made, state=world.state, engines=engines_from(self.engine), clock=world.clock)
        publish_room.publish(result.articles, [], outlet_id="probe", store=world.store)

    def ask(self, **params: Any) -> list[str]:
        self.count += 1
        return retranslate.run_all(params, f"again-{self.count}", self.world)

    def rows(self, dataset: str) -> list[dict[str, Any]]:
        files = sorted(self.folder.glob(f"{dataset}/*/*/*.parquet")) or sorted(
            self.folder.glob(f"{dataset}/*/*.parquet")
        )
        return [row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()]

    def digest(self) -> list[str]:
        kept = [
            p for name in ("articles", "revisions", "translations") for p in self.folder.glob(f"{name}/**/*.parquet")
        ]
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(kept)]


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path / "data")


@pytest.fixture
def deepl() -> Iterator[Wire]:
    server = Wire("deepl")
    yield server
    server.close()


@pytest.fixture
def google() -> Iterator[Wire]:
    server = Wire("google")
    yield server
    server.close()


def test_pending_articles_get_their_english_and_no_revision(night: Night, deepl: Wire) -> None:
    night.ingest("a", "b")
    assert [row["translation_status"] for row in night.rows("articles")] == ["pending", "pending"]
    night.use(deepl)
    assert night.ask() == []
    for row in night.rows("articles"):
        assert (row["headline_en"], row["translation_status"], row["revision"]) == (translated(HEADLINE), "ok", 1)
        assert row["body_text"].startswith("Erster Absatz")
    assert [row["engine"] for row in night.rows("translations")] == ["deepl", "deepl"]
    assert len(night.rows("revisions")) == 2
    assert len(deepl.asked) == 1
    (run,) = night.rows("runs")
    assert run["engines"] == [{"engine": "deepl", "requests": 1, "characters": len(HEADLINE)}]
    assert (run["engine_requests"], run["engine_characters"]) == (1, len(HEADLINE))
    settled = night.digest()
    night.ask()
    assert night.digest() == settled
    assert len(deepl.asked) == 1


def test_names_of_the_page_are_left_alone_in_the_second_night_too(night: Night, deepl: Wire) -> None:
    headline = "Der Hafen meldet Anna Müller und den Hafenblatt Verlag"
    night.ingest("a", headline=headline, authors=("Anna Müller",), publisher="Hafenblatt Verlag")
    night.use(deepl)
    night.ask()
    assert deepl.asked == [["Der Hafen meldet [0] und den [1]"]]
    assert night.rows("articles")[0]["headline_en"] == translated(headline)


def test_drafts_are_upgraded_once_a_better_engine_is_there(night: Night, deepl: Wire, google: Wire) -> None:
    night.use(google)
    night.ingest("a")
    assert [row["translation_status"] for row in night.rows("articles")] == ["draft"]
    asked = len(google.asked)
    night.ask()
    assert len(google.asked) == asked
    deepl.mode = "500"
    night.use(deepl)
    assert "did not" in " ".join(night.ask()) or "HTTP 500" in " ".join(night.ask())
    assert night.rows("articles")[0]["headline_en"] == translated(HEADLINE)
    deepl.mode = "good"
    night.at += timedelta(days=1)
    night.ask()
    assert [row["translation_status"] for row in night.rows("articles")] == ["ok"]
    assert [row["engine"] for row in night.rows("translations")] == ["deepl"]


def test_a_draft_that_the_better_engine_gets_wrong_stays_and_waits(night: Night, deepl: Wire, google: Wire) -> None:
    night.use(google)
    night.ingest("a")
    deepl.mode = "wrong_number"
    night.use(deepl)
    asked = []
    for _ in range(10):
        night.at += timedelta(days=1)
        before = len(deepl.asked)
        night.ask()
        asked.append(len(deepl.asked) - before)
    assert [day for day, count in enumerate(asked, 1) if count] == [1, 2, 4, 8]
    (row,) = night.rows("articles")
    assert (row["translation_status"], row["headline_en"]) == ("draft", translated(HEADLINE))


def test_refused_texts_wait_longer_each_time_and_are_given_up(night: Night, deepl: Wire) -> None:
    deepl.mode = "wrong_number"
    night.use(deepl)
    night.ingest("a")
    assert night.rows("translations")[0]["reject_reason"] == "numbers"
    asked = []
    for _ in range(40):
        night.at += timedelta(days=1)
        before = len(deepl.asked)
        night.ask()
        asked.append(len(deepl.asked) - before)
    assert [day for day, count in enumerate(asked, 1) if count] == [1, 3, 7, 15]
    assert night.rows("translations")[0]["attempts"] == 5
    deepl.mode = "good"
    night.ask()
    assert night.rows("articles")[0]["translation_status"] == "rejected"
    night.ask(again=True)
    assert night.rows("articles")[0]["translation_status"] == "ok"


def test_a_dead_engine_costs_a_text_nothing(night: Night, deepl: Wire) -> None:
    deepl.mode = "403"
    night.use(deepl)
    night.ingest("a")
    for _ in range(10):
        night.at += timedelta(days=1)
        night.ask()
    assert night.rows("articles")[0]["translation_status"] == "pending"
    deepl.mode = "good"
    night.at += timedelta(days=1)
    assert night.ask() == []
    assert night.rows("articles")[0]["translation_status"] == "ok"


def test_a_persons_correction_replaces_an_engines_text(night: Night, deepl: Wire, tmp_path: Path) -> None:
    night.use(deepl)
    night.ingest("a", "b")
    night.ingest("c", headline="Der Sturm bleibt")
    own = {
        "source_lang": "de",
        "target_lang": "en",
        "source_text": HEADLINE,
        "text": "Harbour 100 shut",
        "origin": None,
    }
    write_tmx([own], tmp_path / "own.tmx")
    assert main(["--storage", str(night.folder), "memory", "import", str(tmp_path / "own.tmx")]) == 0
    night.engine = None
    assert night.ask() == []
    told = {row["canonical_url"][-1]: row["headline_en"] for row in night.rows("articles")}
    assert told == {"a": "Harbour 100 shut", "b": "Harbour 100 shut", "c": "The storm stays"}
    assert {row["translation_status"] for row in night.rows("articles")} == {"ok"}
    assert sorted(row["route"] for row in night.rows("translations")) == ["engine", "memory", "memory"]
    assert {row["revision"] for row in night.rows("articles")} == {1}
    settled = night.digest()
    night.ask()
    assert night.digest() == settled


def test_the_budget_goes_to_the_newest_and_is_shared_by_all_runs_of_a_night(night: Night, deepl: Wire) -> None:
    for day in range(1, 10):
        at = datetime(2026, 2, day, tzinfo=UTC)
        night.ingest(str(day), headline=f"Der Hafen Nummer {100 + day} bleibt geschlossen", published_at=at)
    night.use(deepl, nightly_characters=250, most_bytes=200)
    notes = night.ask()
    assert any("budget of 250 characters" in note for note in notes)
    done = sorted(row["published_at"].day for row in night.rows("articles") if row["translation_status"] == "ok")
    assert done == list(range(10 - len(done), 10))
    assert 0 < len(done) < 9
    asked = len(deepl.asked)
    night.ask()
    assert len(deepl.asked) == asked
    night.at += timedelta(days=1)
    night.ask()
    assert sum(row["translation_status"] == "ok" for row in night.rows("articles")) > len(done)


def test_an_article_that_changed_meanwhile_is_left_to_the_run_that_changed_it(night: Night, deepl: Wire) -> None:
    night.ingest("a")
    night.use(deepl)
    world = night.world
    (order,) = retranslate.plan({}, "r", world)
    retranslate.translate(order, world)
    night.engine = None
    night.ingest("a", headline="Ganz anderes ist geschehen")
    retranslate.publish(order, world)
    (row,) = night.rows("articles")
    assert (row["headline"], row["headline_en"]) == ("Ganz anderes ist geschehen", None)


def test_a_killed_publish_is_made_good_by_the_next_run(
    night: Night, deepl: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    from newswire.publish import afresh

    night.ingest("a")
    night.use(deepl)

    def dies(*_: Any) -> bool:
        raise KeyboardInterrupt

    # The translations are written before it, the articles are not.
    monkeypatch.setattr(afresh, "upsert_noted", dies)
    with pytest.raises(KeyboardInterrupt):
        night.ask()
    monkeypatch.undo()
    assert night.rows("articles")[0]["translation_status"] == "pending"
    night.ask()
    assert night.rows("articles")[0]["translation_status"] == "ok"
    assert len(deepl.asked) == 1


def test_wrong_orders_are_refused_as_a_whole(night: Night) -> None:
    night.ingest("a")
    with pytest.raises(OrderError, match=r"unknown parameter `since`.*again.*'nowhere'"):
        night.ask(outlets=["nowhere"], again="yes", since="x")
    assert night.ask(outlets=["probe"]) == []


def test_the_key_is_in_nothing_that_was_written(night: Night, deepl: Wire, capfd: pytest.CaptureFixture[str]) -> None:
    for mode in ("403", "good"):
        deepl.mode = mode
        night.at += timedelta(days=1)
        night.use(deepl)
        night.ingest("a")
        night.ask()
    written = [path for path in night.folder.rglob("*") if path.is_file()]
    assert len(written) > 8
    for path in written:
        content = path.read_bytes()
        assert KEY.encode() not in content, path
        if path.suffix == ".parquet":
            assert KEY not in str(pq.read_table(path, partitioning=None).to_pylist()), path
    said = capfd.readouterr()
    assert KEY not in said.out + said.err


def test_the_command_line_asks_the_engine_of_the_environment(
    night: Night, deepl: Wire, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    night.ingest("a")
    conn = f'{{"host": "{deepl.url}", "password": "{KEY}", "extra": {{"type": "deepl"}}}}'
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWIRE_TRANSLATOR", conn)
    assert main(["--storage", str(night.folder), "retranslate", "--outlets", "probe"]) == 0
    said = capsys.readouterr()
    assert "probe: 1 of 1 articles have better English, 0 are pending; 1 requests" in said.out
    assert KEY not in said.out + said.err
    deepl.mode = "403"
    night.ingest("b", headline="Der Sturm bleibt am Tag und am Montag")
    assert main(["--storage", str(night.folder), "retranslate"]) == 1
    said = capsys.readouterr()
    assert "check the key" in said.err
    assert KEY not in said.out + said.err


def test_an_article_keeps_the_english_that_it_has(night: Night, deepl: Wire) -> None:
    """A headline that is translated stays so while the description is still refused."""
    deepl.mode = "good"
    night.use(deepl)
    night.ingest("a")
    articles: list[Article] = []
    assert publish_room.publish_english(articles, outlet_id="probe", store=night.world.store).articles == 0
    night.engine = None
    night.ingest("a", description="Der Hafen bleibt am Tag geschlossen und meldet 7")
    (row,) = night.rows("articles")
    assert (row["headline_en"], row["description_en"], row["translation_status"]) == (
        translated(HEADLINE), None, "pending",
    )  # fmt: skip


STORM = "Der Sturm bleibt am Montag"
# A headline that the column takes, and whose English it does not.
LONG = "Der Sturm bleibt am Tag und am Montag und " * 23 + "am Tag"


@pytest.mark.parametrize("when", ["at once", "the night after"])
@pytest.mark.parametrize(
    ("mode", "headline", "reason"),
    [
        ("nul", STORM, "unwritable"),
        ("surrogate", STORM, "unwritable"),
        ("noncharacter", STORM, "unwritable"),
        ("endless", LONG, "too_long"),
    ],
)
def test_english_that_no_column_takes_reaches_no_article(
    night: Night, deepl: Wire, mode: str, headline: str, reason: str, when: str
) -> None:
    deepl.mode = mode
    if when == "at once":
        night.use(deepl)
    for path, text in (("good", HEADLINE), ("bad", headline)):
        night.ingest(path, headline=text, body=(f"Der ganze Text von {path}.",))
    night.use(deepl)
    assert night.ask() == []
    told = {row["canonical_url"].rpartition("/")[2]: row for row in night.rows("articles")}
    assert (told["good"]["headline_en"], told["good"]["translation_status"]) == (translated(HEADLINE), "ok")
    assert (told["bad"]["headline_en"], told["bad"]["translation_status"]) == (None, "rejected")
    (row,) = [row for row in night.rows("translations") if row["source_text"] == headline]
    assert (row["text"], row["status"], row["reject_reason"]) == (None, "rejected", reason)
    settled = night.digest()
    assert night.ask() == []
    assert night.digest() == settled


@pytest.mark.parametrize(
    ("text", "reason"),
    [("Storm\x00", "bad_character"), ("Sto\x85rm", "bad_character"), ("S" * 1001, "too_long"), ("Storm", None)],
)
@pytest.mark.parametrize("when", ["at once", "the night after"])
def test_nor_does_what_a_memory_says(night: Night, text: str, reason: str | None, when: str) -> None:
    """A memory's word goes through no guard: a person knows best. Where it cannot be written, the article still is."""
    row = {"source_lang": "de", "target_lang": "en", "source_text": STORM, "text": text, "origin": "person"}
    if when == "at once":
        night.world.state.remember([row])
    night.ingest("a", headline=STORM, keywords=("Sturmflut", "Deichbruch"))
    night.world.state.remember([row, row | {"target_lang": "fr"}])
    assert night.ask() == []
    (article,) = night.rows("articles")
    assert article["headline_en"] == (None if reason else text)
    assert len(article["keywords_en"]) == 2
    (told,) = [row for row in night.rows("translations") if row["field"] == "headline"]
    assert (told["status"], told["reject_reason"], told["route"]) == (
        "rejected" if reason else "ok", reason, "memory",
    )  # fmt: skip
