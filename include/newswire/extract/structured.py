"""What a page says of itself to machines: JSON-LD (schema.org), Open Graph and other meta elements."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from newswire.extract.lines import fold, plain
from newswire.extract.markup import attributes_of, text_of
from newswire.extract.microdata import read_microdata

# schema.org's NewsArticle family, and what blogs and live tickers use instead.
_ARTICLE_TYPE = re.compile(r"(?:Article|Posting|Report|Review)$")
_COMMENT = re.compile(r"^\s*(?:<!--|/\*.*?\*/|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*$", re.DOTALL)
_OPENING, _CLOSING = frozenset("{["), frozenset("}]")
_IN_UPDATE = '[itemprop*="liveblogupdate" i] meta[itemprop]'
_MOST_NODES = 5000
_MOST_NAMES = 100


@dataclass(frozen=True, slots=True)
class Structured:
    """The page's own statements. `article` is its JSON-LD article node, `meta` maps lower-case names to contents."""

    article: dict[str, Any] = field(default_factory=dict)
    types: frozenset[str] = frozenset()
    breadcrumb: tuple[str, ...] = ()
    meta: dict[str, tuple[str, ...]] = field(default_factory=dict)
    canonical: str | None = None
    html_lang: str | None = None
    title: str | None = None
    # The entries of a live blog: schema.org's liveBlogUpdate.
    updates: tuple[dict[str, Any], ...] = ()

    def first(self, *names: str) -> str | None:
        """The first non-empty meta content among these names."""
        return next((value for name in names for value in self.meta.get(name, ()) if value), None)

    def text(self, key: str) -> str | None:
        """A text property of the article node: a string, or the name of a thing."""
        return next(iter(names_of(self.article.get(key))), None)


def read_structured(tree: LexborHTMLParser, cut: Sequence[str], blocks: Iterable[str], url: str) -> Structured:
    """Read all statements once: from a page's tree, the same cut at its tags, and its JSON-LD blocks.

    Broken JSON and wrong shapes are skipped, never an error.
    """
    nodes = [node for block in _loaded(blocks) for node in _nodes(block)]
    articles = [node for node in nodes if any(_ARTICLE_TYPE.search(kind) for kind in types_of(node))]
    # A page repeats its tags.
    tags = dict.fromkeys(cut[1::2])
    stated = [attributes_of(raw) for raw in tags if raw.startswith("meta ")]
    # Most pages have no microdata, and to ask the tree costs three times as much.
    microdata = read_microdata(tree) if any(" itemtype=" in raw for raw in tags) else {}
    canonical = _canonical([raw for raw in tags if raw.startswith("link ")], url)
    root = attributes_of(cut[1]) if len(cut) > 1 else {}
    return Structured(
        article=_resolved(_best_article(articles, canonical or url), nodes),
        types=frozenset(kind for node in nodes for kind in types_of(node)),
        breadcrumb=next((crumbs for node in nodes if (crumbs := _breadcrumb(node))), ()),
        meta=_meta(_outside_updates(tree, stated), microdata),
        canonical=canonical,
        html_lang=fold(root.get("lang") or root.get("xml:lang") or "") or None,
        title=_title(cut),
        updates=_updates(articles),
    )


def _title(cut: Sequence[str]) -> str | None:
    """The title in the head."""
    for at, raw in enumerate(cut[1::2]):
        if raw == "title" or raw.startswith("title "):
            return fold(text_of(cut[2 * at + 2]))
        if raw == "/head":
            break
    return None


def _updates(articles: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    found = (node["liveBlogUpdate"] for node in articles if node.get("liveBlogUpdate"))
    longest = max((item if isinstance(item, list) else [item] for item in found), key=len, default=[])
    return tuple(item for item in longest if isinstance(item, dict))


def names_of(value: Any) -> tuple[str, ...]:
    """The texts of a schema.org value: a string, a thing with a name, or a list of these; each once, in order."""
    found: dict[str, None] = {}
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            item = item.get("name") or item.get("@value") or _personal_name(item)
        for text in item[:_MOST_NAMES] if isinstance(item, list) else (item,):
            if isinstance(text, str) and (folded := plain(text[:20_000])):
                found[folded] = None
    return tuple(found)


def _personal_name(node: dict[str, Any]) -> str:
    parts = (node.get("givenName"), node.get("familyName"))
    return " ".join(part for part in parts if isinstance(part, str))


def types_of(node: dict[str, Any]) -> tuple[str, ...]:
    """The node's types without their namespace."""
    value = node.get("@type")
    kinds = value if isinstance(value, list) else [value]
    return tuple(kind.rsplit("/", 1)[-1] for kind in kinds if isinstance(kind, str))


def url_of(value: Any) -> str | None:
    """The address of a schema.org value: a string, or a thing's url, @id or contentUrl."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("url") or value.get("contentUrl") or value.get("@id")
        value = value[0] if isinstance(value, list) and value else value
    return value.strip() if isinstance(value, str) and value.strip() else None


def _canonical(links: Iterable[str], url: str) -> str | None:
    """The first canonical link that is an address; most links name style sheets and fonts."""
    for raw in links:
        said = attributes_of(raw) if "canonical" in raw.lower() else {}
        href = said.get("href")
        if href and said.get("rel", "").lower() == "canonical":
            try:
                return urljoin(url, href.strip())
            except ValueError:
                continue
    return None


def _loaded(blocks: Iterable[str]) -> Iterator[Any]:
    for block in blocks:
        text = block.strip()
        # The expression looks for its end at every sign of the block.
        if text[:1] not in _OPENING or text[-1:] not in _CLOSING:
            text = _COMMENT.sub("", text)
        try:
            yield json.loads(text, strict=False)
        except (ValueError, RecursionError):
            # A trailing comma is the commonest fault of hand-made templates.
            try:
                yield json.loads(re.sub(r",\s*([}\]])", r"\1", text), strict=False)
            except (ValueError, RecursionError):
                continue


def _nodes(block: Any) -> Iterator[dict[str, Any]]:
    """All typed nodes: lists, @graph and the entities that a page node wraps."""
    waiting, seen = [block], 0
    while waiting and seen < _MOST_NODES:
        item = waiting.pop(0)
        seen += 1
        if isinstance(item, list):
            waiting[:0] = item[:_MOST_NODES]
        elif isinstance(item, dict):
            if item.get("@type"):
                yield item
            waiting.extend(item[key] for key in ("@graph", "mainEntity", "hasPart", "breadcrumb") if key in item)


def _best_article(articles: list[dict[str, Any]], url: str) -> dict[str, Any]:
    """The node that speaks of this page; else the one that says most. Teasers of other articles say little."""

    def weight(node: dict[str, Any]) -> tuple[bool, int]:
        about = {url_of(node.get(key)) for key in ("url", "mainEntityOfPage", "@id")}
        known = ("headline", "datePublished", "dateModified", "author", "articleBody", "description", "articleSection")
        return url in about, sum(1 for key in known if node.get(key))

    return max(articles, key=weight, default={})


def _resolved(article: dict[str, Any], nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """The article with its authors spelled out where it only refers to other nodes of the graph."""
    known = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and node.get("name")}
    found = dict(article)
    for key in ("author", "creator"):
        items = found.get(key)
        spelled = [_spelled(item, known) for item in (items if isinstance(items, list) else [items])]
        if items is not None:
            found[key] = spelled if isinstance(items, list) else spelled[0]
    return found


def _spelled(item: Any, known: dict[str, dict[str, Any]]) -> Any:
    reference = item.get("@id") if isinstance(item, dict) and not item.get("name") else None
    return known.get(reference, item) if isinstance(reference, str) else item


def _breadcrumb(node: dict[str, Any]) -> tuple[str, ...]:
    if "BreadcrumbList" not in types_of(node) or not isinstance(node.get("itemListElement"), list):
        return ()
    items = [item for item in node["itemListElement"] if isinstance(item, dict)]
    items.sort(key=lambda item: int(item["position"]) if str(item.get("position")).isdecimal() else 99)
    named = (names_of(item) or names_of(item.get("item")) for item in items)
    return tuple(names[0] for names in named if names)


def _meta(stated: Iterable[dict[str, str]], microdata: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for said in stated:
        content = fold(said.get("content", ""))
        for name in _names(said.get("property"), said.get("name"), said.get("itemprop")):
            if content:
                found.setdefault(name, []).append(content)
    for name, values in microdata.items():
        found.setdefault(name, []).extend(values)
    return {name: tuple(dict.fromkeys(values)) for name, values in found.items()}


def _outside_updates(tree: LexborHTMLParser, stated: list[dict[str, str]]) -> list[dict[str, str]]:
    """The statements without those inside the entries of a live blog: their dates are not the page's."""
    if not any("itemprop" in said for said in stated):
        return stated
    inside = {(e.attributes.get("itemprop"), e.attributes.get("content")) for e in tree.css(_IN_UPDATE)}
    return [said for said in stated if (said.get("itemprop"), said.get("content")) not in inside]


def _names(*attributes: str | None) -> Iterable[str]:
    return {attribute.strip().lower() for attribute in attributes if attribute and attribute.strip()}
