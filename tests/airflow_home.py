"""The tests' own AIRFLOW_HOME, entered on import: before anything imports Airflow, and only once."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from newswire_local import home

AIRFLOW_HOME = Path(tempfile.mkdtemp(prefix="newswire-airflow-"))
home.enter(AIRFLOW_HOME)
atexit.register(shutil.rmtree, AIRFLOW_HOME, ignore_errors=True)
