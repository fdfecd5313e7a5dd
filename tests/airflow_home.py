"""The tests' own AIRFLOW_HOME, entered on import: before anything imports Airflow, and only once."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from newswire_local import home

if os.environ.get("PYTEST_XDIST_WORKER"):
    # The locks by which the processes of a machine share its hosts lie there: tests side by side are no such processes.
    tempfile.tempdir = os.environ["TMPDIR"] = tempfile.mkdtemp(prefix="newswire-tests-")
    # Like /tmp it lets others in who know a name: children of root that become an ordinary user.
    Path(tempfile.tempdir).chmod(0o711)
    atexit.register(shutil.rmtree, tempfile.tempdir, ignore_errors=True)
AIRFLOW_HOME = Path(tempfile.mkdtemp(prefix="newswire-airflow-"))
home.enter(AIRFLOW_HOME)
atexit.register(shutil.rmtree, AIRFLOW_HOME, ignore_errors=True)
