"""The captures index and the archive tell the same story after real runs."""

from __future__ import annotations

import warcio.archiveiterator

from newswire import archive, read
from newswire.records import WarcRef
from pipeline.books import Books


def test_every_record_of_the_archive_is_in_the_index_and_leads_back_to_its_page(undisturbed: Books) -> None:
    indexed = {(row["warc_file"], row["warc_offset"]): row for row in undisturbed["captures"]}
    held = {}
    for file in undisturbed.store.glob("warc/*/*.warc.gz"):
        with (undisturbed.storage / file).open("rb") as stream:
            iterator = warcio.archiveiterator.ArchiveIterator(stream, check_digests="raise")
            for record in iterator:
                record.content_stream().read()
                if record.rec_type in ("response", "resource", "revisit"):
                    held[file, iterator.get_record_offset()] = record.rec_headers.get_header("WARC-Target-URI")
    assert held == {place: row["url"] for place, row in indexed.items()}
    for row in indexed.values():
        exchange = archive.read_exchange(undisturbed.store, WarcRef(file=row["warc_file"], offset=row["warc_offset"]))
        assert (exchange.url, exchange.status, exchange.at) == (row["url"], row["http_status"], row["captured_at"])
        assert len(exchange.body) == row["size"]


def test_every_article_lies_in_the_index(undisturbed: Books) -> None:
    indexed = {(row["warc_file"], row["warc_offset"]): row for row in undisturbed["captures"]}
    assert undisturbed["articles"]
    for row in undisturbed["articles"]:
        found = indexed[row["warc_file"], row["warc_offset"]]
        assert (found["url"], found["captured_at"]) == (row["uri"], row["captured_at"])


def test_the_index_opens_as_a_frame(undisturbed: Books) -> None:
    frame = read.captures(str(undisturbed.storage), outlets=["demo-fr"])
    assert set(frame["source"]) == {"demo-fr"}
    assert len(frame) == sum(row["source_id"] == "demo-fr" for row in undisturbed["captures"])
