"""One writer per outlet on a local disk; in a bucket: test_s3_publish."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import building
from newswire import publish
from newswire.publish.lock import only_writer, still_writer
from newswire.store import Store

HOLD = """
import os, sys, time
from newswire.publish.lock import only_writer
from newswire.store import Store
with only_writer(Store(sys.argv[1]), "probe"):
    print("held", flush=True)
    time.sleep(60)
"""


def hold(folder: Path) -> subprocess.Popen[str]:
    """Another process that holds the outlet's lock."""
    paths = os.pathsep.join(path for path in sys.path if path)
    program = [sys.executable, "-c", HOLD, str(folder)]
    process = subprocess.Popen(program, env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_publisher_waits_for_the_other_and_a_killed_one_frees_its_lock_at_once(tmp_path: Path) -> None:
    holder = hold(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(
            publish.publish, [building.article("a")], [], outlet_id="probe", store=Store(str(tmp_path))
        )
        threading.Event().wait(0.5)
        assert not second.done()
        assert Store(str(tmp_path)).glob("articles/**") == []
        os.kill(holder.pid, signal.SIGKILL)
        assert [one.disposition for one in second.result(timeout=30).outcomes] == ["published"]
    assert holder.wait() == -signal.SIGKILL
    holder.stdout.close()  # type: ignore[union-attr]


def test_another_outlet_does_not_wait(tmp_path: Path) -> None:
    holder = hold(tmp_path)
    with only_writer(Store(str(tmp_path)), "other"):
        still_writer()
    holder.kill()
    holder.communicate()
