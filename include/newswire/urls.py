"""URLs as identities: one canonical spelling per page, and the article's id made from it."""

from __future__ import annotations

import re
import uuid
from urllib.parse import urlsplit

import courlan
import w3lib.url

# Namespace of article ids: uuid5(NAMESPACE_URL, …) of a name we own; it must never change.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:newswire:article")
_UNSAFE = re.compile(r"[\x00-\x20\x7f]")
_URN = "urn:newswire:"


def is_http(url: str) -> bool:
    """True for an absolute http(s) URL with a host, no userinfo and no control characters or spaces."""
    if _UNSAFE.search(url):
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None


def canonicalise(url: str) -> str | None:
    """The one spelling of a URL: no fragment, no tracking parameters, sorted query; None when it is no page's URL."""
    if url.startswith(_URN):
        return url
    if not is_http(url):
        return None
    cleaned = courlan.clean_url(url)
    return str(w3lib.url.canonicalize_url(cleaned)) if cleaned else None


def host_of(url: str) -> str:
    """`host` or `host:port` in lower case, the port only where the URL states one; empty for a URN."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    return f"{host}:{parts.port}" if parts.port else host


def host_allowed(url: str, hosts: tuple[str, ...]) -> bool:
    """True when the URL's host is one of `hosts` or a subdomain of one; `*` allows every host."""
    host = host_of(url)
    return any(allowed == "*" or host == allowed or host.endswith("." + allowed) for allowed in hosts)


def folder_urn(outlet_id: str, relative: str) -> str:
    """The URL of a saved page that states none: `urn:newswire:<outlet>:<path in the folder>`, percent-encoded."""
    return f"{_URN}{outlet_id}:{w3lib.url.safe_url_string(relative).replace(' ', '%20')}"


def article_id(source_id: str, canonical_url: str) -> str:
    """A UUID (version 5) that is the same on every machine and in every run."""
    return str(uuid.uuid5(_NAMESPACE, f"{source_id} {canonical_url}"))
