"""Translation memories as files."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest

from newswire.errors import TranslateError
from newswire.state import State
from newswire.translate import read_tmx, write_tmx

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
OFFICE = (
    HEAD
    + """<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4">
<header creationtool="x" creationtoolversion="1" segtype="sentence" o-tmf="x" adminlang="en" srclang="de-DE"
        datatype="plaintext"/>
<body>
  <!-- kept by the office -->
  <tu tuid="1">
    <note>checked</note>
    <tuv xml:lang="DE-de"><seg>Der <hi type="b">Hafen</hi> ist <bpt i="1">[b]</bpt>zu<ept i="1">[/b]</ept>.</seg>
    </tuv>
    <tuv xml:lang="fr_CA"><seg>Le port
      est ferm\u00e9.</seg></tuv>
    <tuv xml:lang="en-GB"><seg>The harbour is closed.</seg></tuv>
    <tuv xml:lang="en-US"><seg>The harbor is closed.</seg></tuv>
  </tu>
  <tu><tuv lang="de"><seg>Ohne Englisch</seg></tuv><tuv lang="fr"><seg>Sans anglais</seg></tuv></tu>
  <tu><tuv lang="de"><seg>Leer</seg></tuv><tuv lang="en"><seg> </seg></tuv></tu>
</body>
</tmx>
"""
)


def test_reads_what_an_office_exports(tmp_path: Path) -> None:
    path = _file(tmp_path, OFFICE)
    common = {"target_lang": "en", "text": "The harbour is closed.", "origin": "import"}
    assert read_tmx(path) == [
        {"source_lang": "de", "source_text": "Der Hafen ist zu.", **common},
        {"source_lang": "fr", "source_text": "Le port est fermé.", **common},
    ]


def test_reads_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "memory.tmx"
    path.write_bytes(OFFICE.replace("UTF-8", "UTF-16").encode("utf-16"))
    assert len(read_tmx(path)) == 2


def test_round_trip_through_the_state_database(tmp_path: Path, state: State) -> None:
    state.remember(read_tmx(_file(tmp_path, OFFICE)))
    state.remember([_row("Krieg & <Frieden>", "War & <Peace>", "engine")])
    first, second = tmp_path / "out.tmx", tmp_path / "again.tmx"
    rows = [dict(row._mapping) for row in state.memories()]
    write_tmx(state.memories(), first)
    write_tmx(reversed(rows), second)
    assert first.read_bytes() == second.read_bytes()
    back = read_tmx(first)
    names = ("source_lang", "target_lang", "source_text", "text", "origin")
    assert sorted(tuple(row[n] for n in names) for row in back) == sorted(tuple(row[n] for n in names) for row in rows)


def test_empty_memory_is_a_valid_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.tmx"
    write_tmx([], path)
    assert read_tmx(path) == []


def test_a_persons_word_comes_back_as_an_import(tmp_path: Path) -> None:
    path = tmp_path / "out.tmx"
    write_tmx([_row("Krieg", "War", "person")], path)
    assert [row["origin"] for row in read_tmx(path)] == ["import"]


def test_text_that_xml_forbids_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.tmx"
    with pytest.raises(TranslateError, match=r"out\.tmx.*Bell"):
        write_tmx([_row("Bell\x07", "Bell", "person")], path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("<tmx><body>\n<tu></body></tmx>", r"memory\.tmx, line 3: not readable as XML"),
        ("", r"memory\.tmx, line \d+: not readable"),
        ("<xliff/>", r"line 2: begins with <xliff>"),
        ("<tmx><body>\n<tu><tuv><seg>a</seg></tuv></tu></body></tmx>", r"line 3: <tuv> names no language"),
        ('<tmx><body><tu><tuv xml:lang="de"><seg>a</seg></tuv></tu></body></tmx>', "English is needed"),
        ('<!DOCTYPE tmx [<!ENTITY a "b">]>\n<tmx><body/></tmx>', "declares XML entities"),
    ],
)
def test_faulty_files_are_named(content: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(TranslateError, match=says):
        read_tmx(_file(tmp_path, HEAD + content))


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TranslateError, match=r"nowhere\.tmx: cannot be read"):
        read_tmx(tmp_path / "nowhere.tmx")


@pytest.mark.parametrize("place", ["<seg>&h;</seg>", '<seg><hi type="&h;">a</hi></seg>'])
def test_entity_bomb_is_defused(place: str, tmp_path: Path) -> None:
    names = "abcdefgh"
    entities = '<!ENTITY a "' + "x" * 1000 + '">'
    for one, two in pairwise(names):
        entities += f'<!ENTITY {two} "{f"&{one};" * 50}">'
    body = f'<tmx><body><tu><tuv xml:lang="de">{place}</tuv><tuv xml:lang="en"><seg>b</seg></tuv></tu></body></tmx>'
    started = time.monotonic()
    with pytest.raises(TranslateError):
        read_tmx(_file(tmp_path, f"{HEAD}<!DOCTYPE tmx [{entities}]>{body}"))
    assert time.monotonic() - started < 5


def test_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("canary-7b")
    text = (
        f'{HEAD}<!DOCTYPE tmx [<!ENTITY s SYSTEM "{secret.as_uri()}">]><tmx><body><tu><tuv xml:lang="de"><seg>&s;</seg>'
        '</tuv><tuv xml:lang="en"><seg>b</seg></tuv></tu></body></tmx>'
    )
    with pytest.raises(TranslateError) as raised:
        read_tmx(_file(tmp_path, text))
    assert "canary" not in str(raised.value)


def _file(folder: Path, content: str) -> Path:
    path = folder / "memory.tmx"
    path.write_text(content, encoding="utf-8")
    return path


def _row(text: str, english: str, origin: str) -> dict[str, str | None]:
    return {"source_lang": "de", "target_lang": "en", "source_text": text, "text": english, "origin": origin}
