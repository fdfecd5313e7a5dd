"""Pages that were refused for a cause that ends by itself: read again from the archive once it may be over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from building import capture
from discover.conftest import House
from newswire import account, pipeline, publish
from newswire.extract import batch
from newswire.lane import STEPS
from newswire.state import State
from newswire.world import World
from postgres import own_schema
from reprocess.nights import digests, ended, ingest, read_again, rows, world

FIRST = datetime(2026, 11, 20, 2, tzinfo=UTC)
TEXT = (
    "Die Werft hat am Montag den Auftrag für zwei Fähren bekommen, die Inseln und Festland verbinden sollen.",
    "Gebaut wird von Januar an, geliefert nach drei Jahren, wie der Vorstand den Beschäftigten mitteilte.",
    "Der Betriebsrat sprach von einer guten Nachricht für den ganzen Ort und seine Zulieferer.",
)
OTHER = "Am Abend ging über der Bucht ein Gewitter nieder, das einen Segler zur Umkehr zwang und zwei Masten brach."
EVE = "2026-12-24T09:00:00+01:00"


def page(headline: str, *more: str, published: str = "2026-11-18T09:00:00+01:00") -> str:
    body = "".join(f"<p>{sentence}</p>" for sentence in (*more, *TEXT))
    return (
        f'<!doctype html><html lang="de"><head><meta charset="utf-8"><title>{headline}</title>'
        f'<meta property="article:published_time" content="{published}"></head>'
        f"<body><article><h1>{headline}</h1>{body}</article></body></html>"
    )


class Desk:
    """One outlet on a server of this machine, and nights so many days after the first."""

    def __init__(self, folder: Path, house: House) -> None:
        self.data, self.outlets, self.house = folder / "data", folder / "outlets", house
        self.outlets.mkdir()
        self.declare()

    def declare(self, more: str = "") -> None:
        text = (
            "id: haus\nname: Haus\nlanguage: de\ntimezone: Europe/Berlin\npace: 0\nallow_addresses: [127.0.0.0/8]\n"
            f"hosts: ['{self.house.host}']\ndiscover: [{{feed: '{self.house.url('/feed.xml')}'}}]\n{more}"
        )
        (self.outlets / "haus.yaml").write_text(text)

    def put(self, **pages: str) -> None:
        for name, content in pages.items():
            self.house.put(f"/{name}.html", content)
        self.list(*pages)

    def list(self, *names: str) -> None:
        items = "".join(f"<item><link>{{base}}/{name}.html</link></item>" for name in names)
        self.house.put("/feed.xml", f'<rss version="2.0"><channel><title>Haus</title>{items}</channel></rss>')

    def world(self, day: float) -> World:
        return world(self.data, self.outlets, FIRST + timedelta(days=day), corrections_days=0)

    def night(self, day: float, **params: Any) -> dict[str, int]:
        """How its leads ended; what was asked for meanwhile is in `house.asked`."""
        self.house.asked.clear()
        assert not ingest(f"day-{day}", self.world(day), outlets=["haus"], **params).faults
        return dict(ended(self.data, f"day-{day}"))

    def pages_asked(self) -> list[str]:
        return [path for path in self.house.asked if path.endswith(".html")]

    def rows(self, dataset: str) -> list[dict[str, Any]]:
        return rows(self.data, dataset)

    def headlines(self) -> list[str]:
        return sorted(row["headline"] for row in self.rows("articles"))

    def held(self) -> list[str]:
        return [one.lead.canonical_url.rpartition("/")[2] for one in self.world(36500).state.held("haus", FAR)]


FAR = datetime(9000, 1, 1, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(batch, "_FEW", 1_000)
    return Desk(tmp_path, house)


@pytest.fixture
def ahead(desk: Desk) -> Desk:
    """After the first night: a page of Christmas Eve was sent in November, and refused."""
    desk.put(eve=page("Am Heiligabend", published=EVE))
    assert desk.night(0) == {"rejected implausible_time": 1}
    assert desk.held() == ["eve.html"]
    return desk


def test_a_page_dated_ahead_is_published_when_its_day_has_come(ahead: Desk) -> None:
    assert ahead.night(1) == {"not_modified": 1}
    ahead.list()
    assert ahead.night(2) == {}
    assert ahead.night(33) == {}, "more than a day before"
    assert ahead.night(34) == {"published": 1}
    assert ahead.pages_asked() == [], "it lies in the archive"
    (row,) = ahead.rows("articles")
    assert (row["headline"], row["revision"], row["revised_by"]) == ("Am Heiligabend", 1, "publisher")
    assert row["first_seen_at"] == row["captured_at"] == FIRST
    assert f"{row['published_at']:%d.%m.}" == "24.12."
    assert [one["resolved_by"] for one in ahead.rows("rejects")] == ["day-34"]
    (told,) = [one for one in ahead.rows("ledger") if one["run_id"] == "day-34"]
    assert (told["found_by"], told["disposition"]) == ("retry", "published")
    assert told["detail"] == "refused when it was captured; read again from the archive"
    assert ahead.held() == []
    settled = digests(ahead.data, "articles", "revisions", "rejects")
    ahead.list("eve")
    assert ahead.night(35) == {"not_modified": 1}, "asked conditionally, with what the server said of it"
    assert ahead.house.unsent[-1] == "/eve.html"
    assert digests(ahead.data, "articles", "revisions", "rejects") == settled


@pytest.mark.parametrize("answer", ["gone", "wall"])
def test_what_comes_in_its_place_before_its_day_does_not_end_it(ahead: Desk, answer: str) -> None:
    if answer == "gone":
        del ahead.house.pages["/eve.html"]
    else:
        ahead.house.put("/eve.html", "<html><body></body></html>")
    assert ahead.night(1) == {"rejected not_found" if answer == "gone" else "rejected empty": 1}
    ahead.list()
    assert ahead.night(40) == {"published": 1}
    assert ahead.headlines() == ["Am Heiligabend"]
    assert {one["resolved_by"] for one in ahead.rows("rejects")} == {"day-40"}


def test_a_date_that_is_corrected_before_ends_it(ahead: Desk) -> None:
    ahead.put(eve=page("Am Heiligabend, berichtigt"))
    assert ahead.night(1) == {"published": 1}
    assert ahead.held() == []
    assert ahead.night(40) == {"not_modified": 1}
    assert ahead.headlines() == ["Am Heiligabend, berichtigt"]
    assert len(ahead.rows("revisions")) == 1


def test_a_later_page_with_another_date_counts(ahead: Desk) -> None:
    ahead.put(eve=page("An Silvester", published="2026-12-31T09:00:00+01:00"))
    assert ahead.night(1) == {"rejected implausible_time": 1}
    ahead.list()
    assert ahead.night(34) == {}
    assert ahead.night(41) == {"published": 1}
    assert ahead.headlines() == ["An Silvester"]


def test_an_article_whose_new_state_is_dated_ahead_is_revised_on_its_day(desk: Desk) -> None:
    desk.put(eve=page("Noch ohne Sperrfrist"))
    assert desk.night(0) == {"published": 1}
    desk.put(eve=page("Mit Sperrfrist", published=EVE))
    assert desk.night(1) == {"rejected implausible_time": 1}
    desk.list()
    assert desk.night(40) == {"revised": 1}
    (row,) = desk.rows("articles")
    assert (row["headline"], row["revision"], row["revised_by"]) == ("Mit Sperrfrist", 2, "publisher")


def test_a_limit_or_an_order_for_other_days_leaves_it_for_the_next_night(ahead: Desk) -> None:
    ahead.put(a=page("Zuerst", OTHER))
    assert ahead.night(40, limit=1) == {"published": 1, "skipped limit": 1}
    assert ahead.night(40.5, since="2026-12-01", until="2026-12-02") == {"not_modified": 1, "published": 1}
    assert ahead.headlines() == ["Am Heiligabend", "Zuerst"]


def test_who_wants_it_asked_for_again_gets_it_asked(ahead: Desk) -> None:
    assert ahead.night(40, refetch=True) == {"published": 1}
    assert ahead.pages_asked() == ["/eve.html"]
    (row,) = ahead.rows("articles")
    assert row["captured_at"] == FIRST + timedelta(days=40)


def test_a_page_that_the_archive_has_lost_is_asked_for_in_full(ahead: Desk) -> None:
    (file,) = (ahead.data / "warc" / "source=haus").iterdir()
    file.unlink()
    assert ahead.night(40) == {"published": 1}
    assert ahead.pages_asked() == ["/eve.html"]
    assert ahead.held() == []


def test_nor_does_a_killed_fetch_forget_that_it_must_be_asked_for_in_full(ahead: Desk) -> None:
    (file,) = (ahead.data / "warc" / "source=haus").iterdir()
    file.unlink()
    ahead.list()
    where = ahead.world(40)
    (order,) = pipeline.plan({"outlets": ["haus"]}, "killed", where)
    pipeline.discover(order, where)
    pipeline.fetch(order, where)
    assert ahead.night(41) == {"rejected unreadable": 1}, "kept as a revisit of the body that is lost"
    assert ahead.night(42) == {"published": 1}
    assert ahead.pages_asked() == ["/eve.html"]


def test_an_outlet_that_excludes_it_meanwhile_does_not_get_it(ahead: Desk) -> None:
    ahead.list()
    ahead.declare("exclude: ['/eve']\n")
    assert ahead.night(40) == {"skipped excluded": 1}
    assert ahead.night(41) == {}
    assert ahead.headlines() == []


def test_an_older_page_of_an_article_that_came_meanwhile_changes_nothing(desk: Desk) -> None:
    """It was held back under another address than the one that it claims."""
    claims = f'<link rel="canonical" href="{desk.house.url("/a.html")}"></head>'
    desk.put(x=page("Mit Sperrfrist", published=EVE).replace("</head>", claims))
    assert desk.night(0) == {"rejected implausible_time": 1}
    desk.put(a=page("Ohne Sperrfrist"))
    assert desk.night(1) == {"published": 1}
    desk.list()
    assert desk.night(40) == {"skipped newer_capture": 1}
    assert desk.headlines() == ["Ohne Sperrfrist"]
    assert desk.night(41) == {}


def test_what_a_person_had_read_again_before_is_let_go(ahead: Desk) -> None:
    ahead.list()
    read_again("again", ahead.world(35), from_rejects=["implausible_time"])
    settled = digests(ahead.data)
    assert ahead.night(36) == {"unchanged": 1}
    assert digests(ahead.data) == settled
    assert ahead.night(37) == {}


BREAKS: list[tuple[str, str]] = [
    ("revisions, no article", "newswire.publish.upsert_noted"),
    ("article, open refusal", "newswire.publish.write_rejects"),
    ("ledger, still held", "newswire.holding.keep_back"),
    ("let go, no validators", "newswire.asking.learned_validators"),
    ("validators, no handoff", "newswire.pipeline.warning_facts"),
]


@pytest.mark.parametrize("retried", [True, False], ids=["retried", "next night"])
@pytest.mark.parametrize("broken", [where for _, where in BREAKS], ids=[what for what, _ in BREAKS])
def test_a_publication_that_breaks_off_is_made_good(
    ahead: Desk, broken: str, retried: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its own repetition, or by the next night."""
    ahead.list()
    where = ahead.world(40)
    (order,) = pipeline.plan({"outlets": ["haus"]}, "day-40", where)
    for step in STEPS[:-1]:
        getattr(pipeline, step)(order, where)
    with monkeypatch.context() as power:
        power.setattr(broken, _cut(broken))
        with pytest.raises(OSError, match="power cut"):
            pipeline.publish(order, where)
    if retried:
        pipeline.publish(order, where)
    account.report("day-40", where)
    ahead.night(41)
    assert ahead.headlines() == ["Am Heiligabend"]
    assert [row["revision"] for row in ahead.rows("revisions")] == [1]
    (refusal,) = ahead.rows("rejects")
    assert refusal["resolved_by"] in ("day-40", "day-41")
    assert ahead.held() == []
    assert ahead.night(42) in ({}, {"not_modified": 1})


def _cut(name: str) -> Callable[..., Any]:
    """Fails where it is called; of the writing of datasets only the articles'."""
    real = publish.upsert_noted

    def fails(*given: Any, **named: Any) -> Any:
        if name.endswith("upsert_noted") and given[1].name != "articles":
            return real(*given, **named)
        raise OSError("power cut")

    return fails


def test_a_text_under_another_headline_is_looked_at_once_more(desk: Desk) -> None:
    """The other article was wrong, and is corrected."""
    desk.put(a=page("Gewitter über der Bucht"))
    assert desk.night(0) == {"published": 1}
    desk.put(a=page("Gewitter über der Bucht"), b=page("Auftrag für die Werft"))
    assert desk.night(1) == {"not_modified": 1, "rejected repeated_body": 1}
    desk.put(a=page("Gewitter über der Bucht", OTHER), b=page("Auftrag für die Werft"))
    assert desk.night(2) == {"revised": 1, "not_modified": 1}
    assert desk.night(5) == {"not_modified": 1, "published": 1}
    assert desk.headlines() == ["Auftrag für die Werft", "Gewitter über der Bucht"]


def test_a_text_that_stays_under_another_headline_is_left_to_a_person(desk: Desk) -> None:
    desk.put(a=page("Gewitter über der Bucht"))
    desk.night(0)
    desk.put(a=page("Gewitter über der Bucht"), b=page("Auftrag für die Werft"))
    assert desk.night(1) == {"not_modified": 1, "rejected repeated_body": 1}
    desk.list()
    assert desk.night(5) == {"rejected repeated_body": 1}
    assert desk.night(6) == desk.night(60) == {}
    assert [row["resolved_by"] for row in desk.rows("rejects")] == [None]
    desk.declare("tolerate: [repeated_body]\n")
    read_again("again", desk.world(61), from_rejects=["repeated_body"])
    assert len(desk.headlines()) == 2


def test_a_page_that_could_not_be_read_is_read_the_next_night(desk: Desk) -> None:
    """Its archive file did not answer for a moment; the server would say that nothing has changed."""
    desk.put(a=page("Auftrag für die Werft"))
    where = desk.world(0)
    (order,) = pipeline.plan({"outlets": ["haus"]}, "day-0", where)
    pipeline.discover(order, where)
    pipeline.fetch(order, where)
    (file,) = (desk.data / "warc" / "source=haus").iterdir()
    hidden = file.rename(desk.data / "work" / "hidden")
    for step in ("extract", "translate", "publish"):
        getattr(pipeline, step)(order, where)
    assert dict(ended(desk.data, "day-0")) == {"rejected unreadable": 1}
    hidden.rename(file)
    assert desk.night(1) == {"published": 1}
    assert desk.pages_asked() == []
    assert desk.headlines() == ["Auftrag für die Werft"]


@pytest.fixture(params=["sqlite", "postgres"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    if request.param == "sqlite":
        yield State(f"sqlite:///{tmp_path}/state.db")
        return
    with own_schema("held") as url:
        yield State(url)


def test_the_newest_page_of_an_address_counts_and_outlets_do_not_mix(state: State) -> None:
    a, newer, b = capture("a"), capture("a", digest="sha256:newer"), capture("b", etag=None)
    state.hold("probe", [(a, FIRST), (b, FIRST + timedelta(hours=1))])
    state.hold("other", [(a, FIRST)])
    assert state.held("probe", FIRST - timedelta(seconds=1)) == []
    assert state.held("probe", FIRST) == [a]
    state.hold("probe", [(newer, FIRST + timedelta(hours=2))])
    assert state.held("probe", FIRST) == []
    assert state.held("probe", FAR) == [b, newer]
    state.let_go("probe", [a.lead.canonical_url, "https://news.example/never-held"])
    assert (state.held("probe", FAR), state.held("other", FAR)) == ([b], [a])
