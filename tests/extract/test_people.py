"""Authors are people; everything else that signs an article is told apart."""

from __future__ import annotations

import pytest

from newswire.extract.people import agencies_of, people_in

OFFICES = frozenset({"hafenblatt"})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Von Anneke Brodersen", ["Anneke Brodersen"]),
        ("Par Lucie Martin, envoyée spéciale à Kiev", ["Lucie Martin"]),
        ("Von Ole Petersen und Karin von der Heide (Text), dpa", ["Ole Petersen", "Karin von der Heide"]),
        ("By Jane Example and Max Muster", ["Jane Example", "Max Muster"]),
        ("Jean-Luc d'Exemple avec AFP", ["Jean-Luc d'Exemple"]),
        ("R.V. avec AFP", ["R.V."]),
        ("Anneke Brodersen | a.brodersen@hafenblatt.example", ["Anneke Brodersen"]),
        ("Von Anneke Brodersen, Redakteurin für Häfen", ["Anneke Brodersen"]),
        ("Hafenblatt avec AFP", []),
        ("Das Hafenblatt", []),
        ("La rédaction", []),
        ("Deutsche Presse-Agentur", []),
        ("dpa/AFP/Reuters", []),
        ("Online-Redaktion Hafenblatt", []),
        ("https://www.facebook.com/hafenblatt", []),
        ("17 Kommentare", []),
        ("", []),
    ],
)
def test_people(text: str, names: list[str]) -> None:
    assert people_in(text, OFFICES) == names


@pytest.mark.parametrize(
    ("text", "agencies"),
    [
        ("© Agence France-Presse (AFP)", ("AFP",)),
        ("dpa/AFP", ("dpa", "AFP")),
        ("Mit Material von Reuters und Keystone-SDA", ("Reuters", "KEYSTONE-SDA")),
        ("afp", ("AFP",)),
        ("Der Sid ging nach Hause und sah ein Paap", ()),
    ],
)
def test_agencies(text: str, agencies: tuple[str, ...]) -> None:
    assert agencies_of(text) == agencies
