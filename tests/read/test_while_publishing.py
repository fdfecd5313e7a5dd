"""Who reads while a run publishes sees each article once and of one state: files are replaced under the reader."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count
from pathlib import Path

import pandas as pd
import pytest

import building
from newswire import publish, read
from newswire.query import frame
from newswire.store import Store

ARTICLES = 12
COLUMNS = ["article_id", "headline", "body_text", "revision"]
READERS: dict[str, Callable[[str], pd.DataFrame]] = {
    "read.articles": lambda root: read.articles(root, columns=COLUMNS),
    "read.articles with a filter": lambda root: read.articles(root, since=date(2026, 1, 1), columns=COLUMNS),
    "query": lambda root: frame(root, f"select {', '.join(COLUMNS)} from articles where lang = 'de'"),
    "pandas": lambda root: pd.read_parquet(f"{root}/articles", columns=COLUMNS),
}


def publish_state(root: str, state: int) -> None:
    """All articles with the same number in headline and text; longer each time, so that offsets move."""
    stand, times = f"Stand {state}", state % 50 + 1
    told = [building.article(f"p{n}", headline=stand, body=(stand, f"Nummer {n}. " * times)) for n in range(ARTICLES)]
    publish.publish(told, [], outlet_id="probe", store=Store(root))


def publish_for_ever(root: str) -> None:
    for state in count(1):
        publish_state(root, state)


@contextmanager
def publishing(root: str) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=publish_for_ever, args=(root,), daemon=True)
    process.start()
    try:
        yield
        assert process.is_alive(), "the publisher stopped"
    finally:
        process.kill()
        process.join()


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_sees_each_article_once_and_of_one_state(tmp_path: Path, reader: str) -> None:
    root = str(tmp_path)
    publish_state(root, 0)
    seen: set[int] = set()
    with publishing(root):
        # Until files were replaced ten times between readings, and who knows how often within.
        while len(seen) < 10:
            found = READERS[reader](root)
            assert len(found) == found["article_id"].nunique() == ARTICLES
            assert [text.partition("\n")[0] for text in found["body_text"]] == list(found["headline"])
            seen |= set(found["revision"])
