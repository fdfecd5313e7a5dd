"""An S3 on loopback: moto's server, and before it a wire on which requests can be made to fail.

moto looks at If-Match and If-None-Match and then stores, in two steps that two threads may mix: the wire lets one
writing request pass at a time, so that a condition holds when its object is written, as on S3 itself.
"""

from __future__ import annotations

import http.client
import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

KEY, SECRET = "AKIANEWSWIRE", "very-secret-indeed"
NAME = "news"
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Asked:
    """One request as it passed the wire; `status` is what came back, 0 for a connection that was torn."""

    method: str
    path: str
    headers: dict[str, str]
    status: int = 0


@dataclass
class Fault:
    """What happens to the next `times` requests of a method whose path and query hold `part`."""

    method: str
    part: str
    act: Callable[[Handler, bytes], None]
    times: int = 1
    hits: int = 0

    def meets(self, method: str, path: str) -> bool:
        return self.hits < self.times and method == self.method and self.part in path


@dataclass
class Wire:
    """The address to ask, what was asked, and what shall fail."""

    url: str = ""
    storage: str = f"s3://{NAME}/folder"
    asked: list[Asked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    # How many keys a page of a listing holds; None: S3's own thousand.
    page: int | None = None

    def fail(self, method: str, part: str, act: Callable[[Handler, bytes], None], times: int = 1) -> Fault:
        self.faults.append(Fault(method, part, act, times))
        return self.faults[-1]

    def count(self, method: str, part: str = "", status: int | None = None) -> int:
        return sum(
            one.method == method and part in one.path and status in (None, one.status) for one in [*self.asked]
        )  # fmt: skip

    @property
    def client(self) -> Any:
        """An S3 client that is not ours, to look from outside."""
        return boto3.client("s3", endpoint_url=self.url, aws_access_key_id=KEY, aws_secret_access_key=SECRET)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body go out as two small writes; the client's delayed acknowledgement would cost 40 ms each time.
    disable_nagle_algorithm = True
    server: Server

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def pass_on(self) -> None:
        wire = self.server.wire
        self.asked = Asked(self.command, self.path, dict(self.headers))
        wire.asked.append(self.asked)
        with self.server.choosing:
            fault = next((one for one in wire.faults if one.meets(self.command, self.path)), None)
            if fault:
                fault.hits += 1
        if fault and fault.act is reset_in_upload:
            reset_in_upload(self, b"")
            return
        body = self.body()
        if fault:
            fault.act(self, body)
        else:
            self.answer(*self.ask(body))

    def body(self) -> bytes:
        """What was sent, also by a client that says no length beforehand (Arrow's); moto's server wants one."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        del self.headers["Transfer-Encoding"]
        content = b"".join(parts)
        self.headers["Content-Length"] = str(len(content))
        return content

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on

    def ask(self, body: bytes) -> Answer:
        """What moto says to this request."""
        path = self.path
        if self.server.wire.page and "list-type=2" in path:
            path += f"&max-keys={self.server.wire.page}"
        with self.server.writing if self.command != "GET" else self.server.choosing:
            moto = http.client.HTTPConnection("127.0.0.1", self.server.moto, timeout=60)
            moto.request(self.command, path, body, dict(self.headers))
            came = moto.getresponse()
            found = (came.status, dict(came.getheaders()), came.read())
            moto.close()
        return found

    def answer(self, status: int, headers: dict[str, str], body: bytes, *, cut: int | None = None) -> None:
        """Send an answer; with `cut`, only so many bytes of the body that its headers promise."""
        self.asked.status = status
        self.send_response_only(status)
        left_out = ("content-length", "connection", "transfer-encoding", "date", "server")
        for name, value in headers.items():
            if name.lower() not in left_out:
                self.send_header(name, value)
        length = headers.get("Content-Length", str(len(body))) if self.command == "HEAD" else str(len(body))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.wfile.flush()
            self.close_connection = True

    def tear(self) -> None:
        """The connection is reset: the other side gets no answer, only an error."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: object) -> None:
        """Silence."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, wire: Wire, moto: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.wire = wire
        self.moto = moto
        self.writing = threading.Lock()
        self.choosing = threading.Lock()

    def handle_error(self, *_: object) -> None:
        """A torn connection is what was asked for."""


def refuse(status: int, body: bytes = SLOW_DOWN) -> Callable[[Handler, bytes], None]:
    """Answer with an error in moto's stead; nothing reaches it."""
    return lambda handler, _: handler.answer(status, {"Content-Type": "application/xml"}, body)


def reset_in_upload(handler: Handler, _: bytes) -> None:
    """Read a part of the body, then reset; moto never hears of it."""
    handler.rfile.read(min(1000, int(handler.headers.get("Content-Length") or 0) // 2))
    handler.tear()


def lose_answer(handler: Handler, body: bytes) -> None:
    """moto does what was asked for; the answer never arrives."""
    handler.asked.status = handler.ask(body)[0]
    handler.tear()


def cut_answer(handler: Handler, body: bytes) -> None:
    """Half of the answer's body, then the end of the connection."""
    status, headers, content = handler.ask(body)
    handler.answer(status, headers, content, cut=len(content) // 2)


def halve_answer(handler: Handler, body: bytes) -> None:
    """Half of the answer's body, sent as if it were all of it."""
    status, headers, content = handler.ask(body)
    handler.answer(status, headers, content[: len(content) // 2])


def ignore_condition(handler: Handler, body: bytes) -> None:
    """What a service does that has never heard of conditions on a PUT."""
    for name in ("If-Match", "If-None-Match"):
        del handler.headers[name]
    handler.answer(*handler.ask(body))


def first(act: Callable[[], None]) -> Callable[[Handler, bytes], None]:
    """Do something before the request passes: what another writer does between our reading and our writing."""

    def between(handler: Handler, body: bytes) -> None:
        act()
        handler.answer(*handler.ask(body))

    return between


@contextmanager
def serving() -> Iterator[Wire]:
    """moto, the wire before it and an empty bucket."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    _, port = moto.get_host_and_port()
    wire = Wire()
    server = Server(wire, port)
    wire.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        empty(wire)
        yield wire
    finally:
        server.shutdown()
        server.server_close()
        moto.stop()


def empty(wire: Wire) -> None:
    """Forget all faults, requests and objects."""
    wire.faults.clear()
    wire.page = None
    reset = http.client.HTTPConnection("127.0.0.1", int(wire.url.rsplit(":", 1)[1]), timeout=60)
    reset.request("POST", "/moto-api/reset")
    reset.getresponse().read()
    reset.close()
    wire.client.create_bucket(Bucket=NAME)
    wire.asked.clear()


def environment(wire: Wire) -> dict[str, str]:
    """The variables with which every S3 tool finds the bucket."""
    return {
        "AWS_ENDPOINT_URL": wire.url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }


def use(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the bucket in the environment, and nothing else of Amazon's."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment(wire).items():
        monkeypatch.setenv(name, value)
