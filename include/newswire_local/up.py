"""`make up`: Airflow standalone with its UI, the bundled newsroom beside it, in the background until `make down`."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from newswire.errors import NewswireError
from newswire_local import home
from newswire_local.console import quiet_airflow
from newswire_local.groups import RUNNING, is_ours, stop_group
from newswire_local.newsroom import port_from_environment

# Measured on two cores: 25 s from start to healthy; the rest is for slower disks.
PATIENCE = 180


def main() -> int:
    home.enter()
    try:
        _refuse_when_running()
        for port, variable in ((home.UI_PORT, "NEWSWIRE_UI_PORT"), (port_from_environment(), "NEWSWIRE_DEMO_PORT")):
            _refuse_when_taken(port, variable)
        _prepare()
        _start()
    except NewswireError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _prepare() -> None:
    with quiet_airflow(home.HOME / "logs" / "prepare.log") as terminal:
        home.migrate(home.HOME, lambda line: print(f"  {line}", file=terminal))
        from newswire_local.load_settings import load

        print(f"  airflow_settings.yaml: {load()}", file=terminal)


def _start() -> None:
    airflow = _spawn([str(Path(sys.executable).with_name("airflow")), "standalone"], "standalone.log")
    newsroom = _spawn([sys.executable, "-m", "newswire_local.newsroom"], "newsroom.log")
    RUNNING.write_text(json.dumps({"airflow": airflow.pid, "newsroom": newsroom.pid}))
    base = f"http://127.0.0.1:{home.UI_PORT}"
    print(f"  Airflow starts; its log is {_shown('logs/standalone.log')}", flush=True)
    try:
        _wait(f"{base}/api/v2/monitor/health", airflow, _healthy)
        # The first request to the execution API is slow: better now than in the first task.
        _wait(f"{base}/execution/health", airflow, lambda body: True)
    except BaseException:
        for process in (airflow, newsroom):
            stop_group(process.pid)
        RUNNING.unlink()
        raise
    (home.HOME / home.PASSWORDS).chmod(0o600)
    print(f"\n  Airflow:          {base}  (user admin, password in {_shown(home.PASSWORDS)})")
    print(f"  bundled newsroom: http://127.0.0.1:{port_from_environment()}\n  stop with:        make down")


def _shown(name: str) -> str:
    return os.path.relpath(home.HOME / name)


def _spawn(command: list[str], log: str) -> subprocess.Popen[bytes]:
    """A process group of its own, so that `make down` ends all of it."""
    with (home.HOME / "logs" / log).open("ab") as file:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True, umask=0o077
        )


def _healthy(body: bytes) -> bool:
    parts = json.loads(body)
    return all(parts[name]["status"] == "healthy" for name in ("metadatabase", "scheduler", "dag_processor"))


def _wait(url: str, process: subprocess.Popen[bytes], good: Callable[[bytes], bool]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NewswireError(f"Airflow ended while starting; read {_shown('logs/standalone.log')}")
        try:
            with opener.open(url, timeout=60) as answer:
                if good(answer.read()):
                    return
        except (OSError, ValueError, KeyError, urllib.error.URLError):
            pass
        time.sleep(0.5)
    raise NewswireError(f"{url} did not answer within {PATIENCE} s; read {_shown('logs/standalone.log')}")


def _refuse_when_running() -> None:
    if RUNNING.exists() and any(is_ours(group) for group in json.loads(RUNNING.read_text()).values()):
        raise NewswireError("Airflow is up already; `make down` stops it.")


def _refuse_when_taken(port: int, variable: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise NewswireError(
                f"Port {port} is in use. Stop what uses it, or choose another: {variable}={port + 1} make up"
            ) from None


if __name__ == "__main__":
    raise SystemExit(main())
