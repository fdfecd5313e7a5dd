"""Translation memories as files: TMX 1.4 (LISA OSCAR), as translation offices exchange them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa
from lxml import etree

from newswire import __version__
from newswire.errors import TranslateError
from newswire.translate.fields import folded, primary
from newswire.translate.guards import unwritable

TARGET = "en"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_SUBTAG = re.compile(r"[a-z]{2,3}")
# Marks an engine's text in an export, so that it does not come back as a person's.
_ORIGIN = "x-newswire-origin"
# In a segment only highlighted text is text; the other inline elements hold an editor's formatting codes.
_TEXT_INSIDE = "hi"

Row = dict[str, str | None]


def read_tmx(path: Path) -> list[Row]:
    """Rows for the translation memory: into English, from each other language of a unit, by primary subtag.

    Units without English are left out. Raises TranslateError naming the file and line for a file that is no TMX,
    declares entities, or holds units but no pair with English.
    """
    rows: list[Row] = []
    units = 0
    try:
        with path.open("rb") as content:
            for unit in _units(content, path):
                units += 1
                rows += _rows_of(unit, path)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise TranslateError(
            f"{path}, line {line}: not readable as XML ({error.msg}); export the memory again"
        ) from None
    except OSError as error:
        raise TranslateError(f"{path}: cannot be read ({error.strerror or 'no such file'}); check the path") from None
    if units and not rows:
        raise TranslateError(
            f"{path}: none of its {units} units pairs English with another language; English is needed"
        )
    return rows


def write_tmx(rows: Iterable[sa.Row[Any] | Mapping[str, str | None]], path: Path) -> None:
    """Write memory rows (source_lang, target_lang, source_text, text, origin) in one stable order, whole or not at all.

    Takes rows as `State.memories` gives them, or as `read_tmx` does.

    Raises TranslateError for a text that XML cannot hold.
    """
    root = etree.Element("tmx", version="1.4")
    etree.SubElement(root, "header", _HEADER)
    body = etree.SubElement(root, "body")
    for row in sorted((row._mapping if isinstance(row, sa.Row) else row for row in rows), key=_order):
        try:
            _add_unit(body, row)
        except ValueError:
            raise TranslateError(
                f"{path}: a text from {row.get('source_lang')} holds characters that XML forbids; "
                f"remove it from the memory: {ascii(row.get('source_text'))[:80]}"
            ) from None
    content = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


_HEADER = {
    "creationtool": "newswire",
    "creationtoolversion": __version__,
    "segtype": "block",
    "o-tmf": "newswire",
    "adminlang": "en",
    "srclang": "*all*",
    "datatype": "plaintext",
}


def _order(row: Mapping[Any, Any]) -> tuple[str, ...]:
    return tuple(row.get(name) or "" for name in ("source_lang", "target_lang", "source_text", "origin", "text"))


def _add_unit(body: etree._Element, row: Mapping[Any, Any]) -> None:
    unit = etree.SubElement(body, "tu", srclang=row["source_lang"] or "")
    if row.get("origin"):
        etree.SubElement(unit, "prop", type=_ORIGIN).text = row["origin"]
    for lang, text in ((row["source_lang"], row["source_text"]), (row["target_lang"], row["text"])):
        variant = etree.SubElement(unit, "tuv", {_LANG: lang or ""})
        etree.SubElement(variant, "seg").text = text


def _units(content: BinaryIO, path: Path) -> Iterator[etree._Element]:
    """Each <tu> in turn, emptied afterwards: memories of translation offices reach hundreds of megabytes."""
    # No DTD is loaded, no entity resolved, nothing fetched: the file comes from outside.
    events = etree.iterparse(content, events=("start", "end"), resolve_entities=False, load_dtd=False, no_network=True)
    for event, element in events:
        if event == "start" and element.getparent() is None:
            _check_root(element, path)
        elif event == "end" and _name(element) == "tu":
            yield element
            element.clear()


def _check_root(root: etree._Element, path: Path) -> None:
    if _name(root) != "tmx":
        raise TranslateError(
            f"{path}, line {root.sourceline}: begins with <{_name(root)}>, not <tmx>; export it as TMX 1.4"
        )
    declared: Any = root.getroottree().docinfo.internalDTD
    if declared is not None and any(True for _ in declared.iterentities()):
        raise TranslateError(f"{path}: declares XML entities, which a memory does not need; export it without them")


def _rows_of(unit: etree._Element, path: Path) -> list[Row]:
    texts: dict[str, str] = {}
    for variant in unit:
        if _name(variant) != "tuv":
            continue
        lang = primary(variant.get(_LANG) or variant.get("lang") or "")
        if not _SUBTAG.fullmatch(lang):
            raise TranslateError(f"{path}, line {variant.sourceline}: <tuv> names no language; add xml:lang")
        segment = next((child for child in variant if _name(child) == "seg"), None)
        text = folded(_text(segment)) if segment is not None else ""
        if text and not unwritable(text):
            texts.setdefault(lang, text)
    english = texts.pop(TARGET, None)
    if english is None:
        return []
    said = _prop(unit, _ORIGIN)
    origin = said if said in ("engine", "draft") else "import"
    return [
        {"source_lang": lang, "target_lang": TARGET, "source_text": text, "text": english, "origin": origin}
        for lang, text in texts.items()
    ]


def _prop(unit: etree._Element, kind: str) -> str | None:
    return next((child.text for child in unit if _name(child) == "prop" and child.get("type") == kind), None)


def _text(segment: etree._Element) -> str:
    parts = [segment.text or ""]
    for child in segment:
        if _name(child) == _TEXT_INSIDE:
            parts.append(_text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _name(element: etree._Element) -> str:
    """The local name; empty for comments, processing instructions and unresolved entities."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
