"""What the first page of a process costs, paid before it comes: vocabulary, language model, what libraries load late.

Nearly a second of CPU, against some milliseconds for the pages after it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from newswire.extract.article import extract_page
from newswire.outlets import Outlet
from newswire.records import Capture, Lead, WarcRef

_URL = "https://warm.invalid/hafen/2026/"
# Prints a date and a byline, names its section in JSON-LD, ends in boilerplate: what most pages make the extractor use.
_PAGE = """<!doctype html><html lang="de"><head><title>Der Hafen ist wieder offen | Probe</title>
<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2026-03-01T08:00:00+01:00"}</script>
</head><body class="article"><nav><a href="/">Start</a><a href="/hafen">Hafen</a></nav><article>
<h1>Der Hafen ist wieder offen</h1><p class="byline">Von Ole Petersen</p><p>Stand: 1. März 2026, 08:00 Uhr</p>"""
_TEXT = "<p>Der Hafen ist seit Sonntag wieder offen, wie die Behörde am Abend mitteilte: Schiffe laufen ein.</p>" * 4
_END = """</article><section><a href="/1">Mehr zum Thema</a></section><footer>Alle Rechte vorbehalten</footer>
</body></html>"""


@cache
def warm() -> None:
    """Read one made page. Costs nothing the second time, nor in a process whose fork server has done it.

    Raises ExtractError when the page cannot be read: then no other can.
    """
    payload = (_PAGE + _TEXT + _END).encode()
    outlet = Outlet(id="warm", name="Probe", language="de", timezone="Europe/Berlin", hosts=("warm.invalid",))
    lead = Lead(outlet_id="warm", url=_URL, canonical_url=_URL, found_by="feed", found_in=_URL)
    capture = Capture(
        lead=lead,
        url=_URL,
        digest="sha256:0",
        size=len(payload),
        warc=WarcRef(file="warm", offset=0),
        content_type="text/html; charset=utf-8",
        status=200,
        captured_at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    extract_page(payload, capture=capture, outlet=outlet)
