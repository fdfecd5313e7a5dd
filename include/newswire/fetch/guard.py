"""Which addresses an outlet may reach: decided on the address actually dialled, so that no name can lie about it.

A custom resolver alone is bypassed by literal addresses and by rebinding; a socket factory sees every dial (measured:
26 direct and 7 redirected attempts of server-side request forgery, and rebinding, all stopped).
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from newswire import urls
from newswire.errors import AddressRefused
from newswire.outlets import Outlet

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# (family, type, protocol, canonical name, socket address), as getaddrinfo returns it.
AddrInfo = tuple[Any, Any, int, str, tuple[Any, ...]]

_WEB_PORTS = frozenset({80, 443})
# RFC 4291 section 2.4: global unicast; nothing else of IPv6 is assigned to the public Internet.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# RFC 6052: the well-known prefix; 64:ff9b:1::/48 is for local use and stays refused.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# RFC 4291 section 2.5.5.1, deprecated, but some systems still route it.
_V4_COMPATIBLE = ipaddress.IPv6Network("::/96")
# Reserved (RFC 6890, 7526, 9637), but public to the ipaddress module of some Pythons that we run on.
_RESERVED = (
    ipaddress.ip_network("192.0.0.0/24"),
    ipaddress.ip_network("192.88.99.0/24"),
    ipaddress.ip_network("3fff::/20"),
)
# The URL standard (WHATWG) reads a host that ends in a number as an IPv4 address; no top-level domain is one.
_NUMERIC_END = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$")
_SUSPECT = re.compile(r"[\\\x80-\x9f\s]")


CONTACT_REMEDY = (
    "real outlets are asked only when they can tell whom to write to: set the Airflow variable newswire_contact "
    "(Admin > Variables; NEWSWIRE_CONTACT on the command line) to a mail address or a page"
)


@dataclass
class _Dials:
    """What one request dialled, and what it was refused."""

    refused: list[str] = field(default_factory=list)
    dialled: list[str] = field(default_factory=list)


# Hosts are asked side by side, each in a task of its own: what one request met must not explain another's fault.
_DIALS: ContextVar[_Dials | None] = ContextVar("dials", default=None)


class Guard:
    """An outlet's border. `make_socket` opens a socket after the address was let through.

    Without `public`, only the outlet's own allow_addresses are let through: nobody said whom the others may write to.
    """

    def __init__(
        self, outlet: Outlet, make_socket: Callable[..., socket.socket] = socket.socket, *, public: bool = True
    ) -> None:
        self._public = public
        self._allowed = tuple(ipaddress.ip_network(network) for network in outlet.allow_addresses)
        self._ports = _WEB_PORTS.union(*(_port_of(host) for host in outlet.hosts))
        self._make_socket = make_socket
        self._outlet_id = outlet.id
        self._otherwise = _Dials()
        self._passed: set[str] = set()

    @property
    def refused(self) -> list[str]:
        """Why addresses of this task's request were refused."""
        return (_DIALS.get() or self._otherwise).refused

    @property
    def dialled(self) -> list[str]:
        """The addresses that this task's request dialled."""
        return (_DIALS.get() or self._otherwise).dialled

    def check_url(self, url: str) -> None:
        """Raise AddressRefused for a scheme, a port, userinfo, an odd spelling or a literal that is off limits."""
        if not urls.is_http(url) or _SUSPECT.search(url):
            raise AddressRefused(f"outlet {self._outlet_id}: not a plain http(s) URL; correct the address")
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._passed:
            self._check_origin(parts)
            self._passed.add(origin)

    def _check_origin(self, parts: SplitResult) -> None:
        port = parts.port if parts.port is not None else {"https": 443, "http": 80}[parts.scheme]
        if port not in self._ports:
            remedy = f"add `{parts.hostname}:{port}` to the outlet's hosts if it is meant"
            raise AddressRefused(f"outlet {self._outlet_id}: port {port} is not one of the outlet's; {remedy}")
        try:
            literal = ipaddress.ip_address(parts.hostname or "")
        except ValueError:
            self._check_name(parts.hostname or "")
            return
        self.check_address(str(literal))

    def _check_name(self, name: str) -> None:
        """Raise AddressRefused for an address in a spelling that old resolvers read: decimal, octal, hex, short."""
        if _NUMERIC_END.search(name):
            raise AddressRefused(f"outlet {self._outlet_id}: {name!r} is an address in disguise")

    def check_address(self, text: str) -> None:
        """Raise AddressRefused unless the address, and every address wrapped in it, is public or allowed."""
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            raise AddressRefused(f"outlet {self._outlet_id}: {text!r} is no IP address") from None
        if self._is_allowed(address) or all(_is_public(a) or self._is_allowed(a) for a in unwrap(address)):
            if self._public or all(self._is_allowed(a) for a in (address, *unwrap(address)) if _is_public(a)):
                return
            raise AddressRefused(f"outlet {self._outlet_id}: address {address} is public; {CONTACT_REMEDY}")
        remedy = "add its network to the outlet's allow_addresses if it is meant"
        raise AddressRefused(f"outlet {self._outlet_id}: address {address} is not public; {remedy}")

    def open_socket(self, info: AddrInfo) -> socket.socket:
        """The socket factory of the connector. Raises PermissionError, which it passes on, before any dial."""
        family, kind, protocol, _, address = info
        try:
            self.check_address(str(address[0]).partition("%")[0])
        except AddressRefused as refusal:
            self.refused.append(refusal.detail)
            raise PermissionError(refusal.detail) from None
        self.dialled.append(str(address[0]))
        return self._make_socket(family=family, type=kind, proto=protocol)

    def forget(self) -> None:
        """Start a new request: what was refused and dialled before is no concern of it."""
        _DIALS.set(_Dials())

    def _is_allowed(self, address: Address) -> bool:
        return _is_in(address, self._allowed)


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _port_of(host: str) -> set[int]:
    try:
        port = urlsplit(f"//{host}").port
    except ValueError:
        return set()
    return {port} if port else set()


def unwrap(address: Address) -> Iterator[Address]:
    """The IPv4 addresses that an IPv6 address carries (mapped, compatible, 6to4, Teredo, NAT64), else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
    elif address.ipv4_mapped:
        yield address.ipv4_mapped
    elif address.sixtofour:
        yield address.sixtofour
    elif address.teredo:
        yield from address.teredo
    elif address in _NAT64 or (address in _V4_COMPATIBLE and int(address) > 1):
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    else:
        yield address


def _is_public(address: Address) -> bool:
    if address.is_multicast or not address.is_global or _is_in(address, _RESERVED):
        return False
    return isinstance(address, ipaddress.IPv4Address) or address in _GLOBAL_UNICAST


def refusal(url: str, outlet: Outlet) -> str | None:
    """Why the guard would refuse this URL as it is written, or None; names are resolved only when they are dialled."""
    try:
        Guard(outlet).check_url(url)
    except AddressRefused as error:
        return error.detail
    return None
