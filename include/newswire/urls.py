"""URLs as identities: one canonical spelling per page, and the article's id made from it."""

from __future__ import annotations

import re
import uuid
from urllib.parse import parse_qsl, urljoin, urlsplit

import w3lib.url

# Namespace of article ids: uuid5(NAMESPACE_URL, …) of a name we own; it must never change.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:newswire:article")
# Parameters that only say where a reader came from. Deliberately short: a name that some site uses to identify its
# articles (cid, id, source, ref) must stay, or two articles would become one.
_TRACKING = re.compile(
    r"(utm_.+|at_(medium|campaign|variant|format|creation|send_date)|(fb|g|dc|y|tw|tt|msc?l)clid|[gw]braid|mc_[ce]id|igshid"
    r"|xtor|wt_z?mc|ns_(mchannel|source|campaign|linkname|fee)|_ga|_gl|mkt_tok|sara_ref)",
    re.IGNORECASE,
)
_SECRET = re.compile(r"([?&][^=&#]*(?:key|token|secret|pass|auth|sig)[^=&#]*=)[^&#]*", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x20\x7f]")
_AROUND = "".join(map(chr, range(0x21)))
_BREAKS = re.compile(r"[\t\r\n]")
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
    host = parts.hostname or ""
    return parts.scheme in ("http", "https") and bool(host) and "%" not in host and parts.username is None


def resolved(link: str, base: str) -> str:
    """A link that somebody follows, as an absolute URL (WHATWG URL): what is blank around it and breaks within do not
    count, a blank within is `%20`. As it stands where it is no URL.
    """
    plain = _BREAKS.sub("", link.strip(_AROUND)).replace(" ", "%20")
    try:
        return urljoin(base, plain)
    except ValueError:
        return link


def canonicalise(url: str) -> str | None:
    """The one spelling of a URL: no fragment, no tracking parameters, sorted query; None when it is no page's URL."""
    if url.startswith(_URN):
        return url
    if not is_http(url):
        return None
    names = [name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)]
    trackers = [name for name in names if _TRACKING.fullmatch(name)]
    if trackers:
        url = w3lib.url.url_query_cleaner(url, trackers, remove=True, unique=False)
    return str(w3lib.url.canonicalize_url(_without_default_port(url)))


def _without_default_port(url: str) -> str:
    parts = urlsplit(url)
    if (parts.scheme, parts.port) in (("http", 80), ("https", 443)):
        return parts._replace(netloc=parts.netloc.rpartition(":")[0]).geturl()
    return url


def shown(url: str) -> str:
    """The URL as it may stand in a log or dataset: values of parameters that look like secrets are left out."""
    return _SECRET.sub(r"\1…", url)


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
