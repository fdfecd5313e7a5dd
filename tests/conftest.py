"""Airflow gets a private home before anything imports it; nothing in the tests may leave this machine."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import airflow_home  # noqa: F401  (entered before anything imports Airflow)
from newswire.settings import PROJECT

if TYPE_CHECKING:
    from s3 import Wire

for name in [name for name in os.environ if name.lower().endswith("_proxy") and name != "NO_PROXY"]:
    del os.environ[name]


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail the test that dials anything but loopback, even when its code swallows the error."""
    dialled: list[object] = []
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        internet = self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple)
        if internet and not ipaddress.ip_address(address[0].split("%")[0]).is_loopback:  # type: ignore[index]
            dialled.append(address)
            raise PermissionError(f"the tests may not dial {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield
    assert not dialled


@pytest.fixture(scope="session")
def s3_server() -> Iterator[Wire]:
    import s3

    with s3.serving() as running:
        yield running


@pytest.fixture
def wire(s3_server: Wire, monkeypatch: pytest.MonkeyPatch) -> Wire:
    """An empty bucket on loopback, named in the environment, behind a wire on which requests can be made to fail."""
    import s3

    s3.empty(s3_server)
    s3.use(s3_server, monkeypatch)
    return s3_server


def shared(name: str) -> Path:
    """A folder of the material beside the checkout. Its absence fails in CI and is a visible skip elsewhere."""
    folder = PROJECT.parent / "shared" / name
    if not folder.is_dir():
        message = f"../shared/{name} is not here"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture
def seed() -> Path:
    return shared("seed")


@pytest.fixture
def evaluation() -> Path:
    return shared("eval")
