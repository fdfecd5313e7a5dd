"""The border decides on literals, without a socket."""

from __future__ import annotations

import asyncio
import socket

import aiohttp
import pytest

from newswire.errors import AddressRefused
from newswire.fetch.guard import Guard

HOSTILE = [
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1:0:0:f5ff:fffe",
    "2001:0:808:808:0:0:80ff:fffe",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "4000::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "no address",
    "2130706433",
    "0x7f.1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]


@pytest.mark.parametrize("address", HOSTILE)
def test_what_is_not_public_is_refused(outlet_at, address):
    with pytest.raises(AddressRefused):
        Guard(outlet_at("*", allow=())).check_address(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_passes(outlet_at, address):
    Guard(outlet_at("*", allow=())).check_address(address)


def test_an_allowed_network_is_allowed_in_every_spelling_and_no_other(outlet_at):
    guard = Guard(outlet_at("*", allow=("127.0.0.0/8", "fd00::/16")))
    for address in ("127.0.0.1", "::ffff:127.0.0.1", "fd00::5"):
        guard.check_address(address)
    for address in ("10.0.0.1", "::ffff:10.0.0.1", "fd01::5", "::1"):
        with pytest.raises(AddressRefused):
            guard.check_address(address)


@pytest.mark.parametrize("address", [a for a in HOSTILE if ":" in a or a[0].isdigit()])
def test_no_socket_is_made_for_a_refused_address(outlet_at, address):
    made = []
    guard = Guard(outlet_at("*", allow=()), make_socket=lambda **kind: made.append(kind))
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(PermissionError):
        guard.open_socket((family, socket.SOCK_STREAM, 6, "", (address, 80)))
    assert made == []
    assert len(guard.refused) == 1
    assert guard.dialled == []


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "2130706433", "127.1", "017700000001", "localhost", "[::1]"])
def test_the_connector_asks_before_it_dials(outlet_at, dials, host):
    """Spellings that only the system's resolver understands end at the same border."""
    made = []
    guard = Guard(outlet_at("*", allow=()), make_socket=lambda **kind: made.append(kind))

    async def ask():
        connector = aiohttp.TCPConnector(socket_factory=guard.open_socket, happy_eyeballs_delay=None)
        async with aiohttp.ClientSession(connector=connector) as session:
            # aiohttp refuses legacy spellings of IPv4 itself since 3.14; the guard does not rely on it.
            with pytest.raises((aiohttp.ClientConnectorError, aiohttp.InvalidURL)):
                await session.get(f"http://{host}/")

    asyncio.run(ask())
    assert made == []
    assert dials == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "data:text/html,a",
        "urn:newswire:x:a.html",
        "//example.org/a",
        "http:///a",
        "http://user@example.org/",
        "http://user:word@example.org/",
        "http://example.org:22/",
        "http://example.org:8081/",
        "http://example.org:0/",
        "http://example.org:99999/",
        "http://example.org:x/",
        "http://example.org\\@other.example/",
        "http://example.org/a\r\nHost: other",
        "http://example.org/a b",
        "http://example.org/\x00",
        "http://example.org/\x85",
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://[fe80::1%25eth0]/",
        "http://169.254.169.254/",
    ],
)
def test_urls_off_limits(outlet_at, url):
    with pytest.raises(AddressRefused) as refusal:
        Guard(outlet_at("example.org", "example.org:8080", allow=())).check_url(url)
    assert "word" not in str(refusal.value)
    assert "test-de" in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://example.org/ä?b=c#d",
        "http://example.org:80/",
        "https://example.org:443/",
        "http://example.org:8080/",
        "http://8.8.8.8/",
    ],
)
def test_urls_within_limits(outlet_at, url):
    Guard(outlet_at("example.org", "example.org:8080", "[::1]:x", allow=())).check_url(url)
