"""What the page says, for datasets written by the real writers; and what hostile news cannot make of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import building
from newswire.maintenance import Told, tell
from newswire.records import Outcome
from newswire.store import Store
from plugins.conftest import Server
from plugins.filling import RUN, lane, moment, write_articles, write_run

SCRIPT = "<script>alert(1)</script>"


def table(answer: object, index: int = 0) -> dict[str, dict[str, str]]:
    """A table of the page: by the first cell of each line, by the names in its head."""
    found = answer.html.xpath("//table")[index]  # type: ignore[attr-defined]
    head, *lines = [[cell.text_content() for cell in row] for row in found.xpath(".//tr")]
    return {line[0]: dict(zip(head[1:], line[1:], strict=True)) for line in lines}


def test_without_a_run_it_says_what_to_do(server: Server, tmp_path: Path) -> None:
    for _ in ("no storage folder yet", "an empty one"):
        answer = server.page()
        assert answer.status == 200
        assert "No run yet" in answer.text
        assert answer.html.xpath("//section//a/@href") == ["../dags/news_ingest"]
        (tmp_path / "data").mkdir(exist_ok=True)


def test_the_newest_run_stands_in_the_table(server: Server, tmp_path: Path) -> None:
    old = [lane("probe", [building.outcome("a")], fetched=1)]
    write_run(tmp_path / "data", old, run_id="manual__old", started_at=moment(1))
    skipped = [building.outcome(f"s{n}", "skipped", reason="robots", room="fetch") for n in range(2)]
    same = [building.outcome("b", "unchanged"), building.outcome("c", "not_modified", room="fetch")]
    failed = [building.outcome("d", "failed", "other", reason="lane_stopped")]
    lanes = [
        lane("probe", [building.outcome("a"), *skipped, *same], fetched=2, facts={"translated": 1, "pending": 3}),
        lane("other", failed, stopped_at="extract", source_errors=("https://news.example/feed.xml?token=secret: 503",)),
    ]
    write_run(tmp_path / "data", lanes, started_at=moment(2))
    answer = server.page()
    assert answer.status == 200
    rows = table(answer)
    assert rows["probe"] == {
        "discovered": "5", "fetched": "2", "published": "1", "revised": "0", "unchanged": "2", "duplicate": "0",
        "skipped": "2", "rejected": "0", "failed": "0", "translated": "1", "pending": "3",
    }  # fmt: skip
    assert (rows["other"]["failed"], rows["all"]["discovered"]) == ("1", "6")
    notes = [" ".join(note.text_content().split()) for note in answer.html.xpath("//ul[@class='notes']/li")]
    assert "probe 2 skipped: robots" in notes
    assert any(note.startswith("other stopped at extract") for note in notes)
    assert any("a source did not answer: https://news.example/feed.xml" in note for note in notes)
    assert "secret" not in answer.body
    assert f"../dags/news_ingest/runs/{RUN.replace(':', '%3A').replace('+', '%2B')}" in answer.html.xpath("//a/@href")
    assert table(answer, 1)["2026-03-01 12:00"]["published"] == "1"


def test_a_run_is_linked_to_the_dag_that_made_it(server: Server, tmp_path: Path) -> None:
    """A run of the command line has no page in Airflow, nor has one of before the DAG was written down."""
    for day, dag_id in enumerate((None, "news_ingest", None, "news_reprocess"), 1):
        write_run(tmp_path / "data", [lane("probe", [])], run_id=f"r {day}", started_at=moment(day), dag_id=dag_id)
    answer = server.page()
    runs = [link for link in answer.html.xpath("//main//a/@href") if "/runs/" in link]
    assert runs == ["../dags/news_reprocess/runs/r%204", "../dags/news_ingest/runs/r%202"]
    write_run(tmp_path / "data", [lane("probe", [])], run_id="r 5", started_at=moment(5), dag_id=None)
    answer = server.page()
    assert "Newest run r 5, started 2026-03-05 12:00 UTC" in answer.text
    assert "../dags/news_reprocess/runs/r%204" in answer.html.xpath("//main//a/@href")


def test_the_last_audit_is_told_and_is_only_text(server: Server, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "data"))
    write_run(tmp_path / "data", [lane("probe", [building.outcome("a")])])
    assert "Last audit" not in server.page().text
    tell(store, Told(part="audit", at=moment(8, 6), summary="6 archive files, 31 articles, 0 findings"))
    answer = server.page()
    assert "Last audit 2026-03-08 06:00 UTC, by news_maintain: 6 archive files, 31 articles, 0 findings" in answer.text
    assert "All is well" in answer.text
    assert "../dags/news_maintain" in answer.html.xpath("//main//a/@href")
    lines = (f"articles/{SCRIPT}: a foreign file; move it away", *(f"file {n}: torn" for n in range(29)))
    tell(store, Told(part="audit", at=moment(15), summary="x", is_well=False, count=130, lines=lines))
    answer = server.page()
    assert answer.status == 200
    assert not answer.html.xpath("//script")
    found = [line.text_content() for line in answer.html.xpath("//li[@class='bad']")]
    assert found[0] == lines[0]
    assert len(found) == 20
    assert "And 110 more" in answer.text
    assert "All is well" not in answer.text


def test_an_audit_that_cannot_be_read_leaves_the_rest(server: Server, tmp_path: Path) -> None:
    write_run(tmp_path / "data", [lane("probe", [building.outcome("a")])])
    Store(str(tmp_path / "data")).write_bytes("work/maintain/audit.json", b"{")
    answer = server.page()
    assert answer.status == 500
    assert "audit.json: cannot be read" in answer.text
    assert "probe" in table(answer)


def test_a_ledger_that_does_not_add_up_is_told(server: Server, tmp_path: Path) -> None:
    write_run(tmp_path / "data", [lane("probe", [building.outcome("a")])], reconciled=False)
    assert "probe the ledger does not add up" in server.page().text


def test_the_fifty_latest_articles_newest_first(server: Server, tmp_path: Path) -> None:
    start = moment(1, 0, 1)
    articles = [
        building.article(f"n{n:02}", published_at=start + timedelta(days=n), headline_en=f"Headline {n}")
        for n in range(60)
    ]
    write_articles(tmp_path / "data", articles)
    answer = server.page()
    shown = [item.text_content() for item in answer.html.xpath("//p[@class='headline']")]
    assert shown == [f"Schlagzeile n{n:02}" for n in range(59, 9, -1)]
    first = answer.html.xpath("//ol[@class='stories']/li")[0]
    assert "Headline 59" in first.text_content()
    assert "2026-03-01 00:00" in first.text_content()
    assert first.xpath(".//b")[0].text == "probe"
    link = first.xpath(".//a")[0]
    assert link.get("href") == "https://news.example/n59"
    assert (link.get("rel"), link.get("target")) == ("noopener noreferrer", "_blank")
    assert first.xpath(".//bdi/@lang") == ["de", "en"]


def test_a_headline_without_english_says_why(server: Server, tmp_path: Path) -> None:
    pending = building.article("p", headline_en=None, translation_status="pending", translations=())
    write_articles(tmp_path / "data", [pending])
    assert "English pending" in server.page().text


def test_rejects_are_told_with_their_reason(server: Server, tmp_path: Path) -> None:
    write_articles(tmp_path / "data", [], [building.reject("x", lead=building.lead("x", title="Alle Meldungen"))])
    answer = server.page()
    told = " ".join(answer.html.xpath("//ol[@class='stories']/li")[0].text_content().split())
    assert told == "Alle Meldungen not_an_article a list of links probe 2026-03-02 04:00 refused by extract"


def test_what_the_checks_counted_is_told(server: Server, tmp_path: Path) -> None:
    account = lane("probe", [building.outcome("a")], facts={"warning.other_language": 2})
    write_run(tmp_path / "data", [account])
    assert "2 published, worth a look: other_language" in server.page().text


def test_a_reject_that_became_an_article_says_so(server: Server, tmp_path: Path) -> None:
    write_articles(tmp_path / "data", [], [building.reject("a"), building.reject("b")])
    write_articles(tmp_path / "data", [building.article("a")])
    told = [item.text_content() for item in server.page().html.xpath("//ol[@class='stories']/li")]
    assert [("an article since" in text, "news.example/a" in text) for text in told if "not_an_article" in text] in (
        [(True, True), (False, False)], [(False, False), (True, True)],
    )  # fmt: skip


def test_a_damaged_dataset_is_named_and_the_others_are_shown(server: Server, tmp_path: Path) -> None:
    write_articles(tmp_path / "data", [building.article("a")], [building.reject("x")])
    (file,) = (tmp_path / "data" / "rejects").rglob("*.parquet")
    file.write_bytes(b"PAR1 torn")
    answer = server.page()
    assert answer.status == 500
    (trouble,) = answer.html.xpath("//*[@role='alert']")
    assert str(file) in trouble.text_content()
    assert "move the file" in trouble.text_content()
    assert "Schlagzeile a" in answer.text


def test_hostile_news_stays_text(server: Server, tmp_path: Path) -> None:
    quoted = '"><img src=x onerror=alert(2)><a href="javascript:alert(3)'
    article = building.article(
        "evil", headline=SCRIPT, headline_en=quoted, lang='"><b', canonical_url="javascript:alert(4)"
    )
    reject = building.reject(
        "y", detail=SCRIPT, reason="</code><style>", lead=building.lead("y", title=quoted, url=f"{quoted}javascript:a")
    )
    data = tmp_path / "data"
    write_articles(data, [article], [reject])
    outcomes: list[Outcome] = [building.outcome("z", "failed", reason=SCRIPT)]
    write_run(data, [lane("probe", outcomes, stopped_at=SCRIPT, source_errors=(quoted,))], run_id=f"manual__{SCRIPT}")
    answer = server.page()
    assert answer.status == 200
    page = answer.html
    assert not page.xpath("//script|//img|//style|//iframe|//form|//object|//*[@*[starts-with(name(), 'on')]]")
    assert all(link.startswith(("../", "desk.css", "icon.svg")) for link in page.xpath("//@href"))
    headlines = [" ".join(item.text_content().split()) for item in page.xpath("//p[@class='headline']")]
    assert headlines == [SCRIPT, quoted]
    assert [item.text_content() for item in page.xpath("//bdi[@lang='en']")] == [quoted]
    assert [item.text_content() for item in page.xpath("//code")] == ["</code><style>"]
    assert answer.body.count("<script") == 0


def test_addresses_that_are_no_web_address_are_no_links(server: Server, tmp_path: Path) -> None:
    addresses = (
        "data:text/html,<p>", "JaVaScRiPt:alert(1)", "https://user:word@news.example/", "//news.example/",
        "urn:newswire:probe:a.html", "java\tscript:alert(1)", "vbscript:x", "file:///etc/passwd",
    )  # fmt: skip
    articles = [
        building.article(f"u{n}", canonical_url=address, headline=f"Nr. {n}") for n, address in enumerate(addresses)
    ]
    write_articles(tmp_path / "data", [*articles, building.article("fine")])
    page = server.page().html
    assert len(page.xpath("//ol[@class='stories']/li")) == 1 + len(addresses)
    assert page.xpath("//ol[@class='stories']//a/@href") == ["https://news.example/fine"]


def test_a_huge_headline_is_cut(server: Server, tmp_path: Path) -> None:
    write_articles(tmp_path / "data", [building.article("long", headline="ä" * 1_000)])
    answer = server.page()
    assert len(answer.body) < 10_000
    assert "ä…" in answer.text
