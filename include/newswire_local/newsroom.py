"""The bundled newsroom: a small web server on loopback that answers like two AFP-style outlets, the same every time.

`include/demo/newsroom.yaml` says what each path answers. Pages are static files; `{{base}}` in them becomes the address
that the server runs on. Nothing else depends on the machine, the day or the order of requests.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import hashlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple

import yaml
from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from newswire.errors import SettingsError
from newswire.settings import PROJECT

DEMO = PROJECT / "include" / "demo"
HOST = "127.0.0.1"
DEFAULT_PORT = 8765
EDITIONS = (1, 2)
_BASE = b"{{base}}"
_READY_SECONDS = 20


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Edition(_Part):
    """What one path holds from one edition on: a file below include/demo, and when it last changed (UTC)."""

    file: str
    last_modified: datetime

    @field_validator("last_modified")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("write the time with its offset, for example 2025-12-03T16:23:00Z")
        # Last-Modified counts whole seconds (RFC 9110 section 8.8.2); a fraction would never compare equal.
        return value.astimezone(UTC).replace(microsecond=0)


class Page(_Part):
    """What the server answers to one path."""

    path: str
    status: Literal[200, 410] = 200
    content_type: str
    editions: dict[int, Edition]

    @field_validator("editions")
    @classmethod
    def _known(cls, value: dict[int, Edition]) -> dict[int, Edition]:
        if 1 not in value or not set(value) <= set(EDITIONS):
            raise ValueError(f"editions are {EDITIONS}, and every path needs the first")
        return value

    def edition(self, number: int) -> Edition:
        """The newest edition that is not newer than `number`."""
        return self.editions[max(known for known in self.editions if known <= number)]


class Asked(NamedTuple):
    """One request that the server answered. `conditional` is true when it carried a validator."""

    method: str
    path: str
    status: int
    conditional: bool


def load_pages(folder: Path = DEMO) -> dict[str, Page]:
    """Every path of the newsroom. Raises SettingsError naming the file when it cannot be read."""
    source = folder / "newsroom.yaml"
    try:
        content = yaml.safe_load(source.read_text(encoding="utf-8"))
        pages = [Page.model_validate(entry) for entry in content["pages"]]
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValidationError) as error:
        raise SettingsError(f"{source}: cannot be used: {' '.join(str(error).split())}") from None
    return {page.path: page for page in pages}


def port_from_environment() -> int:
    """NEWSWIRE_DEMO_PORT, or 8765. Raises SettingsError when it is no port."""
    value = os.environ.get("NEWSWIRE_DEMO_PORT") or str(DEFAULT_PORT)
    if not value.isdecimal() or int(value) > 65535:
        raise SettingsError(f"NEWSWIRE_DEMO_PORT is {value!r}; set it to a port number between 1024 and 65535")
    return int(value)


class Newsroom:
    """The newsroom as a context manager: it serves from a background thread and only ever on 127.0.0.1.

    Port 0 takes a free one; no port means NEWSWIRE_DEMO_PORT or 8765. Setting `edition` changes the answers at once.
    """

    def __init__(self, port: int | None = None, edition: int = 1, folder: Path = DEMO) -> None:
        self._wanted = port_from_environment() if port is None else port
        self._pages = load_pages(folder)
        self._bodies = _read_bodies(self._pages, folder)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._failure: Exception | None = None
        self.port = self._wanted
        self.requests: list[Asked] = []
        self.edition = edition

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:<port>` without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    @property
    def edition(self) -> int:
        """1 before the correction, 2 after it."""
        return self._edition

    @edition.setter
    def edition(self, number: int) -> None:
        if number not in EDITIONS:
            raise SettingsError(f"the newsroom has no edition {number}; choose one of {EDITIONS}")
        self._edition = number

    def __enter__(self) -> Newsroom:
        self._ready.clear()
        self._thread = threading.Thread(target=self._run, name="newsroom", daemon=True)
        self._thread.start()
        if not self._ready.wait(_READY_SECONDS):
            raise SettingsError(f"the newsroom did not start within {_READY_SECONDS} seconds; try again")
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._stop is not None:
            # The loop may have ended by itself meanwhile; then there is nothing left to stop.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        self._failure = None
        try:
            asyncio.run(self.serve(lambda stop: None))
        except Exception as error:  # handed to the thread that waits in __enter__
            self._failure = error
        finally:
            self._ready.set()

    async def serve(self, started: Callable[[asyncio.Event], None]) -> None:
        """Serve until the event given to `started` is set. Raises SettingsError when the port is taken."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, HOST, self._wanted)
            await _bind(site, self._wanted)
            self.port = int(runner.addresses[0][1])
            self._ready.set()
            started(self._stop)
            await self._stop.wait()
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        response = self._response(request)
        conditional = "If-None-Match" in request.headers or "If-Modified-Since" in request.headers
        self.requests.append(Asked(request.method, request.path, response.status, conditional))
        return response

    def _response(self, request: web.Request) -> web.Response:
        if request.method not in ("GET", "HEAD"):
            return _plain(405, "Only GET and HEAD.", {"Allow": "GET, HEAD"})
        page = self._pages.get(request.path)
        if page is None:
            return _plain(404, "No such page in the bundled newsroom.")
        edition = page.edition(self._edition)
        body = self._bodies[edition.file].replace(_BASE, self.base_url.encode())
        if page.status != 200:
            return web.Response(status=page.status, body=body, headers={"Content-Type": page.content_type})
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {
            "ETag": etag,
            "Last-Modified": format_datetime(edition.last_modified, usegmt=True),
            "Cache-Control": "no-cache",
        }
        if _is_fresh(request, etag, edition.last_modified):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, headers={**headers, "Content-Type": page.content_type})


async def _bind(site: web.TCPSite, port: int) -> None:
    try:
        await site.start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = f"port {port} on {HOST} is already in use"
        else:
            reason = f"port {port} on {HOST} cannot be opened ({error.strerror})"
        raise SettingsError(f"newsroom: {reason}; set NEWSWIRE_DEMO_PORT to a free port and start again") from None


def _read_bodies(pages: dict[str, Page], folder: Path) -> dict[str, bytes]:
    """Read all files at the start, so that a missing one is an error of the start and not of one request."""
    bodies: dict[str, bytes] = {}
    for page in pages.values():
        for edition in page.editions.values():
            try:
                bodies[edition.file] = (folder / edition.file).read_bytes()
            except OSError as error:
                raise SettingsError(
                    f"{folder / edition.file}: cannot be read ({error.strerror}); "
                    f"newsroom.yaml names it for {page.path}: restore the file or remove the entry"
                ) from None
    return bodies


def _plain(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=text + "\n", headers=headers)


def _is_fresh(request: web.Request, etag: str, last_modified: datetime) -> bool:
    """True when the client holds this very version. If-None-Match wins (RFC 9110 section 13.2.2)."""
    known = request.headers.get("If-None-Match")
    if known is not None:
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        return "*" in tags or etag in tags
    since = request.headers.get("If-Modified-Since")
    if since is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False
    return moment.tzinfo is not None and last_modified <= moment


def _announce(room: Newsroom) -> Callable[[asyncio.Event], None]:
    def started(stop: asyncio.Event) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        print(f"Newsroom, edition {room.edition}: {room.base_url}/ (Ctrl-C ends it)", flush=True)

    return started


def main(arguments: list[str] | None = None) -> int:
    """The command line: serve until Ctrl-C or SIGTERM. Returns 0, or 2 with one line on stderr when it cannot start."""
    parser = argparse.ArgumentParser(
        prog="python -m newswire_local.newsroom", description="Serve the bundled newsroom."
    )
    parser.add_argument("--port", type=int, help="default: NEWSWIRE_DEMO_PORT or 8765; 0 takes a free one")
    parser.add_argument("--edition", type=int, choices=EDITIONS, default=1, help="2: one article has been corrected")
    options = parser.parse_args(arguments)
    try:
        room = Newsroom(port=options.port, edition=options.edition)
        asyncio.run(room.serve(_announce(room)))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
