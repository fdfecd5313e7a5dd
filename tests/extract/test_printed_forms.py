"""Dates and names in the forms that German and French houses print and state."""

# ruff: noqa: E501
# A case on a line is easier to compare with the next than one that is wrapped.

from __future__ import annotations

import pytest

from newswire.extract.dates import line_claims
from newswire.extract.lines import Line, Place
from newswire.extract.moments import machine_moment
from newswire.extract.people import people_in

PLACE = Place(tag="p", hint="", region=None, hidden=False)
OFFICES = frozenset({"vigie", "küstenkurier"})


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("Publié le 12/03/2024 à 17h02", ["published 2024-03-12T17:02"]),
        ("Mardi 12 mars 2024 à 17 h 02", ["published 2024-03-12T17:02"]),
        ("17h02, le 12 mars 2024", ["published 2024-03-12T17:02"]),
        ("17:02 Uhr, 12.03.2024", ["published 2024-03-12T17:02"]),
        ("Publié le 12 mars 2024 à 10h02, modifié le 13 mars 2024 à 07h30", ["published 2024-03-12T10:02", "updated 2024-03-13T07:30"]),
        ("12.03.2024, 17.02 Uhr", ["published 2024-03-12T17:02"]),
        ("Stand: 12.03.2024 17:02 Uhr", ["updated 2024-03-12T17:02"]),
        ("MàJ le 12/03/2024 à 17h02", ["updated 2024-03-12T17:02"]),
        ("Dernière modification le 12 mars 2024 à 17h02", ["updated 2024-03-12T17:02"]),
        ("Überarbeitet am 12.03.2024", ["updated 2024-03-12"]),
        ("Online seit 12.03.2024, 17:02 Uhr", ["published 2024-03-12T17:02"]),
        ("12.03.2024 10:02, 13.03.2024", ["published 2024-03-12T10:02"]),
        ("hier à 18h", []),
        ("Mis à jour il y a 2 heures", []),
        ("Publiziert heute um 17:02 Uhr", []),
    ],
)  # fmt: skip
def test_printed_dates(printed: str, said: list[str]) -> None:
    claims = line_claims(Line(printed, PLACE), "dmy")
    moments = [(c.kind, c.moment.at.isoformat(timespec="minutes"), c.moment.timed) for c in claims]
    assert [f"{kind} {at if timed else at[:10]}" for kind, at, timed in moments] == said


@pytest.mark.parametrize(
    ("stated", "at"),
    [
        ("20240312T170200Z", "2024-03-12T17:02:00+00:00"),
        ("2024/03/12 17:02", "2024-03-12T17:02:00"),
        ("1710259320", "2024-03-12T16:02:00+00:00"),
        ("1710259320000", "2024-03-12T16:02:00+00:00"),
        ("Mar 12, 2024 5:02 PM", "2024-03-12T17:02:00"),
        ("2024-03-12T17:02:00.000+01:00[Europe/Paris]", "2024-03-12T17:02:00+01:00"),
        ("12 mars 2024 à 17h02", "2024-03-12T17:02:00"),
    ],
)
def test_stated_dates(stated: str, at: str) -> None:
    moment = machine_moment(stated)
    assert moment is not None
    assert (moment.at.isoformat(), moment.timed) == (at, True)


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("Von Anna Muster und Jan Beispiel", ["Anna Muster", "Jan Beispiel"]),
        ("Par Anne Exemple, correspondante à Bruxelles", ["Anne Exemple"]),
        ("A. Exemple (avec AFP)", ["A. Exemple"]),
        ("Propos recueillis par Anne Exemple", ["Anne Exemple"]),
        ("Entretien réalisé par Anne Exemple", ["Anne Exemple"]),
        ("Le Monde avec AFP", []),
        ("La rédaction", []),
        ("Par ANNE EXEMPLE", ["ANNE EXEMPLE"]),
        ("Par Jean-Pierre d'Exemple", ["Jean-Pierre d'Exemple"]),
        ("Von Dr. Anna von Muster", ["Dr. Anna von Muster"]),
        ("Von Prof. Dr. Jan Muster", ["Prof. Dr. Jan Muster"]),
        ("Von unserem Mitarbeiter Jan Beispiel", ["Jan Beispiel"]),
        ("Von KURIER-Online-Redakteurin Anna Muster", ["Anna Muster"]),
        ("Eine Reportage von Anna Muster", ["Anna Muster"]),
        ("Chronique de Anne Exemple", []),
        ("Par Anne Exemple. Photos Jean Modèle", ["Anne Exemple"]),
        ("Rédigé par Anne Exemple le 12/03/2024", ["Anne Exemple"]),
        ("Par Anne Exemple Publié le 12/03/2024 à 17h02", ["Anne Exemple"]),
        ("Par Anne Exemple Temps de lecture : 3 min", ["Anne Exemple"]),
        ("Von Anna Muster veröffentlicht am 12.03.2024", ["Anna Muster"]),
        ("12.03.2024 11:45 | von Anna Muster", ["Anna Muster"]),
        ("Beispiel Verlag GmbH & Co. KG", []),
        ("Par La Vigie avec AFP", []),
        ("La Presse canadienne", []),
        ("Gesponserte Inhalte", []),
    ],
)
def test_bylines_name_people_only(byline: str, names: list[str]) -> None:
    assert people_in(byline, OFFICES) == names
