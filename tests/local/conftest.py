"""A private place for each file of tests of the local Airflow: a home, a storage and two free ports of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest


def free_ports(count: int) -> list[int]:
    """Different ports that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


@dataclass(frozen=True)
class Place:
    """Where the local commands run, in processes of their own."""

    folder: Path
    ui_port: int
    demo_port: int

    @property
    def home(self) -> Path:
        return self.folder / "airflow home"

    @property
    def storage(self) -> Path:
        # A path that a careless command line would break at.
        return self.folder / "it's data"

    def environment(self, **given: str) -> dict[str, str]:
        """The environment of a person's shell: nothing of the tests' own Airflow in it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "NEWSWIRE"))}
        return kept | {
            "NEWSWIRE_AIRFLOW_HOME": str(self.home),
            "NEWSWIRE_UI_PORT": str(self.ui_port),
            "NEWSWIRE_DEMO_PORT": str(self.demo_port),
            "AIRFLOW_VAR_NEWSWIRE_STORAGE": str(self.storage),
            **given,
        }

    def call(self, module: str, *arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", f"newswire_local.{module}", *arguments],
            cwd=self.folder, env=self.environment(**given), capture_output=True, text=True, timeout=400, check=False,
        )  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("local"), *free_ports(2))
