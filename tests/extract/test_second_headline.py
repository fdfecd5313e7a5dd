"""A standfirst that the page states as its second headline, while its description for machines says something else."""

from __future__ import annotations

from collections.abc import Callable

from newswire.records import Extraction

PAGE = """<html lang="de"><head><title>Werft von unten | Beispiel</title>
<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Werft von unten",
 "alternativeHeadline": "Nordhafen: Was die Leute in der Werft zum Umzug des Docks sagen und was nicht",
 "description": "Ein Besuch in der Werft, die bald auf der anderen Seite des Hafens stehen soll."}</script></head>
<body><main><h1>Werft von unten</h1>
<h2>Nordhafen: Was die Leute in der Werft zum Umzug des Docks sagen und was nicht</h2>
<div><p>Im Dock liegt seit Montag ein Schlepper, der neu gestrichen wird. Zwölf Leute arbeiten daran, und keiner von
ihnen weiß, wo er im Herbst arbeiten wird.</p><p>Die Werft soll auf die andere Seite des Hafens ziehen, so hat es der
Rat beschlossen. Dort ist das Wasser tiefer, und die Schiffe sind größer als früher.</p><p>Der Meister sagt, er habe
schon zwei Umzüge erlebt. Beim ersten Mal seien alle mitgegangen, beim zweiten die Hälfte. Nun warte er ab.</p></div>
</main></body></html>"""


def test_the_second_headline_in_print_is_the_description(read: Callable[..., Extraction]) -> None:
    found = read(PAGE)
    assert found.headline == "Werft von unten"
    assert found.description == "Nordhafen: Was die Leute in der Werft zum Umzug des Docks sagen und was nicht"
    assert found.body[0].startswith("Im Dock liegt")
