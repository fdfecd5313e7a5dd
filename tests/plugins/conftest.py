"""A real API server in a process and a home of its own; the page is asked for over HTTP, as a browser would."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from newswire.settings import PROJECT
from newswire_local import home

MIGRATE = "import sys; from pathlib import Path; from newswire_local import home; home.enter(Path(sys.argv[1])); "
MIGRATE += "home.migrate(Path(sys.argv[1]), print)"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: str

    @property
    def html(self) -> Any:
        return lxml.html.document_fromstring(self.body)

    @property
    def text(self) -> str:
        return " ".join(self.html.text_content().split())


@dataclass
class Server:
    """Airflow's API server. What it shows is chosen as an operator does: by the variable newswire_storage."""

    base: str
    token: str = ""

    def get(self, path: str, **headers: str) -> Answer:
        """Ask as nobody, unless a header says who."""
        return self._send(urllib.request.Request(self.base + path, headers=headers))

    def page(self) -> Answer:
        """The News desk as the admin's browser sees it: by cookie."""
        return self.get("/news-desk/", Cookie=f"_token={self.token}")

    def post(self, path: str, body: dict[str, Any], method: str = "POST") -> Answer:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return self._send(urllib.request.Request(self.base + path, json.dumps(body).encode(), headers, method=method))

    def show(self, storage: Path) -> None:
        variable = {"key": "newswire_storage", "value": str(storage)}
        done = self.post("/api/v2/variables/newswire_storage", variable, "PATCH")
        assert done.status == 200, done.body

    @staticmethod
    def _send(request: urllib.request.Request) -> Answer:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read().decode())


def wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            if server.get("/api/v2/version").status == 200:
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(log.read_text()[-3000:])


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("airflow")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "NEWSWIRE"))}
    environment = kept | home.environment(folder) | {"AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}"}
    subprocess.run([sys.executable, "-c", MIGRATE, str(folder)], env=environment, check=True, capture_output=True)
    log = folder / "api-server.log"
    command = [str(Path(sys.executable).with_name("airflow")), "api-server", "--port", str(port), "--workers", "1"]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=file, stderr=file, start_new_session=True
        )
    try:
        server = Server(f"http://127.0.0.1:{port}")
        wait_for(server, process, log)
        password = json.loads((folder / home.PASSWORDS).read_text())["admin"]
        server.token = json.loads(server.post("/auth/token", {"username": "admin", "password": password}).body)[
            "access_token"
        ]
        assert server.post("/api/v2/variables", {"key": "newswire_storage", "value": "nowhere"}).status == 201
        yield server
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)


@pytest.fixture
def server(api_server: Server, tmp_path: Path) -> Server:
    """The server, showing a storage of the test's own: `tmp_path / "data"`, not made yet."""
    api_server.show(tmp_path / "data")
    return api_server
