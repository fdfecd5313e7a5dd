"""The process groups that `make up` started: told apart from others, and ended."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import psutil

from newswire_local import home

RUNNING = home.HOME / "up.json"


def stop_group(group: int) -> bool:
    """Ask a process group to end, ever more firmly. False when there was none that is ours."""
    if not is_ours(group):
        return False
    for sign, patience in ((signal.SIGINT, 15.0), (signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(group, sign)
        except ProcessLookupError:
            return True
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not _members(group):
                return True
            time.sleep(0.2)
    return True


def is_ours(group: int) -> bool:
    """Its number may have been given to somebody else after a reboot: our processes carry our AIRFLOW_HOME."""
    return any(process.environ().get("AIRFLOW_HOME") == str(home.HOME) for process in _members(group))


def _members(group: int) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
