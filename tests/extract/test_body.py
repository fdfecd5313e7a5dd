"""Which lines are the article: one small page of our own for each kind of line that real pages mix into the text."""

# ruff: noqa: E501
# A page on a line is easier to compare with the next than one that is wrapped.
from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from newswire.records import Extraction

Read = Callable[..., Extraction]
PARAGRAPHS = (
    "Der Hafen von Lüttsand ist seit Sonntag wieder offen, wie die Behörde am Abend in der Stadt mitteilte und bestätigte.",
    "Am Morgen legte die erste Fähre seit drei Wochen an der neuen Kaimauer an, begleitet von vielen Booten der Fischer.",
    "Die Reparatur kostet nach Angaben des Landes rund vier Millionen Euro, geplant waren zunächst zweieinhalb Millionen.",
    "Eine Sturmflut hatte die Mauer im Januar unterspült, danach durfte kein Schiff mehr in das Becken hinein fahren.",
    "Die Fischer hoffen nach den langen Arbeiten nun auf eine gute Saison und auf viele Gäste aus den Städten im Süden.",
    "Im Sommer soll auch der Segelhafen wieder öffnen, sofern die Gutachter die Stege bis dahin für sicher halten können.",
)
TEXT = [f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS]
LINK = '<a href="/x">Was die Sturmflut in den Orten der Küste angerichtet hat</a>'


def page(*, middle: str = "", above: str = "", below: str = "", after: str = "") -> str:
    story = f"{above}{''.join(TEXT[:3])}{middle}{''.join(TEXT[3:])}{below}"
    return f"<html><body><main><h1>Hafen wieder offen</h1><div class=story>{story}</div>{after}</main></body></html>"


CARD = (
    '<div class="card">{link}<p>In einem anderen Ort wird {n} Jahre nach dem Bau die alte Schleuse erneuert.</p></div>'
)
NOISE = {
    "a poll": '<div class="poll-box"><p>Soll der Hafen noch größer werden, als er ist?</p><p>Ja, auf jeden Fall.</p></div>',
    "promotion by its class": '<div class="o-self-promo"><p>Die ganze Woche in zehn Minuten, jeden Freitag neu.</p></div>',
    "promotion by its words": "<p>Folgen Sie dem Hafenblatt auch auf WhatsApp und Instagram!</p>",
    "text for screen readers": '<p class="visually-hidden">Es folgt ein Bild, das den Hafen am Morgen zeigt.</p>',
    "a post of another site": '<blockquote class="twitter-tweet"><p>Endlich ist unser Hafen wieder offen.</p></blockquote>',
    "a caption without a class": "<figure><img src=x><p>Die Fähre liegt am Morgen im Becken.</p></figure>",
    "a button": "<div><button>Alle Bilder aus dem Hafen jetzt ansehen.</button></div>",
    "a list of links with its heading": f"<h3>Aus unserer Region:</h3><ul><li>{LINK}</li><li>{LINK} lesen</li></ul>",
    "a link line": f"<p>Hintergrund: {LINK}</p>",
    "a player": "<p>Player wird geladen</p>",
    "a box of another kind": '<section class="box-x9"><div><p>Jeden Morgen das Wichtigste von der Küste.</p></div></section>',
    "teasers of other articles": "".join(CARD.format(link=LINK, n=n) for n in range(4)),
}


@pytest.mark.parametrize("kind", NOISE)
def test_what_stands_between_the_paragraphs_is_cut_and_they_stay(read: Read, kind: str) -> None:
    found = read(page(middle=NOISE[kind]))
    assert found.body == PARAGRAPHS
    assert found.basis["body"] == "container"


@pytest.mark.parametrize("kind", NOISE)
def test_what_stands_below_the_text_is_cut(read: Read, kind: str) -> None:
    assert read(page(after=NOISE[kind])).body == PARAGRAPHS


AFTER = {
    "credits": "<p>Redaktion: Erika Muster, Übersetzung: Max Beispiel</p>",
    "a rating": "<p>Durchschnittliche Bewertung: 4,5</p>",
    "comments": '<div class="forum-message"><p>Das wurde auch Zeit, die Fähre fehlte mir sehr.</p></div>',
    "another article": f'<div class="further"><h2>Deich wird erhöht</h2>{"".join(TEXT[:1])}<p>Der Deich wird höher.</p></div>',
}


@pytest.mark.parametrize("kind", AFTER)
def test_what_follows_the_text_is_cut(read: Read, kind: str) -> None:
    assert read(page(below=AFTER[kind])).body == PARAGRAPHS


KEPT = {
    "a subheading": ("<h2>Kosten steigen weiter</h2>", "Kosten steigen weiter"),
    "a list": ("<ul><li>Becken eins: offen</li><li>Becken zwei: gesperrt</li></ul>", "Becken zwei: gesperrt"),
    "a quotation": ("<blockquote>Wir haben Tag und Nacht gebaut, sagte er.</blockquote>", "Wir haben Tag und Nacht gebaut, sagte er."),
    "a table": ("<table><tr><td>Kosten</td><td>vier Millionen</td></tr></table>", "vier Millionen"),
    "a sentence with links": (f"<p>Lange war unklar, {LINK[:-4]}</a>, und was es kostet.</p>", None),
}  # fmt: skip


@pytest.mark.parametrize("kind", KEPT)
def test_what_belongs_to_the_text_stays(read: Read, kind: str) -> None:
    markup, line = KEPT[kind]
    body = read(page(middle=markup)).body
    assert set(PARAGRAPHS) <= set(body)
    assert line in body if line else len(body) == len(PARAGRAPHS) + 1


SENTENCES = (
    "Jetzt können die Fahrgäste der Fähre ihre Karten auch in einer App kaufen, sagte der Hafenmeister.",
    "Holland will den Anlegern im Hafen verbieten, auf Instagram für ihre Reisen zu werben.",
    "Alle Kapitäne dürfen auch auf Telegram melden, wann sie in das Becken einlaufen.",
    "Faktencheck: Die Behauptung, der Hafen sei weiter gesperrt, ist nach Auskunft der Behörde falsch.",
    "Recherchen im Archiv zeigen, dass die Mauer schon vor zehn Jahren als brüchig galt.",
    "Die Bewertung der Stege durch die Gutachter dauert nach Angaben des Landes noch bis Mai.",
)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentences_that_begin_like_promotion_or_credits_stay(read: Read, sentence: str) -> None:
    assert sentence in read(page(middle=f"<p>{sentence}</p>")).body


def test_paragraphs_of_one_class_are_one_text_wherever_they_stand(read: Read) -> None:
    marked = [f'<p class="txt">{paragraph}</p>' for paragraph in PARAGRAPHS]
    halves = f'<div class=free>{marked[0]}</div><div class="paid">{"".join(marked[1:])}</div>'
    assert read(f"<main><h1>Hafen wieder offen</h1><div>{halves}</div></main>").body == PARAGRAPHS


def test_paragraphs_in_modules_of_one_kind_are_one_text(read: Read) -> None:
    modules = "".join(f'<div class="mod m{n}"><div class=box>{text}</div></div>' for n, text in enumerate(TEXT))
    assert read(f"<main><h1>Hafen wieder offen</h1>{modules}</main>").body == PARAGRAPHS


def test_a_summary_in_points_above_the_text_is_kept(read: Read) -> None:
    points = (
        "Der Hafen war drei Wochen lang für alle Schiffe gesperrt.",
        "Die neue Mauer kostet das Land vier Millionen Euro.",
    )
    listed = "".join(f"<li>{point}</li>" for point in points)
    found = read(
        f"<main><h1>Hafen wieder offen</h1><div class=points><ul>{listed}</ul></div><div>{''.join(TEXT)}</div></main>"
    )
    assert [line for line in (found.description, *found.body) if line in points] == list(points)
    assert set(PARAGRAPHS) <= set(found.body)


def stated(text: str) -> str:
    node = json.dumps({"@type": "NewsArticle", "headline": "Hafen wieder offen", "articleBody": text})
    return f'<script type="application/ld+json">{node}</script>'


def test_the_quick_result_is_believed_when_the_page_states_the_same(read: Read) -> None:
    found = read(stated(" ".join(PARAGRAPHS)) + page())
    assert (found.basis["body"], found.body) == ("container", PARAGRAPHS)


@pytest.mark.parametrize(
    ("markup", "why"),
    [
        (stated(" ".join(f"Satz {n} handelt von ganz anderen Dingen im Land." for n in range(40))) + page(), "disagrees"),
        (f"<h1>Hafen wieder offen</h1><div>{''.join(TEXT[:2])}</div>", "short"),
    ],
)  # fmt: skip
def test_trafilatura_is_asked_when_the_quick_result_looks_wrong(read: Read, markup: str, why: str) -> None:
    found = read(markup)
    assert found.basis["body"] == "trafilatura", why
    assert set(PARAGRAPHS[:2]) <= set(found.body)


def test_every_line_that_was_cut_is_accounted_for(read: Read) -> None:
    found = read(page(middle="".join(NOISE.values())))
    told = " ".join(line.text for line in found.stripped)
    for shown in (
        "Ja, auf jeden Fall.",
        "jeden Freitag neu",
        "Endlich ist unser Hafen",
        "Player wird geladen",
        "Schleuse",
    ):
        assert shown in told
