"""One typed settings object. Whoever starts Newswire (Airflow, the command line, a test) fills it."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from newswire import __version__

PROJECT = Path(__file__).resolve().parents[2]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FetchSettings(_Part):
    """Limits of one request. Sizes in bytes after decoding, times in seconds."""

    user_agent: str = f"Newswire/{__version__}"
    max_bytes: int = 20_000_000
    connect_seconds: float = 10
    read_seconds: float = 20
    total_seconds: float = 60
    max_redirects: int = 5


class TranslatorSettings(_Part):
    """The engine that translates what neither the termbase nor the memory knows. None answers: texts stay pending."""

    type: str
    host: str = ""
    key: SecretStr = SecretStr("")
    connect_seconds: float = 5
    read_seconds: float = 20


class Settings(_Part):
    """Everything a run needs to know that is not in an outlet file."""

    storage: str = Field(default_factory=lambda: os.environ.get("NEWSWIRE_STORAGE") or str(PROJECT / "data"))
    state_url: str | None = None
    outlets_dir: Path = PROJECT / "include" / "outlets"
    memory_tmx: tuple[Path, ...] = ()
    target_lang: str = "en"
    fetch: FetchSettings = FetchSettings()
    translator: TranslatorSettings | None = None
