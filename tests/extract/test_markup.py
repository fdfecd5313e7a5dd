"""Markup as browsers meet it: cut at its tags it stays well-formed, whatever the page left open."""

from __future__ import annotations

import pytest

from newswire.errors import ExtractError
from newswire.extract.lines import of_markup
from newswire.extract.markup import parse, tags_and_texts
from newswire.extract.source import read_source

TEXT = "<h1>Fähre wieder im Dienst</h1><p>Die Fähre fährt seit dem Morgen wieder nach der Insel.</p>"
READ = ["Fähre wieder im Dienst", "Die Fähre fährt seit dem Morgen wieder nach der Insel."]


def texts(markup: str) -> list[str]:
    source = read_source(f"<html><body>{markup}".encode(), "text/html")
    return [line.text for line in of_markup(source.markup.decode())]


@pytest.mark.parametrize(
    "around",
    [
        '<svg class="arrow" viewBox="0 0 1 1"/>{}',
        '<span><?xml version="1.0" encoding="UTF-8"?><svg><path d="M1 1"/></svg></span>{}',
        "<![CDATA[ x ]]>{}",
        "<!-- a > b --!>{}",
        "{}<!-- never closed <div> a > b",
        "{}<script>if (a < b) document.write('<div><p>')",
        "{}<noscript><iframe src='x'><noscript></noscript></div></p>",
        "{}<iframe><b>no frames</b><iframe></iframe>",
        "{}<style>p > a {{ color: red }}",
        "<p/>{}</div></span></p></body></html>",
    ],
)
def test_what_is_left_open_hides_no_text(around: str) -> None:
    assert [text for text in texts(around.format(TEXT)) if text in READ] == READ


@pytest.mark.parametrize(
    "tail", ["<xmp><div></xmp>", "<plaintext><div>x", "<textarea><div>x", "<title><b>x", "<div <p>"]
)
def test_tags_open_and_close_in_pairs(tail: str) -> None:
    opened: list[str] = []
    for raw in tags_and_texts(parse(f"<html><body>{TEXT}{tail}"))[1::2]:
        name = raw.split()[0]
        if name.startswith("/"):
            assert opened.pop() == name[1:]
        elif name not in ("br", "meta", "link", "img"):
            opened.append(name)
    assert not opened


def test_a_form_around_the_page_is_no_form() -> None:
    lines = of_markup(f"<form>{TEXT}<p>Noch ein Satz steht hier unten, sagte der Kapitän.</p></form>")
    assert {line.place.region for line in lines} == {None}
    form = of_markup(f"{TEXT}<form><label>Suche</label></form>")
    assert form[-1].place.region == "form"


def test_a_link_that_was_never_closed_links_nothing() -> None:
    lines = of_markup(f'<a href="/start">Start{TEXT}<p>Noch ein Satz steht hier unten, sagte der Kapitän.</p>')
    assert [line.linked for line in lines if line.text in READ] == [0.0, 0.0]


def test_formatting_that_opens_anew_in_every_paragraph_is_refused() -> None:
    bomb = "<p>" + "".join(f"<b a={n}>" for n in range(1000)) + "</p>" + "<p>x</p>" * 5000
    with pytest.raises(ExtractError, match="formatting elements"):
        read_source(f"<html><body>{bomb}".encode(), "text/html")


@pytest.mark.parametrize("name", ["xmp", "XMP", "noembed", "NoFrames", "Style", "script", "plaintext"])
def test_raw_text_is_taken_out_however_its_tag_is_written(name: str) -> None:
    cut = tags_and_texts(parse(f"<html><body>{TEXT}<{name}><p>kein Absatz</p></{name}>"))
    assert not any("kein Absatz" in piece for piece in cut)
    assert name.lower() not in cut[1::2]


def test_a_frame_is_emptied_however_its_tag_is_written() -> None:
    cut = tags_and_texts(parse(f"<html><body>{TEXT}<IFRAME><p>kein Absatz</p></IFRAME>"))
    assert cut[cut.index("iframe") + 1 : cut.index("/iframe")] == [""]
