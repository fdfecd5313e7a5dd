"""Rows as long, as various and as compressible as news: what the benches of storing and reading are fed with.

Words are drawn from a vocabulary of invented ones by the law of Zipf and Mandelbrot, with the offset and size counted
in the bodies of 290 real pages, and nearly half of them in set phrases: zstd (level 3) makes 290 of these bodies 2.61
times smaller, as it does with the real ones. Everything follows from the arguments: two machines make the same rows.

The texts of one block of GROUP_ROWS rows are made once in a process and serve all blocks. Parquet compresses each
row group by itself, so files are as large as with texts of their own; ids, addresses and times are each row's own.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from newswire import urls
from newswire.publish.groups import GROUP_ROWS, GroupWriter
from newswire.records import Article, Capture, Extraction, Lead, Translation, WarcRef
from newswire.schemas import ARTICLES, REVISIONS, STRING, TRANSLATIONS, Dataset
from newswire.store import Store

# Counted in 290 real news pages: 34,000 different words, the first of them 2.3 % of the text, the 100th 0.1 %, the
# 1,000th 0.01 %; 18 words a sentence, 42 a paragraph.
WORDS, OFFSET = 34_000, 3.3
SENTENCE, PARAGRAPH = 18, 42
# A body has 1.4 KB in the mean, and a row 4.1 KB in memory, as in the bundled newsroom. The real pages' bodies have
# 4.5 KB (median 458 words): `words=458` makes such rows.
MEDIAN_WORDS, SPREAD = 165, 0.65
# Real text repeats itself: names, set phrases. So many of the words come in runs that were said before.
LINES = 13
PHRASES, PHRASE_WORDS, IN_PHRASES = 4_000, 4, 0.45
_SYLLABLES = (
    "ba", "be", "bi", "bo", "da", "de", "di", "du", "er", "ein", "fa", "fe", "gen", "ger", "ha", "he", "hin",
    "ich", "ie", "in", "ka", "ke", "keit", "la", "le", "lich", "lung", "ma", "me", "mit", "na", "ne", "no", "nd",
    "on", "or", "pa", "po", "ra", "re", "rich", "ro", "sa", "sche", "se", "ser", "sta", "ste", "tä", "te", "ten",
    "ti", "tion", "tor", "tra", "tung", "ü", "un", "und", "ur", "ver", "vi", "vor", "wa", "we", "wi", "zu",
)  # fmt: skip
Row = dict[str, Any]
__all__ = ["REVISIONS"]


def article_ids(outlet: str, addresses: Sequence[str]) -> list[str]:
    """What `urls.article_id` gives for each address, in half its time."""
    space = urls._NAMESPACE.bytes
    found = []
    for address in addresses:
        digest = bytearray(hashlib.sha1(space + f"{outlet} {address}".encode(), usedforsecurity=False).digest()[:16])
        digest[6] = digest[6] & 0x0F | 0x50
        digest[8] = digest[8] & 0x3F | 0x80
        text = digest.hex()
        found.append(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")
    return found


def make_table(
    outlet: str, month: str, start: int, count: int, dataset: Dataset = ARTICLES, words: int = MEDIAN_WORDS
) -> pa.Table:
    """Rows `start` to `start + count` of an outlet's month, in the order in which they would have come in."""
    made: dict[str, pa.Array | pa.ChunkedArray] = {}
    addresses = _addresses(outlet, month, start, count)
    made["article_id"] = pa.array(article_ids(outlet, addresses.to_pylist()), STRING)
    made |= dict.fromkeys(("uri", "canonical_url"), addresses)
    made |= _times(month, start, count)
    made |= dict(zip(("content_hash", "warc_offset"), _marks(outlet, month, start, count), strict=True))
    made |= dict.fromkeys(("source_id", "publisher"), pa.repeat(outlet, count))
    made["warc_file"] = pa.repeat(f"warc/source={outlet}/{month}-01T02_00_00.warc.gz", count)
    texts = _cycle(_texts(words), start + zlib.crc32(f"{outlet}{month}".encode()), count)
    made |= {name: texts.column(name) for name in texts.column_names}
    made["seen_at"] = made["captured_at"]
    arrays = [_fitting(made.get(field.name), field, count) for field in dataset.schema]
    return pa.Table.from_arrays(arrays, schema=dataset.schema)


def make_rows(
    outlet: str, month: str, start: int, count: int, dataset: Dataset = ARTICLES, words: int = MEDIAN_WORDS
) -> list[Row]:
    """The same as dictionaries, as the publishing step has them."""
    rows: list[Row] = make_table(outlet, month, start, count, dataset, words).to_pylist()
    return rows


def write_month(
    root: str | Path, outlet: str, month: str, count: int, dataset: Dataset = ARTICLES, words: int = MEDIAN_WORDS
) -> Path:
    """One partition of `articles` or `revisions` with `count` rows, as the publishing step would leave it."""
    path = Path(Store(str(root)).at(dataset.file(outlet, month)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with GroupWriter(path, dataset) as writer:
        for start in range(0, count, GROUP_ROWS):
            writer.add(make_table(outlet, month, start, min(GROUP_ROWS, count - start), dataset, words))
    return path


def write_dataset(
    root: str | Path,
    outlets: Iterable[str],
    months: Iterable[str],
    rows_per_month: int,
    datasets: Sequence[Dataset] = (ARTICLES,),
    words: int = MEDIAN_WORDS,
) -> int:
    """All months (`2026-03`) of all outlets under a storage root; the number of rows of each dataset."""
    places = [(outlet, month) for outlet in outlets for month in months]
    for dataset in datasets:
        for outlet, month in places:
            write_month(root, outlet, month, rows_per_month, dataset, words)
    return len(places) * rows_per_month


def as_article(row: Row) -> Article:
    """A row of `articles` as the publishing step gets it."""
    outlet, at = row["source_id"], row["captured_at"]
    lead = Lead(
        outlet_id=outlet, url=row["uri"], canonical_url=row["canonical_url"], found_by="feed", found_in="bench",
    )  # fmt: skip
    capture = Capture(
        lead=lead, url=row["uri"], status=200, content_type="text/html", captured_at=at, size=30_000,
        digest=f"sha256:{row['content_hash']}", warc=WarcRef(file=row["warc_file"], offset=row["warc_offset"]),
    )  # fmt: skip
    body = tuple(row["body_text"].split("\n\n"))
    basis = {one["field"]: one["basis"] for one in row["field_basis"]}
    given = {name: row[name] for name in Extraction.model_fields if name in row}
    extraction = Extraction.model_validate(given | {"capture": capture, "body": body, "basis": basis})
    english = {name: row[name] for name in ("headline_en", "description_en", "section_en", "keywords_en")}
    said = [
        _as_translation(row, name, 0, row[name], row[f"{name}_en"]) for name in ("headline", "description", "section")
    ]
    said += [
        _as_translation(row, "keywords", position, *pair)
        for position, pair in enumerate(zip(row["keywords"], row["keywords_en"], strict=True))
    ]
    return Article(extraction=extraction, translation_status="ok", translations=tuple(said), **english)


def _as_translation(row: Row, field: str, position: int, source: str, text: str) -> Translation:
    return Translation(
        field=field, position=position, source_lang="de", source_text=source, target_lang="en", text=text,
        route="engine", engine="bench", engine_version="1", status="ok", attempts=1, translated_at=row["captured_at"],
    )  # fmt: skip


def write_translations(root: str | Path, outlet: str, month: str, count: int) -> Path:
    """The translations of `count` articles of a partition: headline, description and section, three rows each."""
    path = Path(Store(str(root)).at(TRANSLATIONS.file(outlet, month)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with GroupWriter(path, TRANSLATIONS) as writer:
        for start in range(0, count, GROUP_ROWS):
            writer.add(_translations(make_table(outlet, month, start, min(GROUP_ROWS, count - start))))
    return path


def _translations(stories: pa.Table) -> pa.Table:
    fields = ("headline", "description", "section")
    order = pa.array(np.arange(stories.num_rows * 3).reshape(3, -1).T.reshape(-1))
    thrice = pa.array(np.repeat(np.arange(stories.num_rows), 3))
    made = {name: stories.column(name).take(thrice) for name in ("article_id", "source_id")}
    made["field"] = pa.array(fields * stories.num_rows)
    made["translated_at"] = stories.column("captured_at").take(thrice)
    for name, suffix in (("source_text", ""), ("text", "_en")):
        parts = [chunk for field in fields for chunk in stories.column(field + suffix).chunks]
        made[name] = pa.chunked_array(parts).take(order)
    constant = {
        "position": 0, "source_lang": "de", "target_lang": "en", "route": "engine", "engine": "bench", "status": "ok",
        "engine_version": "1", "attempts": 1, "chars_billed": 0,
    }  # fmt: skip
    made |= {name: pa.repeat(value, len(order)) for name, value in constant.items()}
    schema = TRANSLATIONS.schema
    arrays = [made[f.name].cast(f.type) if f.name in made else pa.nulls(len(order), f.type) for f in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def months_from(first: str, count: int) -> list[str]:
    """`count` months in a row, beginning with `first`."""
    begin = np.datetime64(first, "M")
    return [str(begin + index) for index in range(count)]


def _addresses(outlet: str, month: str, start: int, count: int) -> pa.Array:
    numbers = pc.cast(pa.array(np.arange(start, start + count)), pa.string())
    slugs = _cycle(_slugs(), start + zlib.crc32(f"{outlet}{month}".encode()), count).column(0).combine_chunks()
    head = f"https://www.{outlet}.example/{month.replace('-', '/')}/"
    return pc.binary_join_element_wise(head, slugs, "-", numbers, ".html", "")


def _times(month: str, start: int, count: int) -> dict[str, pa.Array]:
    """Published through the month at 40 a minute, so seldom in order; read within a day; two in five corrected."""
    rng = _rng("times", month, start)
    begin = int(datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC).timestamp()) * 1_000_000
    minute = 60_000_000
    published = begin + (np.arange(start, start + count) * minute // 40 + rng.integers(0, 1440, count) * minute)
    seen = published + rng.integers(30, 1440, count) * minute + rng.integers(0, 1_000_000, count)
    updated = np.where(rng.random(count) < 0.4, published + rng.integers(2, 600, count) * minute, -1)
    instant = pa.timestamp("us", tz="UTC")
    known = pa.array(published, pa.int64()).cast(instant)
    return {
        "published_at": known,
        "updated_at": pa.array(updated, pa.int64(), mask=updated < 0).cast(instant),
        "published_raw": pc.strftime(known, "%d.%m.%Y - %H:%M"),
        "first_seen_at": pa.array(seen, pa.int64()).cast(instant),
        "captured_at": pa.array(seen, pa.int64()).cast(instant),
    }


def _marks(outlet: str, month: str, start: int, count: int) -> tuple[pa.Array, pa.Array]:
    """Hashes, which are noise like real ones but of nothing, and places in the archive at 30 KB a page."""
    digits = _rng("hash", outlet, month, start).bytes(count * 32).hex()
    hashes = [digits[at : at + 64] for at in range(0, count * 64, 64)]
    return pa.array(hashes, STRING), pa.array(np.arange(start, start + count) * 30_011)


@cache
def _texts(words: int) -> pa.Table:
    """The texts of GROUP_ROWS articles: what takes time to make."""
    rng = _rng("texts", words)
    n = GROUP_ROWS
    lengths = np.clip(rng.lognormal(np.log(words), SPREAD, n), 10, 6_000).astype(int)
    headlines, descriptions = _prose(rng.integers(6, 14, n), rng), _prose(rng.integers(20, 45, n), rng)
    sections = pa.array([f"{word.capitalize()} & Welt" for word in _vocabulary()[200:240]], STRING)
    keywords = pa.array(_vocabulary()[300:6_300], STRING)
    authors = pa.array([f"{a.capitalize()} {b.capitalize()}" for a, b in _pairs(400)], STRING)
    picked = pa.array(rng.integers(0, 40, n))
    tags = _lists(keywords, rng.integers(1, 6, n), rng)
    counts = pa.array(lengths.astype(np.int32))
    return pa.table(
        {
            "headline": headlines,
            "description": descriptions,
            "section": sections.take(picked),
            "keywords": tags,
            "authors": _lists(authors, rng.integers(0, 2, n), rng),
            "body_text": _prose(lengths, rng),
            "word_count": counts,
            "reading_minutes": pc.add(pc.divide(counts, pa.scalar(220, pa.int32())), pa.scalar(1, pa.int32())),
            "image_url": _images(n, rng),
            "headline_en": _prose(rng.integers(6, 14, n), rng),
            "description_en": _prose(rng.integers(20, 45, n), rng),
            "section_en": sections.take(picked),
            "keywords_en": tags,
            "stripped": _stripped(n, rng),
            "field_basis": _bases(n),
            "lang_confidence": pa.array(rng.random(n)),
        }
    )


@cache
def _slugs() -> pa.Table:
    words = pa.array(_vocabulary()[50:8_000], STRING)
    return pa.table({"slug": pc.binary_join(_lists(words, np.full(GROUP_ROWS, 5), _rng("slugs")), "-")})


@cache
def _vocabulary() -> list[str]:
    """Invented words, the frequent ones short, as in a language."""
    rng = _rng("words")
    found: dict[str, None] = {}
    while len(found) < WORDS:
        most = 1 + min(4, int(np.log10(len(found) + 1) * 1.15))
        found["".join(rng.choice(_SYLLABLES, rng.integers(max(1, most - 2), most + 1)))] = None
    return list(found)


def _draw(count: int, rng: np.random.Generator) -> np.ndarray[Any, np.dtype[np.int64]]:
    weights = 1 / (np.arange(WORDS) + 1 + OFFSET)
    return np.searchsorted(np.cumsum(weights / weights.sum()), rng.random(count)).clip(max=WORDS - 1)


@cache
def _phrases() -> np.ndarray[Any, np.dtype[np.int64]]:
    return _draw(PHRASES * PHRASE_WORDS, _rng("phrases")).reshape(PHRASES, PHRASE_WORDS)


def _words(count: int, rng: np.random.Generator) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Ranks of words, of which IN_PHRASES stand in phrases."""
    rows = -(-count // PHRASE_WORDS)
    drawn = _draw(rows * PHRASE_WORDS, rng).reshape(rows, PHRASE_WORDS)
    said = rng.random(rows) < IN_PHRASES
    drawn[said] = _phrases()[rng.integers(0, PHRASES, said.sum())]
    return drawn.reshape(-1)[:count]


def _prose(lengths: np.ndarray[Any, Any], rng: np.random.Generator) -> pa.Array:
    """One text of each length, in words: sentences, commas and paragraphs."""
    plain = _vocabulary()
    forms = [f"{word} " for word in plain] + [f"{word.capitalize()} " for word in plain]
    forms += [f"{word}, " for word in plain] + [f"{word}. " for word in plain] + [f"{word}.\n\n" for word in plain]
    total = int(lengths.sum())
    draw = rng.random(total)
    ends = draw < 1 / SENTENCE
    starts = np.concatenate([[True], ends[:-1]])
    form = np.select([draw < 1 / PARAGRAPH, ends, draw < 1 / SENTENCE + 0.06, starts | (draw > 0.75)], [4, 3, 2, 1], 0)
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    form[bounds[:-1]] = 1
    form[bounds[1:] - 1] = 3
    tokens = pa.array(forms, STRING).take(pa.array(_words(total, rng) + form * WORDS))
    lists = pa.ListArray.from_arrays(pa.array(bounds, pa.int32()), tokens)
    return pc.utf8_rtrim_whitespace(pc.binary_join(lists, ""))


def _lists(values: pa.Array, sizes: np.ndarray[Any, Any], rng: np.random.Generator) -> pa.ListArray:
    bounds = pa.array(np.concatenate([[0], np.cumsum(sizes)]), pa.int32())
    return pa.ListArray.from_arrays(bounds, values.take(pa.array(rng.integers(0, len(values), int(sizes.sum())))))


def _pairs(count: int) -> list[tuple[str, str]]:
    words = _vocabulary()
    return list(zip(words[1_000 : 1_000 + count], words[3_000 : 3_000 + count], strict=True))


def _images(count: int, rng: np.random.Generator) -> pa.Array:
    digits = rng.bytes(count * 12).hex()
    names = [f"https://img.example/{digits[at : at + 24]}/w:1280/p:16x9.jpg" for at in range(0, count * 24, 24)]
    return pa.array(names, STRING)


def _stripped(count: int, rng: np.random.Generator) -> pa.Array:
    """LINES cut lines a page: nearly all are the outlet's menus, which every page repeats, and the last two its own."""
    lines = _prose(rng.integers(2, 7, 400), rng)
    own = _prose(rng.integers(4, 12, count * 2), rng)
    picked = 400 - LINES + rng.integers(0, 400 - LINES, count)[:, None] - np.arange(LINES)[::-1]
    picked[:, -2:] = 400 + np.arange(count * 2).reshape(count, 2)
    texts = pa.concat_arrays([lines, own]).take(pa.array(picked.reshape(-1)))
    rules = pa.array(["layout:nav", "layout:footer", "related", "timestamp", "share"], STRING)
    struct = pa.StructArray.from_arrays([texts, rules.take(pa.array(picked.reshape(-1) % 5))], names=["text", "rule"])
    return pa.ListArray.from_arrays(pa.array(np.arange(count + 1) * LINES, pa.int32()), struct)


def _bases(count: int) -> pa.Array:
    fields = ("authors", "canonical_url", "description", "headline", "image_url", "keywords", "lang", "section")
    return pa.array([[{"field": name, "basis": "jsonld"} for name in fields]] * count)


def _fitting(values: pa.Array | pa.ChunkedArray | None, field: pa.Field, count: int) -> pa.ChunkedArray:
    """The column in its declared type; one that says nothing is null, or the least that a required one may be."""
    if values is None:
        values = _constant(field, count)
    values = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    return values.cast(field.type)


_CONSTANT = {
    "lang": "de", "lang_declared": "de-DE", "revision": 1, "date_basis": "jsonld", "tz_basis": "stated",
    "pub_status": "usable", "access": "free", "description_generated": False, "charset": "utf-8", "repaired": 0,
    "replacement_chars": 0, "translation_status": "ok", "extractor_version": "bench", "rights": "© Bench",
}  # fmt: skip


def _constant(field: pa.Field, count: int) -> pa.Array:
    if field.name in _CONSTANT:
        return pa.repeat(pa.scalar(_CONSTANT[field.name], field.type), count)
    if not pa.types.is_list(field.type):
        return pa.nulls(count, field.type)
    return pa.ListArray.from_arrays(pa.array(np.zeros(count + 1), pa.int32()), pa.array([], field.type.value_type))


def _cycle(table: pa.Table, start: int, count: int) -> pa.Table:
    """`count` rows of an endless repetition of the table, from row `start` on; no text is copied."""
    parts = []
    while count:
        first = start % table.num_rows
        parts.append(table.slice(first, count))
        count -= parts[-1].num_rows
        start = 0
    return pa.concat_tables(parts)


def _rng(*names: object) -> np.random.Generator:
    return np.random.default_rng(list(hashlib.sha256(" ".join(map(str, names)).encode()).digest()))
