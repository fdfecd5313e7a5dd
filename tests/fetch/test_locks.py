"""One request to a host at a time, whichever process makes it; a killed one holds nobody up."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise

import pytest
from aiohttp import web

from newswire.errors import FetchError
from newswire.fetch.locks import Locks, Stamp

# Fetches so many pages of one site, each once, with the pace and the folder of locks that it is told.
PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from newswire.fetch import fetch_leads
from newswire.outlets import Outlet
from newswire.records import Lead, WarcRef
from newswire.settings import FetchSettings
host, name, pages, pace, locks = sys.argv[1:]
own = ("127.0.0.0/8",)
outlet = Outlet(id="test-de", name="T", language="de", hosts=(host,), allow_addresses=own, pace=float(pace))
links = [f"http://{host}/{name}{number}" for number in range(int(pages))]
leads = [Lead(outlet_id="test-de", url=url, canonical_url=url, found_by="url", found_in="form") for url in links]
print("ready", flush=True)
sys.stdin.readline()
result = fetch_leads(leads, outlet, FetchSettings(locks=Path(locks)), validators={},
                     keep=lambda exchange, **_: WarcRef(file="x", offset=0), clock=lambda: datetime.now(UTC))
print(len(result.captures))
"""


@pytest.fixture
def fetching(tmp_path):
    running = []

    def start(host, names, pages, pace):
        """A process for each name, imported and all, which begin at the same moment."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        begun = []
        for name in names:
            command = [sys.executable, "-c", PROGRAM, host, name, str(pages), str(pace), str(tmp_path)]
            pipe = subprocess.PIPE
            begun.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment))
            running.append(begun[-1])
        assert [process.stdout.readline() for process in begun] == ["ready\n" for _ in begun]
        for process in begun:
            process.stdin.write("go\n")
            process.stdin.flush()
        return begun

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_two_processes_take_turns_and_keep_one_pace(site, fetching):
    within, most = [], []

    async def slow(request):
        within.append(request)
        most.append(len(within))
        await asyncio.sleep(0.05)
        within.pop()
        return web.Response(body=b"<p>a", content_type="text/html")

    for name in "ab":
        for number in range(6):
            site.pages[f"/{name}{number}"] = slow
    assert [process.communicate(timeout=60)[0].strip() for process in fetching(site.host, "ab", 6, 0.1)] == ["6", "6"]
    assert max(most) == 1
    times = sorted(at for at, _, _ in [*site.asked, *site.rules_asked])
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) > 0.085, gaps
    order = [path[1] for path in site.paths() if path != "/robots.txt"]
    together = order[order.index("b" if order[0] == "a" else "a") :][:8]
    assert together.count("a") in (3, 4, 5), f"{order}: one of them had to wait for the other"


def test_a_killed_process_gives_its_host_back(site, fetching):
    async def endless(request):
        await asyncio.sleep(20)
        return web.Response()

    site.pages["/a0"] = endless
    site.pages["/b0"] = b"<p>b"
    (first,) = fetching(site.host, "a", 1, 0)
    while "/a0" not in site.paths():
        time.sleep(0.01)
    (second,) = fetching(site.host, "b", 1, 0)
    time.sleep(1.5)
    assert "/b0" not in site.paths()
    first.send_signal(signal.SIGKILL)
    assert second.communicate(timeout=20)[0].strip() == "1"


def test_who_waits_for_a_process_that_hangs_gives_up(tmp_path):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    async def run():
        with Locks(tmp_path) as one, Locks(tmp_path, sleep=sleep) as other:
            async with one.turn("h"):
                async with one.turn("another"), other.turn("a third"):
                    pass
                with pytest.raises(FetchError) as fault:
                    async with other.turn("h"):
                        raise AssertionError("two at a time")
            async with other.turn("h"):
                return fault.value

    fault = asyncio.run(run())
    assert (fault.reason, fault.final) == ("host_busy", False)
    assert 600 < sum(slept) < 601


def test_a_stamp_of_before_the_machine_was_started_says_nothing(tmp_path):
    path = tmp_path / "stamp"
    with path.open("w+b") as file:
        stamp = Stamp(file.fileno())
        assert stamp.read(now=5.0) is None
        stamp.write(1_000_000.0)
        assert stamp.read(now=1_000_001.0) == 1_000_000.0
        assert stamp.read(now=5.0) is None


def test_locks_are_not_shared_with_other_users(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / f"newswire-hosts-{os.getuid()}").mkdir(mode=0o777)
    (tmp_path / f"newswire-hosts-{os.getuid()}").chmod(0o777)

    async def run():
        with Locks() as locks:
            async with locks.turn("h"):
                pass

    with pytest.raises(FetchError, match="open to others"):
        asyncio.run(run())
    (tmp_path / f"newswire-hosts-{os.getuid()}").chmod(0o700)
    asyncio.run(run())
