"""What a server sent, through fetch into a real WARC file, and out again."""

from __future__ import annotations

import gzip

from aiohttp import web
from warcio.archiveiterator import ArchiveIterator

from newswire.archive import WarcWriter, read_exchange
from newswire.fetch import fetch_leads
from newswire.store import Store


def test_the_archive_holds_the_decoded_page_and_the_readers_agree(site, outlet_at, lead_to, quick, clock, tmp_path):
    body = "<p>Müller – „Größe“".encode("windows-1252") * 50
    site.pages["/a"] = web.Response(
        body=gzip.compress(body),
        headers={"Content-Type": "text/html; charset=windows-1252", "Content-Encoding": "gzip", "ETag": '"1"'},
    )
    site.pages["/gone"] = web.Response(status=410, text="<p>over", content_type="text/html")
    store = Store(str(tmp_path))
    with WarcWriter(store, "warc/a.warc.gz", run_id="r", outlet_id="test-de", clock=clock) as warc:
        leads = [lead_to(site.url("/a")), lead_to(site.url("/gone"))]
        result = fetch_leads(leads, outlet_at(site.host), quick, validators={}, keep=warc.keep, clock=clock)
    (capture,), (reject,) = result.captures, result.rejects
    read = read_exchange(store, capture.warc)
    assert (read.url, read.body, read.at, read.address) == (site.url("/a"), body, clock(), "127.0.0.1")
    assert read.header("Content-Type") == "text/html; charset=windows-1252"
    assert read.header("Content-Encoding") is None
    assert read_exchange(store, reject.warc).status == 410
    with (tmp_path / "warc/a.warc.gz").open("rb") as stream:
        found = [
            (record.rec_headers.get_header("WARC-Target-URI"), record.http_headers.get_statuscode(), payload)
            for record in ArchiveIterator(stream, check_digests="raise")
            if (payload := record.content_stream().read()) is not None and record.rec_type == "response"
        ]
    rules = [(site.url("/robots.txt"), "404", b""), (site.url("/.well-known/tdmrep.json"), "404", b"")]
    assert found == [*rules, (site.url("/a"), "200", body), (site.url("/gone"), "410", b"<p>over")]
