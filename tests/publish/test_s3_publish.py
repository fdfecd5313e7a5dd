"""Publishing into a bucket: two at once, one that is killed, one that stood still, and what readers find."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import duckdb
import polars
import pytest

import building
import s3
from newswire import publish, read
from newswire.errors import Conflict, PublishError, StorageError
from newswire.publish import lease, merge
from newswire.publish.lock import only_writer, still_writer
from newswire.records import Article, WarcRef
from newswire.schemas import ARTICLES
from newswire.settings import PROJECT
from newswire.store import Store

FILE = "articles/source=probe/month=2026-03/articles.parquet"
SEVERAL = ("articles", "revisions", "translations", "rejects")


@pytest.fixture
def store(wire: s3.Wire) -> Store:
    return Store(wire.storage)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease of three seconds instead of a minute, here and in child processes (see PROGRAM)."""
    monkeypatch.setattr(lease, "SECONDS", 3.0)


def reading(path: str, run: int, headline: str | None = None) -> Article:
    """An article as one run captured it; each run keeps its captures in a file of its own."""
    taken = building.capture(
        path, warc=WarcRef(file=f"warc/run-{run}", offset=100), captured_at=datetime(2026, 3, 2 + run, tzinfo=UTC)
    )
    said = {"headline": headline} if headline else {}
    return building.article(extraction=building.extraction(path, capture=taken, **said))


def rows(store: Store, dataset: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for file in store.glob(f"{dataset}/**/*.parquet"):
        with merge.opened(store, file) as parquet:
            found += parquet.read().to_pylist()
    return found


def publish_one(root: str, run: int, articles: list[Article]) -> list[str]:
    done = publish.publish(articles, [], outlet_id="probe", store=Store(root))
    return [outcome.disposition for outcome in done.outcomes]


def check_history(store: Store) -> None:
    """Every article has one row, which is its last revision; revisions are numbered without gap or double."""
    articles = {row["article_id"]: row for row in rows(store, "articles")}
    assert len(articles) == len(rows(store, "articles"))
    numbers: dict[str, list[int]] = {}
    last: dict[str, dict[str, Any]] = {}
    for row in sorted(rows(store, "revisions"), key=lambda row: row["revision"]):
        numbers.setdefault(row["article_id"], []).append(row["revision"])
        last[row["article_id"]] = row
    assert numbers.keys() == articles.keys()
    for identity, row in articles.items():
        assert numbers[identity] == list(range(1, row["revision"] + 1))
        for name in ("content_hash", "warc_file", "headline"):
            assert row[name] == last[identity][name]


def test_a_rerun_sends_nothing(store: Store, wire: s3.Wire) -> None:
    publish.publish([reading("a", 1)], [building.reject()], outlet_id="probe", store=store)
    versions = {file: store.version(file) for name in SEVERAL for file in store.glob(f"{name}/**")}
    assert len(versions) == 4
    wire.asked.clear()
    publish.publish([reading("a", 1)], [building.reject()], outlet_id="probe", store=store)
    assert {one.path for one in wire.asked if one.method == "PUT" and "work" not in one.path.split("/")} == set()
    assert {file: store.version(file) for file in versions} == versions


def test_readers_find_in_a_bucket_what_they_find_on_a_disk(
    store: Store, wire: s3.Wire, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = Store(str(tmp_path))
    for place in (store, local):
        for outlet in ("probe", "other"):
            articles = [building.article(path, outlet_id=outlet) for path in "abc"]
            publish.publish(articles, [], outlet_id=outlet, store=place)
    found = read.articles(store.root)
    assert found.equals(read.articles(local.root))
    assert list(found.dtypes) == list(read.articles(local.root).dtypes)
    # Left to itself, DuckDB would look for an extension on the network.
    database = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    database.register_filesystem(store.fs)
    query = f"select article_id, source from read_parquet('{store.url('articles/**/*.parquet')}') order by all"
    in_bucket = database.sql(query).fetchall()
    assert len(in_bucket) == 6
    with_polars = polars.read_parquet(store.url("articles/**/*.parquet"), hive_partitioning=True)
    assert sorted(with_polars.select("article_id", "source").rows()) == in_bucket


def test_a_reader_asks_for_no_more_than_it_needs(store: Store, wire: s3.Wire) -> None:
    """Other outlets' files are not opened, nor columns fetched that nobody named."""
    for outlet in ("probe", "other"):
        text = os.urandom(450_000).hex()
        article = building.article("a", outlet_id=outlet, body=(text,))
        publish.publish([article], [], outlet_id=outlet, store=store)
    wire.asked.clear()
    (row,) = read.articles(store.root, outlets=["probe"], columns=["headline"]).to_dict("records")
    assert row == {"headline": "Schlagzeile a"}
    got = [one for one in wire.asked if one.method == "GET" and one.path.startswith("/news/folder/articles")]
    assert got
    assert all("source=probe" in one.path or "source%3Dprobe" in one.path for one in got)
    assert not [one for one in got if one.status == 200], "a whole file was fetched"


def test_a_reader_that_meets_a_writer_reads_again(store: Store, wire: s3.Wire) -> None:
    publish.publish([reading("a", 1)], [], outlet_id="probe", store=store)

    def meanwhile() -> None:
        publish.publish([reading("b", 1)], [], outlet_id="probe", store=Store(store.root))

    fault = wire.fail("GET", "month%3D2026-03/articles", s3.first(meanwhile))
    assert len(read.articles(store.root)) == 2
    assert fault.hits == 1
    assert wire.count("GET", "articles.parquet", 412) == 1


def test_a_reader_that_always_meets_a_writer_says_so(store: Store, wire: s3.Wire) -> None:
    publish.publish([reading("a", 1)], [], outlet_id="probe", store=store)
    wire.fail("GET", "month%3D2026-03/articles", s3.refuse(412, b""), 99)
    with pytest.raises(Conflict, match=r"articles\.parquet: another writer changed it meanwhile; run again"):
        read.articles(store.root)


def test_a_steady_reading_does_not_open_another_state(store: Store, wire: s3.Wire) -> None:
    store.write_bytes("a/file", b"old")
    steady = store.steady()
    with steady.open(store.at("a/file")) as stream:
        assert stream.read() == b"old"
    store.write_bytes("a/file", b"new")
    with pytest.raises(Conflict), steady.open(store.at("a/file")) as stream:
        stream.read()
    assert store.steady().open(store.at("a/file")).read() == b"new"


def test_rows_of_many_writers_are_all_there(store: Store) -> None:
    """No lease, no lock: the conditions of the single writes alone."""

    def add(number: int) -> bool:
        row = _row(f"p{number}")
        return merge.upsert(Store(store.root), ARTICLES, FILE, [row])

    with ThreadPoolExecutor(5) as pool:
        assert all(pool.map(add, range(5)))
    assert sorted(row["headline"] for row in rows(store, "articles")) == [f"Schlagzeile p{n}" for n in range(5)]


def _row(path: str) -> dict[str, Any]:
    from newswire.publish.rows import story_row

    return story_row(building.article(path)) | {"revision": 1, "first_seen_at": building.SEEN}


def test_another_writer_between_reading_and_writing_is_merged(store: Store, wire: s3.Wire) -> None:
    merge.upsert(store, ARTICLES, FILE, [_row("a")])

    def meanwhile() -> None:
        merge.upsert(Store(store.root), ARTICLES, FILE, [_row("b")])

    fault = wire.fail("PUT", "articles.parquet", s3.first(meanwhile))
    assert merge.upsert(store, ARTICLES, FILE, [_row("c")])
    assert fault.hits == 1
    assert wire.count("PUT", "articles.parquet", 412) == 1
    assert [row["headline"] for row in rows(store, "articles")] == [f"Schlagzeile {n}" for n in "abc"]


def test_a_lost_answer_doubles_nothing_and_counts_as_a_change(store: Store, wire: s3.Wire) -> None:
    wire.fail("PUT", "articles.parquet", s3.lose_answer)
    assert merge.upsert(store, ARTICLES, FILE, [_row("a")])
    assert [row["headline"] for row in rows(store, "articles")] == ["Schlagzeile a"]


def test_writers_that_are_always_faster_end_in_an_error(store: Store, wire: s3.Wire) -> None:
    merge.upsert(store, ARTICLES, FILE, [_row("a")])
    fault = wire.fail("PUT", "articles.parquet", s3.refuse(412, b""), 99)
    with pytest.raises(
        PublishError, match=r"articles\.parquet: other writers were faster 10 times in a row; run again"
    ):
        merge.upsert(store, ARTICLES, FILE, [_row("b")])
    assert fault.hits == merge.ATTEMPTS
    assert len(rows(store, "articles")) == 1


def test_a_file_that_cannot_be_fetched_is_not_to_be_moved_away(store: Store, wire: s3.Wire) -> None:
    merge.upsert(store, ARTICLES, FILE, [_row("a")])
    wire.fail("GET", "articles.parquet", s3.refuse(403), 99)
    with pytest.raises(StorageError, match="check the keys") as raised:
        merge.upsert(store, ARTICLES, FILE, [_row("b")])
    assert "move it away" not in str(raised.value)


PROGRAM = """
import os, signal, sys
from newswire.publish import lease
lease.SECONDS = 3.0
from publish import test_s3_publish as tests
from newswire.store import Store
root, task = sys.argv[1:]
"""


def child(store: Store, task: str, code: str) -> subprocess.Popen[str]:
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM + code, store.root, task],
        env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return said


def test_two_publishers_at_once_lose_nothing_and_agree_on_the_revisions(store: Store, short: None) -> None:
    """Real processes. Both have the articles a to e, a and b under another headline each, and one of their own."""
    publish.publish([reading("a", 0)], [], outlet_id="probe", store=store)
    code = (
        "run = int(task)\n"
        "articles = [tests.reading(path, run) for path in 'cde'] + [tests.reading(f'own-{run}', run)]\n"
        "articles += [tests.reading(path, run, f'Fassung {run}') for path in 'ab']\n"
        "print(' '.join(tests.publish_one(root, run, articles)))\n"
    )
    said = [finish(process).split() for process in [child(store, str(run), code) for run in (1, 2)]]
    check_history(store)
    articles = {row["headline"]: row for row in rows(store, "articles")}
    assert {"Schlagzeile own-1", "Schlagzeile own-2", "Schlagzeile c", "Schlagzeile d"} <= articles.keys()
    assert len(articles) == 6 or len(rows(store, "articles")) == 7
    # Whoever came second found the other's articles: what is new is new once.
    counts = sorted(dispositions.count("published") for dispositions in said)
    assert counts == [1, 5]
    assert sorted(row["revision"] for row in rows(store, "articles")) == [1, 1, 1, 1, 1, 2, 3]


def test_a_killed_publishers_lease_runs_out(store: Store, short: None) -> None:
    code = (
        "from newswire.publish.lock import only_writer\n"
        "with only_writer(Store(root), 'probe'):\n"
        "    print('held', flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = child(store, "", code)
    assert killed.communicate(timeout=60)[0] == "held\n"
    assert killed.returncode == -signal.SIGKILL
    waited: list[float] = []
    held = lease.Lease(store, "work/locks/probe.lock", sleep=lambda s: (waited.append(s), lease.time.sleep(s))[0])
    with held:
        held.check()
    assert 2 < sum(waited) < 30


def test_a_living_holder_keeps_its_lease_for_longer_than_it_lasts(store: Store, short: None) -> None:
    order: list[str] = []
    started = threading.Event()

    def wait_for_it() -> None:
        started.set()
        with only_writer(Store(store.root), "probe"):
            order.append("second")

    with ThreadPoolExecutor(1) as pool, only_writer(store, "probe"):
        second = pool.submit(wait_for_it)
        started.wait()
        lease.time.sleep(6)
        still_writer()
        order.append("first")
        assert not second.done()
    assert order == ["first", "second"]


def test_a_lease_is_free_at_once_after_its_holder_is_done(store: Store) -> None:
    for _ in range(3):
        with lease.Lease(store, "work/locks/probe.lock", sleep=pytest.fail):
            pass


def test_who_stood_still_for_too_long_may_not_write(store: Store, wire: s3.Wire, short: None) -> None:
    """No renewal got through: by now another may have taken over."""
    with only_writer(store, "probe"):
        wire.fail("PUT", "probe.lock", s3.refuse(403), 99)
        lease.time.sleep(3.5)
        with pytest.raises(PublishError, match="run again"):
            merge.upsert(store, ARTICLES, FILE, [_row("a")])
    assert store.glob("articles/**") == []


def test_the_holder_that_was_taken_for_dead_does_not_free_anothers_lease(store: Store) -> None:
    held = lease.Lease(store, "work/locks/probe.lock")
    with held:
        store.write_bytes("work/locks/probe.lock", b"another", seen=held._version)
    assert store.read_bytes("work/locks/probe.lock") == b"another"


@pytest.mark.parametrize("act", [s3.lose_answer, s3.refuse(503)])
def test_a_lease_survives_a_bad_wire(store: Store, wire: s3.Wire, act: Any) -> None:
    wire.fail("PUT", "probe.lock", act)
    with lease.Lease(store, "work/locks/probe.lock") as held:
        held.check()
        assert store.read_bytes("work/locks/probe.lock")
    assert store.read_bytes("work/locks/probe.lock") == b""


def test_a_service_that_ignores_conditions_is_refused(store: Store, wire: s3.Wire) -> None:
    lease._proven.clear()
    wire.fail("PUT", "", s3.ignore_condition, 99)
    with pytest.raises(PublishError, match="ignores If-None-Match or If-Match"):
        publish.publish([reading("a", 1)], [], outlet_id="probe", store=store)
    assert store.glob("articles/**") == []
    wire.faults.clear()
    store.remove("work")
    publish.publish([reading("a", 1)], [], outlet_id="probe", store=store)
    assert store.root in lease._proven


def test_patience_with_a_holder_that_is_stuck_ends_with_its_name(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "PATIENCE", 1.0)
    with (
        lease.Lease(store, "work/locks/probe.lock"),
        pytest.raises(PublishError, match=rf"held by .* process {os.getpid()} .*stuck"),
        lease.Lease(store, "work/locks/probe.lock"),
    ):
        pytest.fail("two hold it")


def test_without_a_lease_the_number_of_a_revision_is_given_once(store: Store, wire: s3.Wire) -> None:
    """What two publishers do to each other when a lease has run out under the first in the midst of its writing."""
    publish.publish([reading("a", 0)], [], outlet_id="probe", store=store)

    def meanwhile() -> None:
        other = [reading("a", 1, "Die andere"), reading("b", 1)]
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("newswire.publish.only_writer", lambda *_: threading.Lock())
            publish.publish(other, [], outlet_id="probe", store=Store(store.root))

    wire.fail("PUT", "revisions.parquet", s3.first(meanwhile))
    done = publish.publish([reading("a", 2, "Die eine"), reading("c", 2)], [], outlet_id="probe", store=store)
    check_history(store)
    found = {row["headline"]: row["revision"] for row in rows(store, "articles")}
    assert found == {"Die eine": 3, "Schlagzeile b": 1, "Schlagzeile c": 1}
    assert [(one.disposition, one.revision) for one in done.outcomes] == [("revised", 3), ("published", 1)]


def test_a_late_row_does_not_undo_a_later_revision(store: Store, wire: s3.Wire) -> None:
    """The first has its revision written, stands still, and wakes after the second has written the next one."""
    publish.publish([reading("a", 0)], [], outlet_id="probe", store=store)

    def meanwhile() -> None:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("newswire.publish.only_writer", lambda *_: threading.Lock())
            publish.publish([reading("a", 1, "Die zweite")], [], outlet_id="probe", store=Store(store.root))

    wire.fail("PUT", "articles.parquet", s3.first(meanwhile))
    publish.publish([reading("a", 2, "Die erste")], [], outlet_id="probe", store=store)
    check_history(store)
    (row,) = rows(store, "articles")
    assert (row["headline"], row["revision"]) == ("Die zweite", 3)


def test_the_readme_reads_a_bucket_as_it_says(store: Store, wire: s3.Wire, capsys: pytest.CaptureFixture[str]) -> None:
    articles = [building.article(path, outlet_id="demo-de") for path in "abc"]
    publish.publish(articles, [], outlet_id="demo-de", store=store)
    # Should it not take the filesystem that is registered, it may not look for another on the network.
    duckdb.execute("set autoinstall_known_extensions = false; set autoload_known_extensions = false")
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    blocks = [one for one in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "s3://bucket/folder" in one]
    assert len(blocks) == 3
    for block in blocks:
        exec(block.replace("s3://bucket/folder", store.root), {})
    duckdb.unregister_filesystem("s3")
    printed = capsys.readouterr().out
    assert "Headline" in printed
    assert "shape: (3, " in printed
    assert "3 │" in printed
