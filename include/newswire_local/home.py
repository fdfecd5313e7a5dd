"""A private AIRFLOW_HOME: its environment, its secrets, its database. Nothing else is touched.

It is .airflow inside the project, or the folder that NEWSWIRE_AIRFLOW_HOME names.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

from newswire.settings import PROJECT

HOME = Path(os.environ.get("NEWSWIRE_AIRFLOW_HOME") or PROJECT / ".airflow").absolute()
UI_PORT = int(os.environ.get("NEWSWIRE_UI_PORT") or 8080)
LOADED = "loaded-settings.json"
PASSWORDS = "simple_auth_manager_passwords.json.generated"


def environment(home: Path = HOME) -> dict[str, str]:
    """Airflow's configuration as environment variables. Makes the folder and, once, its secrets (mode 0600)."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = _secrets(home / "secrets.json")
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__CORE__FERNET_KEY": keys["fernet"],
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / PASSWORDS),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(UI_PORT),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{UI_PORT}",
        "AIRFLOW__API__SECRET_KEY": keys["api"],
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt"],
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{UI_PORT}/execution/",
        # The first request to the execution API takes 4 to 20 s on a small machine; workers wait 5 s by default.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        # `airflow standalone` starts its parts by name.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join(_import_path()),
        "NO_PROXY": "127.0.0.1,localhost",
    }


def enter(home: Path = HOME) -> None:
    """Make this process an Airflow process of the private home. Call it before Airflow is imported."""
    if "airflow" in sys.modules:
        raise RuntimeError("Airflow was imported before its home was chosen")
    os.environ.update(environment(home))
    sys.path[:0] = [path for path in _import_path() if path not in sys.path]


def migrate(home: Path, say: Callable[[str], None]) -> None:
    """Create or upgrade the home's database; a stamp spares the next start the look."""
    from airflow import __version__
    from airflow.utils.db import initdb

    stamp = home / f"migrated-{__version__}"
    if stamp.exists() and (home / "airflow.db").exists():
        return
    if not (home / "airflow.db").exists():
        # A new database holds nothing of what was loaded into an earlier one.
        (home / LOADED).unlink(missing_ok=True)
    say(f"migrating Airflow {__version__}'s database")
    initdb()
    (home / "airflow.db").chmod(0o600)
    stamp.touch()


def _import_path() -> list[str]:
    return [str(PROJECT), str(PROJECT / "include")]


def _secrets(path: Path) -> dict[str, str]:
    if not path.exists():
        made = {
            "fernet": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "jwt": secrets.token_urlsafe(64),
            "api": secrets.token_urlsafe(32),
        }
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(made, file)
    loaded: dict[str, str] = json.loads(path.read_text())
    return loaded
