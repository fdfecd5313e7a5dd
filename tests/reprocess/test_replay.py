"""Refused pages read again once the cause is mended: published, the refusal closed, the ledger right, no byte twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newswire.choose import choose
from newswire.cli import main
from newswire.errors import OrderError
from newswire.rereading import read_order
from newswire.settings import PROJECT
from newswire.store import Store
from reprocess.nights import digests, ended, ingest, read_again, rows, world

FIRST = datetime(2026, 11, 20, 2, tzinfo=UTC)
SENTENCES = {
    "de": (
        "Der Stadtrat hat am Dienstag den Bau einer zweiten Brücke über den Fluss beschlossen.",
        "Die Arbeiten sollen im Frühjahr beginnen und drei Jahre dauern, sagte die Bürgermeisterin nach der Sitzung.",
        "Gegner des Vorhabens kündigten an, vor dem Verwaltungsgericht gegen den Beschluss zu klagen.",
    ),
    "fr": (
        "Le conseil municipal a décidé mardi la construction d'un second pont au-dessus du fleuve.",
        "Les travaux doivent commencer au printemps et durer trois ans, a déclaré la maire après la séance.",
        "Les opposants au projet ont annoncé qu'ils saisiraient le tribunal administratif de la région.",
    ),
}


def page(lang: str, headline: str, *more: str, published: str = "2026-11-18T09:00:00+01:00") -> str:
    body = "".join(f"<p>{sentence}</p>" for sentence in (*more, *SENTENCES[lang]))
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{headline}</title>'
        f'<meta property="article:published_time" content="{published}"></head>'
        f"<body><article><h1>{headline}</h1>{body}</article></body></html>"
    )


class Desk:
    """One outlet of saved pages, its declaration, and what lies in the datasets."""

    def __init__(self, folder: Path) -> None:
        self.data, self.outlets, self.pages = folder / "data", folder / "outlets", folder / "outlets" / "pages"
        self.pages.mkdir(parents=True)
        self.nights = 0
        self.declare("languages: [de]")

    def declare(self, *lines: str) -> None:
        head = ("id: blatt", "name: Blatt", "language: de", "discover: [{folder: pages}]")
        (self.outlets / "blatt.yaml").write_text("\n".join((*head, *lines)) + "\n")

    def write(self, name: str, content: str) -> None:
        (self.pages / f"{name}.html").write_text(content)

    def night(self) -> str:
        """One ingest of all pages, a day after the one before."""
        self.nights += 1
        at = FIRST + timedelta(days=self.nights)
        assert not ingest(f"night-{self.nights}", world(self.data, self.outlets, at), outlets=["blatt"]).faults
        return f"night-{self.nights}"

    def replay(self, run_id: str, *reasons: str, **params: Any) -> Any:
        at = FIRST + timedelta(days=60)
        report = read_again(run_id, world(self.data, self.outlets, at), from_rejects=list(reasons), **params)
        assert not report.faults
        return report

    def ended(self, run_id: str) -> dict[str, int]:
        return dict(ended(self.data, run_id))

    def rejects(self) -> list[tuple[str, str, str | None]]:
        found = [(row["url"].rsplit(":", 1)[1], row["reason_code"], row["resolved_by"]) for row in self.rows("rejects")]
        return sorted(found, key=str)

    def rows(self, dataset: str) -> list[dict[str, Any]]:
        return rows(self.data, dataset)

    def headlines(self) -> set[str]:
        return {row["headline"] for row in self.rows("articles")}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A German and a French page, of which the outlet's languages let only the first pass."""
    made = Desk(tmp_path)
    made.write("a", page("de", "Zweite Brücke beschlossen"))
    made.write("b", page("fr", "Un second pont décidé"))
    made.night()
    assert made.ended("night-1") == {"published": 1, "rejected foreign_language": 1}
    assert made.rejects() == [("b.html", "foreign_language", None)]
    return made


def test_what_passes_after_mending_is_published_and_its_refusal_closed(desk: Desk) -> None:
    before = digests(desk.data)
    report = desk.replay("again-1", "foreign_language")
    assert desk.ended("again-1") == {"rejected foreign_language": 1}
    assert digests(desk.data) == before
    assert report.rows["blatt"][report.columns.index("discovered")] == 1

    desk.declare("languages: [de, fr]")
    report = desk.replay("again-2", "foreign_language")
    assert desk.ended("again-2") == {"published": 1}
    assert desk.headlines() == {"Zweite Brücke beschlossen", "Un second pont décidé"}
    (row,) = [row for row in desk.rows("articles") if row["lang"] == "fr"]
    assert (row["revision"], row["revised_by"]) == (1, "publisher")
    assert row["first_seen_at"] == row["captured_at"] == FIRST + timedelta(days=1)
    assert desk.rejects() == [("b.html", "foreign_language", "again-2")]
    (told,) = [row for row in desk.rows("runs") if row["run_id"] == "again-2"]
    assert (told["published"], told["discovered"], told["requests"], told["reconciled"]) == (1, 1, 0, True)

    settled = digests(desk.data)
    report = desk.replay("again-3", "foreign_language")
    assert digests(desk.data) == settled
    assert any("no page that was refused for these reasons" in note for note in report.notes)
    assert desk.night() == "night-2"
    assert desk.ended("night-2") == {"not_modified": 2}


def test_an_interrupted_replay_is_repeated(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the article and its refusal: the article is there, the refusal open; the next one closes it."""
    desk.declare("languages: [de, fr]")
    with monkeypatch.context() as killed:
        killed.setattr("newswire.publish.write_rejects", lambda *_: (_ for _ in ()).throw(OSError("power cut")))
        with pytest.raises(OSError, match="power cut"):
            desk.replay("again-1", "all")
    assert len(desk.headlines()) == 2
    assert desk.rejects() == [("b.html", "foreign_language", None)]
    desk.replay("again-2", "all")
    assert desk.rejects() == [("b.html", "foreign_language", "again-2")]
    assert len(desk.rows("articles")) == len(desk.rows("revisions")) == 2


def test_only_refusals_of_the_reasons_asked_for_are_read(desk: Desk) -> None:
    desk.write("c", "<html><body></body></html>")
    desk.night()
    assert {reason for _, reason, _ in desk.rejects()} == {"foreign_language", "empty"}
    desk.declare("languages: [de, fr]")
    desk.replay("again-1", "empty", "crashed")
    assert desk.ended("again-1") == {"rejected empty": 1}
    desk.replay("again-2", "all")
    assert desk.ended("again-2") == {"rejected empty": 1, "published": 1}
    assert desk.rejects() == [("b.html", "foreign_language", "again-2"), ("c.html", "empty", None)]


def test_an_article_that_was_refused_is_not_lost_to_a_later_page_that_is_none(desk: Desk) -> None:
    desk.write("b", "<html><body></body></html>")
    desk.night()
    assert [reason for _, reason, _ in desk.rejects()] == ["empty", "foreign_language"]
    desk.declare("languages: [de, fr]")
    desk.replay("again-1", "all")
    assert "Un second pont décidé" in desk.headlines()
    assert {run for _, _, run in desk.rejects()} == {"again-1"}


def test_a_refusal_that_an_ingest_mends_is_closed_too(desk: Desk) -> None:
    desk.write("b", page("de", "Jetzt auf Deutsch", "Ein Absatz, der vorher nicht hier stand."))
    desk.night()
    assert desk.rejects() == [("b.html", "foreign_language", "night-2")]
    assert "Jetzt auf Deutsch" in desk.headlines()


def test_an_article_of_a_later_day_is_not_undone(desk: Desk) -> None:
    """Refused on Monday, another text on Tuesday: opened again by hand, Monday's page still is the older one."""
    desk.write("b", page("de", "Jetzt auf Deutsch", "Ein Absatz, der vorher nicht hier stand."))
    desk.night()
    from newswire.publish.merge import upsert
    from newswire.schemas import REJECTS

    store = Store(str(desk.data))
    (file,) = store.glob(REJECTS.file("blatt", "*"))
    upsert(store, REJECTS, file, [{**desk.rows("rejects")[0], "resolved_by": None}])
    desk.declare("languages: [de, fr]")
    before = digests(desk.data, "articles", "revisions")
    desk.replay("again-1", "all")
    assert desk.ended("again-1") == {"skipped newer_capture": 1}
    assert digests(desk.data, "articles", "revisions") == before


def _wall(desk: Desk) -> None:
    for name in "xyz":
        desk.write(name, page("de", f"Meldung {name}", published="2026-11-19T09:00:00+01:00"))


def _long_ago(desk: Desk) -> None:
    text = page("de", "Aus dem Archiv", "Ein Absatz von damals.", published="1951-05-02T09:00:00+01:00")
    desk.write("x", text)


MENDED: list[tuple[str, Callable[[Desk], None], str, int]] = [
    ("repeated_body", _wall, "tolerate: [repeated_body]", 3),
    ("implausible_time", _long_ago, "earliest: 1944-12-19", 1),
]


@pytest.mark.parametrize(("reason", "spoil", "remedy", "count"), MENDED, ids=[one[0] for one in MENDED])
def test_each_rule_of_an_outlet_file_can_be_mended(
    desk: Desk, reason: str, spoil: Callable[[Desk], None], remedy: str, count: int
) -> None:
    spoil(desk)
    run = desk.night()
    assert desk.ended(run)[f"rejected {reason}"] == count
    desk.declare("languages: [de]", remedy)
    desk.replay("again-1", reason)
    assert desk.ended("again-1") == {"published": count}
    assert {found for _, why, found in desk.rejects() if why == reason} == {"again-1"}
    if reason == "repeated_body":
        (told,) = [row for row in desk.rows("runs") if row["run_id"] == "again-1"]
        assert told["warnings"] == [{"check": "repeated_body", "count": 3}]


def test_a_time_that_was_to_come_has_come(desk: Desk) -> None:
    """A page that was sent before its day is refused, and kept: once the day has passed it is an article."""
    desk.write("x", page("de", "Am Heiligabend", "Ein Absatz zur Sperrfrist.", published="2026-12-24T09:00:00+01:00"))
    assert desk.ended(desk.night())["rejected implausible_time"] == 1
    desk.replay("again-1", "implausible_time")
    assert desk.ended("again-1") == {"published": 1}
    assert "Am Heiligabend" in desk.headlines()


def test_warnings_reach_the_runs_and_the_report(desk: Desk) -> None:
    desk.declare()
    desk.write("c", page("fr", "Une autre nouvelle", "Un paragraphe de plus."))
    at = FIRST + timedelta(days=9)
    report = ingest("night-9", world(desk.data, desk.outlets, at), outlets=["blatt"])
    assert "blatt: published, worth a look: other_language (1)" in report.notes
    (told,) = [row for row in desk.rows("runs") if row["run_id"] == "night-9"]
    assert told["warnings"] == [{"check": "other_language", "count": 1}]


def test_a_day_of_capture_narrows_a_replay(desk: Desk) -> None:
    desk.declare("languages: [de, fr]")
    desk.replay("again-1", "all", since="2026-11-22")
    assert desk.ended("again-1") == {}
    desk.replay("again-2", "all", since="2026-11-21", until="2026-11-21")
    assert desk.ended("again-2") == {"published": 1}


def test_the_command_replays(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.declare("languages: [de, fr]")
    options = ["--storage", str(desk.data), "--outlets-dir", str(desk.outlets), "reprocess", "--outlets", "blatt"]
    assert main([*options, "--from-rejects", "foreign_language", "empty"]) == 0
    assert "published" in capsys.readouterr().out
    assert len(desk.headlines()) == 2
    assert main([*options, "--from-rejects", "all"]) == 0
    assert "no page that was refused for these reasons" in capsys.readouterr().err
    assert main([*options, "--from-rejects", "moonshine"]) == 1
    told = capsys.readouterr().err
    assert "'moonshine' is no reason whose pages can be read again; write all or some of not_an_article" in told


def test_files_and_refusals_are_not_asked_for_together(desk: Desk) -> None:
    (file,) = (desk.data / "warc" / "source=blatt").iterdir()
    params = {"files": [str(file)], "from_rejects": ["all"]}
    with pytest.raises(OrderError, match="files and from_rejects: give one of them"):
        read_order(params, ["blatt"], "run", store=Store(str(desk.data)), project=PROJECT)


def test_what_killed_runs_left_is_no_refusal(desk: Desk) -> None:
    """A replay reads refused pages and scans no file; a reprocessing of everything finds the rest."""
    from newswire import pipeline, reprocess

    desk.write("c", page("de", "Noch eine Meldung", "Ein weiterer Absatz."))
    where = world(desk.data, desk.outlets, FIRST + timedelta(days=5))
    (order,) = pipeline.plan({"outlets": ["blatt"]}, "killed", where)
    pipeline.discover(order, where)
    pipeline.fetch(order, where)
    assert reprocess.plan({"from_rejects": ["all"]}, "again-1", where) == []
    assert [one.part for one in choose("again-1", where)] == [0]
    assert len(reprocess.plan({}, "again-2", where)) == 1
