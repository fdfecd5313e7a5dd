"""Classes of error in the text that pages of many houses showed: one small page of our own for each."""

# ruff: noqa: E501
# A page on a line is easier to compare with the next than one that is wrapped.

from __future__ import annotations

from collections.abc import Callable

from newswire.records import Extraction

Read = Callable[..., Extraction]
PARAGRAPHS = (
    "Der Deich bei Osterhusen wird in diesem Sommer auf ganzer Länge um einen Meter erhöht, wie der Verband mitteilte.",
    "Zwei Jahre lang hatten Gutachter den Untergrund geprüft und an vielen Stellen weichen Klei und alte Gräben gefunden.",
    "Die Bauern an der Küste verlangen, dass die Zufahrten zu ihren Weiden während der Bauzeit jederzeit frei bleiben.",
    "Bezahlt wird das Vorhaben aus einem Fonds des Landes, in den auch die Gemeinden hinter dem Deich einzahlen müssen.",
    "Im Herbst soll die Grasnarbe geschlossen sein, denn dann beginnt an dieser Küste die Zeit der schweren Sturmfluten.",
)
TEXT = [f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS]
HEAD = "<html><head><title>Deich wird höher</title></head><body><h1>Der Deich bei Osterhusen wird höher</h1>"


def test_a_link_marked_as_teaser_does_not_cut_the_paragraph_around_it(read: Read) -> None:
    linked = PARAGRAPHS[1].replace(
        "alte Gräben", '<a class="taxonomy-entity js-teaser related" href="/g">alte Gräben</a>'
    )
    found = read(f"{HEAD}<div>{TEXT[0]}<p>{linked}</p>{''.join(TEXT[2:])}</div></body></html>")
    assert found.body == PARAGRAPHS


def test_a_prefix_of_components_is_no_consent_banner(read: Read) -> None:
    boxes = "".join(
        f'<div class="richtext"><div class="cmp-text" id="text-{n}a">{p}</div></div>' for n, p in enumerate(TEXT)
    )
    assert read(f"{HEAD}<main>{boxes}</main></body></html>").body == PARAGRAPHS


def test_a_first_paragraph_that_ends_with_a_colon_stays_with_its_list(read: Read) -> None:
    opening = "Der Deich wird höher, und der Verband hat bei Osterhusen für den Umbau drei Ziele genannt:"
    items = ["mehr Schutz bei Flut,", "breitere Wege,", "weniger Kosten für die Pflege."]
    listed = "".join(f"<li>{item}</li>" for item in items)
    found = read(f"{HEAD}<div><p>{opening}</p><ul>{listed}</ul>{''.join(TEXT)}</div></body></html>")
    assert found.body == (opening, *items, *PARAGRAPHS)


def test_a_last_paragraph_without_a_full_stop_is_kept(read: Read) -> None:
    last = "Wer den Fortgang der Arbeiten verfolgen will, findet Bilder auf der Seite des Deichverbandes"
    found = read(f"{HEAD}<div>{''.join(TEXT)}<p>{last}</p></div></body></html>")
    assert found.body == (*PARAGRAPHS, last)


def test_a_paragraph_signed_by_its_agency_is_no_caption(read: Read) -> None:
    signed = "Der Verband hofft auf einen trockenen Sommer. © dpa-infocom, dpa:260301-99-100200/3"
    found = read(f"{HEAD}<div>{''.join(TEXT)}<p>{signed}</p></div></body></html>")
    assert found.body == (*PARAGRAPHS, signed)


def test_comments_longer_than_the_article_are_not_taken_for_it(read: Read) -> None:
    said = "Ich habe die letzte große Flut erlebt und bin froh, dass endlich etwas geschieht an unserem alten Deich."
    posts = "".join(
        f"<li><h4>Leser {n}</h4><p>0{n}.03.2026, 10:1{n}</p><div><p>{said} {n}.</p></div></li>" for n in range(1, 9)
    )
    story = f"<div><div>{''.join(TEXT)}</div></div>"
    found = read(f"{HEAD}{story}<div><h2>8 Kommentare</h2><ul>{posts}</ul></div></body></html>")
    assert found.body == PARAGRAPHS
    assert any(said in line.text for line in found.stripped)


def test_a_subheading_called_discussion_does_not_end_the_article(read: Read) -> None:
    found = read(
        f"{HEAD}<div>{''.join(TEXT)}<h2>Diskussion</h2>{TEXT[0].replace('Sommer', 'Winter')}</div></body></html>"
    )
    assert found.body[-2:] == ("Diskussion", PARAGRAPHS[0].replace("Sommer", "Winter"))


def test_the_foot_of_a_quotation_does_not_end_the_article(read: Read) -> None:
    quote = "<blockquote><p>Wer nicht will deichen, der muss weichen, sagt man hier.</p><footer>alter Spruch</footer></blockquote>"
    found = read(f"{HEAD}<div>{''.join(TEXT[:3])}{quote}{''.join(TEXT[3:])}</div></body></html>")
    assert found.body[-2:] == PARAGRAPHS[3:]
    assert len(found.body) >= 6


def test_a_window_below_the_foot_is_no_text(read: Read) -> None:
    said = "Diese kleinen Dateien helfen uns zu verstehen, wie Besucher durch unser Angebot gehen und was sie suchen."
    window = "".join(f"<p>{said} {n}.</p>" for n in range(3))
    foot = '<footer><a href="/i">Impressum</a><p>Deichbote</p><a href="/d">Datenschutz</a><a href="/k">Kontakt</a></footer>'
    found = read(f"{HEAD}<div>{''.join(TEXT)}</div>{foot}<div><div>{window}</div></div></body></html>")
    assert found.body == PARAGRAPHS


def test_a_subheading_that_begins_like_a_byline_stays(read: Read) -> None:
    found = read(
        f"{HEAD}<div>{''.join(TEXT[:3])}<h2>Bericht von Gutachtern liegt vor</h2>{''.join(TEXT[3:])}</div></body></html>"
    )
    assert "Bericht von Gutachtern liegt vor" in found.body
