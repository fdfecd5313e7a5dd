"""Things go wrong: the run ends, says so by outlet, publishes the rest, and the next run makes good."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

ARTICLE = """<!doctype html><html lang="de"><head><title>{title}</title></head><body><main><article><h1>{title}</h1>
<p>Der Gemeinderat hat am Montag nach langer Debatte beschlossen, die alte Halle am Fluss zu erhalten.</p>
<p>Die Kosten werden auf vier Millionen Euro geschätzt, ein Drittel davon soll das Land übernehmen, wie es hieß.</p>
<p>Mit dem Baubeginn rechnet die Verwaltung im Frühjahr, fertig werden soll die Halle {title} zwei Jahre später.</p>
</article></main></body></html>"""
Answer = tuple[int, str, bytes]


class Site:
    """A loopback web site whose answers a test sets, path by path."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Callable[[], Answer]] = {}
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = site.answers.get(self.path, (404, "text/plain", b"nothing here"))
                status, kind, body = found() if callable(found) else found
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"

    def article(self, path: str, title: str) -> None:
        self.answers[path] = (200, "text/html; charset=utf-8", ARTICLE.format(title=title).encode())

    def feed(self, *paths: str) -> None:
        items = "".join(f"<item><title>t</title><link>http://{self.host}{path}</link></item>" for path in paths)
        body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>f</title>{items}</channel></rss>'
        self.answers["/feed.xml"] = (200, "application/rss+xml", body.encode())

    def declaration(self) -> str:
        return (
            f"name: Probe\nlanguage: de\ntimezone: Europe/Berlin\nhosts: ['{self.host}']\npace: 0\n"
            f"allow_addresses: [127.0.0.0/8]\ndiscover:\n  - feed: http://{self.host}/feed.xml\n"
        )


@pytest.fixture
def make_site() -> Iterator[Callable[[], Site]]:
    made: list[Site] = []

    def make() -> Site:
        site = Site()
        threading.Thread(target=site.server.serve_forever, daemon=True).start()
        made.append(site)
        return site

    yield make
    for site in made:
        site.server.shutdown()
        site.server.server_close()


def test_a_dead_feed_fails_its_own_lane_and_the_report_says_so(desk: Any, make_site: Callable[[], Site]) -> None:
    good, dead = make_site(), make_site()
    good.article("/a", "Halle A")
    good.feed("/a")
    dead.answers["/feed.xml"] = (503, "text/plain", b"down")
    desk.write_outlet("good", good.declaration())
    desk.write_outlet("dead", dead.declaration())
    run = desk.run()
    states = desk.states()
    assert states["discover"] == ["failed", "success"]
    assert states["publish"] == ["upstream_failed", "success"]
    assert states["link"] == states["report"] == ["success"]
    assert run.state == "success"
    assert [row["source"] for row in desk.rows("articles")] == ["good"]
    stopped = {row["source_id"]: row["stopped_at"] for row in desk.rows("runs")}
    assert stopped == {"dead": "discover", "good": None}

    dead.article("/b", "Halle B")
    dead.feed("/b")
    desk.run()
    assert {row["source"] for row in desk.rows("articles")} == {"good", "dead"}


def test_a_failing_page_is_kept_until_it_answers_even_when_the_feed_forgets_it(
    desk: Any, make_site: Callable[[], Site]
) -> None:
    site = make_site()
    site.article("/a", "Halle A")
    site.answers["/b"] = (500, "text/html", b"oops")
    site.feed("/a", "/b")
    desk.write_outlet("probe", site.declaration())
    desk.run()
    (failed,) = desk.last("ledger", disposition="failed")
    assert failed["reason"] == "http_500"
    site.feed("/a")
    site.article("/b", "Halle B")
    desk.run()
    (late,) = desk.last("ledger", disposition="published")
    assert late["found_by"] == "retry"
    assert {row["headline"] for row in desk.rows("articles")} == {"Halle A", "Halle B"}
    desk.run()
    assert len(desk.last("ledger")) == 1


def test_a_broken_page_is_rejected_with_its_archive_record_and_spares_the_rest(
    desk: Any, make_site: Callable[[], Site]
) -> None:
    site = make_site()
    site.article("/a", "Halle A")
    site.answers["/b"] = (200, "text/html", b"<html><body>" + b"<div>" * 5000)
    site.answers["/c"] = (200, "application/pdf", b"%PDF-1.7")
    site.answers["/d"] = (200, "text/html", b"")
    site.feed("/a", "/b", "/c", "/d")
    desk.write_outlet("probe", site.declaration())
    assert desk.run().state == "success"
    told = {row["url"].rsplit("/", 1)[1]: row["disposition"] for row in desk.last("ledger")}
    assert told == {"a": "published", "b": "rejected", "c": "rejected", "d": "rejected"}
    rejects = {row["url"].rsplit("/", 1)[1]: row for row in desk.rows("rejects")}
    assert set(rejects) == {"b", "c", "d"}
    assert all(row["reason_code"] and row["detail"] for row in rejects.values())
    assert (desk.storage / rejects["b"]["warc_file"]).is_file()


@pytest.fixture
def dead_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_dead_engine_leaves_texts_pending_and_everything_published(
    desk: Any, make_site: Callable[[], Site], dead_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "canary-key-4711"
    monkeypatch.setenv(
        "AIRFLOW_CONN_NEWSWIRE_TRANSLATOR",
        f'{{"conn_type": "generic", "host": "http://127.0.0.1:{dead_port}", "password": "{key}", '
        '"extra": {"type": "libretranslate"}}',
    )
    site = make_site()
    site.article("/a", "Halle A")
    site.feed("/a")
    desk.write_outlet("probe", site.declaration())
    assert desk.run().state == "success"
    (row,) = desk.rows("articles")
    assert row["translation_status"] == "pending"
    assert row["headline_en"] is None
    (run,) = desk.rows("runs")
    assert (run["published"], run["pending"], run["translated"]) == (1, 1, 0)
    written = b"".join(file.read_bytes() for file in desk.storage.rglob("*") if file.is_file())
    assert key.encode() not in written


def test_a_refused_form_fetches_nothing_and_names_the_line(
    desk: Any, make_site: Callable[[], Site], caplog: pytest.LogCaptureFixture
) -> None:
    site = make_site()
    site.feed("/a")
    desk.write_outlet("probe", site.declaration())
    run = desk.run(urls=[f"http://{site.host}/a", "file:///etc/passwd"])
    assert run.state == "failed"
    states = desk.states()
    assert states["plan"] == ["failed"]
    assert "success" not in states.get("fetch", [])
    assert not (desk.storage / "warc").exists()
    assert not (desk.storage / "articles").exists()


def test_a_broken_outlet_file_leaves_the_others_running(desk: Any, make_site: Callable[[], Site]) -> None:
    site = make_site()
    site.article("/a", "Halle A")
    site.feed("/a")
    desk.write_outlet("probe", site.declaration())
    desk.write_outlet("broken", "name: [")
    assert desk.run().state == "success"
    assert len(desk.rows("articles")) == 1
