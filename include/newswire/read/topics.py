"""Which rows carry a topic: by its code or its English name, and by the narrower topics below it."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from newswire.errors import SettingsError
from newswire.store import Store
from newswire.vocabulary.mediatopics import FILE, MediaTopic, read_table
from newswire.vocabulary.terms import fold, own_concepts

# The concept as the datasets write it, as IPTC's server does, and as people copy it.
_CODE = re.compile(r"(?:medtop:|https?://cv\.iptc\.org/newscodes/mediatopic/)?(\d{8})/?")


def topic_codes(store: Store, topics: Sequence[str]) -> frozenset[str]:
    """The codes (`medtop:…`) meant by each code, IPTC address or English name, with all that is narrower.

    What is narrower is known once IPTC's vocabulary was downloaded; without it a topic means itself alone. A code that
    the vocabulary does not know is taken as it is. Raises SettingsError for a name that nothing known has.
    """
    scheme = read_table(store.read_bytes(FILE), store.url(FILE)) if store.exists(FILE) else []
    names = own_concepts() | {topic.qcode: topic.names["en"] for topic in scheme if "en" in topic.names}
    by_name: dict[str, set[str]] = defaultdict(set)
    for code, name in names.items():
        by_name[fold(name)].add(code)
    meant = {code for topic in topics for code in _meant(topic, by_name, downloaded=bool(scheme))}
    return frozenset(_with_narrower(meant, scheme))


def carry(topics: pa.Array, codes: Iterable[str]) -> pa.Array:
    """For each row's list of topics whether one of the codes is in it."""
    hits = pc.is_in(pc.struct_field(topics.flatten(), "uri"), value_set=pa.array(sorted(codes), pa.string()))
    rows = pc.list_parent_indices(topics).filter(hits)
    return pc.is_in(pa.array(range(len(topics)), rows.type), value_set=pc.unique(rows))


def _meant(topic: str, by_name: dict[str, set[str]], *, downloaded: bool) -> set[str]:
    if code := _CODE.fullmatch(topic.strip()):
        return {f"medtop:{code[1]}"}
    if found := by_name.get(fold(topic)):
        return found
    near = difflib.get_close_matches(fold(topic), list(by_name), n=3)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "write a code such as medtop:11000000"
    more = "" if downloaded else "; `newswire vocabulary` downloads all of IPTC's topics"
    raise SettingsError(f"topics: {topic!r} is the English name of no Media Topic known here; {hint}{more}")


def _with_narrower(codes: set[str], scheme: Iterable[MediaTopic]) -> set[str]:
    """Down the whole tree, step by step; a circle in a damaged table ends it too."""
    narrower: dict[str, set[str]] = defaultdict(set)
    for topic in scheme:
        narrower[topic.broader].add(topic.qcode)
    found, newest = set(codes), set(codes)
    while newest:
        newest = {below for code in newest for below in narrower[code]} - found
        found |= newest
    return found
