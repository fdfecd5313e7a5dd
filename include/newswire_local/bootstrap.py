"""Make the virtual environment with the standard library alone, then install a lock into it. A failure is one line.

`bootstrap.py VENV UV_VERSION` makes the environment and puts uv into it; `bootstrap.py --sync LOCK` installs a lock.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

TRY = "Check the network and the package index (PIP_INDEX_URL, UV_INDEX_URL), then run the same command again."


def make(folder: Path, uv_version: str) -> None:
    """Create the environment with pip, and uv in the version that the locks were made with."""
    try:
        venv.create(folder, with_pip=True, clear=False, symlinks=os.name != "nt")
    except (OSError, subprocess.CalledProcessError):
        sys.exit(
            "This Python cannot make a virtual environment with pip. "
            f"On Debian: apt-get install python3.{sys.version_info.minor}-venv, then rm -rf {folder} and run again."
        )
    python = folder / "bin" / "python"
    options = ["--quiet", "--disable-pip-version-check", "--no-input"]
    _run(
        [str(python), "-m", "pip", "install", *options, f"uv=={uv_version}"], f"uv {uv_version} could not be installed."
    )


def sync(lock: Path) -> None:
    """Make the environment hold what the lock says, hashes checked, and the project itself, editable."""
    uv = [str(Path(sys.prefix) / "bin" / "uv"), "--quiet", "pip"]
    python = ["--python", sys.executable]
    _run(
        [*uv, "sync", *python, "--require-hashes", "--compile-bytecode", str(lock)],
        f"{lock} could not be installed.",
    )
    _run([*uv, "install", *python, "--no-deps", "--editable", "."], "The project could not be installed.")


def _run(command: list[str], failure: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        reason = next((line for line in reversed(said) if "rror" in line or "Caused by" in line), (said or [""])[-1])
        sys.exit(f"{failure} {reason[:300]} {TRY}")


if __name__ == "__main__":
    if sys.argv[1] == "--sync":
        sync(Path(sys.argv[2]))
    else:
        make(Path(sys.argv[1]), sys.argv[2])
