"""What a page costs beside bare aiohttp, in one run: CPU milliseconds, and pages a second from 32 hosts on loopback.

`PYTHONPATH=include .venv/bin/python benchmarks/bench_fetch.py`. The server runs in a process of its own. Fails when the
floors of floors.json are missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from newswire.archive import WarcWriter
from newswire.fetch import fetch_leads
from newswire.outlets import Outlet
from newswire.records import Lead, Validator
from newswire.settings import FetchSettings
from newswire.state import State
from newswire.store import Store

HOSTS = [f"127.0.0.{number}" for number in range(2, 34)]
PAGE_BYTES = 139_000
FLOORS = Path(__file__).with_name("floors.json")


def page(seed: int) -> bytes:
    """A page of German-looking words and markup: gzip takes it to a fifth, as it does news pages."""
    chance = random.Random(seed)
    letters = "eeeennnniiisssrrraaatttddhhuulcgmobwfkzpv"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 12))) for _ in range(900)]
    parts = ["<!doctype html><html lang='de'><head><title>Seite</title></head><body><main>"]
    size = 0
    while size < PAGE_BYTES:
        text = " ".join(chance.choices(words, k=40))
        parts.append(f'<p class="article__text article__text--{chance.randint(1, 9)}" data-id="{size}">{text}.</p>\n')
        size += len(parts[-1])
    return "".join(parts).encode()


class Answers(asyncio.Protocol):
    """The cheapest server that a client cannot tell from a real one: ready answers, keep-alive."""

    def __init__(self, ready: list[bytes], missing: bytes) -> None:
        self._ready = ready
        self._missing = missing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        path = data.split(b" ", 2)[1]
        number = path.removeprefix(b"/p")
        answer = self._ready[int(number) % len(self._ready)] if number.isdigit() else self._missing
        self._transport.write(answer)  # type: ignore[attr-defined]


def serve(pipe: Connection) -> None:
    head = b'HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nETag: "%d"\r\nContent-Length: %d\r\n'
    more = b"Server: bench\r\nCache-Control: max-age=60\r\nVary: Accept-Encoding\r\n"
    more += b"Date: Fri, 02 Jan 2026 03:04:05 GMT\r\n\r\n"
    pages = [page(seed) for seed in range(16)]
    ready = [head % (number, len(body)) + more + body for number, body in enumerate(pages)]
    missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

    async def main() -> None:
        loop = asyncio.get_running_loop()
        first = await loop.create_server(lambda: Answers(ready, missing), HOSTS[0], 0)
        port = first.sockets[0].getsockname()[1]
        others = [await loop.create_server(lambda: Answers(ready, missing), host, port) for host in HOSTS[1:]]
        pipe.send(port)
        await loop.run_in_executor(None, pipe.recv)
        for one in (first, *others):
            one.close()

    asyncio.run(main())


async def bare(links: dict[str, list[str]]) -> int:
    """The same pages with aiohttp alone: read, and thrown away."""
    got = 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one_host(urls: list[str]) -> None:
            nonlocal got
            for url in urls:
                async with session.get(url) as response:
                    body = await response.read()
                    got += len(body)

        await asyncio.gather(*(one_host(urls) for urls in links.values()))
    return got


def newswire(links: dict[str, list[str]], folder: Path) -> int:
    """The whole fetch step: guard, locks, robots.txt, reservations, validators, WARC file."""
    hosts = tuple(url.split("/")[2] for (url, *_) in links.values())
    outlet = Outlet(id="bench", name="B", language="de", hosts=hosts, allow_addresses=("127.0.0.0/8",), pace=0)
    leads = [
        Lead(
            outlet_id="bench", url=url, canonical_url=url, found_by="feed", found_in="http://127.0.0.2/feed", title="T"
        )
        for urls in zip(*links.values(), strict=True)
        for url in urls
    ]
    # As in a second night: each page has a validator to send, which no longer holds.
    known = {lead.canonical_url: Validator(url=lead.url, etag='"old"', digest="sha256:0") for lead in leads}

    def clock() -> datetime:
        return datetime.now(UTC)

    state = State(f"sqlite:///{folder}/state.db")
    warc = WarcWriter(Store(str(folder)), "warc/a.warc.gz", run_id="r", outlet_id="bench", clock=clock)
    with warc as writer:
        settings = FetchSettings(locks=folder / "locks")
        done = fetch_leads(leads, outlet, settings, validators=known, keep=writer.keep, clock=clock, notes=state)
    assert len(done.captures) == len(leads), done.outcomes[:3]
    return done.bytes


def measure(work: Callable[[], int], pages: int) -> tuple[float, float]:
    """CPU milliseconds a page, threads included, and pages a second."""
    started, cpu = time.perf_counter(), time.process_time()
    assert work() >= pages * PAGE_BYTES
    return (time.process_time() - cpu) / pages * 1000, pages / (time.perf_counter() - started)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=50, help="pages of each of the 32 hosts")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    server.start()
    port = ours.recv()
    links = {host: [f"http://{host}:{port}/p{n}" for n in range(options.pages)] for host in HOSTS}
    count = options.pages * len(HOSTS)
    found: dict[str, list[tuple[float, float]]] = {"aiohttp": [], "Newswire": []}
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    try:
        for _ in range(options.rounds):
            found["aiohttp"].append(measure(lambda: asyncio.run(bare(links)), count))
            with TemporaryDirectory(dir=place) as folder:
                found["Newswire"].append(measure(lambda: newswire(links, Path(folder)), count))
    finally:
        ours.send(None)
        server.join(10)
    for name, rounds in found.items():
        cpu, rate = (statistics.median(values) for values in zip(*rounds, strict=True))
        print(f"{name:10} {cpu:6.2f} ms CPU a page   {rate:6.0f} pages/s   {1000 / cpu:6.0f} pages per CPU second")
    return check(*(statistics.median(values) for values in zip(*found["Newswire"], strict=True)))


def check(cpu: float, rate: float) -> int:
    floors = json.loads(FLOORS.read_text())["fetch"]
    missed = [f"{cpu:.2f} ms CPU a page is over {floors['cpu_ms']}"] if cpu > floors["cpu_ms"] else []
    missed += [f"{rate:.0f} pages/s is under {floors['rate']}"] if rate < floors["rate"] else []
    for line in missed:
        print(f"floor missed: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
