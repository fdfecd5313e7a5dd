"""Where the datasets say that each article's page lies: what an audit of the archive compares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from newswire.publish.merge import opened
from newswire.schemas import ARTICLES
from newswire.store import Store


class StoryPlace(NamedTuple):
    """An article's row, and the record it was made from: a path relative to the storage root, an offset in bytes."""

    dataset_file: str
    article_id: str
    warc_file: str
    warc_offset: int


def story_places(store: Store) -> Iterator[StoryPlace]:
    """All rows of all outlets' articles, file by file. Raises PublishError for a file that cannot be read."""
    columns = ["article_id", "warc_file", "warc_offset"]
    for file in store.glob(ARTICLES.file("*", "*")):
        with opened(store, file) as parquet:
            table = parquet.read(columns=columns)
        for row in table.to_pylist():
            yield StoryPlace(file, row["article_id"], row["warc_file"], row["warc_offset"])
